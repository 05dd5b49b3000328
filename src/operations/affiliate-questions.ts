import type { JsonObject } from '../json.ts';
import { LeadDynoError } from '../leaddyno/errors.ts';
import { keyForm } from '../records/keys.ts';
import { amountOf, money } from '../records/money.ts';
import { codeOf, idTextOf, textOf } from '../records/values.ts';
import { quote } from '../text.ts';
import { type Found, lookUp } from './look-up.ts';
import type { Operation, Read } from './operation.ts';
import { type PageAnswer, readList } from './paging.ts';
import { address, change, listed, nameAffiliate } from './questions.ts';

/* Before an affiliate is written: why an unknown group is refused, what is asked, and what is read for that. */

/** 2,000 affiliates; a larger programme is not read completely before one write. */
const MOST_PAGES = 10;
const PER_PAGE = 200;

/**
 * Why a group is refused: no affiliate is in it. Undefined if it has members, or if that cannot be determined. LeadDyno
 * has no list of groups, and what it does with an unknown code is not established: it may put the affiliate into the
 * default group, which decides what they are paid.
 * @throws LeadDynoError `auth`, because the write would fail as well
 */
export async function whyUnknownGroup(group: unknown, list: Operation, read: Read): Promise<string | undefined> {
  if (typeof group !== 'string') return undefined;
  const { plural } = list.returns.record;
  let isKnown = false;
  const ask = async (page: number): Promise<PageAnswer> => {
    const answer = await readPage(page, list, read);
    if (typeof answer !== 'object') return answer;
    const rows = answer[plural];
    isKnown ||= Array.isArray(rows) && rows.some((row) => keyForm(groupOf(row)) === keyForm(group));
    return isKnown ? 'failed' : answer;
  };
  const all = await readList(ask, { plural, mostPages: MOST_PAGES });
  if (isKnown || !all?.complete) return undefined;
  const groups = new Map(all.rows.map((row) => [keyForm(groupOf(row)), groupOf(row)]));
  groups.delete('');
  if (groups.size === 0) return undefined;
  const known = [...groups.values()].sort().map((code) => quote(code, 40));
  return `affiliate_type: no affiliate is in the group ${quote(group, 60)}; the groups are ${listed(known, 30)}. LeadDyno does not list empty groups: to use one, start the server with --no-precheck`;
}

const groupOf = (row: unknown): string =>
  typeof row === 'object' && row !== null ? codeOf((row as JsonObject).compensation_tier_code).trim() : '';

async function readPage(page: number, list: Operation, read: Read): Promise<PageAnswer> {
  try {
    return (await read(list, { page, per_page: PER_PAGE, skip: 0, detail: 'full' })) ?? 'missing';
  } catch (error) {
    if (error instanceof LeadDynoError && error.reason !== 'auth') return 'failed';
    throw error;
  }
}

/** What the question before payouts go to another address needs: whose address it is, and how much is due. */
interface Redirect {
  readonly address: string;
  /** The affiliate who has this e-mail. */
  readonly holder: Found;
  /** The affiliate's totals; absent for a new one. */
  readonly totals?: Found;
}

/** The operations to read with, passed in by the file that defines them. */
interface RedirectReads {
  readonly byEmail: Operation;
  readonly totals: Operation;
}

interface Given {
  readonly email?: string | undefined;
  readonly paypal_email?: string | undefined;
}

/** The new address of an affiliate's payouts; undefined if it does not change. */
function newTarget(given: Given, before: JsonObject): string | undefined {
  const targetOf = (paypal: unknown, email: unknown) => textOf(paypal) || textOf(email);
  const [was, will] = [
    targetOf(before.paypal_email, before.email),
    targetOf(given.paypal_email ?? before.paypal_email, given.email ?? before.email),
  ];
  return will === was || will === '' ? undefined : will;
}

/** Up to two reads; none if payouts keep their address. @param before the record; absent for a new affiliate */
export async function readRedirect(
  given: Given,
  before: JsonObject | undefined,
  { byEmail, totals }: RedirectReads,
  read: Read,
): Promise<Redirect | undefined> {
  const target = before ? newTarget(given, before) : given.paypal_email;
  if (target === undefined || (!before && target === given.email)) return undefined;
  return {
    address: target,
    holder: await lookUp(read, byEmail, { email: target }),
    ...(before && { totals: await lookUp(read, totals, { affiliate_id: before.id }) }),
  };
}

interface Creation extends Given {
  readonly email: string;
  readonly override_approval?: boolean | undefined;
  readonly affiliate_type?: string | undefined;
  readonly referring_affiliate?: string | undefined;
}

