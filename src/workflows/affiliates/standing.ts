import { flagOf } from '../../operations/flags.ts';
import type { JsonObject } from '../../operations/operation.ts';
import { isSaid, textOf } from './people.ts';

/** Where an affiliate stands; `unknown` where the record does not say, or says two things. */
export type Standing = 'pending' | 'active' | 'archived' | 'unknown';

/** All the words that LeadDyno has, as far as is known (API reference, Affiliate). */
const STATUSES: Readonly<Partial<Record<string, Standing>>> = {
  active: 'active',
  archived: 'archived',
  'pending approval': 'pending',
};

/** Whether a record says anything about where its affiliate stands, be it understood or not. */
export const saysStanding = ({ status, archived, pending_approval }: JsonObject): boolean =>
  [status, archived, pending_approval].some(isSaid);

/**
 * By flags and status together. Archived comes first: an applicant who was rejected may still carry the flag of one who
 * waits. Active is nobody about whom the record says anything else as well, or anything that is not understood.
 */
export function standingOf(affiliate: JsonObject): Standing {
  const archived = flagOf(affiliate.archived);
  const pending = flagOf(affiliate.pending_approval);
  const status = STATUSES[textOf(affiliate.status).toLowerCase()];
  if (archived ?? status === 'archived') return 'archived';
  if (pending ?? status === 'pending') return 'pending';
  const unread = [
    [affiliate.archived, archived],
    [affiliate.pending_approval, pending],
  ].some(([value, flag]) => flag === undefined && isSaid(value));
  const byFlags = !isSaid(affiliate.status) && archived === false && pending === false;
  return !unread && (status === 'active' || byFlags) ? 'active' : 'unknown';
}

/** Archived, by flag or by status; also who was rejected. */
export const isArchived = (affiliate: JsonObject): boolean => standingOf(affiliate) === 'archived';
