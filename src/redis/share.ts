import { createPace, type Pace } from '../leaddyno/pace.ts';
import type { RedisConnection } from './connection.ts';

/** No more points than this tell how full the window was. */
const MOST_POINTS = 20;

export interface ShareOptions {
  readonly redis: RedisConnection;
  readonly limit: number;
  readonly windowMs: number;
}

/**
 * What this process may start by itself while Redis is away: the limit divided by the processes last counted. It
 * begins with what it last saw of the window, so that the starts before and after the loss stay within the limit too.
 */
export function createShare({ redis, limit, windowMs }: ShareOptions) {
  const points = Math.min(limit, MOST_POINTS);
  /** When every n-th start of the fleet happened, the oldest first; undefined for places that were free. */
  let fleet: (number | undefined)[] = [];
  let pausedUntil = Number.NEGATIVE_INFINITY;
  let own: { readonly pace: Pace; readonly loss: number } | undefined;

  /** Of the fleet's starts every n-th is counted as ours, with n processes: the n-th, once it leaves, frees n places. */
  function ourStarts(share: number, processes: number): number[] {
    const places = Array.from({ length: share }, (_, index) => (index + 1) * processes);
    return places
      .map((place) => fleet[Math.min(points, Math.ceil((place * points) / limit)) - 1])
      .filter((at) => at !== undefined);
  }

  function createOwn(): Pace {
    const processes = redis.processes();
    const share = limit === 0 ? 0 : Math.max(1, Math.floor(limit / processes));
    // The starts so far are played back to the new pace, at their times.
    let past: number | undefined;
    const pace = createPace({ limit: share, windowMs, now: () => past ?? performance.now() });
    for (const at of ourStarts(share, processes)) {
      past = at;
      void pace.take({ maxWaitMs: 0 });
    }
    past = undefined;
    pace.pause(pausedUntil - performance.now());
    return pace;
  }

  return {
    points,
    /** What Redis told of the window. */
    note(pausedMs: number, ages: readonly number[]): void {
      const now = performance.now();
      if (pausedMs > 0) pausedUntil = Math.max(pausedUntil, now + pausedMs);
      fleet = ages.map((age) => (age < 0 ? undefined : now - age));
    },
    pause(ms: number): void {
      pausedUntil = Math.max(pausedUntil, performance.now() + ms);
      own?.pace.pause(ms);
    },
    /** The pace of this process alone; a new one for each time that Redis is lost. */
    pace(): Pace {
      const loss = redis.losses();
      if (own?.loss !== loss) own = { pace: createOwn(), loss };
      return own.pace;
    },
  };
}
