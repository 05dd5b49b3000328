import { isObject, type JsonObject, recordIn } from '../json.ts';
import { LeadDynoError } from '../leaddyno/errors.ts';
import type { Operation, Read } from './operation.ts';

/** A record, `none` if LeadDyno has no such record, `failed` if that could not be determined. */
export type Found = JsonObject | 'none' | 'failed';

/**
 * A look-up whose failure does not stop the question.
 * @throws LeadDynoError `auth`, because the write would fail as well
 */
export async function lookUp(read: Read, operation: Operation, args: JsonObject): Promise<Found> {
  try {
    const shaped = await read(operation, args);
    if (shaped === undefined) return 'none';
    const record = recordIn(shaped, operation.returns.record.singular);
    return Object.keys(record).length === 0 ? 'failed' : record;
  } catch (error) {
    if (error instanceof LeadDynoError && error.reason !== 'auth') return 'failed';
    throw error;
  }
}

/** The affiliate that a lead or a visitor belongs to: `none` if there is none, `failed` if it is not known. */
export function ownerOf(record: Found): Found {
  if (typeof record === 'string') return record;
  if (record.affiliate === null) return 'none';
  return isObject(record.affiliate) ? record.affiliate : 'failed';
}
