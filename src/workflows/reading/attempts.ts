import { LeadDynoError } from '../../leaddyno/errors.ts';
import type { Work } from '../workflow.ts';

/** What a part of an answer was made from, or why that could not be read. */
export type Attempt<Value> =
  | { readonly read: true; readonly value: Value }
  | { readonly read: false; readonly why: string };

/**
 * Reads that fail by themselves: an answer of several parts says in place which of them is missing. A key that does not
 * work, a cancellation, and a LeadDyno that answers nothing at all fail the call.
 */
export function createAttempts(work: Work) {
  let worked = false;
  let first: LeadDynoError | undefined;
  return {
    async attempt<Value>(read: () => Promise<Value>): Promise<Attempt<Value>> {
      try {
        const value = await read();
        worked = true;
        return { read: true, value };
      } catch (error) {
        work.signal.throwIfAborted();
        if (!(error instanceof LeadDynoError) || error.reason === 'auth' || error.reason === 'forbidden') throw error;
        first ??= error;
        return { read: false, why: whyOf(error) };
      }
    },
    /** @throws LeadDynoError the first failure, where nothing else came */
    throwIfNothing(): void {
      if (!worked && first) throw first;
    },
  };
}

export type Attempts = ReturnType<typeof createAttempts>;

/** Why a part is missing, without LeadDyno's own words. */
export function whyOf({ reason, retryAfterSeconds }: LeadDynoError): string {
  const wait = retryAfterSeconds === undefined ? '' : `, free again in ${Math.ceil(retryAfterSeconds)} s`;
  return `Could not be read (${reason}${wait})`;
}
