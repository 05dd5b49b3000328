import { cancelPurchase, recordPurchase } from './bookkeeping.ts';
import { payloadOf } from './payloads.ts';
import type { Programme } from './programme.ts';
import type { LineItem, Plan, Purchase } from './records.ts';
import {
  ApiError,
  type Call,
  created,
  found,
  newestFirst,
  ok,
  type Params,
  type Reply,
  type Route,
  requestedPage,
  writeSent,
} from './route.ts';
import { parseCents } from './wire-values.ts';

function purchaseOf(call: Call): Purchase {
  return found(call.programme.purchases.get(call.id), 'Purchase');
}

/** Line items are sent only on request. */
export function alsoWanted(params: Params): 'line_items' | undefined {
  const wanted = params.flag('include_line_items');
  params.check();
  return wanted ? 'line_items' : undefined;
}

/** The window includes both ends (not established); a plain date stands for the whole day. */
function list({ programme, params }: Call): Reply {
  const after = params.moment('created_after', 'start') ?? Number.NEGATIVE_INFINITY;
  const before = params.moment('created_before', 'end') ?? Number.POSITIVE_INFINITY;
  const also = alsoWanted(params);
  const matching = programme.purchases.rows.filter((row) => row.createdAt >= after && row.createdAt <= before);
  const page = newestFirst(matching, requestedPage(params));
  return ok(page.map((row) => payloadOf(programme, 'purchase', row, also)));
}

/** A look-up that finds nothing answers 200 with `null`, unlike an unknown id. */
function shown(programme: Programme, purchase: Purchase | undefined, also?: 'line_items'): Reply {
  return ok(payloadOf(programme, 'purchase', purchase, also));
}

function byCode({ programme, params }: Call): Reply {
  return shown(programme, programme.purchaseByCode(params.requiredText('purchase_code')), alsoWanted(params));
}

/** All of them in a bare array: no source mentions paging here. */
function commissions(call: Call): Reply {
  const rows = call.programme.commissionsOfPurchase(purchaseOf(call).id);
  return ok(rows.toReversed().map((row) => payloadOf(call.programme, 'commission', row)));
}

/** Allows zero but no negative amount (not established). */
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

/** Only in JSON bodies: nested form fields are not read here. */
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
  // Seen live: still 201 with nothing recorded, so a caller cannot tell it from a creation.
  if (known !== undefined) return created(payloadOf(programme, 'purchase', known));
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
  return created(payloadOf(programme, 'purchase', recordPurchase(programme, order)));
}

/** Commissions keep their amounts; whether they should change is not established. `description` becomes the note. */
function update(call: Call): Reply {
  const { programme, params } = call;
  const purchase = purchaseOf(call);
  const sent = {
    amount: amountParam(params, 'purchase_amount'),
    currency: params.currency('currency'),
    note: params.text('description'),
  };
  params.check();
  writeSent(purchase, { ...sent, updatedAt: programme.now() });
  return shown(programme, purchase);
}

/** Also answers 200 for a purchase that is not pending, without changing it (not established). */
function approve(call: Call): Reply {
  const purchase = purchaseOf(call);
  if (purchase.pendingApproval) {
    purchase.pendingApproval = false;
    purchase.updatedAt = call.programme.now();
  }
  return shown(call.programme, purchase);
}

/** Works on any purchase (not established). */
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

/** A purchase code cancels that purchase; an e-mail alone cancels everything the customer bought. */
function cancelByCodeOrEmail({ programme, params }: Call): Reply {
  const purchaseCode = params.filledText('purchase_code');
  const email = params.filledText('email');
  const given = cancellationParams(params);
  params.check();
  if (purchaseCode !== null) {
    const purchase = found(programme.purchaseByCode(purchaseCode), 'Purchase');
    cancelPurchase(programme, purchase, given);
    return shown(programme, purchase);
  }
  if (email === null) throw new ApiError(400, 'purchase_code or email is required');
  const lead = found(programme.leadByEmail(email.trim()), 'Lead');
  const purchases = programme.purchasesOfLead(lead.id);
  for (const purchase of purchases) cancelPurchase(programme, purchase, given);
  return ok(purchases.toReversed().map((purchase) => payloadOf(programme, 'purchase', purchase)));
}

export const purchaseRoutes: readonly Route[] = [
  ['GET /purchases', list],
  ['GET /purchases/count', ({ programme }) => ok({ count: programme.purchases.rows.length })],
  ['GET /purchases/{id}', (call) => shown(call.programme, purchaseOf(call), alsoWanted(call.params))],
  ['GET /purchases/by_purchase_code', byCode],
  ['GET /purchases/{id}/commissions', commissions],
  ['POST /purchases', create],
  ['PUT /purchases/{id}', update],
  ['POST /purchases/{id}/approve', approve],
  ['POST /purchases/{id}/reject', reject],
  ['DELETE /purchases', cancelByCodeOrEmail],
  ['DELETE /purchases/{id}', cancelOne],
];
