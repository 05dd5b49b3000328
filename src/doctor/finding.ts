import type { Asked } from './probe.ts';

/** One point of the API reference, and what this account shows of it. */
export interface Finding {
  /** Where the reference speaks of it: an operation's code, or a section. */
  readonly point: string;
  readonly question: string;
  /** What the reference says or assumes. */
  readonly expected: string;
  /** What was found: field names, types, numbers and LeadDyno's own words, never a person's data. */
  readonly found: string;
  /** `settled`: was open, and is not any more. `open`: this account cannot show it. */
  readonly verdict: 'as_documented' | 'differs' | 'settled' | 'open';
}

export const settled = (point: string, question: string, expected: string, found: string): Finding => ({
  point,
  question,
  expected,
  found,
  verdict: 'settled',
});

/** A point that could not be looked at, and why. */
export const open = (point: string, question: string, expected: string, why: string): Finding => ({
  point,
  question,
  expected,
  found: why,
  verdict: 'open',
});

/** Compared with what the reference says. */
export const compared = (point: string, question: string, expected: string, found: string, fits: boolean): Finding => ({
  point,
  question,
  expected,
  found,
  verdict: fits ? 'as_documented' : 'differs',
});

/** Failures that say nothing about what was asked: LeadDyno could not be reached, was out of order, or asked to wait. */
const NO_ANSWER: readonly string[] = ['network', 'timeout', 'upstream', 'rate_limited'];

export const isUnanswered = ({ error }: Asked): boolean => error !== undefined && NO_ANSWER.includes(error.reason);

/** Of LeadDyno's own refusals; `invalid` because its documentation names missing parameters, the key among them. */
const REFUSALS: readonly string[] = ['auth', 'forbidden', 'invalid'];

/** Whether something else than LeadDyno's API answered, as far as it can be told: a web page, or a path it does not have. */
export function isForeign(asked: Asked, headers: Readonly<Record<string, unknown>>): boolean {
  if (isUnanswered(asked)) return false;
  if (asked.ok) return asked.body === null;
  return !REFUSALS.includes(asked.error?.reason ?? '') || /html/i.test(String(headers['content-type']));
}

/** What a call settles about a point that was not established; open where no answer came. */
export function settledBy(
  asked: Asked,
  point: string,
  question: string,
  expected: string,
  found: () => string,
): Finding {
  if (asked.ok) return settled(point, question, expected, found());
  return (isUnanswered(asked) ? open : settled)(point, question, expected, failureOf(asked));
}

/** Why a call gave nothing to look at. */
export function failureOf({ status, error }: Asked): string {
  const answered = status === undefined ? 'no answer' : `answered ${status}`;
  return error ? `${answered} (${error.reason})` : answered;
}
