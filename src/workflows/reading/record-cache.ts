import type { RecordList } from './packed-pages.ts';

/** A collection that was read to its end. */
export interface CachedScan {
  readonly list: RecordList;
  /** Epoch milliseconds when reading began: every page is as of then or later. */
  readonly readAt: number;
  /** How many writes the account had seen before reading began. */
  readonly writes: number;
  /** The sentence on its coverage, without its age. */
  readonly covered: string;
}

/** Collections that were read recently, so that the next question of a conversation costs no calls. */
export interface RecordCache {
  /** A scan that no write has followed: the account has seen as many writes as when it was read. */
  get(account: string, name: string, writes: number): CachedScan | undefined;
  put(account: string, name: string, scan: CachedScan): void;
  /** Drops everything of an account, because it was written to and its scans can no longer be used. */
  forget(account: string): void;
}

/** How long a scan may be used. Every answer that uses one states its age. */
export const CACHE_MS = 5 * 60_000;

/** Bytes kept in one process for all accounts together: about 400,000 records. */
const MAX_BYTES = 64 * 1024 * 1024;

export function createRecordCache(
  now: () => number = Date.now,
  { maxBytes = MAX_BYTES, ttlMs = CACHE_MS } = {},
): RecordCache {
  /** In the order in which they were added, oldest first. */
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
