import type { Failure } from './failure.ts';
import type { LeadDynoRequest } from './request.ts';

const MAX_ATTEMPTS = 3;
const FIRST_BACKOFF_MS = 200;
/** The longest wait that LeadDyno can impose on everybody who shares the pace. */
const LONGEST_PAUSE_MS = 60_000;

export interface FailedAttempt {
  readonly failure: Failure;
  readonly method: LeadDynoRequest['method'];
  /** 1 for the first. */
  readonly attempt: number;
  /** Milliseconds until the call's deadline. */
  readonly remainingMs: number;
  /** At least 0, below 1. */
  readonly random: () => number;
}

export interface RetryPlan {
  /** Milliseconds to wait before the next attempt; `undefined`: no further attempt. */
  readonly waitMs: number | undefined;
  /** Milliseconds for which nobody should send; 0 for no pause. */
  readonly pauseMs: number;
}

/**
 * What to do after a failed attempt. A call that LeadDyno turned away for its rate did nothing and may be repeated
 * whatever it was; every other failure leaves open whether a write happened, so only reads are repeated.
 */
export function planRetry({ failure, method, attempt, remainingMs, random }: FailedAttempt): RetryPlan {
  const askedMs = (failure.retryAfterSeconds ?? 0) * 1000;
  const pauseMs = askedMs <= LONGEST_PAUSE_MS ? askedMs : 0;
  const backoffMs = random() * FIRST_BACKOFF_MS * 2 ** (attempt - 1);
  const waitMs = Math.max(askedMs, backoffMs);
  const again =
    mayRepeat(failure, method) && attempt < MAX_ATTEMPTS && askedMs <= LONGEST_PAUSE_MS && waitMs < remainingMs;
  return { waitMs: again ? waitMs : undefined, pauseMs };
}

function mayRepeat({ reason }: Failure, method: LeadDynoRequest['method']): boolean {
  if (reason === 'rate_limited') return true;
  return method === 'GET' && (reason === 'upstream' || reason === 'network' || reason === 'timeout');
}
