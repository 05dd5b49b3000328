import * as z from 'zod';
import { type JsonObject, recordIn } from '../json.ts';
import { currencyOf } from '../records/money.ts';
import { isSaid } from '../records/values.ts';
import { readAccountCurrency } from './account-currency.ts';
import { findAffiliateByCode } from './affiliates.ts';
import { byId, byPurchaseCode, remarkOnCredit, remarkUnchanged } from './asked-for.ts';
import {
  amount,
  amountsOfCurrency,
  code,
  currency,
  email,
  fromMoment,
  includeLineItems,
  page,
  perPage,
  purchaseId,
  refuseAmounts,
  text,
  untilMoment,
} from './inputs.ts';
import { findLeadByEmail, listLeadPurchases } from './leads.ts';
import { type Found, lookUp, lookUpInAnyCase, ownerOf } from './look-up.ts';
import { type Group, operation, type Read } from './operation.ts';
import { askCancelAll, askPurchase, askUpdate, type Earning, lineItem } from './purchase-questions.ts';
import { NO_UNDO, namePurchase, required } from './questions.ts';
import { count, either, many, type Narrow, one } from './returns.ts';
import * as shapes from './shapes.ts';

/** How to see the purchases of a customer when only the address is known. */
const PURCHASES_OF_EMAIL = 'find_lead_by_email, then list_lead_purchases';

/** P4 `GET /purchases/{id}`, official-current. */
export const getPurchase = operation({
  name: 'get_purchase',
  title: 'Get a purchase',
  description: "One purchase by LeadDyno's id. By the merchant's order code: find_purchase_by_code.",
  method: 'GET',
  path: '/purchases/{purchase_id}',
  input: () => ({ purchase_id: purchaseId(), include_line_items: includeLineItems() }),
  returns: one(shapes.purchase, byId('purchase_id')),
  effect: 'read',
});

/** P5 `GET /purchases/by_purchase_code`, official-current. A miss is a `null` body or a 404. */
export const findPurchaseByCode = operation({
  name: 'find_purchase_by_code',
  title: 'Find a purchase by code',
  description: "The purchase with this code, the merchant's order number. Tells whether an order is recorded.",
  method: 'GET',
  path: '/purchases/by_purchase_code',
  input: () => ({ purchase_code: code("The merchant's order code"), include_line_items: includeLineItems() }),
  returns: one(shapes.purchase, byPurchaseCode),
  effect: 'read',
});

async function readPurchase({ purchase_id }: { purchase_id: number }, read: Read): Promise<JsonObject> {
  const found = required(await read(getPurchase, { purchase_id }), `purchase with the id ${purchase_id}`);
  // Show the id that will be sent.
  return { ...recordIn(found, 'purchase'), id: purchase_id };
}

/**
 * The customer of this address. LeadDyno may tell cases apart in a look-up and not in a purchase, so the address is also
 * looked up in small letters, unless an owner was found before.
 */
async function lookUpCustomer(read: Read, email: string): Promise<Found> {
  return await lookUpInAnyCase(read, findLeadByEmail, 'email', email, (lead) => ownerOf(lead) !== 'none');
}

const describe = (record: unknown, now: number) => namePurchase(record as JsonObject, now);

/** A question about one purchase as a whole. */
const ABOUT_PURCHASE = {
  asks: 'always',
  shows: 'the purchase: code, id, amount, customer, affiliate',
  names: ['purchase_id'],
  read: readPurchase,
} as const;

const flawOfOrder = amountsOfCurrency('purchase_amount', 'commission_amount_override', 'line_items.amount');

/** P1 `POST /purchases`, official-current. A repeated `purchase_code` gets a 201, but no second record. */
const createPurchase = operation({
  name: 'create_purchase',
  title: 'Record a purchase',
  description:
    'Record an order; its affiliate earns a commission at once. Always give purchase_code: a repeat then returns the recorded order with already_existed; without it each call adds another.',
  method: 'POST',
  path: '/purchases',
  input: () => ({
    email: email("Customer's e-mail"),
    purchase_code: code("The merchant's unique order number").optional(),
    purchase_amount: amount(0, 'Order value, base for percentages').optional(),
    currency: currency("ISO 4217; default: the account's").optional(),
    plan_code: code('Commission plan').optional(),
    code: code('Affiliate code; account settings decide').optional(),
    commission_amount_override: amount(0, "Commission in place of the plan's").optional(),
    description: text('Free text').optional(),
    reassign_affiliate: z.boolean().optional().describe('Default true: may move the lead to code; false: stays'),
    line_items: z.array(lineItem()).optional().describe('Decimal strings'),
  }),
  returns: one(shapes.purchase),
  effect: 'create',
  moves: 'money',
  flaw: flawOfOrder,
  existing: { find: findPurchaseByCode, by: 'purchase_code', change: 'update_purchase' },
  confirm: {
    asks: 'if someone would earn (the customer belongs to an affiliate, or code, commission_amount_override or line_items is given), or if that cannot be checked',
    shows: 'who earns and, if fixed, how much',
    names: [
      'email',
      'purchase_code',
      'purchase_amount',
      'currency',
      'plan_code',
      'code',
      'commission_amount_override',
      'line_items',
    ],
    read: async (args, read): Promise<Earning> => {
      const affiliate =
        args.code === undefined ? undefined : await lookUp(read, findAffiliateByCode, { affiliate_code: args.code });
      const customer = await lookUpCustomer(read, args.email);
      const earner = [affiliate, ownerOf(customer)].find((one) => typeof one === 'object');
      const priced = [args.purchase_amount, args.commission_amount_override].some((one) => one !== undefined);
      const asksCurrency = args.currency === undefined && priced && earner !== undefined;
      const currency = asksCurrency ? await readAccountCurrency(earner.id, read) : undefined;
      if (asksCurrency) refuseAmounts(flawOfOrder({ ...args, currency }));
      return {
        ...(affiliate !== undefined && { affiliate }),
        customer,
        ...(asksCurrency && { currency }),
      };
    },
    question: (args, record) => askPurchase(args, record as Earning),
  },
  remark: remarkOnCredit('purchase'),
  undo: 'Cancel it with cancel_purchase; the record stays, as cancelled.',
  check: (args) => (args.purchase_code === undefined ? PURCHASES_OF_EMAIL : 'find_purchase_by_code'),
});

