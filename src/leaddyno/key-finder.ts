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
  /** The key was refused by this way after all: the next call finds out anew. */
  forget(transport: KeyTransport): void;
  /** Ends a search under way. */
  end(makeError: (fate: Fate) => Error): void;
}

export interface KeySearch {
  readonly key: string;
  readonly wanted: 'auto' | KeyTransport;
  /** What `auto` found out earlier: used without a search until it is refused. */
  readonly found?: KeyTransport | undefined;
  readonly now: () => number;
  /** Performs a harmless read with the key sent by `transport`. */
  readonly probe: (transport: KeyTransport, course: Course) => Promise<Outcome & { readonly attempts: number }>;
  readonly onFound: (transport: KeyTransport) => void;
}

const REFUSED: ReadonlySet<FailureReason> = new Set(['auth', 'forbidden']);
/** Failures that say nothing about the key; any other answer shows that it was taken. */
const INCONCLUSIVE: ReadonlySet<FailureReason> = new Set(['network', 'timeout', 'upstream', 'rate_limited']);

/**
 * Finds out by which way LeadDyno takes the key. Its documents name a header and the query, its samples show only the
 * query (API reference 4.1 and 5, contradiction 1); a key in a URL ends up in logs, so the header is tried first.
 */
export function createKeyFinder({ key, wanted, found, now, probe, onFound }: KeySearch): KeyFinder {
  const pinned = fitsHeader(key) ? wanted : 'query';
  let known = pinned === 'auto' ? found : pinned;
  const searches = createFlights<KeyTransport>(now);

  async function search(course: Course): Promise<KeyTransport> {
    let refusal: Failure | undefined;
    for (const transport of ['header', 'query'] as const) {
      const outcome = await probe(transport, course);
      const failure = outcome.ok ? undefined : outcome.failure;
      if (failure !== undefined && INCONCLUSIVE.has(failure.reason)) {
        throw toError({ ...failure, fate: 'not_sent' }, outcome.attempts);
      }
      if (failure === undefined || !REFUSED.has(failure.reason)) {
        known = transport;
        onFound(transport);
        return transport;
      }
      refusal = failure;
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
    forget(transport) {
      if (pinned === 'auto' && known === transport) known = undefined;
    },
    end: searches.end,
  };
}
