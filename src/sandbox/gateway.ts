/* The gateway in front of the application: key check, rate limit and request log. */

export type KeyPlace = 'header' | 'query' | 'body';

export interface Authentication {
  readonly keyIn: KeyPlace | 'none';
  readonly valid: boolean;
}

/** A key is valid only in an accepted place. If none is valid, `keyIn` is the first place that had a key. */
export function authenticate(
  found: Readonly<Record<KeyPlace, unknown>>,
  expected: string,
  acceptKeyIn: readonly KeyPlace[],
): Authentication {
  const places = (['header', 'query', 'body'] as const).filter((place) => found[place] !== undefined);
  const valid = places.find((place) => acceptKeyIn.includes(place) && found[place] === expected);
  return { keyIn: valid ?? places[0] ?? 'none', valid: valid !== undefined };
}

/** A sliding window: a request passes if fewer than `limit` passed in the window before it. */
export class RateLimit {
  readonly #limit: number;
  readonly #windowMs: number;
  /** When the last `limit` requests passed. A ring buffer: the oldest entry is overwritten next. */
  readonly #passed: number[] = [];
  #oldest = 0;

  constructor(limit: number, windowMs: number) {
    this.#limit = limit;
    this.#windowMs = windowMs;
  }

  /** 0 if the request may pass, otherwise the whole seconds until one may. Refused requests do not count. */
  take(now: number): number {
    if (this.#limit <= 0) return 0;
    if (this.#passed.length < this.#limit) {
      this.#passed.push(now);
      return 0;
    }
    const freeAt = (this.#passed[this.#oldest] ?? 0) + this.#windowMs;
    if (now < freeAt) return Math.max(1, Math.ceil((freeAt - now) / 1_000));
    this.#passed[this.#oldest] = now;
    this.#oldest = (this.#oldest + 1) % this.#limit;
    return 0;
  }
}

export interface SandboxRequest {
  method: string;
  /** Relative to the base address, as in the documentation (`/affiliates/1001`). */
  path: string;
  query: Record<string, string>;
  /** The fields of a JSON or form body without the key; null if there was no body or it was unreadable. */
  body: unknown;
  keyIn: Authentication['keyIn'];
  status: number;
  at: number;
}

const LOG_LIMIT = 100_000;

/** Bounded: in a long demo the log would grow without end. */
export function logRequest(log: SandboxRequest[], request: SandboxRequest): void {
  log.push(request);
  if (log.length > LOG_LIMIT) log.shift();
}
