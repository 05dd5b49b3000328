import type { JsonObject } from '../../operations/operation.ts';

/** A collection as it was read to its end, or back to a moment. */
export interface CachedScan {
  readonly rows: readonly JsonObject[];
  /** Epoch milliseconds when reading began: nothing in it is younger. */
  readonly readAt: number;
  /** What the coverage says besides the age. */
  readonly covered: string;
  /** Holds everything that was created from then on, in epoch milliseconds; -Infinity: all there is. */
  readonly since: number;
}

/** Collections that were read lately, so that the next question of a conversation costs no calls. */
export interface RecordCache {
  /** A scan that reaches back to `since`. */
  get(account: string, name: string, since: number): CachedScan | undefined;
  put(account: string, name: string, scan: CachedScan): void;
  /** Drops everything of an account, and what is still being read for it: a write was sent. */
  forget(account: string): void;
}

/** How long a scan is used. Stated in every answer that uses one. */
export const CACHE_MS = 5 * 60_000;

/** Records kept in one process, all accounts together; about half a kilobyte each. */
const MAX_RECORDS = 150_000;

export function createRecordCache(
  now: () => number = Date.now,
  { maxRecords = MAX_RECORDS, ttlMs = CACHE_MS } = {},
): RecordCache {
  /** In the order in which they were put, the oldest first. */
  const scans = new Map<string, CachedScan & { readonly account: string }>();
  /** When an account was last written to: what was begun to be read before may hold what was there before. */
  const written = new Map<string, number>();
  let records = 0;

  function drop(key: string): void {
    records -= scans.get(key)?.rows.length ?? 0;
    scans.delete(key);
  }

  const isOld = (at: number) => now() - at >= ttlMs;

  function dropOld(): void {
    for (const [key, { readAt }] of scans) {
      if (isOld(readAt)) drop(key);
    }
    for (const [account, at] of written) {
      if (isOld(at)) written.delete(account);
    }
  }

  const keyOf = (account: string, name: string) => `${account}\0${name}`;

  return {
    get(account, name, since) {
      dropOld();
      const found = scans.get(keyOf(account, name));
      return found && found.since <= since ? found : undefined;
    },
    put(account, name, scan) {
      dropOld();
      const key = keyOf(account, name);
      drop(key);
      const readBeforeWrite = scan.readAt <= (written.get(account) ?? Number.NEGATIVE_INFINITY);
      if (readBeforeWrite || isOld(scan.readAt) || scan.rows.length > maxRecords) return;
      for (const oldest of scans.keys()) {
        if (records + scan.rows.length <= maxRecords) break;
        drop(oldest);
      }
      scans.set(key, { ...scan, account });
      records += scan.rows.length;
    },
    forget(account) {
      written.set(account, now());
      for (const [key, scan] of scans) {
        if (scan.account === account) drop(key);
      }
    },
  };
}
