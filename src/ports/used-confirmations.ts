/** What remembers which confirmations were used; shared where several processes serve the same people. */
export interface UsedConfirmations {
  /** Marks an id as used. @returns false where it was used before */
  use(id: string, ttlMs: number): Promise<boolean>;
  wasUsed(id: string): Promise<boolean>;
}

/** The memory of one process. Ids past their time are forgotten: they have expired anyway. */
export function createUsedConfirmations(now: () => number = Date.now): UsedConfirmations {
  const until = new Map<string, number>();
  return {
    async use(id, ttlMs) {
      for (const [old, end] of until) {
        if (end > now()) break;
        until.delete(old);
      }
      if (until.has(id)) return false;
      until.set(id, now() + ttlMs);
      return true;
    },
    async wasUsed(id) {
      return until.has(id);
    },
  };
}
