import type { JsonObject } from '../../json.ts';
import { Refusal } from '../../operations/operation.ts';
import { sumsOf, totalsOf } from '../../records/money.ts';
import {
  type Affiliate,
  type Commission,
  isCancelled,
  type Lead,
  type Parsed,
  type Purchase,
} from '../../records/parse.ts';
import { addMonths, boundsOf, isWithin, monthOf, type Period, writtenPeriod } from '../../records/period.ts';
import type { Attempt } from '../reading/attempt.ts';
import type { Scan } from '../reading/scans.ts';
import { leaddynoNow, type Work } from '../workflow.ts';

/** The lists that the figures of a month are computed from; each may be incomplete or not read. */
export interface MonthRecords {
  readonly purchases: Attempt<Scan<Purchase>>;
  readonly commissions: Attempt<Scan<Commission>>;
  readonly leads: Attempt<Scan<Lead>>;
  readonly affiliates: Attempt<Scan<Affiliate>>;
}

/** A month, and the periods it is compared with. */
export interface Comparison {
  readonly month: Period;
  /** As much time of the month before; absent if that is the whole month. */
  readonly sameDays?: Period;
  readonly before: Period;
}

/** @throws Refusal for a month that has not begun */
export function compareMonths(month: string | undefined, now: number): Comparison {
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
export function figuresOf(records: MonthRecords, period: Period, work: Work): JsonObject {
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
export function whyMissing(part: Attempt<Scan>): string | undefined {
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

/** Figures month by month, beginning with the first month that has purchases or commissions. */
export function seriesOf(records: MonthRecords, months: readonly string[], work: Work): JsonObject {
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
