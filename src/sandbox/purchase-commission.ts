import { shareOf } from './money.ts';
import type { Programme } from './programme.ts';
import type { Affiliate } from './records.ts';
import { DAY } from './timestamps.ts';

/** How long a commission waits before it becomes payable. */
export const WAITING_TIME = 30 * DAY;

/** What a purchase earns its affiliate: the override if there is one, else the percentage of the group. */
export function commissionAmount(
  programme: Programme,
  affiliate: Affiliate,
  purchase: { readonly amount: number; readonly commissionOverride: number | null },
): number {
  if (purchase.commissionOverride !== null) return purchase.commissionOverride;
  return shareOf(purchase.amount, programme.groupByCode(affiliate.group)?.basisPoints ?? 0);
}
