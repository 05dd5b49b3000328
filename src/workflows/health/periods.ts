import { Refusal } from '../../operations/operation.ts';
import { addMonths, afterDay, boundsOf, DAY_MS, monthOf, type Period, startOfDay } from '../../records/period.ts';

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
