import { LeadDynoError } from '../../leaddyno/errors.ts';

/** The data for one part of an answer, or why it could not be read. */
export type Attempt<Value> =
  | { readonly read: true; readonly value: Value }
  | { readonly read: false; readonly why: string; readonly error: LeadDynoError };

/** Tries a part of an answer; see `createAttempt`. */
export type TryPart = <Value>(read: () => Promise<Value>) => Promise<Attempt<Value>>;

/**
 * The one rule for parts that the rest of an answer can do without: a refused key ends the call, as a cancellation
 * does, because LeadDyno would answer nothing else either. After any other LeadDyno error the answer says why the part
 * is missing.
 * @param signal of the call
 * @param onFailure called for each part that failed
 */
export function createAttempt(
  signal: AbortSignal,
  onFailure: (error: LeadDynoError) => void = () => undefined,
): TryPart {
  return async (read) => {
    try {
      return { read: true, value: await read() };
    } catch (error) {
      signal.throwIfAborted();
      if (!(error instanceof LeadDynoError) || error.reason === 'auth') throw error;
      onFailure(error);
      return { read: false, why: whyOf(error), error };
    }
  };
}

/** Why a part is missing, without LeadDyno's own words. */
export function whyOf({ reason, retryAfterSeconds }: LeadDynoError): string {
  const wait = retryAfterSeconds === undefined ? '' : `, free again in ${Math.ceil(retryAfterSeconds)} s`;
  return `Could not be read (${reason}${wait})`;
}
