import { type FailureReason, type Fate, LeadDynoError } from './errors.ts';

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
    refused: `LeadDyno did not take the request ${within}`,
    unknown: `LeadDyno did not answer ${within}`,
  };
  return toError({ reason: 'timeout', fate, said: said[fate] });
}
