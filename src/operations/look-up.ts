import { isObject, type JsonObject, recordIn } from '../json.ts';
import { LeadDynoError } from '../leaddyno/errors.ts';
import type { Operation, Read } from './operation.ts';
import { orClearMiss } from './returns.ts';

/** A record, `none` if LeadDyno has no such record, `failed` if that could not be determined. */
export type Found = JsonObject | 'none' | 'failed';

/**
 * A look-up whose failure does not stop the question. Only `null` or a 404 is a miss (API reference 5.8): after one, a
 * write may go unasked. An empty object or list, or a 404 page of something in between, says nothing about the record.
 * @throws LeadDynoError `auth`, because the write would fail as well
 */
export async function lookUp(read: Read, operation: Operation, args: JsonObject): Promise<Found> {
  try {
    const clear: Operation = { ...operation, returns: orClearMiss(operation.returns), clearMiss: true };
    const shaped = await read(clear, args);
    if (shaped === undefined) return 'none';
    const record = recordIn(shaped, operation.returns.record.singular);
    return Object.keys(record).length === 0 ? 'failed' : record;
  } catch (error) {
    if (error instanceof LeadDynoError && error.reason !== 'auth') return 'failed';
    throw error;
  }
}

/**
 * A look-up by a key whose case LeadDyno may mind in a look-up and not in a write: as given and, where that finds
 * nothing to go by, in small letters.
 * @param settles whether a record that was found under the key as given makes another look-up needless
 */
export async function lookUpInAnyCase(
  read: Read,
  operation: Operation,
  by: string,
  key: string,
  settles: (record: JsonObject) => boolean = () => true,
): Promise<Found> {
  const asGiven = await lookUp(read, operation, { [by]: key });
  const small = key.toLowerCase();
  if (small === key || asGiven === 'failed' || (asGiven !== 'none' && settles(asGiven))) return asGiven;
  const inSmall = await lookUp(read, operation, { [by]: small });
  return inSmall === 'none' ? asGiven : inSmall;
}

/** The affiliate that a lead or a visitor belongs to: `none` if there is none, `failed` if it is not known. */
export function ownerOf(record: Found): Found {
  if (typeof record === 'string') return record;
  if (record.affiliate === null) return 'none';
  return isObject(record.affiliate) ? record.affiliate : 'failed';
}
