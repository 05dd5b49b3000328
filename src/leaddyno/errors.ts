/** Why a call failed. One word for the one table that says what to do next (`mcp/failures.ts`). */
export type FailureReason =
  | 'auth'
  | 'forbidden'
  | 'not_found'
  | 'invalid'
  | 'conflict'
  | 'rate_limited'
  | 'upstream'
  | 'network'
  | 'timeout'
  | 'changed'
  | 'unexpected';

/**
 * What became of a request that failed: `not_sent` (no byte reached LeadDyno), `refused` (LeadDyno answered that it
 * did nothing), `unknown` (it was sent and no clear answer came: a write may have happened).
 */
export type Fate = 'not_sent' | 'refused' | 'unknown';

export interface FailureDetails {
  readonly fate: Fate;
  readonly status?: number | undefined;
  /** Seconds to wait before trying again, where known. */
  readonly retryAfterSeconds?: number | undefined;
  /** LeadDyno's own words, without the key and shortened; untrusted text. */
  readonly detail?: string | undefined;
  readonly cause?: unknown;
}

/** The one error the LeadDyno side throws. Its message never holds the key or a full URL. */
export class LeadDynoError extends Error {
  override readonly name = 'LeadDynoError';
  readonly reason: FailureReason;
  readonly fate: Fate;
  readonly status: number | undefined;
  readonly retryAfterSeconds: number | undefined;
  readonly detail: string | undefined;

  constructor(reason: FailureReason, message: string, details: FailureDetails) {
    super(message, details.cause === undefined ? undefined : { cause: details.cause });
    this.reason = reason;
    this.fate = details.fate;
    this.status = details.status;
    this.retryAfterSeconds = details.retryAfterSeconds;
    this.detail = details.detail;
  }
}

/** A failure as it is passed around on this side, before it is thrown: the facts and the halves of its sentence. */
export interface Failure {
  readonly reason: FailureReason;
  readonly fate: Fate;
  /** What happened: "LeadDyno answered 500". */
  readonly said: string;
  /** The cause, where there is one to name: "connection refused". */
  readonly why?: string | undefined;
  readonly status?: number | undefined;
  readonly retryAfterSeconds?: number | undefined;
  /** LeadDyno's own words, cleaned and cut. */
  readonly detail?: string | undefined;
  readonly cause?: unknown;
}

/** What came of one request: the parsed answer, or why there is none. */
export type Outcome =
  | { readonly ok: true; readonly value: unknown }
  | { readonly ok: false; readonly failure: Failure };

/** The error to throw for `failure`, as one sentence that counts the attempts where there were several. */
export function toError(failure: Failure, attempts = 1): LeadDynoError {
  const { reason, said, why, ...details } = failure;
  const counted = attempts > 1 ? `${said} after ${attempts} attempts` : said;
  return new LeadDynoError(reason, why === undefined ? counted : `${counted}: ${why}`, details);
}

/** The error of a call whose own deadline of `timeoutMs` passed while its request had got as far as `fate` says. */
export function toDeadlineError(timeoutMs: number, fate: Fate): LeadDynoError {
  const within = timeoutMs < 1000 ? `within ${timeoutMs} ms` : `within ${Math.round(timeoutMs / 100) / 10} s`;
  const said = {
    not_sent: `The request could not be sent to LeadDyno ${within}`,
    refused: `LeadDyno did not accept the request ${within}`,
    unknown: `LeadDyno did not answer ${within}`,
  };
  return toError({ reason: 'timeout', fate, said: said[fate] });
}

export interface StatusMeaning {
  readonly reason: FailureReason;
  readonly fate: Fate;
  /** The cause in words, where the number alone does not say it. */
  readonly why?: string;
}

const tooLarge = { reason: 'invalid', fate: 'refused', why: 'the request is too large' } as const;
const noSuchRecord = { reason: 'not_found', fate: 'refused', why: 'it has no such record' } as const;

/** API reference 4.3, and what it leaves open. A 408 is the one 4xx after which the request may have been handled. */
const meanings: Readonly<Record<number, StatusMeaning>> = {
  400: { reason: 'invalid', fate: 'refused', why: 'it did not accept the request' },
  401: { reason: 'auth', fate: 'refused', why: 'it did not accept the API key' },
  403: { reason: 'forbidden', fate: 'refused', why: 'it does not allow this request with this API key' },
  404: noSuchRecord,
  408: { reason: 'timeout', fate: 'unknown', why: 'it gave up on the request' },
  409: { reason: 'conflict', fate: 'refused', why: 'the request conflicts with existing records' },
  410: noSuchRecord,
  413: tooLarge,
  414: tooLarge,
  422: { reason: 'invalid', fate: 'refused', why: 'it did not accept the values' },
  429: { reason: 'rate_limited', fate: 'refused', why: 'too many requests' },
  431: tooLarge,
};

/** What an HTTP status other than 2xx means. */
export function readStatus(status: number): StatusMeaning {
  const meaning = meanings[status];
  if (meaning !== undefined) return meaning;
  if (status >= 500) return { reason: 'upstream', fate: 'unknown' };
  if (status >= 400) return { reason: 'unexpected', fate: 'refused' };
  // A write that succeeded may redirect to its result.
  if (status >= 300) return { reason: 'unexpected', fate: 'unknown', why: 'a redirect, which was not followed' };
  return { reason: 'unexpected', fate: 'unknown' };
}

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
