import { randomBytes } from 'node:crypto';
import type { Memory } from '../ports/memory.ts';
import { isUnavailable } from '../ports/unavailable.ts';

/**
 * What an account's records were like between two writes of this server, under a name: two reads that name the same
 * have no write between them. Names are compared and never ordered, so that no clock is needed, and none of another
 * machine has to agree.
 */
export interface Generation {
  /** The present one; undefined while the shared memory is away: nothing kept may then be used, and nothing kept. */
  current(): Promise<string | undefined>;
  /**
   * Begins another. To be called before a write is sent, and after it has ended before its caller is told.
   * @param settled false where the write may still take effect: what is read meanwhile is then not relied on for long
   */
  next(settled: boolean): Promise<void>;
}

/** A name that is gone is followed by a new one, so its end costs a few reads and is never wrong. */
const LASTS_MS = 24 * 60 * 60_000;
/** A write whose end nobody learns of, because its process ended too, is over by then. */
const UNSETTLED_MS = 60_000;
/** How long a write is to be told of, while it cannot be: nothing that is kept lives longer. */
const OWED_MS = 15 * 60_000;
const RETRY_MS = 1_000;

/** The generations of one account, for all processes with the same memory. */
export function createGeneration(memory: Memory, account: string, retryMs = RETRY_MS): Generation {
  const key = `generation:${account}`;
  let opening: Promise<string> | undefined;
  let owedUntil = Number.NEGATIVE_INFINITY;
  let retrying = false;
  /** Whether others may have written while the memory was away, and could not tell. */
  let unsure = false;

  async function begin(ttlMs: number): Promise<string> {
    const name = randomBytes(16).toString('base64url');
    await memory.put(key, name, ttlMs);
    return name;
  }

  /** Calls that find none at the same time begin one together: otherwise each would end that of the others. */
  function open(): Promise<string> {
    opening ??= begin(LASTS_MS).finally(() => {
      opening = undefined;
    });
    return opening;
  }

  /** Others may have kept what they read before this write: they are told once the memory is back. */
  function owe(): void {
    owedUntil = performance.now() + OWED_MS;
    if (retrying) return;
    retrying = true;
    setTimeout(() => void pay(), retryMs).unref();
  }

  async function pay(): Promise<void> {
    try {
      await begin(LASTS_MS);
      retrying = false;
    } catch (error) {
      if (isUnavailable(error) && performance.now() < owedUntil) setTimeout(() => void pay(), retryMs).unref();
      else retrying = false;
    }
  }

  return {
    async current() {
      try {
        const known = await memory.get(key);
        if (known !== undefined && !unsure) return known;
        const begun = await open();
        unsure = false;
        return begun;
      } catch (error) {
        if (!isUnavailable(error)) throw error;
        unsure = true;
        return undefined;
      }
    },
    async next(settled) {
      try {
        await begin(settled ? LASTS_MS : UNSETTLED_MS);
      } catch (error) {
        if (!isUnavailable(error)) throw error;
        owe();
      }
    },
  };
}
