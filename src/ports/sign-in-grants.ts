/**
 * What is remembered of those who signed in: which codes were used, which refresh token of a grant comes next, which
 * grants were ended. Ids and numbers alone: no key, no token.
 */
export interface SignInGrants {
  /** Marks an id as used. @returns false where it was used before. @throws Unavailable */
  useOnce(id: string, ttlMs: number): Promise<boolean>;
  /**
   * Moves a grant on to its next refresh token. A token that was used before ends the grant, unless it was the last one
   * and comes again within `REPEAT_MS`: its answer may have been lost.
   * @param turn the number of the refresh token that is used
   * @returns false where the grant has ended, or ends now. @throws Unavailable
   */
  turn(grant: string, turn: number, ttlMs: number): Promise<boolean>;
  /** Ends a grant and every token of it. @throws Unavailable */
  end(grant: string, ttlMs: number): Promise<void>;
  /** @throws Unavailable */
  hasEnded(grant: string): Promise<boolean>;
}

/** So long after it was used, a refresh token may come once more. */
export const REPEAT_MS = 10_000;

interface Kept {
  /** The refresh token that is expected; absent where the grant has ended. */
  readonly next?: number;
  readonly at: number;
  readonly until: number;
}

const SWEEP_MS = 60_000;

/** The memory of one process: what it knows is gone with it. */
export function createSignInGrants(now: () => number = Date.now): SignInGrants {
  const used = new Map<string, number>();
  const grants = new Map<string, Kept>();
  let sweptAt = now();

  function sweep(): void {
    if (now() - sweptAt < SWEEP_MS) return;
    sweptAt = now();
    for (const [id, until] of used) if (until <= now()) used.delete(id);
    for (const [id, { until }] of grants) if (until <= now()) grants.delete(id);
  }

  const end = (grant: string, ttlMs: number) => void grants.set(grant, { at: now(), until: now() + ttlMs });

  return {
    async useOnce(id, ttlMs) {
      sweep();
      if ((used.get(id) ?? 0) > now()) return false;
      used.set(id, now() + ttlMs);
      return true;
    },
    async turn(grant, turn, ttlMs) {
      sweep();
      const kept = grants.get(grant);
      if (kept && kept.next === undefined) return false;
      const next = kept?.next ?? turn;
      if (turn >= next) {
        grants.set(grant, { next: turn + 1, at: now(), until: now() + ttlMs });
        return true;
      }
      if (kept && turn === next - 1 && now() - kept.at <= REPEAT_MS) return true;
      end(grant, ttlMs);
      return false;
    },
    async end(grant, ttlMs) {
      end(grant, ttlMs);
    },
    async hasEnded(grant) {
      const kept = grants.get(grant);
      return kept !== undefined && kept.next === undefined && kept.until > now();
    },
  };
}
