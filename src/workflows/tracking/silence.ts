import type { JsonObject } from '../../json.ts';
import type { Parsed } from '../../records/parse.ts';
import { DAY_MS, iso } from '../../records/period.ts';
import type { Part } from '../reading/long-lists.ts';

const HOUR_MS = DAY_MS / 24;
/** How many days show what is normal. */
const NORMAL_DAYS = 28;
/** Fewer records say nothing about what is normal. */
const ENOUGH = 8;
/** A pause shorter than this is not a silence. */
const LEAST_MS = DAY_MS;

/** The rule, as the answer states it. */
export const SILENCE_RULE =
  'silent: nothing for at least a day and for more than twice the longest pause in the 28 days before the last record. low: the last 7 days had less than a quarter of the weekly average of the 28 days before (8 or more).';

/** Judges whether records still come in as they usually do, by the account's own normal. */
export function judgeFlow(name: string, part: Part<Parsed>, now: number): JsonObject {
  if (!part.read) return { what: name, alarm: null, why: part.why };
  const times = part.value.records.map(({ createdAt }) => createdAt).filter((at) => at <= now);
  const last = times.reduce((latest, at) => Math.max(latest, at), Number.NEGATIVE_INFINITY);
  const preliminary = part.value.complete ? {} : { preliminary: true };
  if (times.length === 0) return { what: name, alarm: null, why: 'No record at all', ...preliminary };
  const pause = longestPause(times, last);
  const quiet = now - last;
  const week = countBetween(times, now - 7 * DAY_MS, now + 1);
  const before = countBetween(times, now - (7 + NORMAL_DAYS) * DAY_MS, now - 7 * DAY_MS);
  const usual = before / (NORMAL_DAYS / 7);
  const isSilent = pause !== undefined && quiet >= LEAST_MS && quiet > 2 * pause;
  const isLow = usual >= ENOUGH && week < usual / 4;
  const isTold = pause !== undefined || usual >= ENOUGH;
  // The missing records may be in the part that was not read.
  const isOpen = !part.value.complete && (isSilent || isLow);
  const why = isOpen ? 'Not fully read' : isTold ? undefined : 'Too few records to say what is normal';
  return {
    what: name,
    alarm: why !== undefined ? null : isSilent ? 'silent' : isLow ? 'low' : 'none',
    ...(why !== undefined && { why }),
    last_at: iso(last),
    quiet_hours: hours(quiet),
    longest_pause_hours: pause === undefined ? null : hours(pause),
    last_7_days: week,
    usual_7_days: Number(usual.toFixed(1)),
    normal_a_day: Number((before / NORMAL_DAYS).toFixed(1)),
    ...preliminary,
  };
}

const hours = (ms: number) => Number((ms / HOUR_MS).toFixed(1));

const countBetween = (times: readonly number[], since: number, until: number) =>
  times.filter((at) => at >= since && at < until).length;

/** The longest pause in the 28 days before the last record, in milliseconds; undefined if there are too few records. */
function longestPause(times: readonly number[], last: number): number | undefined {
  const recent = times.filter((at) => at > last - NORMAL_DAYS * DAY_MS).sort((a, b) => a - b);
  if (recent.length < ENOUGH) return undefined;
  return recent.reduce((longest, at, index) => Math.max(longest, at - (recent[index - 1] ?? at)), 0);
}
