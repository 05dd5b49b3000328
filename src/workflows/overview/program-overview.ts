import * as z from 'zod';
import { type JsonObject, rowsIn } from '../../json.ts';
import { countAffiliates } from '../../operations/affiliates.ts';
import { countLeads } from '../../operations/leads.ts';
import { type Operation, Refusal } from '../../operations/operation.ts';
import { countPurchases } from '../../operations/purchases.ts';
import { countVisitors } from '../../operations/visitors.ts';
import { describeAffiliate } from '../../records/describe.ts';
import { Decimal, sumsOf, totalsOf } from '../../records/money.ts';
import {
  type Affiliate,
  type Commission,
  isCancelled,
  type Lead,
  type Parsed,
  type Purchase,
} from '../../records/parse.ts';
import {
  addMonths,
  boundsOf,
  DAY_MS,
  isMonth,
  isWithin,
  monthOf,
  type Period,
  writtenPeriod,
} from '../../records/period.ts';
import { numberOf } from '../../records/values.ts';
import { object } from '../output.ts';
import { pageFacts } from '../page-facts.ts';
import { changeOf, rank } from '../rankings/ranking.ts';
import type { Attempt } from '../reading/attempt.ts';
import { affiliates, type Collection, commissions, leads, purchases } from '../reading/collections.ts';
import type { Scan } from '../reading/scans.ts';
import { leaddynoNow, type Work } from '../workflow.ts';
import { commissionTotals, REWARDS_REMARK } from './account-totals.ts';

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
    'this, same_days_before (as many days of the month before; absent if that is the whole month) and whole_month_before: month, since and until (UTC, until excluded); purchases_not_cancelled and their revenue, purchases_cancelled; commissions_not_cancelled, commissions_cancelled, commissions_earned (money, by day earned), rewards_earned (not money: name, amount, count); new_affiliates, new_leads. change: of each in percent (null: nothing before), against the first of the two that is there',
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
  const current = figuresOf(records, compared.month, work);
  const sameDays = compared.sameDays && figuresOf(records, compared.sameDays, work);
  const before = figuresOf(records, compared.before, work);
  return {
    counts: { ...counts, ...byStatus(people), basis: COUNT_BASIS },
    commissions: { ...totals, ...remarkOnRewards(earned) },
    approval_queue: queueOf(people, now),
    top_affiliates: topOf(people),
    month: {
      time_zone: 'UTC',
      this: current,
      ...(sameDays && { same_days_before: sameDays }),
      whole_month_before: before,
      change: {
        against: sameDays ? 'same_days_before' : 'whole_month_before',
        ...changes(current, sameDays ?? before),
      },
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

/** The lists that the figures of a month are computed from; each may be incomplete or not read. */
interface MonthRecords {
  readonly purchases: Attempt<Scan<Purchase>>;
  readonly commissions: Attempt<Scan<Commission>>;
  readonly leads: Attempt<Scan<Lead>>;
  readonly affiliates: Attempt<Scan<Affiliate>>;
}

/** A month, and the periods it is compared with. */
interface Comparison {
  readonly month: Period;
  /** As much time of the month before; absent if that is the whole month. */
  readonly sameDays?: Period;
  readonly before: Period;
}

/** @throws Refusal for a month that has not begun */
function compareMonths(month: string | undefined, now: number): Comparison {
  const name = month ?? monthOf(now);
  const bounds = boundsOf(name);
  if (bounds.since > now) throw new Refusal('month: it has not started yet');
  const current = { since: bounds.since, until: Math.min(bounds.until, now) };
  const before = boundsOf(addMonths(name, -1));
  const sameEnd = before.since + current.until - current.since;
  return {
    month: current,
    before,
    ...(sameEnd < before.until && { sameDays: { since: before.since, until: sameEnd } }),
  };
}

/** The figures of a period, and why any are missing. */
function figuresOf(records: MonthRecords, period: Period, work: Work): JsonObject {
  const missing = Object.entries(records).flatMap(([what, part]) => {
    const why = whyMissing(part);
    return why === undefined ? [] : [{ what, why }];
  });
  return {
    month: monthOf(period.since),
    ...writtenPeriod(period),
    ...section(records.purchases, (all) => purchaseFigures(all, period, work)),
    ...section(records.commissions, (all) => commissionFigures(all, period, work)),
    ...section(records.affiliates, (all) => ({ new_affiliates: countIn(all, period), ...undatedAffiliates(all) })),
    ...section(records.leads, (all) => ({ new_leads: countIn(all, period) })),
    ...(missing.length > 0 && { not_read: missing }),
  };
}

/** Why a list is not used. One that was read in part is not: a figure from it would look like the real one. */
function whyMissing(part: Attempt<Scan>): string | undefined {
  if (!part.read) return part.why;
  return part.value.complete ? undefined : 'May not be all of them (see scanned)';
}

function section<Record extends Parsed>(
  part: Attempt<Scan<Record>>,
  figures: (records: readonly Record[]) => JsonObject,
): JsonObject {
  return part.read && part.value.complete ? figures(part.value.records) : {};
}

/** All affiliates are read, so some may have no readable date of joining: they are in no period, and may be of any. */
function undatedAffiliates(all: readonly Affiliate[]): JsonObject {
  const undated = all.filter(({ createdAt }) => Number.isNaN(createdAt)).length;
  return undated === 0 ? {} : { affiliates_without_readable_date: undated };
}

const countIn = (all: readonly Parsed[], period: Period) =>
  all.filter(({ createdAt }) => isWithin(createdAt, period)).length;

function purchaseFigures(all: readonly Purchase[], period: Period, work: Work): JsonObject {
  const readable = work.readable('purchases', all, 'cancelled', 'purchase_amount');
  const inside = readable.filter(({ createdAt }) => isWithin(createdAt, period));
  const live = inside.filter((one) => !isCancelled(one, leaddynoNow(work)));
  return {
    purchases_not_cancelled: live.length,
    purchases_cancelled: inside.length - live.length,
    revenue: totalsOf(live).list(),
  };
}

/** The day in which the period ends counts in full, because a commission has a day but no hour. */
function commissionFigures(all: readonly Commission[], period: Period, work: Work): JsonObject {
  const readable = work.readable('commissions', all, 'cancelled', 'amount', 'date');
  const inside = readable.filter(({ earnedAt }) => isWithin(earnedAt, period));
  const live = inside.filter(({ cancelled }) => !cancelled);
  const { sums, rewards } = sumsOf(live);
  return {
    commissions_not_cancelled: live.length,
    commissions_cancelled: inside.length - live.length,
    commissions_earned: sums,
    ...(rewards.length > 0 && { rewards_earned: rewards }),
  };
}

const COUNTED = [
  'purchases_not_cancelled',
  'purchases_cancelled',
  'commissions_not_cancelled',
  'commissions_cancelled',
];

const CHANGING = [
  'purchases_not_cancelled',
  'revenue',
  'commissions_not_cancelled',
  'commissions_earned',
  'new_affiliates',
  'new_leads',
];

/** What changed from the figures of one period to those of another, in percent. Figures of both that are there. */
function changes(now: JsonObject, before: JsonObject): JsonObject {
  const percent = (value: unknown, past: unknown) =>
    changeOf(new Decimal(String(value ?? 0)), new Decimal(String(past ?? 0)), undefined).percent;
  const changed = CHANGING.filter((name) => name in now && name in before).map((name) => {
    if (typeof now[name] === 'number') return [name, percent(now[name], before[name])];
    const [sums, past] = [rowsIn(now, name), rowsIn(before, name)];
    const currencies = [...new Set([...sums, ...past].map(({ currency }) => currency))];
    const amount = (rows: readonly JsonObject[], unit: unknown) =>
      rows.find(({ currency }) => currency === unit)?.amount;
    return [
      name,
      currencies.map((unit) => ({ currency: unit, percent: percent(amount(sums, unit), amount(past, unit)) })),
    ];
  });
  return Object.fromEntries(changed);
}

/** Figures month by month, beginning with the first month that has purchases or commissions. */
function seriesOf(records: MonthRecords, months: readonly string[], work: Work): JsonObject {
  const now = work.now();
  const missing = [whyMissing(records.purchases), whyMissing(records.commissions)].find((why) => why !== undefined);
  if (missing !== undefined) return { not_read: missing };
  const rows = months.map((month) => {
    const { since, until } = boundsOf(month);
    const period = { since, until: Math.min(until, now) };
    const bought = section(records.purchases, (all) => purchaseFigures(all, period, work));
    const earned = section(records.commissions, (all) => commissionFigures(all, period, work));
    const joined = section(records.affiliates, (all) => ({ new_affiliates: countIn(all, period) }));
    return { month, ...bought, ...earned, ...joined, ...(until > now && { so_far: true }) };
  });
  const first = rows.findIndex((row: JsonObject) => COUNTED.some((count) => row[count] !== 0));
  return { months: first === -1 ? [] : rows.slice(first) };
}
