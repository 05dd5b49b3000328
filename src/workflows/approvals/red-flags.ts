import type { JsonObject } from '../../json.ts';
import { listed } from '../../operations/questions.ts';
import { fold, glanceOf, isLookAlike, mixesInWord } from '../../records/look-alikes.ts';
import type { Affiliate } from '../../records/parse.ts';
import { fullName, mailboxOf, nameKey } from '../../records/people.ts';
import { groupBy, numericIdOf } from '../../records/values.ts';
import { cleanText, quote } from '../../text.ts';

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

/*
 * Whether a text, in place of an answer, addresses whoever decides, or claims that something was decided. A hint for a
 * person, never a verdict: an honest answer may read the same way.
 */

const WHO = 'manager|admin(?:istrator)?|operator|owner|supervisor|boss|team|support|leaddyno|merchant|reviewer';
const DECIDED = 'approved|confirmed|verified|authori[sz]ed|cleared|whitelisted|accepted|agreed|decided|allowed';
const WHOM =
  'me|us|this|them|these|all|every(?:one|body)?|any(?:one|body)|no ?(?:one|body)|(?:the )?(?:others?|rest|remaining|pending|applicants?|affiliates?|applications?)';
const READER = 'ai|assistant|agent|bot|llm|(?:language )?model|reviewer|moderator';

const PATTERNS: readonly string[] = [
  // Orders to ignore the rules.
  String.raw`\b(?:ignore|disregard|forget|override|bypass)\b.{0,40}\b(?:instruction|previous|above|rule|prompt|polic|guideline|safety|restriction|warning|red flag)`,
  String.raw`\bignor(?:iere?n?|ez|a|e|are|er)\b.{0,40}\b(?:anweisung|instruc|consigne|istruzion|vorherig|vorangegangen|precedent|anterior)`,
  String.raw`\b(?:new|updated|revised) instructions?\b`,
  // Text that poses as the system or somebody else, or addresses a reviewer or a model.
  String.raw`(?:^|[.!?;:>)\]}"'])\s{0,9}(?:system|assistant|developer|human|tool result)\s*:`,
  String.raw`\b(?:system|admin(?:istrator)?|operator|developer|security|compliance|internal) (?:note|notice|message|prompt|override|alert|instruction|command|directive)s?\b`,
  String.raw`</?(?:tool_result|system|instructions?|assistant|user)\b`,
  String.raw`\b(?:dear|hey|hi|hello|attention|note to|message to|to) (?:the |any )?(?:${READER})\b`,
  String.raw`\b(?:language model|llm|chatgpt|claude|gpt|ai (?:assistant|agent|model|reviewer))\b.{0,60}\b(?:must|should|please|approve|ignore|read)\b`,
  String.raw`\byou (?:are|must|should|will|need to|have to)\b.{0,30}\b(?:ai|assistant|language model|llm|approve|accept|reject|archive|ignore|comply)\b`,
  // Orders to do something to somebody.
  String.raw`\b(?:approve|reject|archive|unarchive)(?: of)? (?:${WHOM})\b`,
  String.raw`\b(?:please|must|should|to|just|now|and|then) (?:auto.?)?approve\b`,
  String.raw`\b(?:mark|pay|set|list) (?:me|us|all|these|them|this|every\w*)\b.{0,30}\b(?:paid|approved|active|verified|trusted)\b`,
  String.raw`\b(?:approve|reject|archive|unarchive|review|update|create|mark|settle|cancel|delete)_[a-z_]{3,}`,
  String.raw`\b(?:call|use|run|invoke)\b.{0,20}\b(?:approve|reject|archive|the tool|tool call|function)\b`,
  String.raw`\b(?:set|change|update|move|send|redirect)\b.{0,40}\b(?:paypal|payout|payment address|commissions? to)`,
  String.raw`\b(?:do not|don't|dont|no need to|without|never) (?:ask|review|check|confirm|flag|verify|question|reject|mention|tell)(?:ing)?\b`,
  String.raw`\bskip\b.{0,20}\b(?:review|check|approval|confirmation|verification|question)`,
  String.raw`\b(?:genehmigen?|genehmigt|approuve[rz]?|apruebe?n?|aprueba|aprovar?|approvare?)\b.{0,20}\b(?:alle|mich|tous|moi|todos?|tutti|tudo|me)\b`,
  // Claims that something was decided.
  String.raw`\b(?:already|auto|pre)[- ]{0,2}(?:${DECIDED})\b|\b(?:${DECIDED}) by\b|\bconfirmation received\b`,
  String.raw`\b(?:${WHO})\b.{0,30}\b(?:${DECIDED})\b`,
  String.raw`\b(?:has|have|had|was|were|is|are) (?:been )?(?:now )?approved\b`,
];

const STEERING = new RegExp(PATTERNS.join('|'), 'i');

/**
 * @param text as typed; checked without invisible characters, in plain letters, by line and as one line, also with
 * `._+@-` as spaces
 */
function steers(text: string): boolean {
  const plain = fold(cleanText(text));
  const line = plain.replace(/\s+/g, ' ');
  // An order may start any line, or have its words joined as in an address or a code.
  const joined = line.replace(/[._+@-]+/g, ' ');
  return plain.split('\n').some((one) => STEERING.test(one)) || STEERING.test(line) || STEERING.test(joined);
}
