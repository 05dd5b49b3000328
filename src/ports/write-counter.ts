/**
 * Counts the writes of each account, to tell reads before a write from reads after it: between two reads with the
 * same count, this server made no write.
 */
export interface WriteCounter {
  /** Undefined while the shared store is away: cached reads must then be neither used nor stored. */
  count(account: string): Promise<number | undefined>;
  /**
   * To be called right before a write is sent, and again after it has ended, before its caller is told. Never throws:
   * while the shared store is away, the increase is made up for when it is back.
   */
  increase(account: string): Promise<void>;
}

/** Callers may invent keys, and so accounts. */
const MAX_ACCOUNTS = 10_000;

/** The counter of one process. All counts come from one sequence, so none is ever used twice. */
export function createWriteCounter(maxAccounts = MAX_ACCOUNTS): WriteCounter {
  const counts = new Map<string, number>();
  let last = 0;
  /** The count of every account that is not in the map. */
  let ofOthers = 0;
  return {
    count: async (account) => counts.get(account) ?? ofOthers,
    async increase(account) {
      if (counts.size >= maxAccounts && !counts.has(account)) {
        counts.clear();
        last += 1;
        ofOthers = last;
      }
      last += 1;
      counts.set(account, last);
    },
  };
}
