import * as z from 'zod';
import type { JsonObject } from '../../json.ts';
import { describeAffiliate } from '../../records/describe.ts';
import { addressForm } from '../../records/keys.ts';
import { sumsOf, totalsOf } from '../../records/money.ts';
import {
  type Affiliate,
  type Commission,
  type Credited,
  isCancelled,
  type Lead,
  type Parsed,
  type Purchase,
} from '../../records/parse.ts';
import { type Identities, identitiesIn, mailboxOf } from '../../records/people.ts';
import { groupBy, numericIdOf, shownIdOf } from '../../records/values.ts';
import { number, object, rows } from '../output.ts';
import { affiliates, type Collection, commissions, leads, purchases } from '../reading/collections.ts';
import { leaddynoNow, type Work } from '../workflow.ts';
import {
  affiliatesById,
  type ById,
  CONFIDENCES,
  type Confidence,
  type Evidence,
  type EvidenceGroup,
  evidence,
  findCircles,
  findShared,
  groupEvidence,
} from './evidence.ts';

export const input = () => ({
  minimum_confidence: z
    .enum(CONFIDENCES)
    .default('medium')
    .describe(
      'high: same mailbox, own customer; medium: payout address, recruiting circle (high with the same name); low: name',
    ),
  include_archived: z.boolean().default(true).describe('Archived ones too'),
  check_purchases: z.boolean().default(true).describe('Look for own customers'),
  check_leads: z.boolean().default(false).describe('Also check leads who did not buy; slow'),
  limit: z.int().min(1).max(100).default(20).describe('Groups to show'),
});

export const output = {
  groups_found: number('Groups of at least this confidence; absent if not everything was read'),
  by_confidence: object('Groups found: high, medium, low'),
  below_minimum: object('Groups of a lower confidence, not shown: medium, low'),
  all_together: object('What the accounts in all groups found were paid and are owed, each counted once, per currency'),
  groups: rows(
    'Surest first: confidence, affiliates (key fields, with paid, owed and any paid_then_cancelled per currency), paid and owed of the group together, evidence (sign, confidence, fields that agree, affiliate_ids; for own_customer also purchases, revenue per currency, customers)',
  ),
  affiliates_without_id: number('Rows that could not be compared'),
  could_not_read: object('What was left out, and why'),
};

const NOTE =
  'Signs, not verdicts: families, agencies and namesakes show them too. A person decides; nothing was changed.';
const SHOWN = 10;

interface Args {
  readonly minimum_confidence: Confidence;
  readonly include_archived: boolean;
  readonly check_purchases: boolean;
  readonly check_leads: boolean;
  readonly limit: number;
  readonly skip: number;
}

export async function run(args: JsonObject, work: Work): Promise<JsonObject> {
  const { minimum_confidence, include_archived, check_purchases, check_leads, limit, skip } = args as unknown as Args;
  const failures: JsonObject = {};
  const scan = await work.scan(affiliates);
  const compared = scan.records.filter(({ standing }) => include_archived || standing !== 'archived');
  const all = affiliatesById(compared);
  const bought = await readPart(check_purchases, purchases, failures, work);
  const registered = await readPart(check_leads, leads, failures, work);
  const own = findOwnCustomers(all, { purchases: bought.records, leads: registered.records }, work);
  const found = [...findShared(all), ...findCircles(all), ...own];
  const groups = groupEvidence(found, minimum_confidence);
  const weaker = groupEvidence(found, 'low').filter(({ confidence }) => isBelow(confidence, minimum_confidence));
  const earned = await readPart(groups.length > 0, commissions, failures, work);
  const isPaidRead = earned.complete && failures.commissions === undefined;
  const earnings = isPaidRead ? earningsIn(earned.records, identitiesIn(scan.records), work) : undefined;
  const shown = groups.slice(skip, skip + limit);
  const left = Math.max(0, groups.length - skip - shown.length);
  const everything = scan.complete && bought.complete && registered.complete;
  const everybody = [...new Set(groups.flatMap(({ ids }) => ids))].flatMap((id) => all.get(id) ?? []);
  return {
    ...(everything && { groups_found: groups.length, by_confidence: countByConfidence(groups) }),
    ...(everything && weaker.length > 0 && { below_minimum: countByConfidence(weaker) }),
    ...(groups.length > 0 && earnings && { all_together: earnings(everybody) }),
    groups: shown.map((group) => describeGroup(group, all, earnings)),
    ...(skip > 0 && { skipped: Math.min(skip, groups.length) }),
    ...(left > 0 && { left_off: left, next_skip: skip + shown.length }),
    ...(compared.length > all.size && { affiliates_without_id: compared.length - all.size }),
    ...(Object.keys(failures).length > 0 && { could_not_read: failures }),
    note: NOTE,
  };
}

interface Part<Record extends Parsed> {
  readonly records: readonly Record[];
  readonly complete: boolean;
}

/** Reads a list that the rest can do without; if it cannot be read, `failures` says why. */
async function readPart<Record extends Parsed>(
  wanted: boolean,
  collection: Collection<Record>,
  failures: JsonObject,
  work: Work,
): Promise<Part<Record>> {
  if (!wanted) return { records: [], complete: true };
  const scan = await work.attempt(() => work.scan(collection));
  if (scan.read) return scan.value;
  failures[collection.name] = scan.error.message;
  return { records: [], complete: false };
}

/** Whether one confidence is lower than another. */
const isBelow = (one: Confidence, least: Confidence) => CONFIDENCES.indexOf(one) < CONFIDENCES.indexOf(least);

