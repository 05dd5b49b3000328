import { type Failure, type Fate, type RequestFate, toDeadlineError } from './errors.ts';
import type { LeadDynoRequest } from './request.ts';

/* The course of one call: its deadline, its attempts and the waits between them. */

/** One call between its start and its end: how long it may take, and how far its request has got. */
export interface Course {
  /** Aborts at the deadline, when its caller cancels, and when the client is closed. */
  readonly signal: AbortSignal;
  readonly remainingMs: () => number;
  /** Rejects when `signal` aborts, so the caller learns at once, whatever the call is doing. */
  readonly aborted: Promise<never>;
  /** What has become of the request so far, for the error of a call that is ended early. */
  readonly fate: RequestFate;
  /** Ends the call early, with the error made from its fate. */
  abort(makeError: (fate: Fate) => Error): void;
  /** The call has ended: removes the timer and the listener. */
  finish(): void;
}

/** Timers cannot wait longer than this; longer ones would fire at once. */
const LONGEST_TIMER_MS = 2 ** 31 - 1;

/**
 * Starts the course of one call.
 * @param caller the caller's cancellation
 * @param now a clock in milliseconds that never goes back
 */
export function startCourse(
  timeoutMs: number,
  caller: AbortSignal | undefined,
  now: () => number,
  fate: RequestFate,
): Course {
  const end = now() + timeoutMs;
  // By hand: AbortSignal.any and AbortSignal.timeout cost more than the rest of a call.
  const controller = new AbortController();
  let reject: (reason: unknown) => void = () => undefined;
  const aborted = new Promise<never>((_resolve, refuse) => {
    reject = refuse;
  });
  const timer = setTimeout(
    () => stop(toDeadlineError(timeoutMs, fate.ifItFails)),
    Math.min(timeoutMs, LONGEST_TIMER_MS),
  );
  const cancel = () => stop(caller?.reason);
  caller?.addEventListener('abort', cancel, { once: true });

  function stop(reason: unknown): void {
    reject(reason);
    controller.abort(reason);
  }

  const course: Course = {
    signal: controller.signal,
    remainingMs: () => Math.max(0, end - now()),
    aborted,
    fate,
    abort: (makeError) => stop(makeError(fate.ifItFails)),
    finish() {
      clearTimeout(timer);
      caller?.removeEventListener('abort', cancel);
    },
  };
  return course;
}

const MAX_ATTEMPTS = 3;
const FIRST_BACKOFF_MS = 200;
/** The longest pause that LeadDyno can impose on all who share the pace. */
const LONGEST_PAUSE_MS = 60_000;

/** The most that the first attempt of a read waits for an answer to begin. */
const LONGEST_FIRST_WAIT_MS = 15_000;

/**
 * Milliseconds that an attempt waits for the headers of its answer; undefined: until the call's deadline. A connection
 * may be dead without either end having noticed, so the first attempt of a read leaves half of the time for another.
 */
export function headersWithin(
  method: LeadDynoRequest['method'],
  attempt: number,
  remainingMs: number,
): number | undefined {
  return method === 'GET' && attempt === 1 ? Math.min(LONGEST_FIRST_WAIT_MS, remainingMs / 2) : undefined;
}

interface FailedAttempt {
  readonly failure: Failure;
  readonly method: LeadDynoRequest['method'];
  /** 1 for the first. */
  readonly attempt: number;
  /** Milliseconds until the call's deadline. */
  readonly remainingMs: number;
  /** At least 0, below 1. */
  readonly random: () => number;
}

interface RetryPlan {
  /** Milliseconds to wait before the next attempt; `undefined`: no further attempt. */
  readonly waitMs: number | undefined;
  /** Milliseconds for which nobody should send; 0 for no pause. */
  readonly pauseMs: number;
}

/**
 * What to do after a failed attempt. A call that LeadDyno rejected for its rate did nothing, so even a write may
 * be repeated; every other failure leaves open whether a write happened, so only reads are repeated.
 */
export function planRetry({ failure, method, attempt, remainingMs, random }: FailedAttempt): RetryPlan {
  const askedMs = (failure.retryAfterSeconds ?? 0) * 1000;
  const pauseMs = askedMs <= LONGEST_PAUSE_MS ? askedMs : 0;
  const backoffMs = random() * FIRST_BACKOFF_MS * 2 ** (attempt - 1);
  const waitMs = Math.max(askedMs, backoffMs);
  const again =
    mayRepeat(failure, method) && attempt < MAX_ATTEMPTS && askedMs <= LONGEST_PAUSE_MS && waitMs < remainingMs;
  return { waitMs: again ? waitMs : undefined, pauseMs };
}

function mayRepeat({ reason }: Failure, method: LeadDynoRequest['method']): boolean {
  if (reason === 'rate_limited') return true;
  return method === 'GET' && (reason === 'upstream' || reason === 'network' || reason === 'timeout');
}

/** Waits of more than a day are treated as a mistake. */
const LONGEST_SECONDS = 86_400;

const HTTP_DATE = /^[A-Z][a-z]{2}, \d{2} [A-Z][a-z]{2} \d{4} \d{2}:\d{2}:\d{2} GMT$/;

/**
 * Whole seconds that a `Retry-After` header asks to wait, given as seconds or as an HTTP date. Absent, past, absurd or
 * unreadable ones give `undefined` (API reference 4.5: whether LeadDyno sends any is not established).
 * @param nowMs the time of day in milliseconds since 1970
 */
export function readRetryAfter(header: string | string[] | undefined, nowMs: number): number | undefined {
  const text = (Array.isArray(header) ? header[0] : header)?.trim() ?? '';
  const seconds = /^\d+$/.test(text)
    ? Number(text)
    : HTTP_DATE.test(text)
      ? Math.ceil((Date.parse(text) - nowMs) / 1000)
      : Number.NaN;
  return seconds > 0 && seconds <= LONGEST_SECONDS ? seconds : undefined;
}
