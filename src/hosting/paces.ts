import { type Pace, PaceExceeded } from '../leaddyno/pace.ts';

/** Longer than the window of the request limit, including its margin. */
const WINDOW_MS = 61_000;
/** Maximum number of keys that sent something within the window and that LeadDyno has not accepted yet. */
const MAX_STRANGERS = 1_000;

interface Kept {
  readonly pace: Pace;
  /** Until when a request counts against the limit, or a pause lasts. */
  until: number;
  waiting: number;
}

export interface Paces {
  of(account: string): Pace;
  /** LeadDyno accepted the key of this account, so it is not an invented one. */
  prove(account: string): void;
}

/**
 * The pace of each account, kept until its window is over, however many other accounts there are: an account that is
 * closed and opened again continues where it was. At most `MAX_STRANGERS` keys that LeadDyno has never accepted get a
 * pace; more are refused until others' windows end. Known keys are not affected.
 */
export function createPaces(create: (account: string) => Pace, now: () => number = () => performance.now()): Paces {
  const paces = new Map<string, Kept>();
  /** When each account's key was last proven; oldest first. */
  const proven = new Map<string, number>();
  const strangers = new Set<string>();

  function forgetOld(): void {
    for (const [account, { until, waiting }] of paces) {
      if (waiting > 0 || until > now()) continue;
      paces.delete(account);
      strangers.delete(account);
    }
    for (const [account, at] of proven) {
      if (proven.size <= MAX_STRANGERS * 10 && now() - at < 24 * 60 * WINDOW_MS) break;
      proven.delete(account);
    }
  }

  function keptFor(account: string): Kept {
    const known = paces.get(account);
    if (known) return known;
    if (!proven.has(account)) {
      if (strangers.size >= MAX_STRANGERS) forgetOld();
      if (strangers.size >= MAX_STRANGERS)
        throw new PaceExceeded({ waitMs: WINDOW_MS, limit: MAX_STRANGERS, windowMs: WINDOW_MS, paused: false });
      strangers.add(account);
    }
    const kept = { pace: create(account), until: now() + WINDOW_MS, waiting: 0 };
    paces.set(account, kept);
    return kept;
  }

  let sweptAt = now();
  return {
    of: (account) => ({
      async take(options) {
        if (now() - sweptAt > WINDOW_MS) {
          sweptAt = now();
          forgetOld();
        }
        const kept = keptFor(account);
        kept.waiting += 1;
        try {
          await kept.pace.take(options);
        } finally {
          kept.waiting -= 1;
          kept.until = Math.max(kept.until, now() + WINDOW_MS);
        }
      },
      pause(ms) {
        if (!Number.isFinite(ms) || ms <= 0) return;
        const kept = paces.get(account);
        kept?.pace.pause(ms);
        if (kept) kept.until = Math.max(kept.until, now() + ms);
      },
    }),
    prove(account) {
      proven.delete(account);
      proven.set(account, now());
      strangers.delete(account);
    },
  };
}