/** The question before an affiliate is created. @param record holds what `readRedirect` found */
export function askCreation(args: Creation, record: unknown): string {
  return [
    `Create the affiliate ${address(args.email)}?`,
    ...(args.override_approval === true ? ['They become active and can earn at once, without approval.'] : []),
    ...(args.paypal_email !== undefined && args.paypal_email !== args.email
      ? ['Their payouts go to an address other than their e-mail.', ...describeRedirect(record)]
      : []),
    ...(args.affiliate_type === undefined ? [] : ['The group decides what they are paid.']),
    ...(args.referring_affiliate === undefined ? [] : ['The recruiter may earn on what they sell.']),
    'This cannot be undone: archive_affiliate takes them out of the programme.',
  ].join(' ');
}

/** Fields that an update's question lists after the sensitive ones. Their names in the record are the same. */
export const PLAIN = ['first_name', 'last_name', 'unsubscribed'] as const;

/** What an update asks about, with the field that shows its current value (API reference 4.7, points 6 and 8). */
export const SENSITIVE = [
  ['email', 'email'],
  ['paypal_email', 'paypal_email'],
  ['affiliate_code', 'affiliate_code'],
  ['affiliate_type', 'compensation_tier_code'],
  ['referring_affiliate', 'referring_affiliate'],
] as const;

type Update = { readonly affiliate_id: number } & {
  readonly [Field in (typeof SENSITIVE)[number][0] | (typeof PLAIN)[number]]?: string | boolean | undefined;
};

/**
 * The question before an affiliate is changed; undefined if nothing changes that must be asked about.
 * @param before the record, with what `readRedirect` found
 */
export function askUpdate(args: Update, before: JsonObject): string | undefined {
  const given = [...SENSITIVE, ...PLAIN.map((field) => [field, field] as const)].filter(
    ([field]) => args[field] !== undefined,
  );
  const changed = given.filter(([field, shown]) => args[field] !== before[shown]);
  const isAsked = ([field, shown]: (typeof given)[number]) =>
    SENSITIVE.some(([name]) => name === field) || (args[field] === '' && before[shown] !== null);
  if (!changed.some(isAsked)) return undefined;
  const changes = changed.map(([field, shown]) => change(field, before[shown], args[field]));
  const same = given.filter((one) => !changed.includes(one)).map(([field]) => field);
  const back = changed.every(([field, shown]) => before[shown] || PLAIN.some((name) => name === field))
    ? 'The old values can be written back with update_affiliate.'
    : 'Fields that were empty cannot be emptied again with update_affiliate.';
  const unchanged = same.length === 0 ? '' : ` Sent unchanged: ${same.join(', ')}.`;
  const asked = `Change ${changes.join(', ')} for the ${nameAffiliate(before)}?`;
  return `${[asked, ...describeRedirect(before, args.affiliate_id), back].join(' ')}${unchanged}`;
}

/**
 * Sentences for the question; none if payouts keep their address and nothing was read.
 * @param own the id of the affiliate; absent for a new one
 */
function describeRedirect(record: unknown, own?: number): string[] {
  const { redirect } = record as { readonly redirect?: Redirect | undefined };
  if (!redirect) return [];
  const { address, holder, totals } = redirect;
  return [describeHolder(address, holder, own), ...(totals === undefined ? [] : [describeDue(totals)])];
}

/** Affiliates cannot be searched by payout address (API reference, A2). */
const OTHERS = 'Whether other affiliates are paid at it cannot be checked here: see find_duplicate_affiliates.';

function describeHolder(address: string, holder: Found, own: unknown): string {
  if (holder === 'failed')
    return `Whether the payout address is another affiliate's e-mail could not be read. ${OTHERS}`;
  if (holder === 'none') return `The payout address is no affiliate's e-mail. ${OTHERS}`;
  // LeadDyno may find a person by another of their addresses.
  const isIts = keyForm(textOf(holder.email)) === keyForm(address);
  if (own !== undefined && idTextOf(holder) === idTextOf({ id: own }))
    return `The payout address is their own. ${OTHERS}`;
  return `The payout address is ${isIts ? 'the e-mail of' : 'known to LeadDyno as that of'} the ${nameAffiliate(holder)}: another affiliate. ${OTHERS}`;
}

function describeDue(totals: Found): string {
  if (typeof totals === 'string' || amountOf(totals.due) === undefined)
    return 'The amount due to them now could not be read.';
  return `Due to them now (LeadDyno's total, in the account's currency only): ${money(totals.due, totals.currency)}.`;
}
