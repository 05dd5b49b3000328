import { sleepFor } from './sleep.ts';

/** The least and the most that one read is waited for before it is asked a second time. */
const [LEAST_MS, MOST_MS] = [2_000, 10_000];

/** When a read without an answer is worth a second request: after a third of its time; undefined: never. */
export function hedgeAfter(remainingMs: number): number | undefined {
  const afterMs = Math.min(MOST_MS, Math.max(LEAST_MS, remainingMs / 3));
  return afterMs < remainingMs ? afterMs : undefined;
}

/** What a hedged request needs besides the request. */
export interface Hedge {
  readonly afterMs: number;
  readonly signal: AbortSignal;
  /** Waits until the second may be sent; where it throws, there is no second. */
  readonly mayAsk: (signal: AbortSignal) => Promise<void>;
}

/**
 * A hedged request: where there is no answer for a while, it is sent once more, on another connection, and the first
 * answer counts. For reads alone: a connection may be dead without either end having noticed, and whoever waited for
 * its answer would wait for all of the time there is.
 * @throws what the first throws; the signal's reason
 */
export async function hedge<Answer>(
  ask: (signal: AbortSignal) => Promise<Answer>,
  { afterMs, signal, mayAsk }: Hedge,
): Promise<Answer> {
  const ends = new AbortController();
  const either = AbortSignal.any([signal, ends.signal]);
  const first = ask(either);
  const second = sleepFor(afterMs, either)
    .then(() => mayAsk(either))
    .then(
      () => ask(either),
      () => first,
    );
  // The one that is given up ends with the reason of its end.
  second.catch(() => undefined);
  try {
    return await Promise.race([first, second]);
  } finally {
    ends.abort(new Error('another request was answered'));
  }
}
