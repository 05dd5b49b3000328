import { setTimeout as delay } from 'node:timers/promises';

/**
 * Runs `map` on every item, at most `width` at a time; the results are in the order of the items. After a failure it
 * starts no more, waits for those under way, and throws.
 */
export async function mapParallel<Item, Result>(
  items: readonly Item[],
  width: number,
  map: (item: Item) => Promise<Result>,
): Promise<Result[]> {
  const waiting = [...items.entries()];
  const results: Result[] = [];
  async function take(): Promise<void> {
    for (let next = waiting.shift(); next; next = waiting.shift()) {
      const [index, item] = next;
      try {
        results[index] = await map(item);
      } catch (error) {
        waiting.length = 0;
        throw error;
      }
    }
  }
  const takers = await Promise.allSettled(Array.from({ length: width }, take));
  const failed = takers.find((one) => one.status === 'rejected');
  if (failed) throw failed.reason;
  return results;
}

/** The same function, running at most `atOnce` times at once; other calls wait for their turn. */
export function inTurn<Args extends readonly unknown[], Result>(
  carryOut: (...args: Args) => Promise<Result>,
  atOnce: number,
): (...args: Args) => Promise<Result> {
  let free = atOnce;
  const waiting: (() => void)[] = [];
  return async (...args) => {
    if (free > 0) free -= 1;
    else await new Promise<void>((resolve) => waiting.push(resolve));
    try {
      return await carryOut(...args);
    } finally {
      const next = waiting.shift();
      if (next) next();
      else free += 1;
    }
  };
}

/** Waits for something optional, for at most so many milliseconds. */
export async function withinTime(wanted: Promise<void>, ms: number): Promise<void> {
  const late = new AbortController();
  await Promise.race([wanted, delay(ms, undefined, { signal: late.signal, ref: false }).catch(() => undefined)]);
  late.abort();
}
