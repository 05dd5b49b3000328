import type { JsonObject } from '../../json.ts';
import { totalsOf } from '../../records/money.ts';
import { addMonths, boundsOf, isWithin, monthOf, type Period, writtenPeriod as written } from '../../records/period.ts';
import { createdAt, timeOf } from '../../records/values.ts';
import type { Attempt } from '../reading/attempts.ts';
import type { Scan } from '../reading/scan.ts';
import { byCancellation } from './cancellations.ts';

/** The records that the figures of a month are made from, each as far as it could be read. */
export interface MonthRecords {
  readonly purchases: Attempt<Scan>;
  readonly commissions: Attempt<Scan>;
  readonly leads: Attempt<Scan>;
  readonly affiliates: Attempt<Scan>;
}

/** A month and what it is compared with. */
export interface Comparison {
  readonly month: Period;
  /** As many days of the month before. */
  readonly sameDays: Period;
  readonly before: Period;
}

/**
 * The day a commission was earned, or when it was created where no day can be read; a plain day stands for its start,
 * UTC (API reference, Commission).
 */
export function earnedAt({ date, created_at }: JsonObject): number {
  const day = timeOf(date);
  return Number.isNaN(day) ? timeOf(created_at) : day;
}

/** @throws RangeError for a month that has not begun */
export function compareMonths(month: string | undefined, now: number): Comparison {
  const name = month ?? monthOf(now);
  const bounds = boundsOf(name);
  if (bounds.since > now) throw new RangeError('month: it has not begun');
  const current = { since: bounds.since, until: Math.min(bounds.until, now) };
  const before = boundsOf(addMonths(name, -1));
  const length = current.until - current.since;
  return {
    month: current,
    before,
    sameDays: { since: before.since, until: Math.min(before.since + length, before.until) },
  };
}

/** The figures of a period, and why those that are missing are. */
export function figuresOf(records: MonthRecords, period: Period): JsonObject {
  const missing = Object.entries(records).flatMap(([what, part]) => {
    const why = whyMissing(part);
    return why === undefined ? [] : [{ what, why }];
  });
  return {
    ...written(period),
    ...section(records.purchases, (rows) => purchaseFigures(rows, period)),
    ...section(records.commissions, (rows) => commissionFigures(rows, period)),
    ...section(records.affiliates, (rows) => ({ new_affiliates: countIn(rows, period), ...undatedAffiliates(rows) })),
    ...section(records.leads, (rows) => ({ new_leads: countIn(rows, period) })),
    ...(missing.length > 0 && { not_read: missing }),
  };
}

/** What was read in part is as good as not read: a figure from it would pass for the real one. */
export function whyMissing(part: Attempt<Scan>): string | undefined {
  if (!part.read) return part.why;
  return part.value.complete ? undefined : 'Not read to the end yet';
}

function section(part: Attempt<Scan>, figures: (rows: readonly JsonObject[]) => JsonObject): JsonObject {
  return part.read && part.value.complete ? figures(part.value.rows) : {};
}

/** Affiliates are read whole: those who do not say when they joined are in no period, and may be of any. */
function undatedAffiliates(rows: readonly JsonObject[]): JsonObject {
  const undated = rows.filter((row) => Number.isNaN(createdAt(row))).length;
  return undated === 0 ? {} : { affiliates_without_readable_date: undated };
}

const countIn = (rows: readonly JsonObject[], period: Period) =>
  rows.filter((row) => isWithin(createdAt(row), period)).length;

function purchaseFigures(rows: readonly JsonObject[], period: Period): JsonObject {
  const inside = rows.filter((row) => isWithin(createdAt(row), period));
  const { live, cancelled, unclear } = byCancellation(inside);
  const revenue = totalsOf(live, 'purchase_amount');
  return {
    purchases: live.length,
    cancelled_purchases: cancelled.length,
    ...(unclear.length > 0 && { purchases_not_known_whether_cancelled: unclear.length }),
    revenue: revenue.list(),
    ...(revenue.unreadable > 0 && { purchases_without_readable_amount: revenue.unreadable }),
  };
}

/** A day that the period ends in counts whole: a commission names no hour. */
function commissionFigures(rows: readonly JsonObject[], period: Period): JsonObject {
  const inside = rows.filter((row) => isWithin(earnedAt(row), period));
  const { live, cancelled, unclear } = byCancellation(inside);
  const earned = totalsOf(live, 'amount');
  return {
    commissions_earned: earned.list(),
    cancelled_commissions: cancelled.length,
    ...(unclear.length > 0 && { commissions_not_known_whether_cancelled: unclear.length }),
    ...(earned.unreadable > 0 && { commissions_without_readable_amount: earned.unreadable }),
  };
}

/** Month by month up to this one, from the first month in which there was anything. */
export function seriesOf(records: MonthRecords, months: readonly string[], now: number): JsonObject {
  const missing = [whyMissing(records.purchases), whyMissing(records.commissions)].find((why) => why !== undefined);
  if (missing !== undefined) return { not_read: missing };
  const rows = months.map((month) => {
    const { since, until } = boundsOf(month);
    const period = { since, until: Math.min(until, now) };
    const { purchases, cancelled_purchases, revenue } = section(records.purchases, (all) =>
      purchaseFigures(all, period),
    );
    const { commissions_earned } = section(records.commissions, (all) => commissionFigures(all, period));
    return { month, purchases, cancelled_purchases, revenue, commissions_earned, ...(until > now && { so_far: true }) };
  });
  const first = rows.findIndex(
    ({ purchases, cancelled_purchases, commissions_earned }) =>
      purchases !== 0 ||
      cancelled_purchases !== 0 ||
      (Array.isArray(commissions_earned) && commissions_earned.length > 0),
  );
  return { months: first === -1 ? [] : rows.slice(first) };
}
