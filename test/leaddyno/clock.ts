import type { Sleep } from '../../src/leaddyno/pace.ts';

export interface Clock {
  now(): number;
  readonly sleep: Sleep;
  /** Moves time on by `ms`, waking on the way whoever sleeps, in order. */
  advance(ms: number): Promise<void>;
  sleepers(): number;
}

/** A clock that stands still until it is told to move. */
export function createClock(start = 1_000): Clock {
  let time = start;
  const sleeping = new Set<{ readonly at: number; wake(): void }>();

  const sleep: Sleep = (ms, signal) =>
    new Promise((resolve, reject) => {
      const stop = () => {
        sleeping.delete(sleeper);
        reject(signal.reason);
      };
      const sleeper = {
        at: time + ms,
        wake() {
          sleeping.delete(sleeper);
          signal.removeEventListener('abort', stop);
          resolve();
        },
      };
      signal.addEventListener('abort', stop, { once: true });
      sleeping.add(sleeper);
    });

  return {
    now: () => time,
    sleep,
    sleepers: () => sleeping.size,
    async advance(ms) {
      const end = time + ms;
      await settle();
      for (;;) {
        const next = [...sleeping].sort((a, b) => a.at - b.at)[0];
        if (next === undefined || next.at > end) break;
        time = next.at;
        next.wake();
        await settle();
      }
      time = end;
      await settle();
    },
  };
}

/** Lets everything happen that needs no time. */
export function settle(): Promise<void> {
  return new Promise((resolve) => setImmediate(resolve));
}
