import * as z from 'zod';
import type { JsonObject } from '../../json.ts';
import { countAffiliates } from '../../operations/affiliates.ts';
import { countLeads } from '../../operations/leads.ts';
import type { Operation } from '../../operations/operation.ts';
import { countPurchases } from '../../operations/purchases.ts';
import { countVisitors } from '../../operations/visitors.ts';
import { describeAffiliate } from '../../records/describe.ts';
import { Decimal } from '../../records/money.ts';
import type { Affiliate, Commission, Parsed } from '../../records/parse.ts';
import { addMonths, boundsOf, DAY_MS, isMonth, monthOf } from '../../records/period.ts';
import { numberOf } from '../../records/values.ts';
import { object } from '../output.ts';
import { pageFacts } from '../page-facts.ts';
import { rank } from '../rankings/ranking.ts';
import type { Attempt } from '../reading/attempt.ts';
import { affiliates, type Collection, commissions, leads, purchases } from '../reading/collections.ts';
import type { Scan } from '../reading/scans.ts';
import type { Work } from '../workflow.ts';
import { REWARDS_REMARK } from './account-totals.ts';
import { commissionTotals } from './commission-totals.ts';
import { compareMonths, figuresOf, seriesOf, whyMissing } from './months.ts';

export const input = () => ({
  month: z
    .string()
    .refine(isMonth, 'must be a month (YYYY-MM)')
    .optional()
    .describe('YYYY-MM (UTC); default: this month'),
  series: z.boolean().optional().describe('true: add up to 12 months, for a chart'),
});

export const output = {
  counts: object(
    'affiliates, affiliates_by_status, leads, purchases, visitors: all time; basis says how they are counted',
  ),
  commissions: object(
    "LeadDyno's all-time totals: count_with_cancelled, by_currency; remark if they do not cover everything or include more than money",
  ),
  approval_queue: object('pending and oldest_days'),
  top_affiliates: object('affiliates: the five with the most purchases of all time'),
  month: object(
    'this, same_days_before (as many days of the month before; absent if that is the whole month) and whole_month_before: month, since and until (UTC, until excluded); purchases_not_cancelled and their revenue, purchases_cancelled; commissions_not_cancelled, commissions_cancelled, commissions_earned (money, by day earned), rewards_earned (not money: name, amount, count); new_affiliates, new_leads',
  ),
  series: object('months, the oldest first, with the purchases, commissions and new_affiliates of each as in month'),
};

const SERIES_MONTHS = 12;
const TOP = 5;
/** A commission's day is in the account's time zone, its creation a moment in UTC: read some days more. */
const MARGIN_MS = 2 * DAY_MS;

export async function run(args: JsonObject, work: Work): Promise<JsonObject> {
  const { month, series, page } = args as { month?: string; series?: boolean; page?: boolean };
  const now = work.now();
  const compared = compareMonths(month, now);
  const last = month ?? monthOf(now);
  const months = Array.from({ length: SERIES_MONTHS }, (_, index) => addMonths(last, index + 1 - SERIES_MONTHS));
  const since = series ? boundsOf(months[0] ?? last).since : compared.before.since;

  const window = <Record extends Parsed>(collection: Collection<Record>, from: number) =>
    work.attempt(() => work.scanWindow(collection, { since: from }));
  const [counts, people, bought, earned, led] = await Promise.all([
    readCounts(work),
    work.attempt(() => work.scan(affiliates)),
    window(purchases, since),
    window(commissions, since - MARGIN_MS),
    window(leads, compared.before.since),
  ]);
  const seen = [bought, earned].flatMap((part) =>
    part.read ? part.value.records.map(({ currency }) => currency) : [],
  );
  const totals = await commissionTotals(seen, work);

  const records = { purchases: bought, commissions: earned, leads: led, affiliates: people };
  return {
    counts: { ...counts, ...byStatus(people), basis: COUNT_BASIS },
    commissions: { ...totals, ...remarkOnRewards(earned) },
    approval_queue: queueOf(people, now),
    top_affiliates: topOf(people),
    month: {
      time_zone: 'UTC',
      this: figuresOf(records, compared.month, work),
      ...(compared.sameDays && { same_days_before: figuresOf(records, compared.sameDays, work) }),
      whole_month_before: figuresOf(records, compared.before, work),
      basis: 'Commissions have a day but no hour, so the last day of a period counts in full for them.',
    },
    ...(series && { series: seriesOf(records, months, work) }),
    ...(page && { page: pageFacts(work, ['review_affiliates'], people.read ? people.value.records : []) }),
  };
}

