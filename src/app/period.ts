import { addDays, bucket, days, daysBetween } from './figures.ts';

/** The period of "How it goes" and "Who": a month, or a range of days, both ends included (UTC). */
export type Period =
  | { readonly kind: 'month'; readonly month: string }
  | { readonly kind: 'days'; readonly since: string; readonly until: string };

/** A range of days, both ends included. */
export interface Days {
  readonly since: string;
  readonly until: string;
}

const monthOf = (date: string): string => date.slice(0, 7);

const addMonths = (month: string, by: number): string =>
  new Date(Date.UTC(Number(month.slice(0, 4)), Number(month.slice(5, 7)) - 1 + by, 1)).toISOString().slice(0, 7);

const lastDayOf = (month: string): string => addDays(`${addMonths(month, 1)}-01`, -1);

const earlier = (a: string, b: string): string => (a < b ? a : b);

/** The days of a period, none of them after today. */
export function daysOf(period: Period, today: string): Days {
  if (period.kind === 'days') return { since: period.since, until: earlier(period.until, today) };
  return { since: `${period.month}-01`, until: earlier(lastDayOf(period.month), today) };
}

/** The days to compare with: the same days of the month before, or as many days right before the range. */
export function daysBefore(period: Period, today: string): Days {
  const { since, until } = daysOf(period, today);
  if (period.kind === 'days') return { since: addDays(since, -daysBetween(since, until)), until: addDays(since, -1) };
  const before = addMonths(period.month, -1);
  const whole = until === lastDayOf(period.month);
  const same = `${before}${until.slice(7)}`;
  return { since: `${before}-01`, until: whole ? lastDayOf(before) : earlier(same, lastDayOf(before)) };
}

/** The first day of the twelve months that end with this month. */
export const yearBefore = (month: string): string => `${addMonths(month, -11)}-01`;

/** The unit in which a period is drawn. */
export function unitOf(period: Period, today: string): 'day' | 'week' | 'month' {
  const { since, until } = daysOf(period, today);
  const length = daysBetween(since, until);
  return length > 120 ? 'month' : length > 31 ? 'week' : 'day';
}

export const titleOf = (period: Period, today: string): string => {
  const { since, until } = daysOf(period, today);
  const whole = period.kind === 'month' && until === lastDayOf(period.month);
  return whole ? bucket(period.month) : days(since, until);
};

/** The periods to choose from, by name. */
export function periodsAt(today: string): readonly (readonly [name: string, period: Period])[] {
  const month = monthOf(today);
  const quarter = addMonths(month, -((Number(month.slice(5)) - 1) % 3));
  return [
    ['This month', { kind: 'month', month }],
    ['Last month', { kind: 'month', month: addMonths(month, -1) }],
    ['This quarter', { kind: 'days', since: `${quarter}-01`, until: today }],
    ['12 months', { kind: 'days', since: yearBefore(month), until: today }],
  ];
}

export const isSame = (a: Period, b: Period): boolean => JSON.stringify(a) === JSON.stringify(b);
