import { DAY_MS, isWithin, monthOf, type Period } from '../../records/period.ts';

/* Days, weeks (from Monday) and months, in UTC, and the periods they are compared with. */

export const UNITS = ['day', 'week', 'month'] as const;
export type Unit = (typeof UNITS)[number];

export const COMPARISONS = ['previous', 'same_period_last_year'] as const;
export type Comparison = (typeof COMPARISONS)[number];

const WEEK_MS = 7 * DAY_MS;
/** The first Monday: the epoch began on a Thursday. */
const MONDAY_MS = 4 * DAY_MS;

/** The start of the bucket that a moment is in. */
export function startIn(unit: Unit, at: number): number {
  if (unit === 'day') return Math.floor(at / DAY_MS) * DAY_MS;
  if (unit === 'week') return Math.floor((at - MONDAY_MS) / WEEK_MS) * WEEK_MS + MONDAY_MS;
  const date = new Date(at);
  return Date.UTC(date.getUTCFullYear(), date.getUTCMonth(), 1);
}

/** The start of the bucket that is `by` buckets later. */
export function shiftBy(unit: Unit, start: number, by: number): number {
  if (unit === 'day') return start + by * DAY_MS;
  if (unit === 'week') return start + by * WEEK_MS;
  const date = new Date(start);
  return Date.UTC(date.getUTCFullYear(), date.getUTCMonth() + by, 1);
}

/** A month as `2026-11`, a day as its date, a week as the date of its Monday. */
export const nameOfBucket = (unit: Unit, start: number): string =>
  unit === 'month' ? monthOf(start) : new Date(start).toISOString().slice(0, 10);

/** The same date in another year; 29 February becomes 1 March if that year has none. */
export function otherYear(at: number, by: number): number {
  const date = new Date(at);
  return date.setUTCFullYear(date.getUTCFullYear() + by);
}

/**
 * The start of the bucket that one is compared with: the one before, or the one a year before (52 weeks, the same
 * month, the same date).
 * @param direction -1 for that earlier bucket, 1 for the later bucket that is compared with this one
 */
function shiftFor(unit: Unit, start: number, comparison: Comparison, direction: 1 | -1): number {
  if (comparison === 'previous') return shiftBy(unit, start, direction);
  if (unit === 'day') return otherYear(start, direction);
  return shiftBy(unit, start, direction * (unit === 'week' ? 52 : 12));
}

/** The part of a bucket that is inside the window; `isPart` if that is not the whole bucket. */
export function partOf(unit: Unit, start: number, window: Period): Period & { readonly isPart: boolean } {
  const end = shiftBy(unit, start, 1);
  const [since, until] = [Math.max(start, window.since), Math.min(end, window.until)];
  return { since, until, isPart: since > start || until < end };
}

/**
 * The start of the later bucket that a moment in the past is compared with; undefined if there is none. A bucket that
 * is only partly in the window is compared with the same part of the earlier one.
 */
export function comparedBucket(unit: Unit, at: number, comparison: Comparison, window: Period): number | undefined {
  const earlier = startIn(unit, at);
  const later = shiftFor(unit, earlier, comparison, 1);
  if (shiftFor(unit, later, comparison, -1) !== earlier) return undefined;
  const part = partOf(unit, later, window);
  if (part.until <= part.since) return undefined;
  const end = shiftBy(unit, earlier, 1);
  const since = earlier + (part.since - later);
  const until = part.until < shiftBy(unit, later, 1) ? Math.min(end, earlier + (part.until - later)) : end;
  return isWithin(at, { since, until }) ? later : undefined;
}

/**
 * The period that a whole window is compared with: the same length of time before it, or the same dates a year before.
 * If the window begins with a month, it is the same number of months before: whole months with whole months, the first
 * days of a month with the first days of a month.
 */
export function comparedWindow({ since, until }: Period, comparison: Comparison): Period {
  if (comparison !== 'previous') return { since: otherYear(since, -1), until: otherYear(until, -1) };
  if (since !== startIn('month', since) || until <= since) return { since: since - (until - since), until: since };
  const last = startIn('month', until - 1);
  let months = 1;
  for (let month = since; month < last; month = shiftBy('month', month, 1)) months += 1;
  const begin = shiftBy('month', last, -months);
  const end = Math.min(begin + (until - last), shiftBy('month', begin, 1));
  const isWhole = until === shiftBy('month', last, 1);
  return { since: shiftBy('month', since, -months), until: isWhole ? since : end };
}
