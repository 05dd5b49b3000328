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
  /** LeadDyno's own words, cleaned of the key and cut; typed by nobody we trust. */
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
