import { toDeadlineError } from './errors.ts';
import type { Fate, RequestFate } from './fate.ts';

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
