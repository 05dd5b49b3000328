import type { JsonObject } from '../../json.ts';
import { listed } from '../../operations/questions.ts';
import type { Affiliate } from '../../records/parse.ts';
import { fullName, mailboxOf, nameKey } from '../../records/people.ts';
import { groupBy, numericIdOf } from '../../records/values.ts';
import { cleanText, quote } from '../../text.ts';

/** Something about an applicant that a person should look at. Never a verdict. */
export interface RedFlag {
  readonly flag: string;
  /** In our words alone: what a stranger typed stands in fields of its own. */
  readonly reason: string;
  /** Other affiliates it is about, at most ten. */
  readonly affiliate_ids?: readonly number[];
}

/** Words that address the reader or claim that something has been decided, where an answer should be. */
const ADDRESSES_READER = new RegExp(
  [
    String.raw`\b(?:ignore|disregard|forget)\b.{0,40}\b(?:instruction|previous|above|rule)`,
    String.raw`(?:^|[\n.!?;:>)\]}"'])\s{0,9}(?:system|assistant|developer|human|tool result)\s*:`,
    String.raw`\b(?:approve|reject|archive)\s+(?:me|this|all|every(?:one|body)|no(?:one|body))\b`,
    String.raw`\byou (?:are|must|should) (?:now )?(?:an? )?(?:ai|assistant|approve)`,
    String.raw`\b(?:already|pre-?)\s?(?:approved|confirmed|verified)\b|\bapproved by\b|\bconfirmation received\b`,
  ].join('|'),
  'i',
);
const LINK_OR_MARKUP = /https?:\/\/|www\.|<\/?[a-z!][^>]*>|\]\(|\{\{|```|\n/i;
/** Longer than any name; markup is looked for in what is shorter alone, so that no text can make it slow. */
const LONGEST_NAME = 80;
const LONGEST_READ = 10_000;

/** What emoji and some scripts are written with although nobody sees it. */
const JOINING = new RegExp(
  [
    String.raw`(?<=[\p{Extended_Pictographic}\p{Emoji_Modifier}#*0-9])[\ufe0e\ufe0f]`,
    String.raw`(?<=[\p{Extended_Pictographic}\p{Emoji_Modifier}\ufe0f])\u200d(?=\p{Extended_Pictographic})`,
    ...['Arabic', 'Bengali', 'Devanagari', 'Kannada', 'Malayalam', 'Sinhala', 'Telugu'].map(
      (script) => String.raw`(?<=[\p{Script=${script}}\p{M}])[\u200c\u200d](?=\p{Script=${script}})`,
    ),
  ].join('|'),
  'gu',
);

/** Whether a text holds what nobody sees. */
function hides(text: string): boolean {
  const plain = text.replace(/\r\n?/g, '\n').replace(JOINING, '');
  return cleanText(plain) !== plain;
}

/** The texts inside a value of any shape. */
function textsIn(value: unknown, depth = 0): string[] {
  if (typeof value === 'string') return [value.slice(0, LONGEST_READ)];
  if (typeof value !== 'object' || value === null || depth > 3) return [];
  return Object.values(value).flatMap((item) => textsIn(item, depth + 1));
}

/** What of an applicant was typed freely. A website among the answers is none of these. */
function typedTexts({ first_name, last_name, custom_fields }: JsonObject): [field: string, text: string][] {
  const isFields = typeof custom_fields === 'object' && custom_fields !== null;
  const fields: [string, unknown][] = [
    ['first_name', first_name],
    ['last_name', last_name],
    ...(isFields ? Object.entries(custom_fields) : []).map(([name, value]): [string, unknown] => [
      `custom field ${quote(name, 30)}`,
      value,
    ]),
  ];
  return fields.flatMap(([field, value]) => textsIn(value).map((text): [string, string] => [field, text]));
}

/** Finds red flags in any of these affiliates, compared with all of them. */
export function createRedFlags(all: readonly Affiliate[]) {
  const byMailbox = groupBy(all, ({ email }) => mailboxOf(email));
  const byPayout = groupBy(all, ({ payoutAddress }) => mailboxOf(payoutAddress));
  const byName = groupBy(all, ({ raw }) => nameKey(raw));

  function sharing(affiliate: Affiliate, groups: ReadonlyMap<string, Affiliate[]>, key: string): Affiliate[] {
    const { id } = affiliate;
    return (groups.get(key) ?? []).filter((other) => other !== affiliate && (id === '' || other.id !== id));
  }

  function others(affiliate: Affiliate): (RedFlag | undefined)[] {
    const paidAt = mailboxOf(affiliate.payoutAddress);
    const name = nameKey(affiliate.raw);
    const mailbox = sharing(affiliate, byMailbox, mailboxOf(affiliate.email));
    const payout = new Set(sharing(affiliate, byPayout, paidAt));
    const foreign = sharing(affiliate, byMailbox, paidAt).filter((one) => !payout.has(one));
    const named = name.includes(' ') ? sharing(affiliate, byName, name) : [];
    const returned = [...new Set([...mailbox, ...payout, ...named])].filter(({ standing }) => standing === 'archived');
    return [
      about('same_mailbox', 'The address leads to the same mailbox as that of another affiliate', mailbox),
      about('shared_payout_address', 'Another affiliate is paid at the same address', [...payout]),
      about('payout_to_another', "The payout address is another affiliate's own address", foreign),
      about('same_name', 'Another affiliate has the same name', named),
      about('applied_before', 'Somebody like them was archived or rejected before', returned),
    ];
  }

  return (affiliate: Affiliate): RedFlag[] => {
    const typed = typedTexts(affiliate.raw);
    const names = typed.filter(([field]) => field.endsWith('_name'));
    const hiding = typed.filter(([, text]) => hides(text));
    const ordering = typed.filter(([, text]) => ADDRESSES_READER.test(cleanText(text)));
    const odd = names.filter(([, text]) => text.length > LONGEST_NAME || LINK_OR_MARKUP.test(cleanText(text)));
    return [
      within('hidden_text', 'Held characters that a person cannot see (removed here)', hiding),
      within('text_gives_orders', 'Reads like words to whoever decides, not like an answer', ordering),
      within('odd_name', 'Holds a link, markup or a whole text', odd),
      fullName(affiliate.raw) === '' ? { flag: 'no_name', reason: 'Gave no name' } : undefined,
      ...others(affiliate),
    ].filter((found) => found !== undefined);
  };
}

/** A flag about texts, by the names of their fields. */
function within(flag: string, reason: string, found: readonly (readonly [field: string, text: string])[]) {
  const fields = [...new Set(found.map(([field]) => field))];
  return fields.length === 0 ? undefined : { flag, reason: `${reason}: ${listed(fields, 5)}` };
}

/** A flag about other affiliates. */
function about(flag: string, reason: string, them: readonly Affiliate[]): RedFlag | undefined {
  if (them.length === 0) return undefined;
  const ids = them.map(numericIdOf).filter((id) => id !== undefined);
  return { flag, reason, affiliate_ids: ids.slice(0, 10) };
}
