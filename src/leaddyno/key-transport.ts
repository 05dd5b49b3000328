import type { Failure, FailureReason, Outcome } from './errors.ts';
import { fitsHeader, type KeyTransport } from './request.ts';

/** What came of a request, after how many attempts. */
export type Delivery = Outcome & { readonly attempts: number };

export interface KeyTransportOptions {
  readonly key: string;
  readonly wanted: 'auto' | KeyTransport;
  /** What `auto` found earlier: tried first. */
  readonly found?: KeyTransport | undefined;
  readonly onProven: (transport: KeyTransport) => void;
}

/** Delivers a request with the key sent by a transport. @param write whether it changes something */
export type DeliverWithKey = (
  write: boolean,
  deliver: (transport: KeyTransport) => Promise<Delivery>,
) => Promise<Delivery>;

const KEY_REFUSED: ReadonlySet<FailureReason> = new Set(['auth', 'forbidden']);
/** Failures that say nothing about the key. */
const INCONCLUSIVE: ReadonlySet<FailureReason> = new Set(['network', 'timeout', 'upstream', 'rate_limited']);

/**
 * Finds out which way LeadDyno accepts the key. Its documents name a header and the query, its samples show only the
 * query (API reference 4.1 and 5, contradiction 1); a key in a URL ends up in logs, so the header is tried first. How a
 * missing key is answered is not established: only an answer without an error proves that the key was taken. Until
 * one way is proven, a refused request is sent once more the other way.
 */
export function createKeyTransport({ key, wanted, found, onProven }: KeyTransportOptions): DeliverWithKey {
  const pinned = fitsHeader(key) ? wanted : 'query';
  if (pinned !== 'auto') return (_write, deliver) => deliver(pinned);
  let proven: KeyTransport | undefined;

  function prove(transport: KeyTransport): void {
    if (proven !== undefined) return;
    proven = transport;
    onProven(transport);
  }

  return async (write, deliver) => {
    const way = proven ?? found ?? 'header';
    const first = await deliver(way);
    if (first.ok) {
      prove(way);
      return first;
    }
    if (proven === way) {
      if (first.failure.reason === 'auth') proven = undefined;
      return first;
    }
    if (!mayBeForTheKey(first.failure, write)) return first;
    const other = way === 'header' ? 'query' : 'header';
    const second = await deliver(other);
    if (second.ok) {
      prove(other);
      return second;
    }
    const [refused, refusedAgain] = [first, second].map(({ failure }) => KEY_REFUSED.has(failure.reason));
    if (refused && refusedAgain) return { ...second, failure: refusedBothWays(second.failure) };
    if (refused && !INCONCLUSIVE.has(second.failure.reason)) prove(other);
    if (!refusedAgain) return second;
    prove(way);
    return first;
  };
}

/**
 * Whether a request may have failed because its key was not found where it was. A write is sent again only if LeadDyno
 * said by its status that it refused it; a read also after a page, a redirect or an error in place of a record, unless
 * that says that there is no such record: whoever says so has looked.
 */
function mayBeForTheKey({ reason, fate, status = 0 }: Failure, write: boolean): boolean {
  if (INCONCLUSIVE.has(reason) || status === 0) return false;
  return status >= 400 ? fate === 'refused' : !write && reason !== 'not_found';
}

function refusedBothWays(failure: Failure): Failure {
  return {
    ...failure,
    reason: 'auth',
    said: `LeadDyno answered ${failure.status}`,
    why: 'it did not accept the API key, neither as a header nor in the query',
  };
}
