import type { JsonObject } from '../../json.ts';
import { listed } from '../../operations/questions.ts';
import { glanceOf, isLookAlike, mixesInWord } from '../../records/look-alikes.ts';
import type { Affiliate } from '../../records/parse.ts';
import { fullName, mailboxOf, nameKey } from '../../records/people.ts';
import { groupBy, numericIdOf } from '../../records/values.ts';
import { cleanText, quote } from '../../text.ts';
import { steers } from './steering-text.ts';

/** Something about an applicant that a person should look at. Never a verdict. */
export interface RedFlag {
  readonly flag: string;
  /** In our own words only: text that a stranger typed has its own fields. */
  readonly reason: string;
  /** Other affiliates it is about, at most ten. */
  readonly affiliate_ids?: readonly number[];
}

const LINK_OR_MARKUP = /https?:\/\/|www\.|<\/?[a-z!][^>]*>|\]\(|\{\{|```|\n/i;
/** No name is longer. Markup is only looked for in shorter texts, so that no text can make the search slow. */
const LONGEST_NAME = 80;
const LONGEST_READ = 10_000;

/** Invisible characters that emoji and some scripts need. */
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

/** Whether a text contains invisible characters that it does not need. */
function hides(text: string): boolean {
  const plain = text.replace(/\r\n?/g, '\n').replace(JOINING, '');
  return cleanText(plain) !== plain;
}

/** The texts inside a value of any shape, at most four levels deep. */
function textsIn(value: unknown, depth = 0): string[] {
  if (typeof value === 'string') return [value.slice(0, LONGEST_READ)];
  if (typeof value !== 'object' || value === null || depth > 3) return [];
  return Object.values(value).flatMap((item) => textsIn(item, depth + 1));
}

/** Fields that LeadDyno fills in itself; a stranger may have typed everything else in a record. */
const MADE_BY_LEADDYNO: ReadonlySet<string> = new Set([
  'id',
  'status',
  'archived',
  'pending_approval',
  'unsubscribed',
  'created_at',
  'updated_at',
  'affiliate_url',
  'affiliate_dashboard_url',
  'compensation_tier_code',
  'referring_affiliate_id',
]);

/** What an applicant typed: every text of the record, and each answer of `custom_fields` under its own name. */
function typedTexts(raw: JsonObject): [field: string, text: string][] {
  const fields = Object.entries(raw).flatMap(([name, value]): [string, unknown][] => {
    if (MADE_BY_LEADDYNO.has(name)) return [];
    if (name !== 'custom_fields' || typeof value !== 'object' || value === null) {
      return [[/^[a-z0-9_]{1,40}$/.test(name) ? name : `field ${quote(name, 30)}`, value]];
    }
    return Object.entries(value).map(([custom, answer]) => [`custom field ${quote(custom, 30)}`, answer]);
  });
  return fields.flatMap(([field, value]) => textsIn(value).map((text): [string, string] => [field, text]));
}

/** The mailboxes of an affiliate, in the form in which they are compared. */
const addressesOf = ({ email, payoutAddress }: Affiliate): string[] =>
  [...new Set([mailboxOf(email), mailboxOf(payoutAddress)])].filter((address) => address !== '');

/** Finds red flags of any of these affiliates by comparing with all of them. */
export function createRedFlags(all: readonly Affiliate[]) {
  const byMailbox = groupBy(all, ({ email }) => mailboxOf(email));
  const byPayout = groupBy(all, ({ payoutAddress }) => mailboxOf(payoutAddress));
  const byName = groupBy(all, ({ raw }) => nameKey(raw));
  const byGlance = groupBy(
    all.flatMap((one) => addressesOf(one).map((address) => ({ one, address }))),
    ({ address }) => glanceOf(address),
  );

  /** Affiliates whose address looks like one of this affiliate's but is another mailbox. */
  function resembled(affiliate: Affiliate): Affiliate[] {
    const own = addressesOf(affiliate);
    const alike = own.flatMap((address) => byGlance.get(glanceOf(address)) ?? []);
    const others = alike.filter(
      ({ one, address }) => one.id !== affiliate.id && one !== affiliate && !own.includes(address),
    );
    return [...new Set(others.map(({ one }) => one))];
  }

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
      about('same_mailbox', "The e-mail reaches the same mailbox as another affiliate's", mailbox),
      about('shared_payout_address', 'Another affiliate has the same payout address', [...payout]),
      about('payout_to_another', "The payout address is another affiliate's e-mail", foreign),
      about(
        'address_resembles_another',
        "An address looks like another affiliate's but is different",
        resembled(affiliate),
      ),
      about('same_name', 'Another affiliate has the same name', named),
      about('applied_before', 'A similar affiliate was archived or rejected before', returned),
    ];
  }

  return (affiliate: Affiliate): RedFlag[] => {
    const typed = typedTexts(affiliate.raw);
    const names = typed.filter(([field]) => field === 'first_name' || field === 'last_name');
    const addresses = typed.filter(([field]) => field === 'email' || field === 'paypal_email');
    const posing = [
      ...addresses.filter(([, text]) => isLookAlike(text)),
      ...names.filter(([, text]) => mixesInWord(cleanText(text))),
    ];
    const hiding = typed.filter(([, text]) => hides(text));
    const ordering = typed.filter(([, text]) => steers(text));
    const odd = names.filter(([, text]) => text.length > LONGEST_NAME || LINK_OR_MARKUP.test(cleanText(text)));
    return [
      within('hidden_text', 'Contained invisible characters (removed here)', hiding),
      within('text_gives_orders', 'Reads like instructions to the reviewer, not like an answer', ordering),
      within('look_alike_letters', 'Uses letters of another script, or a domain, that look like others', posing),
      within('odd_name', 'Contains a link, markup or a long text', odd),
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
