import { formatCents } from './money.ts';
import { minimalAffiliate } from './payload-affiliate.ts';
import type { Programme } from './programme.ts';
import type { Commission, Purchase } from './records.ts';
import { formatDay, formatTimestamp } from './timestamps.ts';

function cancellationPayload(purchase: Purchase) {
  if (purchase.cancellation === null) return null;
  const { id, code, effectiveAt, source } = purchase.cancellation;
  return { id, cancellation_code: code, effective_date: formatTimestamp(effectiveAt), source };
}

export function minimalLead(programme: Programme, id: number | null) {
  const lead = id === null ? undefined : programme.leads.get(id);
  return lead === undefined ? null : { id: lead.id, email: lead.email };
}

export function purchasePayload(programme: Programme, purchase: Purchase, withLineItems = false) {
  const payload = {
    id: purchase.id,
    created_at: formatTimestamp(purchase.createdAt),
    updated_at: formatTimestamp(purchase.updatedAt),
    cancelled: purchase.cancelled,
    currency: purchase.currency,
    purchase_code: purchase.code,
    note: purchase.note,
    purchase_amount: formatCents(purchase.amount),
    commission_amount_override: purchase.commissionOverride === null ? null : formatCents(purchase.commissionOverride),
    cancellation: cancellationPayload(purchase),
    lead: minimalLead(programme, purchase.leadId),
    affiliate: minimalAffiliate(programme, purchase.affiliateId),
    plan: purchase.plan,
  };
  if (!withLineItems) return payload;
  return {
    ...payload,
    line_items: purchase.lineItems.map((item) => ({
      sku: item.sku,
      description: item.description,
      quantity: formatCents(item.quantity),
      amount: formatCents(item.amount),
    })),
  };
}

/** The purchase inside a commission names neither affiliate nor plan, as in the only official sample. */
function purchaseInside(programme: Programme, id: number | null) {
  const purchase = id === null ? undefined : programme.purchases.get(id);
  return purchase === undefined ? null : { ...purchasePayload(programme, purchase), affiliate: null, plan: null };
}

export function commissionPayload(programme: Programme, commission: Commission) {
  return {
    id: commission.id,
    date: formatDay(commission.earnedAt),
    due_at: formatTimestamp(commission.dueAt),
    amount: formatCents(commission.amount),
    currency: commission.currency,
    payment_type: 'cash',
    custom_singular: '',
    custom_plural: '',
    cancelled: commission.cancelled,
    note: commission.note,
    paid: commission.paid,
    purchase: purchaseInside(programme, commission.purchaseId),
    affiliate: minimalAffiliate(programme, commission.affiliateId),
  };
}
