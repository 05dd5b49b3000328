import { isObject, type JsonObject } from '../json.ts';
import type { LeadDynoError } from '../leaddyno/errors.ts';
import { findRows } from '../operations/paging.ts';

/** A reading operation by its name, and its arguments. */
export type Call = readonly [operation: string, args?: JsonObject];

/** The answer to one call. */
export interface Answer {
  readonly operation: string;
  readonly ok: boolean;
  /** HTTP status of the last attempt; absent if no answer came. */
  readonly status: number | undefined;
  /** How long LeadDyno took to answer: the last attempt alone, without the waits for the pace and between attempts. */
  readonly ms: number;
  readonly body: unknown;
  /** Why it failed. */
  readonly error: LeadDynoError | undefined;
  readonly headers: Readonly<Record<string, unknown>>;
  /** When it came, in epoch milliseconds by the clock of this machine. */
  readonly at: number;
}

/** Failures that say nothing about what was asked: LeadDyno could not be reached, was out of order, or asked to wait. */
const NO_ANSWER: readonly string[] = ['network', 'timeout', 'upstream', 'rate_limited'];

export const isUnanswered = ({ error }: Answer): boolean => error !== undefined && NO_ANSWER.includes(error.reason);

/** LeadDyno's own refusals; `invalid` because its documentation names missing parameters, the key among them. */
const REFUSALS: readonly string[] = ['auth', 'forbidden', 'invalid'];

/** Whether something else than LeadDyno's API answered, as far as can be told: a web page, or a path it does not have. */
export function isForeign(answer: Answer): boolean {
  if (isUnanswered(answer)) return false;
  if (answer.ok) return answer.body === null;
  return !REFUSALS.includes(answer.error?.reason ?? '') || /html/i.test(String(answer.headers['content-type']));
}

/** Why a call gave nothing to look at. */
export function failureOf({ status, error }: Answer): string {
  const answered = status === undefined ? 'no answer' : `answered ${status}`;
  return error ? `${answered} (${error.reason})` : answered;
}

/** The records of a list that was answered, whatever its form. */
export const recordsIn = (body: unknown, plural: string): JsonObject[] =>
  (findRows(body, plural)?.rows ?? []).filter(isObject);

/** What was answered so far. */
export interface Seen {
  /** Undefined if that call was not made. */
  answer(...call: Call): Answer | undefined;
  /** The records on the first page of a list. */
  rows(plural: string): readonly JsonObject[];
}

/** What an account shows of a point: names of fields, types, numbers and LeadDyno's own words, never anybody's data. */
export interface Judgement {
  readonly found: string;
  /** `settled`: was not established, and is now. `open`: this account cannot show it. */
  readonly verdict: 'as_documented' | 'differs' | 'settled' | 'open';
}

/** What has to be asked, and how the answers are judged. */
export interface Inquiry {
  readonly calls: readonly Call[];
  /** Given the body of each answer. */
  readonly judge: (...bodies: readonly unknown[]) => Judgement;
  /** What it tells that LeadDyno refuses a call; that it could not be reached leaves every point open. */
  readonly refused: (failure: string) => Judgement;
}

export interface Probe {
  /** Where the reference speaks of it: an operation's code, or a section. */
  readonly point: string;
  readonly question: string;
  /** What the reference says or assumes. */
  readonly expected: string;
  /** Undefined if the point does not arise; a judgement if nothing (more) has to be asked for it. */
  readonly look: (seen: Seen) => Inquiry | Judgement | undefined;
}

/** What a probe expects if the reference does not say. */
export const NOT_ESTABLISHED = 'not established';

export const settled = (found: string): Judgement => ({ found, verdict: 'settled' });
export const open = (why: string): Judgement => ({ found: why, verdict: 'open' });
export const differs = (found: string): Judgement => ({ found, verdict: 'differs' });
export const compared = (found: string, fits: boolean): Judgement => ({
  found,
  verdict: fits ? 'as_documented' : 'differs',
});

/** One call; if the point is not established, a refusal settles it. */
export const ask = (
  call: Call,
  judge: (body: unknown) => Judgement,
  refused: Inquiry['refused'] = settled,
): Inquiry => ({
  calls: [call],
  judge,
  refused,
});