/** LeadDyno has no such filter, so it is applied here, and every filtered answer says so. */
const withoutAffiliate: Narrow = {
  judge: ({ affiliate }, { without_affiliate }) => ({
    keep: without_affiliate !== true || !isSaid(affiliate),
    told: without_affiliate === true,
  }),
  isSent: false,
  note: (leftOut, rows) =>
    `LeadDyno has no filter for without_affiliate, so it was applied here, to this page alone: ${leftOut} of its ${rows} purchases name an affiliate and were left out`,
};

/** P2 `GET /purchases`, official-current; the two date filters are third-party evidence only. */
export const listPurchases = operation({
  name: 'list_purchases',
  title: 'List purchases',
  description:
    "The account's purchases, page by page, including cancelled ones, in no documented order. One affiliate's: list_affiliate_purchases. The created_ filters are unverified: check the rows' dates.",
  method: 'GET',
  path: '/purchases',
  input: () => ({
    page: page(),
    per_page: perPage(100),
    created_after: fromMoment('Created at or after').optional(),
    created_before: untilMoment('Created at or before').optional(),
    without_affiliate: z.boolean().optional().describe('true: those credited to nobody'),
    include_line_items: includeLineItems(),
  }),
  returns: many(shapes.purchase, 100, withoutAffiliate),
  effect: 'read',
});

/** P3 `GET /purchases/count`, official-current. */
export const countPurchases = operation({
  name: 'count_purchases',
  title: 'Count purchases',
  description: 'How many purchases the account has.',
  method: 'GET',
  path: '/purchases/count',
  input: () => ({}),
  returns: count(shapes.purchase),
  effect: 'read',
});

/** P6 `GET /purchases/{id}/commissions`, official-current; array or envelope not established. */
export const listPurchaseCommissions = operation({
  name: 'list_purchase_commissions',
  title: 'List commissions of a purchase',
  description: 'The commissions of one purchase, for each affiliate it pays.',
  method: 'GET',
  path: '/purchases/{purchase_id}/commissions',
  input: () => ({ purchase_id: purchaseId() }),
  returns: many(shapes.commission),
  effect: 'read',
});

const flawOfUpdate = amountsOfCurrency('purchase_amount');

/** P7 `PUT /purchases/{id}`, official-current / path third-party. */
const updatePurchase = operation({
  name: 'update_purchase',
  title: 'Update a purchase',
  description:
    'Change the amount, currency or description of a purchase. Whether its commissions follow is unknown: see list_purchase_commissions. Unverified.',
  method: 'PUT',
  path: '/purchases/{purchase_id}',
  input: () => ({
    purchase_id: purchaseId(),
    purchase_amount: amount(0, 'New order value').optional(),
    currency: currency('New ISO 4217 code').optional(),
    description: text('Free text').optional(),
  }),
  returns: one(shapes.purchase),
  effect: 'update',
  moves: 'money',
  flaw: flawOfUpdate,
  confirm: {
    asks: 'if it changes purchase_amount or currency',
    shows: 'the purchase, and the old and new values',
    names: ['purchase_id', 'purchase_amount', 'currency'],
    when: (args) => args.purchase_amount !== undefined || args.currency !== undefined,
    read: async (args, read) => {
      const before = await readPurchase(args, read);
      const { purchase_amount = before.purchase_amount, currency = currencyOf(before) } = args;
      // What is left as it is was not chosen here.
      if (args.currency !== before.currency || args.purchase_amount !== undefined)
        refuseAmounts(flawOfUpdate({ purchase_amount, currency }));
      return before;
    },
    question: (args, record, now) => askUpdate(args, record as JsonObject, now),
  },
  remark: remarkUnchanged(['purchase_amount', 'currency', 'description'].map((field) => [field, field] as const)),
  undo: 'Write the old values back with update_purchase.',
  check: 'get_purchase',
});