function countByConfidence(groups: readonly EvidenceGroup[]): JsonObject {
  return Object.fromEntries(
    CONFIDENCES.map((one) => [one, groups.filter(({ confidence }) => confidence === one).length]),
  );
}

function describeGroup(
  { ids, evidence, confidence }: EvidenceGroup,
  all: ById,
  earnings: EarningsOf | undefined,
): JsonObject {
  return {
    confidence,
    ...(ids.length > 1 && earnings?.(ids.flatMap((id) => all.get(id) ?? []))),
    affiliates: ids.slice(0, SHOWN).flatMap((id) => describeMember(all.get(id), earnings)),
    ...(ids.length > SHOWN && { more_affiliates: ids.length - SHOWN }),
    evidence: evidence.slice(0, SHOWN).map(describeEvidence),
    ...(evidence.length > SHOWN && { more_evidence: evidence.length - SHOWN }),
  };
}

function describeMember(affiliate: Affiliate | undefined, earnings: EarningsOf | undefined): JsonObject[] {
  if (!affiliate) return [];
  const fields = ['paypal_email', 'affiliate_code', 'status', 'referring_affiliate_id', 'created_at'];
  return [{ ...describeAffiliate(affiliate, ...fields, 'total_purchases'), ...earnings?.([affiliate]) }];
}

function describeEvidence({ sign, confidence, fields, ids, more }: Evidence): JsonObject {
  return {
    sign,
    confidence,
    fields,
    affiliate_ids: ids.slice(0, SHOWN),
    ...(ids.length > SHOWN && { more_affiliates: ids.length - SHOWN }),
    ...more,
  };
}

/** What some accounts together were paid and are owed, per currency. */
type EarningsOf = (accounts: readonly Affiliate[]) => JsonObject;

/** Counts only money. An unpaid commission that is cancelled is not owed. */
function earningsIn(all: readonly Commission[], people: Identities<Affiliate>, work: Work): EarningsOf {
  const readable = work.readable('commissions', all, 'paid', 'cancelled', 'amount');
  const { money } = sumsOf(readable);
  const byAccount = groupBy(money, ({ affiliate }) => (affiliate ? people.keyOf(affiliate) : ''));
  return (accounts) => {
    const own = accounts.flatMap((one) => byAccount.get(people.keyOf(one)) ?? []);
    const sums = (fits: (one: Commission) => boolean) => sumsOf(own.filter(fits)).sums;
    const lost = sums(({ paid, cancelled }) => paid === true && cancelled === true);
    return {
      paid: sums(({ paid, cancelled }) => paid === true && !cancelled),
      owed: sums(({ paid, cancelled }) => !paid && !cancelled),
      ...(lost.length > 0 && { paid_then_cancelled: lost }),
    };
  };
}

const IDS_SHOWN = 5;

/** Purchases and leads that are credited to an affiliate and whose customer has that affiliate's mailbox. */
interface Own {
  readonly purchases: Purchase[];
  readonly leads: Lead[];
  readonly fields: Set<string>;
}

/** Affiliates who are their own customer, by e-mail or payout address. */
export function findOwnCustomers(
  all: ById,
  { purchases, leads }: { readonly purchases: readonly Purchase[]; readonly leads: readonly Lead[] },
  work: Work,
): Evidence[] {
  const mailboxes = new Map(
    [...all].map(([id, { email, payoutAddress }]) => [id, [mailboxOf(email), mailboxOf(payoutAddress)] as const]),
  );
  const byEmail = new Map([...all].map(([id, { email }]) => [addressForm(email), id]));
  const own = new Map<number, Own>();

  /**
   * The entry of the affiliate whom a record is credited to, if they are its customer themselves; undefined otherwise.
   */
  function ownOf({ affiliate }: Credited, customer: string, field: string): Own | undefined {
    if (!affiliate) return undefined;
    const id = affiliate.id === '' ? byEmail.get(addressForm(affiliate.email)) : numericIdOf(affiliate);
    const mailbox = mailboxOf(customer);
    if (id === undefined || mailbox === '') return undefined;
    const place = mailboxes.get(id)?.indexOf(mailbox) ?? -1;
    if (place < 0) return undefined;
    const known = own.get(id) ?? { purchases: [], leads: [], fields: new Set() };
    own.set(id, known);
    known.fields.add(field).add(place === 0 ? 'email' : 'paypal_email');
    return known;
  }

  for (const purchase of purchases)
    ownOf(purchase, purchase.customer.email, 'purchase.lead.email')?.purchases.push(purchase);
  for (const lead of leads) ownOf(lead, lead.email, 'lead.email')?.leads.push(lead);
  return [...own].map(([id, found]) => evidence('own_customer', [...found.fields], [id], all, details(found, work)));
}

function details({ purchases, leads }: Own, work: Work): JsonObject {
  const readable = work.readable('purchases', purchases, 'cancelled', 'purchase_amount');
  const live = readable.filter((one) => !isCancelled(one, leaddynoNow(work)));
  const emails = [...purchases.map(({ customer }) => customer.email), ...leads.map(({ email }) => email)];
  return {
    ...(purchases.length > 0 && {
      purchases_not_cancelled: live.length,
      purchases_cancelled: readable.length - live.length,
      revenue: totalsOf(live).list(),
      purchase_ids: purchases.slice(0, IDS_SHOWN).map(shownIdOf),
    }),
    ...(leads.length > 0 && { leads: leads.length, lead_ids: leads.slice(0, IDS_SHOWN).map(shownIdOf) }),
    customers: [...new Set(emails)].slice(0, IDS_SHOWN).map((email) => ({ email })),
  };
}
