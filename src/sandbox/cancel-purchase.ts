import type { Programme } from './programme.ts';
import type { Lead, Purchase } from './records.ts';

/**
 * A customer without a live purchase is "Cancelled" (inferred: the lead of the cancelled sample purchase is).
 */
export function updateCustomerStatus(programme: Programme, lead: Lead): void {
  const purchases = programme.purchasesOfLead(lead.id);
  if (purchases.length === 0) return;
  lead.status = purchases.some((purchase) => !purchase.cancelled) ? 'Customer' : 'Cancelled';
}

/** Cancels a purchase and its unpaid commissions; what was paid out stays paid. Repeating changes nothing. */
export function cancelPurchase(
  programme: Programme,
  purchase: Purchase,
  given: { readonly code: string | null; readonly source: string | null },
): void {
  if (purchase.cancelled) return;
  const now = programme.now();
  purchase.cancelled = true;
  purchase.pendingApproval = false;
  purchase.updatedAt = now;
  purchase.cancellation = {
    id: programme.takeCancellationId(),
    code: given.code ?? programme.random.uuid(),
    effectiveAt: now,
    source: given.source,
  };
  for (const commission of programme.commissionsOfPurchase(purchase.id)) {
    if (!commission.paid) commission.cancelled = true;
  }
  const lead = programme.leads.get(purchase.leadId);
  if (lead === undefined) return;
  updateCustomerStatus(programme, lead);
  lead.updatedAt = now;
}
