/** From `since` on, up to and without `until`; epoch milliseconds, UTC. */
export interface Period {
  readonly since: number;
  readonly until: number;
}

export const DAY_MS = 24 * 60 * 60_000;

/*
 * What an argument means that may be a bare day: that whole day, UTC. `since` is its start, `due_by` its last
 * millisecond, `until` the moment after it; a timestamp is itself. In epoch milliseconds.
 */

const isBareDay = (text: string): boolean => /^\d{4}-\d{2}-\d{2}$/.test(text.trim());

/** From when on: the start of a bare day. */
export const startOfDay = (text: string): number => Date.parse(text);

/** Up to and with: the last millisecond of a bare day. */
export const endOfDay = (text: string): number => Date.parse(text) + (isBareDay(text) ? DAY_MS - 1 : 0);

/** Up to and without: the start of the day after a bare one. */
export const afterDay = (text: string): number => Date.parse(text) + (isBareDay(text) ? DAY_MS : 0);

/** A moment as it leaves: UTC, to the second. */
export const iso = (at: number): string => `${new Date(at).toISOString().slice(0, 19)}Z`;

/** The month of a moment, as `2026-11`. */
export const monthOf = (at: number): string => new Date(at).toISOString().slice(0, 7);

/** Whether a text is a month such as `2026-11`. */
export const isMonth = (text: string): boolean => /^(19|20)\d{2}-(0[1-9]|1[0-2])$/.test(text);

/** The month so many months later; earlier where `by` is negative. */
export function addMonths(month: string, by: number): string {
  const [year = 0, number = 1] = month.split('-').map(Number);
  return monthOf(Date.UTC(year, number - 1 + by, 1));
}

/** First moment of a month, and of the one after it. */
export function boundsOf(month: string): Period {
  return { since: startOf(month), until: startOf(addMonths(month, 1)) };
}

function startOf(month: string): number {
  return Date.parse(`${month}-01T00:00:00Z`);
}

export const isWithin = (at: number, { since, until }: Period): boolean => at >= since && at < until;

/** A window by its arguments; undefined for all time. @throws RangeError if it ends before it begins */
export function windowBetween(since: string | undefined, until: string | undefined) {
  if (since === undefined && until === undefined) return undefined;
  const from = since === undefined ? 0 : startOfDay(since);
  const window = { since: from, ...(until !== undefined && { until: afterDay(until) }) };
  if (window.until !== undefined && window.until <= from) throw new RangeError('until must be after since');
  return window;
}

/** A window that was asked for, as it leaves: `from` on, `before` without. */
export const writtenWindow = ({ since, until }: { readonly since: number; readonly until?: number }) => ({
  from: since > 0 ? iso(since) : null,
  before: until === undefined ? null : iso(until),
  time_zone: 'UTC',
});

/** The bounds of a period as they leave. */
export const writtenPeriod = ({ since, until }: Period) => ({ since: iso(since), until: iso(until) });
