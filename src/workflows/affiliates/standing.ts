import type { JsonObject } from '../../operations/operation.ts';
import { isArchived, isPending } from './people.ts';

/** Where an affiliate stands; `unknown` where the record does not say, or says two things. */
export type Standing = 'pending' | 'active' | 'archived' | 'unknown';

/** Archived comes first: an applicant who was rejected may still carry the flag of one who waits. */
export function standingOf(affiliate: JsonObject): Standing {
  if (isArchived(affiliate)) return 'archived';
  if (isPending(affiliate)) return 'pending';
  const { status, archived, pending_approval } = affiliate;
  const byFlags = (status === undefined || status === null) && archived === false && pending_approval === false;
  return status === 'Active' || byFlags ? 'active' : 'unknown';
}
