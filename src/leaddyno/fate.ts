/**
 * What became of a request that failed: `not_sent` (no byte reached LeadDyno), `refused` (LeadDyno answered that it
 * did nothing), `unknown` (it was sent and no clear answer came: a write may have happened).
 */
export type Fate = 'not_sent' | 'refused' | 'unknown';

/**
 * How far one request has got. It travels with the request and outlives it: whatever is thrown later, what we say
 * about the request comes from here, never from the kind of error.
 */
export class RequestFate {
  #now: Fate | 'answered' = 'not_sent';

  get now(): Fate | 'answered' {
    return this.#now;
  }

  /** Whether LeadDyno may have done what it was sent. */
  get mayHaveHappened(): boolean {
    return this.#now === 'unknown' || this.#now === 'answered';
  }

  /** The fate of a call that fails now, for any reason. */
  get ifItFails(): Fate {
    return this.#now === 'answered' ? 'unknown' : this.#now;
  }

  /** Its first byte is written to a connected socket: called there alone (`exchange.ts`). */
  leave(): void {
    this.#now = 'unknown';
  }

  /** An attempt has ended. */
  settle(outcome: Fate | 'answered'): void {
    this.#now = outcome;
  }
}
