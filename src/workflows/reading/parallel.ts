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
