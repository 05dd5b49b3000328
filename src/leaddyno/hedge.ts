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
  // By hand: AbortSignal.any costs more than all the rest of it, and nearly every read ends before its timer.
  const both = new AbortController();
  const end = () => both.abort(signal.reason);
  if (signal.aborted) end();
  signal.addEventListener('abort', end, { once: true });
  let timer: NodeJS.Timeout | undefined;
  let late = false;
  try {
    const first = ask(both.signal);
    const waited = new Promise<void>((resolve) => {
      timer = setTimeout(resolve, afterMs);
    });
    const second = waited.then(async () => {
      late = true;
      try {
        await mayAsk(both.signal);
      } catch {
        return await first;
      }
      return await ask(both.signal);
    });
    return await Promise.race([first, second]);
  } finally {
    clearTimeout(timer);
    signal.removeEventListener('abort', end);
    if (late) both.abort(new Error('another request was answered'));
  }
}
