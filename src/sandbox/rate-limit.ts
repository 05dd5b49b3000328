/** A sliding window: a request goes through while fewer than `limit` went through in the window before it. */
export class RateLimit {
  readonly #limit: number;
  readonly #windowMs: number;
  /** When the last `limit` requests went through; a ring, so the oldest is the one about to be overwritten. */
  readonly #passed: number[] = [];
  #oldest = 0;

  constructor(limit: number, windowMs: number) {
    this.#limit = limit;
    this.#windowMs = windowMs;
  }

  /** 0 when the request may pass, otherwise the whole seconds after which one will. Refused ones do not count. */
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
