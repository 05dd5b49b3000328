import type { RecordList } from './packed-pages.ts';

/** A collection as it was read to its end. */
export interface CachedScan {
  readonly list: RecordList;
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

/** Bytes kept in one process, all accounts together: about 400,000 records. */
const MAX_BYTES = 64 * 1024 * 1024;

export function createRecordCache(
  now: () => number = Date.now,
  { maxBytes = MAX_BYTES, ttlMs = CACHE_MS } = {},
): RecordCache {
  /** In the order in which they were put, the oldest first. */
  const scans = new Map<string, CachedScan & { readonly account: string }>();
  let bytes = 0;

  function drop(key: string): void {
    bytes -= scans.get(key)?.list.bytes ?? 0;
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
      if (isOld(scan.readAt) || scan.list.bytes > maxBytes) return;
      for (const oldest of scans.keys()) {
        if (bytes + scan.list.bytes <= maxBytes) break;
        drop(oldest);
      }
      scans.set(key, { ...scan, account });
      bytes += scan.list.bytes;
    },
    forget(account) {
      for (const [key, scan] of scans) {
        if (scan.account === account) drop(key);
      }
    },
  };
}
