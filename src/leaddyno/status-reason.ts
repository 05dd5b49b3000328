import type { FailureReason, Fate } from './errors.ts';

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
  409: { reason: 'conflict', fate: 'refused', why: 'the request conflicts with what it holds' },
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
  // A redirect may be how a write that was carried out says where its result is.
  if (status >= 300) return { reason: 'unexpected', fate: 'unknown', why: 'a redirect, which was not followed' };
  return { reason: 'unexpected', fate: 'unknown' };
}
