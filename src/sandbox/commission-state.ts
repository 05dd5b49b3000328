import type { Programme } from './programme.ts';
import type { Commission } from './records.ts';

export type CommissionState = 'cancelled' | 'paid' | 'pending' | 'due';

/** The record has two flags and a date; the state follows from them. */
export function commissionState(programme: Programme, commission: Commission, now: number): CommissionState {
  if (commission.cancelled) return 'cancelled';
  if (commission.paid) return 'paid';
  if (commission.dueAt > now) return 'pending';
  const purchase = commission.purchaseId === null ? undefined : programme.purchases.get(commission.purchaseId);
  return purchase?.pendingApproval === true ? 'pending' : 'due';
}

/** The values of the `status` filter and the states each one lets through. */
export const statusFilters: ReadonlyMap<string, readonly CommissionState[]> = new Map([
  ['cancelled', ['cancelled']],
  ['paid', ['paid']],
  ['pending', ['pending']],
  ['due', ['due']],
  ['unpaid', ['pending', 'due']],
  ['live', ['pending', 'due', 'paid']],
]);