/** Whether cancelled purchases are counted is not established (API reference, P3). */
const COUNT_BASIS = 'All time, as LeadDyno counts; purchases most likely include cancelled ones.';

/** LeadDyno's totals cannot be limited to money. */
function remarkOnRewards(earned: Attempt<Scan<Commission>>): JsonObject {
  const some = earned.read && earned.value.records.some((one) => !one.isMoney);
  return some ? { not_only_money: REWARDS_REMARK } : {};
}

const COUNTS: readonly (readonly [name: string, operation: Operation])[] = [
  ['affiliates', countAffiliates],
  ['leads', countLeads],
  ['purchases', countPurchases],
  ['visitors', countVisitors],
];

/** A count that cannot be read is null; `not_read` says why. */
async function readCounts(work: Work): Promise<JsonObject> {
  const counted = await Promise.all(
    COUNTS.map(async ([name, operation]) => ({ name, found: await work.attempt(() => work.read(operation, {})) })),
  );
  const missing = counted.flatMap(({ name, found }) => (found.read ? [] : [{ what: name, why: found.why }]));
  return {
    ...Object.fromEntries(
      counted.map(({ name, found }) => [name, found.read ? (numberOf(found.value.count) ?? null) : null]),
    ),
    ...(missing.length > 0 && { not_read: missing }),
  };
}

function byStatus(people: Attempt<Scan<Affiliate>>): JsonObject {
  const why = whyMissing(people);
  if (why !== undefined || !people.read) return { affiliates_by_status: { not_read: why } };
  const counts = { active: 0, pending: 0, archived: 0, unknown: 0 };
  for (const { standing } of people.value.records) counts[standing] += 1;
  const { unknown, ...known } = counts;
  return { affiliates_by_status: { ...known, ...(unknown > 0 && { unknown }) } };
}

function queueOf(people: Attempt<Scan<Affiliate>>, now: number): JsonObject {
  const why = whyMissing(people);
  if (why !== undefined || !people.read) return { not_read: why };
  const pending = people.value.records.filter(({ standing }) => standing === 'pending');
  const times = pending.map(({ createdAt }) => createdAt).filter((time) => !Number.isNaN(time));
  const oldest = times.length === 0 ? null : Math.max(0, Math.floor((now - Math.min(...times)) / DAY_MS));
  const undated = pending.length - times.length;
  return { pending: pending.length, oldest_days: oldest, ...(undated > 0 && { without_readable_date: undated }) };
}

function topOf(people: Attempt<Scan<Affiliate>>): JsonObject {
  const why = whyMissing(people);
  if (why !== undefined || !people.read) return { not_read: why };
  const counted = people.value.records.flatMap((row) =>
    row.purchases === undefined ? [] : [{ row, value: new Decimal(row.purchases), id: row.id }],
  );
  const { top, tied } = rank(
    counted.filter(({ value }) => value.greaterThan(0)),
    TOP,
  );
  const unknown = people.value.records.length - counted.length;
  return {
    affiliates: top.map(({ rank: place, row, value }) => ({
      rank: place,
      ...describeAffiliate(row),
      total_purchases: value.toNumber(),
    })),
    ...(tied > 0 && { tied_with_the_last: tied }),
    ...(unknown > 0 && { without_a_count: unknown }),
  };
}
