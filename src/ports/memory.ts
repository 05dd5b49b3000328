import { Unavailable } from './unavailable.ts';

/**
 * What outlives a call and is not LeadDyno's: files that tools made, scans to continue, the records of a question. In
 * this process by default; shared if replicas serve the same people. A key is made of a kind, whose it is, and an id
 * that cannot be guessed: `file:ACCOUNT:CALLER:ID`.
 */
export interface Memory {
  /** Whether other processes have it too. */
  readonly shared?: boolean;
  /** @throws Unavailable */
  put(key: string, text: string, ttlMs: number): Promise<void>;
  /** Undefined if there is none, or it has expired. @throws Unavailable */
  get(key: string): Promise<string | undefined>;
  /** Whether something is kept there, without reading it. @throws Unavailable */
  has(key: string): Promise<boolean>;
  /** Adds a line to those under a key, the newest `MAX_LINES` of which are kept for `ttlMs` from now. @throws Unavailable */
  append(key: string, line: string, ttlMs: number): Promise<void>;
  /** The lines under a key, the oldest first. @throws Unavailable */
  lines(key: string): Promise<readonly string[]>;
}

/** Lines kept under one key. */
export const MAX_LINES = 200;

/** Shorter texts are small: questions and cursors, whose loss costs a person's time. */
const SMALL_CHARS = 8_000;
/** Characters kept of the small texts of nobody in particular, and of the texts of each owner; the oldest go first. */
const MAX_CHARS = 64 * 1024 * 1024;
/** Characters kept in one process: past it no large text is taken. */
const MAX_CHARS_IN_ALL = 256 * 1024 * 1024;

/** Whose budget a text counts in; undefined if it is small and nobody's in particular. */
export function ownerOf(key: string, size: number): string | undefined {
  const owner = key.slice(0, key.lastIndexOf(':') + 1);
  // A small file belongs to its owner like a large one.
  const isOwned = owner.indexOf(':') < owner.length - 1;
  return size < SMALL_CHARS && !isOwned ? undefined : owner;
}

interface Kept {
  readonly text: string;
  readonly until: number;
  readonly shelf: string;
}

/** The memory of one process. What belongs to one owner never pushes out what belongs to another, or to nobody. */
export function createMemory(
  now: () => number = Date.now,
  maxChars = MAX_CHARS,
  maxCharsInAll = MAX_CHARS_IN_ALL,
): Memory {
  /** The oldest first. */
  const kept = new Map<string, Kept>();
  const charsOn = new Map<string, number>();
  let chars = 0;

  function count(shelf: string, more: number): void {
    chars += more;
    const left = (charsOn.get(shelf) ?? 0) + more;
    if (left > 0) charsOn.set(shelf, left);
    else charsOn.delete(shelf);
  }

  function drop(key: string): void {
    const old = kept.get(key);
    if (old) count(old.shelf, -old.text.length);
    kept.delete(key);
  }

  function put(key: string, text: string, ttlMs: number): void {
    drop(key);
    const size = text.length;
    if (size > maxChars) throw new Unavailable('memory', 'this is too large to be kept');
    const isSmall = size < SMALL_CHARS;
    const owner = ownerOf(key, size);
    const shelf = owner === undefined ? 'small' : `owner ${owner}`;
    const isFull = () => (charsOn.get(shelf) ?? 0) + size > maxChars || (!isSmall && chars + size > maxCharsInAll);
    for (const [old, one] of kept) {
      if (one.until <= now() || (one.shelf === shelf && isFull())) drop(old);
    }
    if (isFull()) throw new Unavailable('memory', 'too much is kept for others at the moment');
    kept.set(key, { text, until: now() + ttlMs, shelf });
    count(shelf, size);
  }

  function find(key: string): string | undefined {
    const found = kept.get(key);
    return found && found.until > now() ? found.text : undefined;
  }

  const linesOf = (key: string) => find(key)?.split('\n') ?? [];

  return {
    put: async (key, text, ttlMs) => put(key, text, ttlMs),
    get: async (key) => find(key),
    has: async (key) => find(key) !== undefined,
    append: async (key, line, ttlMs) => put(key, [...linesOf(key), line].slice(-MAX_LINES).join('\n'), ttlMs),
    lines: async (key) => linesOf(key),
  };
}
