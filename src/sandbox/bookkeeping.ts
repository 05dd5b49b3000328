import type { Programme } from './programme.ts';
import type { Affiliate, Commission, Lead, LineItem, Plan, Purchase } from './records.ts';
import { DAY } from './wire-values.ts';

/* How the account changes when someone signs up, buys or gets a refund. */

/** How long a commission waits before it becomes payable. */
export const WAITING_TIME = 30 * DAY;

export type CommissionState = 'cancelled' | 'paid' | 'pending' | 'due';

/** The record has two flags and a date; the state follows from them. */
export function commissionState(programme: Programme, commission: Commission, now: number): CommissionState {
  if (commission.cancelled) return 'cancelled';
  if (commission.paid) return 'paid';
  if (commission.dueAt > now) return 'pending';
  return programme.purchases.get(commission.purchaseId)?.pendingApproval === true ? 'pending' : 'due';
}

/** Number and cents of commissions by current state, in one currency or across all. */
export function sumByState(programme: Programme, rows: readonly Commission[], currency?: string) {
  const now = programme.now();
  const sum = () => ({ count: 0, cents: 0 });
  const sums = { cancelled: sum(), paid: sum(), pending: sum(), due: sum() };
  for (const row of rows) {
    if (currency !== undefined && row.currency !== currency) continue;
    const state = sums[commissionState(programme, row, now)];
    state.count += 1;
    state.cents += row.amount;
  }
  return sums;
}

/** What a purchase earns its affiliate: the override if there is one, else the percentage of the group. */
export function commissionAmount(
  programme: Programme,
  affiliate: Affiliate,
  purchase: { readonly amount: number; readonly commissionOverride: number | null },
): number {
  if (purchase.commissionOverride !== null) return purchase.commissionOverride;
  return shareOf(purchase.amount, programme.groupByCode(affiliate.group)?.basisPoints ?? 0);
}

/** A share in basis points (1000 = 10 %); half a cent rounds up. Integer arithmetic only. */
function shareOf(cents: number, basisPoints: number): number {
  const scaled = cents * basisPoints + 5_000;
  return (scaled - (scaled % 10_000)) / 10_000;
}

/** A new lead. Fields that were not given are empty, as in the official sample. */
export function registerLead(
  programme: Programme,
  given: Partial<Omit<Lead, 'id'>> & { readonly email: string },
): Lead {
  const now = programme.now();
  return programme.addLead({
    createdAt: now,
    updatedAt: now,
    status: 'Registered',
    customStatus: '',
    firstName: null,
    lastName: null,
    address1: null,
    address2: null,
    city: null,
    state: null,
    zipcode: null,
    country: null,
    visitorId: null,
    url: null,
    referrer: null,
    searchTerm: null,
    affiliateId: null,
    campaignId: null,
    trackingCode: null,
    ...given,
  });
}

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

/** Ignores an unknown code and keeps the lead's affiliate (not established; it is how a stale link behaves). */
function creditedAffiliate(programme: Programme, lead: Lead, order: Order): Affiliate | null {
  const byCode = order.affiliateCode === null ? null : earning(programme.affiliateByCode(order.affiliateCode));
  const original = programme.affiliates.get(lead.affiliateId);
  if (byCode !== null && (original === undefined || order.reassign)) {
    programme.assignLead(lead, byCode.id);
    return byCode;
  }
  return earning(original);
}

/** Records an order with a new purchase code: finds or creates the customer, credits, adds the commission. */
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
    // Purchases sent through the API count at once; only those from the browser script wait for approval.
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

/** Customers whose purchases are all cancelled are "Cancelled" (inferred from the sample's cancelled purchase). */
export function updateCustomerStatus(programme: Programme, lead: Lead): void {
  const purchases = programme.purchasesOfLead(lead.id);
  if (purchases.length === 0) return;
  lead.status = purchases.some((purchase) => !purchase.cancelled) ? 'Customer' : 'Cancelled';
}

/** Cancels a purchase and its unpaid commissions; paid ones stay paid. Repeating the call changes nothing. */
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
