import { Unavailable } from './unavailable.ts';

/**
 * What outlives a call and is not LeadDyno's: files that tools made, scans to go on with, the records of a question.
 * In this process by default; shared where replicas serve the same people. Keys cannot be guessed.
 */
export interface Memory {
  /** @throws Unavailable */
  put(key: string, text: string, ttlMs: number): Promise<void>;
  /** Undefined where there is none, or its time is over. @throws Unavailable */
  get(key: string): Promise<string | undefined>;
}

/** Characters kept in one process; the oldest go first. */
const MAX_CHARS = 64 * 1024 * 1024;

export function createMemory(now: () => number = Date.now, maxChars = MAX_CHARS): Memory {
  const kept = new Map<string, { readonly text: string; readonly until: number }>();
  let chars = 0;

  function drop(key: string): void {
    chars -= kept.get(key)?.text.length ?? 0;
    kept.delete(key);
  }

  return {
    async put(key, text, ttlMs) {
      drop(key);
      if (text.length > maxChars) throw new Unavailable('memory', 'this is too large to be kept');
      for (const [old, { until }] of kept) {
        if (until <= now() || chars + text.length > maxChars) drop(old);
      }
      kept.set(key, { text, until: now() + ttlMs });
      chars += text.length;
    },
    async get(key) {
      const found = kept.get(key);
      return found && found.until > now() ? found.text : undefined;
    },
  };
}
