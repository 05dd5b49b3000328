import type { Parsed } from '../../records/parse.ts';

/** A collection as it was read to its end. */
export interface CachedScan {
  readonly records: readonly Parsed[];
  /** Epoch milliseconds when reading began: nothing in it is younger. */
  readonly readAt: number;
  /** How many writes the account had seen before reading began. */
  readonly writes: number;
  /** What the coverage says besides the age. */
  readonly covered: string;
}

/** Collections that were read lately, so that the next question of a conversation costs no calls. */
export interface RecordCache {
  /** A scan that no write has followed: read with as many writes as there are now. */
  get(account: string, name: string, writes: number): CachedScan | undefined;
  put(account: string, name: string, scan: CachedScan): void;
  /** Drops everything of an account: it was written to, and nothing of it will be asked for any more. */
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
  let records = 0;

  function drop(key: string): void {
    records -= scans.get(key)?.records.length ?? 0;
    scans.delete(key);
  }

  const isOld = (at: number) => now() - at >= ttlMs;

  function dropOld(): void {
    for (const [key, { readAt }] of scans) {
      if (isOld(readAt)) drop(key);
    }
  }

  const keyOf = (account: string, name: string) => `${account}\0${name}`;

  return {
    get(account, name, writes) {
      dropOld();
      const found = scans.get(keyOf(account, name));
      return found && found.writes === writes ? found : undefined;
    },
    put(account, name, scan) {
      dropOld();
      const key = keyOf(account, name);
      drop(key);
      if (isOld(scan.readAt) || scan.records.length > maxRecords) return;
      for (const oldest of scans.keys()) {
        if (records + scan.records.length <= maxRecords) break;
        drop(oldest);
      }
      scans.set(key, { ...scan, account });
      records += scan.records.length;
    },
    forget(account) {
      for (const [key, scan] of scans) {
        if (scan.account === account) drop(key);
      }
    },
  };
}
