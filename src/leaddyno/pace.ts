import { setTimeout as delay } from 'node:timers/promises';

/** Waits `ms` milliseconds; rejects early if `signal` aborts. Tests pass one that does not really wait. */
export type Sleep = (ms: number, signal: AbortSignal) => Promise<void>;

/** The real wait. Its timer is cleared on abort, so nothing is left behind to keep the process alive. */
export const sleepFor: Sleep = (ms, signal) => delay(ms, undefined, { signal });

export interface TakeOptions {
  readonly signal?: AbortSignal | undefined;
  readonly maxWaitMs: number;
  /** Goes to the front of the queue: it already waited for a turn and spent it on a check. */
  readonly next?: boolean | undefined;
}

/** Limits how many requests may start per window. Everything that sends with the same key shares one pace. */
export interface Pace {
  /**
   * Resolves when one request may start; that start is then counted, used or not.
   * @throws PaceExceeded at once if the wait would exceed `maxWaitMs`; the signal's reason if it aborts (its place in
   * the queue is given up).
   */
  take(options: TakeOptions): Promise<void>;
  /** Stops every start for the next `ms` milliseconds, including those already waiting. */
  pause(ms: number): void;
}

/** The pace would hold a request back for longer than its caller can wait. */
export class PaceExceeded extends Error {
  override readonly name = 'PaceExceeded';
  /** Milliseconds until a request could have started. */
  readonly waitMs: number;
  readonly limit: number;
  readonly windowMs: number;
  /** Whether the wait is due to a pause that LeadDyno asked for, not to the limit. */
  readonly paused: boolean;

  constructor(facts: { waitMs: number; limit: number; windowMs: number; paused: boolean }) {
    super(`the next request may start in ${Math.ceil(facts.waitMs)} ms`);
    this.waitMs = facts.waitMs;
    this.limit = facts.limit;
    this.windowMs = facts.windowMs;
    this.paused = facts.paused;
  }
}

export interface PaceOptions {
  /** Requests that may start in any window; 0 for no limit (pauses still hold). */
  readonly limit: number;
  readonly windowMs?: number;
  /** A clock in milliseconds that never goes back. */
  readonly now?: () => number;
  readonly sleep?: Sleep;
}

interface Waiter {
  /** The latest time at which this one can still use its turn. */
  readonly latest: number;
  readonly next: boolean;
  start(): void;
  refuse(waitMs: number): void;
}

/** A pace kept in this process: sliding window, first come first served (API reference 4.5: 200 a minute). */
export function createPace({
  limit,
  windowMs = 60_000,
  now = () => performance.now(),
  sleep = sleepFor,
}: PaceOptions): Pace {
  // Requests reach LeadDyno later than they start here, and not all equally late: the margin keeps it from counting
  // more than `limit` in its own window.
  const span = windowMs + Math.min(250, windowMs / 20);
  /** When the last requests started, the oldest first, never more than `limit` of them. */
  const starts: number[] = [];
  const queue: Waiter[] = [];
  let pausedUntil = Number.NEGATIVE_INFINITY;
  let serving = false;
  let wake = new AbortController();

  /** When one more request could start if those in `taken` came before it. */
  function nextStart(taken: readonly number[]): number {
    const leaving = taken[taken.length - limit] ?? Number.NEGATIVE_INFINITY;
    return Math.max(now(), pausedUntil, leaving + span);
  }

  function noteStart(): void {
    if (limit === 0) return;
    starts.push(now());
    if (starts.length > limit) starts.shift();
  }

  function refusal(waitMs: number, maxWaitMs: number): PaceExceeded {
    return new PaceExceeded({ waitMs, limit, windowMs, paused: pausedUntil - now() > maxWaitMs });
  }

  /** Lets the queue start, one after the other; runs as long as anyone waits. */
  async function serve(): Promise<void> {
    if (serving) return;
    serving = true;
    while (queue.length > 0) {
      const waitMs = nextStart(starts) - now();
      if (waitMs <= 0) {
        noteStart();
        queue.shift()?.start();
        continue;
      }
      wake = new AbortController();
      await sleep(Math.ceil(waitMs), wake.signal).catch(() => undefined);
    }
    serving = false;
  }

  /** Rejects those whose turn would now come too late. */
  function refuseTheLate(): void {
    const taken = [...starts];
    for (const waiter of [...queue]) {
      const start = nextStart(taken);
      if (start > waiter.latest) waiter.refuse(start - now());
      else taken.push(start);
    }
  }

  /** Priority requests queue behind earlier priority requests. */
  function placeOf(next: boolean): number {
    const behind = next ? queue.findIndex((waiter) => !waiter.next) : -1;
    return behind < 0 ? queue.length : behind;
  }

  function leave(waiter: Waiter): void {
    const place = queue.indexOf(waiter);
    if (place >= 0) queue.splice(place, 1);
    if (queue.length === 0) wake.abort();
  }

  function wait({ signal, maxWaitMs, next = false }: TakeOptions): Promise<void> {
    return new Promise((resolve, reject) => {
      const stop = () => {
        leave(waiter);
        reject(signal?.reason);
      };
      const waiter: Waiter = {
        latest: now() + maxWaitMs,
        next,
        start() {
          signal?.removeEventListener('abort', stop);
          resolve();
        },
        refuse(waitMs) {
          signal?.removeEventListener('abort', stop);
          leave(waiter);
          reject(refusal(waitMs, maxWaitMs));
        },
      };
      signal?.addEventListener('abort', stop, { once: true });
      queue.splice(placeOf(next), 0, waiter);
      void serve();
    });
  }

  return {
    async take(options) {
      const { signal, maxWaitMs, next = false } = options;
      signal?.throwIfAborted();
      const taken = [...starts];
      for (const _ahead of queue.slice(0, placeOf(next))) taken.push(nextStart(taken));
      const waitMs = nextStart(taken) - now();
      if (waitMs > maxWaitMs) throw refusal(waitMs, maxWaitMs);
      if (queue.length > 0 || waitMs > 0) return wait(options);
      noteStart();
    },
    pause(ms) {
      if (!Number.isFinite(ms) || ms <= 0) return;
      pausedUntil = Math.max(pausedUntil, now() + ms);
      refuseTheLate();
    },
  };
}
