import type { FailureReason, Fate } from './errors.ts';
import { type Failure, type Outcome, toError } from './failure.ts';
import { type Course, createFlights } from './flight.ts';
import { fitsHeader, type KeyTransport } from './http-request.ts';

export interface KeyFinder {
  /**
   * How the key travels; found out with a read on the first call, which concurrent ones wait for.
   * @throws LeadDynoError with fate `not_sent`, whatever went wrong
   */
  find(course: Course): Promise<KeyTransport>;
  /** A call was answered: this way works. */
  prove(transport: KeyTransport): void;
  /** A call by this way failed: unless that says nothing about the key, the next call finds out anew. */
  doubt(transport: KeyTransport, reason: FailureReason): void;
  /** Ends a search under way. */
  end(makeError: (fate: Fate) => Error): void;
}

export interface KeySearch {
  readonly key: string;
  readonly wanted: 'auto' | KeyTransport;
  /** What `auto` found out earlier: used without a search until it fails. */
  readonly found?: KeyTransport | undefined;
  readonly now: () => number;
  /** Performs a harmless read with the key sent by `transport`. */
  readonly probe: (transport: KeyTransport, course: Course) => Promise<Outcome & { readonly attempts: number }>;
  readonly onFound: (transport: KeyTransport) => void;
}

const REFUSED: ReadonlySet<FailureReason> = new Set(['auth', 'forbidden']);
/** Failures that say nothing about the key. */
const INCONCLUSIVE: ReadonlySet<FailureReason> = new Set(['network', 'timeout', 'upstream', 'rate_limited']);

/**
 * Finds out by which way LeadDyno takes the key. Its documents name a header and the query, its samples show only the
 * query (API reference 4.1 and 5, contradiction 1); a key in a URL ends up in logs, so the header is tried first. How a
 * missing key is answered is not established: an answer without an error alone shows that it was taken.
 */
export function createKeyFinder({ key, wanted, found, now, probe, onFound }: KeySearch): KeyFinder {
  const pinned = fitsHeader(key) ? wanted : 'query';
  let known = pinned === 'auto' ? found : pinned;
  /** Whether a call was answered by the known way. Until then any answer but that may mean that it does not work. */
  let proven = false;
  const searches = createFlights<KeyTransport>(now);

  function prove(transport: KeyTransport): void {
    if (pinned !== 'auto' || proven) return;
    known = transport;
    proven = true;
    onFound(transport);
  }

  async function search(course: Course): Promise<KeyTransport> {
    let refusal: Failure | undefined;
    for (const transport of ['header', 'query'] as const) {
      const outcome = await probe(transport, course);
      if (outcome.ok) {
        prove(transport);
        return transport;
      }
      const { failure } = outcome;
      if (INCONCLUSIVE.has(failure.reason)) throw toError({ ...failure, fate: 'not_sent' }, outcome.attempts);
      refusal = failure;
    }
    // Neither way is shown to work, but the query was not refused either: the probe's own path may be what is missing.
    if (refusal && !REFUSED.has(refusal.reason)) {
      known = 'query';
      proven = false;
      return known;
    }
    throw toError({
      ...refusal,
      reason: 'auth',
      fate: 'not_sent',
      said: `LeadDyno answered ${refusal?.status}`,
      why: 'it did not accept the API key, neither as a header nor in the query',
    });
  }

  return {
    async find(course) {
      return known ?? searches.join('key', { signal: course.signal, until: course }, search);
    },
    prove,
    doubt(transport, reason) {
      if (pinned !== 'auto' || known !== transport) return;
      if (proven ? reason !== 'auth' : INCONCLUSIVE.has(reason)) return;
      known = undefined;
      proven = false;
    },
    end: searches.end,
  };
}
