import type { Fate } from './errors.ts';
import { toDeadlineError } from './failure.ts';

/** What those who perform a flight know of those who wait for it. */
export interface Course {
  /** Aborts when nobody waits any more, or the client is closed. */
  readonly signal: AbortSignal;
  /** Milliseconds until the latest deadline of those who wait now. */
  readonly remainingMs: () => number;
  /** What has become of the request so far: kept up to date by who performs it, for the errors of who gives up. */
  fate: Fate;
}

/** How long somebody waits for a flight. */
export interface Patience {
  readonly signal?: AbortSignal | undefined;
  /** Milliseconds of an own deadline, or another flight, whose patience is then this one's. */
  readonly until: number | Course;
}

/** Work under way, each piece of which any number of callers may wait for. */
export interface Flights<T> {
  /**
   * Waits for the flight called `id`, starting it with `perform` where there is none; without an `id` the flight is
   * the caller's own. One caller's end leaves the others alone; the last one's aborts the flight.
   * @throws what `perform` throws; the signal's reason; LeadDynoError `timeout` at the caller's own deadline
   */
  join(id: string | undefined, patience: Patience, perform: (course: Course) => Promise<T>): Promise<T>;
  /** Nobody else joins the flights under way; those who wait get their answers. */
  retire(): void;
  /** Ends every flight; those who wait get the error made from its fate. */
  end(makeError: (fate: Fate) => Error): void;
}

interface Flight<T> {
  wait(patience: Patience): Promise<T>;
  end(makeError: (fate: Fate) => Error): void;
}

export function createFlights<T>(now: () => number): Flights<T> {
  const all = new Set<Flight<T>>();
  const named = new Map<string, Flight<T>>();

  function start(id: string | undefined, perform: (course: Course) => Promise<T>): Flight<T> {
    const close = () => {
      if (id !== undefined && named.get(id) === flight) named.delete(id);
    };
    const end = () => {
      all.delete(flight);
      close();
    };
    const flight = createFlight(perform, now, { end, late: close });
    all.add(flight);
    if (id !== undefined) named.set(id, flight);
    return flight;
  }

  return {
    async join(id, patience, perform) {
      const running = id === undefined ? undefined : named.get(id);
      if (running === undefined) return start(id, perform).wait(patience);
      // Whoever shares an answer may do with it what they like.
      return structuredClone(await running.wait(patience));
    },
    retire: () => named.clear(),
    end(makeError) {
      for (const flight of [...all]) flight.end(makeError);
    },
  };
}

interface Waiter {
  readonly remainingMs: () => number;
  readonly giveUp: (error: unknown) => void;
}

interface Tell {
  /** The flight has ended or lost its last waiter, and so may no longer be joined. */
  readonly end: () => void;
  /**
   * Somebody has waited in vain: nobody else may join. Otherwise an answer that never comes would be waited for as long
   * as callers kept coming.
   */
  readonly late: () => void;
}

function createFlight<T>(
  perform: (course: Course) => Promise<T>,
  now: () => number,
  { end: onEnd, late: onLate }: Tell,
): Flight<T> {
  const waiters = new Set<Waiter>();
  const controller = new AbortController();
  const course: Course = {
    signal: controller.signal,
    remainingMs: () => Math.max(0, ...[...waiters].map((waiter) => waiter.remainingMs())),
    fate: 'not_sent',
  };
  // A tick later, so that the one who starts it is already among those who wait.
  const result = Promise.resolve().then(() => perform(course));
  result.then(onEnd, onEnd);

  function abort(reason: unknown): void {
    onEnd();
    controller.abort(reason);
  }

  function wait({ signal, until }: Patience): Promise<T> {
    return new Promise((resolve, reject) => {
      const began = now();
      const waiter: Waiter = {
        remainingMs: () => (typeof until === 'number' ? began + until - now() : until.remainingMs()),
        giveUp: (error) => leave(() => reject(error)),
      };
      const timer = typeof until === 'number' ? setTimeout(passDeadline, clampDelay(until), until) : undefined;

      function leave(settle: () => void): void {
        if (!waiters.delete(waiter)) return;
        clearTimeout(timer);
        signal?.removeEventListener('abort', cancel);
        settle();
      }
      function cancel(): void {
        waiter.giveUp(signal?.reason);
        if (waiters.size === 0) abort(signal?.reason);
      }
      function passDeadline(timeoutMs: number): void {
        const error = toDeadlineError(timeoutMs, course.fate);
        onLate();
        waiter.giveUp(error);
        if (waiters.size === 0) abort(error);
      }

      waiters.add(waiter);
      signal?.addEventListener('abort', cancel, { once: true });
      result.then(
        (value) => leave(() => resolve(value)),
        (error: unknown) => leave(() => reject(error)),
      );
      if (signal?.aborted) cancel();
    });
  }

  function end(makeError: (fate: Fate) => Error): void {
    const error = makeError(course.fate);
    for (const waiter of [...waiters]) waiter.giveUp(error);
    abort(error);
  }

  return { wait, end };
}

/** Timers cannot wait longer than 2^31 - 1 ms; longer ones would fire at once. */
function clampDelay(ms: number): number {
  return Math.min(ms, 2 ** 31 - 1);
}
