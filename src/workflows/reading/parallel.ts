import { setTimeout as delay } from 'node:timers/promises';

/**
 * `map` of every item, at most `width` at a time; the results stand in the order of the items. After a failure nothing
 * more is begun, and what is under way is waited for.
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

/** The same function, carried out so many times at once at the most; the other calls wait for their turn. */
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

/** Waits for something that is good to have, but not for long. */
export async function withinTime(wanted: Promise<void>, ms: number): Promise<void> {
  const late = new AbortController();
  await Promise.race([wanted, delay(ms, undefined, { signal: late.signal, ref: false }).catch(() => undefined)]);
  late.abort();
}
