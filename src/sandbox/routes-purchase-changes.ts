import { ApiError, notFound } from './api-error.ts';
import { cancelPurchase } from './cancel-purchase.ts';
import { parseCents } from './money.ts';
import type { Params } from './params.ts';
import { purchasePayload } from './payload-purchase.ts';
import type { Programme } from './programme.ts';
import { recordPurchase } from './record-purchase.ts';
import type { LineItem, Plan, Purchase } from './records.ts';
import { type Call, created, ok, type Reply, type Route } from './route.ts';
import { purchaseOf } from './routes-purchases.ts';

function shown(programme: Programme, purchase: Purchase): Reply {
  return ok(purchasePayload(programme, purchase));
}

/** An order value of zero is fine, a negative one is not (not established). */
function amountParam(params: Params, name: string): number | undefined {
  const cents = params.amount(name);
  if (cents !== undefined && cents < 0) params.complain(name, 'must be greater than or equal to 0');
  return cents;
}

/** `plan` is the older spelling. An unknown plan is refused (not established). */
function planParam(programme: Programme, params: Params): Plan | null {
  const name = params.raw('plan_code') === undefined ? 'plan' : 'plan_code';
  const code = params.filledText(name);
  if (code === null) return programme.plans[0] ?? null;
  const plan = programme.plans.find((candidate) => candidate.code === code.toLowerCase());
  if (plan === undefined) params.complain(name, 'is not a known plan');
  return plan ?? null;
}

function lineItem(value: unknown): LineItem | null {
  if (typeof value !== 'object' || value === null) return null;
  const fields: Readonly<Record<string, unknown>> = { ...value };
  const quantity = parseCents(fields.quantity ?? '1');
  const amount = parseCents(fields.amount ?? '0');
  if (quantity === null || amount === null) return null;
  return { sku: String(fields.sku ?? ''), description: String(fields.description ?? ''), quantity, amount };
}

/** Only JSON can carry them: nested form fields are not read here. */
function lineItemsParam(params: Params): readonly LineItem[] {
  const value = params.raw('line_items');
  if (value === undefined || value === null) return [];
  const items = Array.isArray(value) ? value.map(lineItem) : [null];
  const valid = items.filter((item) => item !== null);
  if (valid.length < items.length) params.complain('line_items', 'is invalid');
  return valid;
}

function create({ programme, params }: Call): Reply {
  const email = params.requiredEmail('email');
  const purchaseCode = params.filledText('purchase_code');
  const known = purchaseCode === null ? undefined : programme.purchaseByCode(purchaseCode);
  // Seen live: still 201, nothing recorded, so a caller cannot tell this from a creation.
  if (known !== undefined) return created(purchasePayload(programme, known));
  const order = {
    email,
    purchaseCode,
    amount: amountParam(params, 'purchase_amount') ?? 0,
    currency: params.currency('currency') ?? programme.currency,
    plan: planParam(programme, params),
    affiliateCode: params.filledText('code'),
    commissionOverride: amountParam(params, 'commission_amount_override') ?? null,
    note: params.filledText('description'),
    reassign: params.flag('reassign_affiliate') ?? true,
    lineItems: lineItemsParam(params),
  };
  params.check();
  return created(purchasePayload(programme, recordPurchase(programme, order)));
}

/** Commissions keep their amounts: whether they follow is not established. `description` becomes the note. */
function update(call: Call): Reply {
  const { programme, params } = call;
  const purchase = purchaseOf(call);
  const amount = amountParam(params, 'purchase_amount');
  const currency = params.currency('currency');
  const description = params.text('description');
  params.check();
  if (amount !== undefined) purchase.amount = amount;
  if (currency !== undefined) purchase.currency = currency;
  if (description !== undefined) purchase.note = description;
  purchase.updatedAt = programme.now();
  return shown(programme, purchase);
}

/** Also answers 200 for a purchase that waits for nothing, and leaves it alone (not established). */
function approve(call: Call): Reply {
  const purchase = purchaseOf(call);
  if (purchase.pendingApproval) {
    purchase.pendingApproval = false;
    purchase.updatedAt = call.programme.now();
  }
  return shown(call.programme, purchase);
}

/** Rejecting works on any purchase (not established). */
function reject(call: Call): Reply {
  const purchase = purchaseOf(call);
  cancelPurchase(call.programme, purchase, { code: null, source: null });
  return shown(call.programme, purchase);
}

function cancellationParams(params: Params) {
  return { code: params.filledText('cancellation_code'), source: params.filledText('source') };
}

function cancelOne(call: Call): Reply {
  const given = cancellationParams(call.params);
  call.params.check();
  const purchase = purchaseOf(call);
  cancelPurchase(call.programme, purchase, given);
  return shown(call.programme, purchase);
}

/** A purchase code narrows it to that purchase; an e-mail alone takes everything the customer bought. */
function cancelByCodeOrEmail({ programme, params }: Call): Reply {
  const purchaseCode = params.filledText('purchase_code');
  const email = params.filledText('email');
  const given = cancellationParams(params);
  params.check();
  if (purchaseCode !== null) {
    const purchase = programme.purchaseByCode(purchaseCode);
    if (purchase === undefined) throw notFound('Purchase');
    cancelPurchase(programme, purchase, given);
    return shown(programme, purchase);
  }
  if (email === null) throw new ApiError(400, 'purchase_code or email is required');
  const lead = programme.leadByEmail(email.trim());
  if (lead === undefined) throw notFound('Lead');
  const purchases = programme.purchasesOfLead(lead.id);
  for (const purchase of purchases) cancelPurchase(programme, purchase, given);
  return ok(purchases.toReversed().map((purchase) => purchasePayload(programme, purchase)));
}

export const purchaseChangeRoutes: readonly Route[] = [
  { method: 'POST', path: '/purchases', handle: create },
  { method: 'PUT', path: '/purchases/{id}', handle: update },
  { method: 'POST', path: '/purchases/{id}/approve', handle: approve },
  { method: 'POST', path: '/purchases/{id}/reject', handle: reject },
  { method: 'DELETE', path: '/purchases', handle: cancelByCodeOrEmail },
  { method: 'DELETE', path: '/purchases/{id}', handle: cancelOne },
];
