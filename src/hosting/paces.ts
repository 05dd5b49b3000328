import { type Pace, PaceExceeded } from '../leaddyno/pace.ts';

/** Longer than the window of the request limit, with its margin. */
const WINDOW_MS = 61_000;
/** Keys that LeadDyno has not taken yet and that sent something within the window. */
const MAX_STRANGERS = 1_000;

interface Kept {
  readonly pace: Pace;
  /** Until when a start of it counts, or a pause holds. */
  until: number;
  waiting: number;
}

export interface Paces {
  of(account: string): Pace;
  /** LeadDyno took the key of this account: it is none of those that anybody can invent. */
  prove(account: string): void;
}

/**
 * The pace of each account, kept until its window is over, however many others come: an account that is closed and
 * opened again goes on where it was. Keys that were never taken by LeadDyno have a budget of their own; past it they wait
 * for each other, and never for those that are known.
 */
export function createPaces(create: (account: string) => Pace, now: () => number = () => performance.now()): Paces {
  /** Those used longest ago first. */
  const paces = new Map<string, Kept>();
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
