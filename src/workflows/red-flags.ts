import { cleanText, quote } from '../leaddyno/text.ts';
import type { JsonObject } from '../operations/operation.ts';
import { fullName, groupBy, isArchived, mailboxOf, nameKey } from './people.ts';

/** Something about an applicant that a person should look at. Never a verdict. */
export interface RedFlag {
  readonly flag: string;
  readonly reason: string;
  /** Other affiliates it is about. */
  readonly affiliate_ids?: readonly number[];
}

/** Words that address the reader, links and markup, where a name or an answer should be. */
const ADDRESSES_READER =
  /\b(?:ignore|disregard|forget)\b.{0,40}\b(?:instruction|previous|above|rule)|\b(?:system|assistant|developer)\s*:|\bapprove\s+(?:me|this|all|everyone)\b|\byou (?:are|must|should) (?:now )?(?:an? )?(?:ai|assistant|approve)/i;
const LINK_OR_MARKUP = /https?:\/\/|www\.|<\/?[a-z!][^>]*>|\]\(|\{\{|```/i;

/** What of an applicant was typed freely. A website among the answers is none of these. */
function typedTexts(affiliate: JsonObject): [field: string, text: string][] {
  const custom = affiliate.custom_fields;
  const answers = typeof custom === 'object' && custom !== null ? Object.entries(custom) : [];
  return [
    ['first_name', affiliate.first_name],
    ['last_name', affiliate.last_name],
    ...answers.map(([name, value]) => [`custom field ${quote(name, 30)}`, value]),
  ].filter((entry): entry is [string, string] => typeof entry[1] === 'string');
}

/** Finds red flags in any of these affiliates, compared with all of them. */
export function createRedFlags(all: readonly JsonObject[]) {
  const byMailbox = groupBy(all, (one) => mailboxOf(one.email));
  const byPayout = groupBy(all, (one) => mailboxOf(one.paypal_email));
  const byName = groupBy(all, nameKey);

  const idsOf = (rows: readonly JsonObject[]) =>
    rows.map(({ id }) => id).filter((id): id is number => typeof id === 'number');

  function sharing(affiliate: JsonObject, groups: ReadonlyMap<string, JsonObject[]>, key: string): JsonObject[] {
    return (groups.get(key) ?? []).filter((other) => other !== affiliate && other.id !== affiliate.id);
  }

  function others(affiliate: JsonObject): RedFlag[] {
    const mailbox = sharing(affiliate, byMailbox, mailboxOf(affiliate.email));
    const payout = sharing(affiliate, byPayout, mailboxOf(affiliate.paypal_email));
    const foreign = sharing(affiliate, byMailbox, mailboxOf(affiliate.paypal_email)).filter(
      (one) => !payout.includes(one),
    );
    const named = nameKey(affiliate).includes(' ') ? sharing(affiliate, byName, nameKey(affiliate)) : [];
    const returned = [...new Set([...mailbox, ...payout, ...named])].filter(isArchived);
    return [
      flag('same_mailbox', 'The address leads to the same mailbox as that of another affiliate', mailbox),
      flag('shared_payout_address', 'Another affiliate is paid at the same address', payout),
      flag('payout_to_another', "The payout address is another affiliate's own address", foreign),
      flag('same_name', 'Another affiliate has the same name', named),
      flag('applied_before', 'Somebody like them was archived or rejected before', returned),
    ].filter((found) => found !== undefined);
  }

  function flag(name: string, reason: string, about: readonly JsonObject[]): RedFlag | undefined {
    return about.length === 0 ? undefined : { flag: name, reason, affiliate_ids: idsOf(about).slice(0, 10) };
  }

  return (affiliate: JsonObject): RedFlag[] => {
    const typed = typedTexts(affiliate);
    const names = typed.filter(([field]) => field.endsWith('_name'));
    const ordering = typed.filter(([, text]) => ADDRESSES_READER.test(cleanText(text))).map(([field]) => field);
    const linking = names.filter(([, text]) => LINK_OR_MARKUP.test(text) || text.length > 80).map(([field]) => field);
    const hiding = typed.filter(([, text]) => cleanText(text) !== text.replace(/\r\n?/g, '\n')).map(([field]) => field);
    return [
      ...(hiding.length > 0
        ? [
            {
              flag: 'hidden_text',
              reason: `Held characters that a person cannot see (removed here): ${hiding.join(', ')}`,
            },
          ]
        : []),
      ...(ordering.length > 0
        ? [{ flag: 'text_gives_orders', reason: `Written to steer whoever reads it: ${ordering.join(', ')}` }]
        : []),
      ...(linking.length > 0
        ? [{ flag: 'odd_name', reason: `Holds a link, markup or a whole text: ${linking.join(', ')}` }]
        : []),
      ...(fullName(affiliate) === '' ? [{ flag: 'no_name', reason: 'Gave no name' }] : []),
      ...others(affiliate),
    ];
  };
}