/** P8 `POST /purchases/{id}/approve`, official-current / path third-party. */
const approvePurchase = operation({
  name: 'approve_purchase',
  title: 'Approve a purchase',
  description:
    'Release a purchase waiting for approval, and its commission. No field shows that it is waiting. Unverified.',
  method: 'POST',
  path: '/purchases/{purchase_id}/approve',
  input: () => ({ purchase_id: purchaseId() }),
  returns: one(shapes.purchase),
  effect: 'enable',
  moves: 'money',
  confirm: {
    ...ABOUT_PURCHASE,
    question: (_, record, now) =>
      `Approve the ${describe(record, now)}? Its commission is released to the credited affiliate. This cannot be undone: cancel_purchase cancels the whole purchase.`,
  },
  undo: 'It cannot go back to waiting; cancel_purchase cancels it.',
  check: 'get_purchase',
});

/** P9 `POST /purchases/{id}/reject`, official-current / path third-party. */
const rejectPurchase = operation({
  name: 'reject_purchase',
  title: 'Reject a purchase',
  description:
    'Decline a purchase waiting for approval; most likely this cancels it and its commissions. No undo. For a refunded order: cancel_purchase. Unverified.',
  method: 'POST',
  path: '/purchases/{purchase_id}/reject',
  input: () => ({ purchase_id: purchaseId() }),
  returns: one(shapes.purchase),
  effect: 'destroy',
  moves: 'money',
  idempotent: true,
  confirm: {
    ...ABOUT_PURCHASE,
    question: (_, record, now) =>
      `Reject the ${describe(record, now)}? Its commissions are cancelled with it. ${NO_UNDO}`,
  },
  undo: 'A rejected purchase cannot be restored.',
  check: 'get_purchase',
});

/*
 * `DELETE /purchases` is two tools: with a purchase code it cancels one purchase, with only an e-mail every purchase
 * of that customer.
 */

/** P10 `DELETE /purchases` by `purchase_code`, official-current; its answer is not established. */
const cancelPurchase = operation({
  name: 'cancel_purchase',
  title: 'Cancel a purchase',
  description:
    "Cancel the purchase with this code (refund, fraud) and its commissions. No undo. All of a customer's purchases: cancel_customer_purchases.",
  method: 'DELETE',
  path: '/purchases',
  input: () => ({ purchase_code: code("The merchant's order code") }),
  returns: either(shapes.purchase),
  effect: 'destroy',
  moves: 'money',
  idempotent: true,
  confirm: {
    asks: 'always',
    shows: 'the purchase: code, id, amount, customer, affiliate',
    names: ['purchase_code'],
    read: async ({ purchase_code }, read) => {
      const found = required(await read(findPurchaseByCode, { purchase_code }), 'purchase with this code');
      // Show the code that will be sent.
      return { ...recordIn(found, 'purchase'), purchase_code };
    },
    question: (_, record, now) =>
      `Cancel the ${describe(record, now)}? Its unpaid commissions are cancelled with it. ${NO_UNDO}`,
  },
  leaves: { cancelled: true },
  undo: 'A cancelled purchase cannot be restored.',
  check: 'find_purchase_by_code',
});

/** P10 `DELETE /purchases` by `email` only, official-current: every purchase of that customer. */
const cancelCustomerPurchases = operation({
  name: 'cancel_customer_purchases',
  title: 'Cancel ALL orders of a customer',
  description:
    'Cancel EVERY purchase this customer ever made, and their commissions. No undo. A single order: cancel_purchase.',
  method: 'DELETE',
  path: '/purchases',
  input: () => ({ email: email("Customer's e-mail") }),
  returns: either(shapes.purchase),
  effect: 'destroy',
  moves: 'money',
  idempotent: true,
  confirm: {
    asks: 'always',
    shows: 'the purchases that are not cancelled yet and their sum',
    names: ['email'],
    read: async (args, read) => {
      const lead = await read(findLeadByEmail, { email: args.email });
      const found = recordIn(lead, 'lead');
      return typeof found.id === 'number'
        ? { lead: found, ...(await read(listLeadPurchases, { lead_id: found.id })) }
        : undefined;
    },
    question: ({ email }, record, now) => askCancelAll(email, record, now),
  },
  leaves: { cancelled: true },
  undo: 'Cancelled purchases cannot be restored.',
  check: PURCHASES_OF_EMAIL,
});

export const purchases: Group = {
  name: 'purchases',
  description: 'The orders that earn commissions',
  operations: [
    createPurchase,
    listPurchases,
    countPurchases,
    getPurchase,
    findPurchaseByCode,
    listPurchaseCommissions,
    updatePurchase,
    approvePurchase,
    rejectPurchase,
    cancelPurchase,
    cancelCustomerPurchases,
  ],
};
