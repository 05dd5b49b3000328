import type { JsonObject } from '../../json.ts';
import { Refusal } from '../../operations/operation.ts';
import { Decimal, rounded } from '../../records/money.ts';
import { addMonths, afterDay, boundsOf, DAY_MS, monthOf, type Period, startOfDay } from '../../records/period.ts';

/** A figure of one period; its value is undefined if there is nothing to compute it from. */
export interface Figure {
  readonly value: Decimal | undefined;
  /** What it was computed from, in words: `6 of 24`. */
  readonly of?: string;
  /** How many items it was computed from, if they may be few. */
  readonly sample?: number;
}

export type Kind = 'count' | 'rate' | 'days' | 'money' | 'small_money';

/** Which direction is good; undefined if neither is. */
export type Good = 'up' | 'down' | undefined;

/** The same figure in two periods. */
export interface Compared {
  readonly name: string;
  readonly kind: Kind;
  readonly good: Good;
  /** Only for money, and for rates of money. */
  readonly currency?: string;
  readonly now: Figure;
  readonly before: Figure;
  /** Whether a list that it comes from was read only in part. */
  readonly preliminary: boolean;
}

/** A part divided by a whole; undefined if there is no whole. */
export const rateOf = (part: Decimal | number, whole: Decimal | number): Decimal | undefined =>
  new Decimal(whole).greaterThan(0) ? new Decimal(part).div(whole) : undefined;

/** A rate of counted things, with what it was computed from. */
export const countedRate = (part: number, whole: number): Figure => ({
  value: rateOf(part, whole),
  of: `${part} of ${whole}`,
  sample: whole,
});

/** Rounded as shown, so that the difference matches the two values beside it. */
function round(value: Decimal, kind: Kind, currency = ''): Decimal {
  switch (kind) {
    case 'count':
      return value;
    case 'rate':
      return new Decimal(value.times(100).toFixed(1));
    case 'days':
      return new Decimal(value.toFixed(1));
    case 'money':
      return new Decimal(rounded(value, currency));
    case 'small_money':
      return new Decimal(rounded(value, currency, 2));
  }
}

function write(value: Decimal, kind: Kind, currency = ''): string | number {
  if (kind === 'count' || kind === 'days') return value.toNumber();
  if (kind === 'rate') return `${value.toFixed(1)}%`;
  return rounded(value, currency, kind === 'small_money' ? 2 : 0);
}

/** A figure and the one before it: value, before, difference, and, except for rates, the change in per cent. */
export function describeFigure(one: Compared): JsonObject {
  const { name, kind, currency, preliminary } = one;
  const [now, before] = shownIn(one);
  const show = (value: Decimal | undefined) => (value === undefined ? null : write(value, kind, currency));
  const difference = now && before ? now.minus(before) : undefined;
  const points = difference && `${difference.toFixed(1)} points`;
  const percent = before?.greaterThan(0) && difference ? `${difference.div(before).times(100).toFixed(1)}%` : null;
  return {
    figure: name,
    ...(currency !== undefined && { currency: currency || 'unknown' }),
    value: show(now),
    before: show(before),
    difference: kind === 'rate' ? (points ?? null) : show(difference),
    ...(kind !== 'rate' && { percent }),
    ...(one.now.of !== undefined && { of: one.now.of, of_before: one.before.of }),
    ...(preliminary && { preliminary: true }),
  };
}

function shownIn({ now, before, kind, currency }: Compared): readonly [Decimal | undefined, Decimal | undefined] {
  return [now.value && round(now.value, kind, currency), before.value && round(before.value, kind, currency)];
}

/** Smaller changes, as a share of the value before, are not mentioned. */
const LEAST = 0.05;
/** A figure computed from fewer says little. */
const ENOUGH = 5;

/**
 * Whether a figure got better or worse by a twentieth or more; undefined if it did not, if it comes from too few items,
 * or if neither direction is good.
 */
export function verdictOn(one: Compared): 'better' | 'worse' | undefined {
  const [now, before] = shownIn(one);
  const sample = Math.min(one.now.sample ?? ENOUGH, one.before.sample ?? ENOUGH);
  if (!one.good || !now || !before || sample < ENOUGH) return undefined;
  const difference = now.minus(before);
  if (difference.isZero() || difference.abs().lessThan(before.abs().times(LEAST))) return undefined;
  return difference.greaterThan(0) === (one.good === 'up') ? 'better' : 'worse';
}

/** The middle value, or the mean of the two middle ones. */
export function medianOf(values: readonly number[]): Decimal | undefined {
  const sorted = [...values].sort((a, b) => a - b);
  const [low, high] = [sorted[Math.ceil(sorted.length / 2) - 1], sorted[Math.floor(sorted.length / 2)]];
  return low === undefined || high === undefined ? undefined : new Decimal(low).plus(high).div(2);
}

/** A period and the one it is compared with. */
export interface Periods {
  readonly now: Period;
  readonly before: Period;
}

const DAYS = 30;

const isMonthStart = (at: number) => boundsOf(monthOf(at)).since === at;

const monthsBetween = (from: number, to: number) => {
  const [one, other] = [new Date(from), new Date(to)];
  return (other.getUTCFullYear() - one.getUTCFullYear()) * 12 + other.getUTCMonth() - one.getUTCMonth();
};

/**
 * Whole months are compared with the same number of months before, the first part of a month with the same part of the
 * month before, and anything else with the same length of time before. Without arguments: the last 30 full days (UTC).
 * @throws Refusal for a period that is empty or in the future
 */
export function periodsFor(since: string | undefined, until: string | undefined, now: number): Periods {
  const today = Math.floor(now / DAY_MS) * DAY_MS;
  const given = until === undefined ? undefined : Math.min(afterDay(until), now);
  const end = given ?? (since === undefined ? today : now);
  const start = since === undefined ? end - DAYS * DAY_MS : startOfDay(since);
  if (start >= now) throw new Refusal('since must be in the past');
  if (end <= start) throw new Refusal('until must be after since');
  return { now: { since: start, until: end }, before: periodBefore(start, end) };
}

function periodBefore(since: number, until: number): Period {
  const length = until - since;
  if (!isMonthStart(since)) return { since: since - length, until: since };
  const months = monthsBetween(since, until);
  if (months > 0 && isMonthStart(until)) return { since: shiftMonths(since, -months), until: since };
  if (months > 0) return { since: since - length, until: since };
  const start = shiftMonths(since, -1);
  return { since: start, until: Math.min(start + length, since) };
}

const shiftMonths = (at: number, by: number) => boundsOf(addMonths(monthOf(at), by)).since;
