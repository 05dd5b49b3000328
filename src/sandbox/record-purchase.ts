import type { Programme } from './programme.ts';
import { commissionAmount, WAITING_TIME } from './purchase-commission.ts';
import type { Affiliate, Lead, LineItem, Plan, Purchase } from './records.ts';
import { registerLead } from './register-lead.ts';

export interface Order {
  readonly email: string;
  readonly purchaseCode: string | null;
  readonly amount: number;
  readonly currency: string;
  readonly plan: Plan | null;
  readonly affiliateCode: string | null;
  readonly commissionOverride: number | null;
  readonly note: string | null;
  readonly reassign: boolean;
  readonly lineItems: readonly LineItem[];
}

/** Archived and pending affiliates earn nothing (inferred: unarchiving is what "re-enables earning"). */
function earning(affiliate: Affiliate | undefined): Affiliate | null {
  return affiliate?.status === 'Active' ? affiliate : null;
}

/** A code nobody owns credits nobody and is no error (not established; it is how a stale link behaves). */
function creditedAffiliate(programme: Programme, lead: Lead, order: Order): Affiliate | null {
  const byCode = order.affiliateCode === null ? null : earning(programme.affiliateByCode(order.affiliateCode));
  const original = lead.affiliateId === null ? undefined : programme.affiliates.get(lead.affiliateId);
  if (byCode !== null && (original === undefined || order.reassign)) {
    programme.assignLead(lead, byCode.id);
    return byCode;
  }
  return earning(original);
}

/** Records an order whose purchase code is new: finds or creates the customer, credits, pays commission. */
export function recordPurchase(programme: Programme, order: Order): Purchase {
  const now = programme.now();
  const lead = programme.leadByEmail(order.email) ?? registerLead(programme, { email: order.email });
  const affiliate = creditedAffiliate(programme, lead, order);
  lead.status = 'Customer';
  lead.updatedAt = now;
  const purchase = programme.addPurchase({
    createdAt: now,
    updatedAt: now,
    cancelled: false,
    // Purchases sent through the API count at once; only those of the browser script wait.
    pendingApproval: false,
    currency: order.currency,
    code: order.purchaseCode ?? programme.random.uuid(),
    note: order.note,
    amount: order.amount,
    commissionOverride: order.commissionOverride,
    cancellation: null,
    leadId: lead.id,
    affiliateId: affiliate?.id ?? null,
    plan: order.plan,
    lineItems: order.lineItems,
  });
  const earned = affiliate === null ? 0 : commissionAmount(programme, affiliate, purchase);
  if (affiliate !== null && earned > 0) {
    programme.addCommission({
      earnedAt: now,
      dueAt: now + WAITING_TIME,
      amount: earned,
      currency: purchase.currency,
      cancelled: false,
      paid: false,
      note: null,
      purchaseId: purchase.id,
      affiliateId: affiliate.id,
    });
  }
  return purchase;
}
