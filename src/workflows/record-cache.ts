import type { JsonObject } from '../operations/operation.ts';

/** A collection as it was read to its end. */
export interface CachedScan {
  readonly rows: readonly JsonObject[];
  /** Epoch milliseconds when reading began: nothing in it is younger. */
  readonly readAt: number;
  /** What the coverage says besides the age. */
  readonly covered: string;
}

/** Collections that were read lately, so that the next question of a conversation costs no calls. */
export interface RecordCache {
  get(account: string, name: string): CachedScan | undefined;
  put(account: string, name: string, scan: CachedScan): void;
  /** Drops everything of an account: a write was sent. */
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
  /** In order of age, the oldest first. */
  const scans = new Map<string, CachedScan & { readonly account: string }>();
  let records = 0;

  function drop(key: string): void {
    records -= scans.get(key)?.rows.length ?? 0;
    scans.delete(key);
  }

  function dropOld(): void {
    for (const [key, { readAt }] of scans) {
      if (now() - readAt >= ttlMs) drop(key);
    }
  }

  const keyOf = (account: string, name: string) => `${account}\0${name}`;

  return {
    get(account, name) {
      dropOld();
      return scans.get(keyOf(account, name));
    },
    put(account, name, scan) {
      dropOld();
      const key = keyOf(account, name);
      drop(key);
      if (scan.rows.length > maxRecords) return;
      for (const oldest of scans.keys()) {
        if (records + scan.rows.length <= maxRecords) break;
        drop(oldest);
      }
      scans.set(key, { ...scan, account });
      records += scan.rows.length;
    },
    forget(account) {
      for (const [key, scan] of scans) {
        if (scan.account === account) drop(key);
      }
    },
  };
}
