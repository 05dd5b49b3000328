import * as z from 'zod';
import { hasRows, type JsonObject, rowsIn } from '../json.ts';
import { currencyOf, money, sameAmount, sumByCurrency } from '../records/money.ts';
import { isCancelled, parsePurchase } from '../records/parse.ts';
import { numberOf } from '../records/values.ts';
import { quote } from '../text.ts';
import { amountToSend, asSent } from './account-currency.ts';
import { type Found, ownerOf } from './look-up.ts';
import { address, change, countedList, listed, NO_UNDO, nameAffiliate, namePurchase } from './questions.ts';

/* The longer questions about purchases: who would earn from a new one, what an update changes, what is cancelled. */

export const lineItem = () =>
  z.strictObject({
    sku: z.string().optional(),
    description: z.string().optional(),
    quantity: z.string().optional(),
    amount: z.string().optional(),
  });

/** A line item with all its fields, because a plan may pay for each product separately. */
function describeItem({ sku, description, quantity, amount }: z.infer<ReturnType<typeof lineItem>>): string {
  const number = (text: string) => (/^-?\d{1,15}(\.\d{1,15})?$/.test(text) ? text : quote(text, 20));
  const parts = [
    ...(sku === undefined ? [] : [quote(sku)]),
    ...(description === undefined ? [] : [`described as ${quote(description)}`]),
    ...(quantity === undefined ? [] : [`quantity ${number(quantity)}`]),
    ...(amount === undefined ? [] : [`amount ${number(amount)}`]),
  ];
  return parts.join(' ') || 'an empty one';
}

/** Who may earn from a purchase that is to be recorded. */
export interface Earning {
  /** The owner of the code, if one was given. */
  readonly affiliate?: Found;
  readonly customer: Found;
  /** The account's; null if unreadable. Only if an amount is sent without one, and a known affiliate may earn. */
  readonly currency?: string | null;
}

/** Whom the customer of a purchase belongs to, and what that means for who earns. */
function describeOwner(owner: Found, byCode: boolean, reassigns: boolean): string {
  const moves =
    ' If the customer belongs to another affiliate, they may be taken from them; reassign_affiliate: false prevents that.';
  if (owner === 'none') return byCode ? '' : ' The customer belongs to no affiliate.';
  if (owner === 'failed') {
    const unknown = ' The customer may belong to an affiliate, who would earn on it: LeadDyno did not say.';
    return byCode && reassigns ? unknown + moves : unknown;
  }
  const who = ` The customer belongs to the ${nameAffiliate(owner)}`;
  if (!byCode) return `${who}, who earns on it.`;
  return reassigns ? `${who}.${moves}` : `${who}.`;
}

/** What decides who earns from a purchase, and how much. */
interface Order {
  readonly email: string;
  readonly purchase_code?: string | undefined;
  readonly purchase_amount?: number | undefined;
  readonly currency?: string | undefined;
  readonly plan_code?: string | undefined;
  readonly code?: string | undefined;
  readonly commission_amount_override?: number | undefined;
  readonly reassign_affiliate?: boolean | undefined;
  readonly line_items?: readonly z.infer<ReturnType<typeof lineItem>>[] | undefined;
}

/** The question before a purchase is recorded; undefined if nobody can earn on it. */
export function askPurchase(args: Order, earning: Earning): string | undefined {
  const { affiliate, customer } = earning;
  const owner = ownerOf(customer);
  const { code, commission_amount_override: fixed, line_items: items = [] } = args;
  if (owner === 'none' && code === undefined && fixed === undefined && items.length === 0) return undefined;
  const priced = (amount: number) => amountToSend(amount, args.currency, earning.currency);
  const value =
    args.purchase_amount === undefined
      ? `no amount${args.currency === undefined ? '' : ` in ${args.currency}`}`
      : priced(args.purchase_amount);
  const order = args.purchase_code === undefined ? '' : ` ${quote(args.purchase_code)}`;
  const parts = [`Record a purchase${order} of ${value} for the customer ${address(args.email)}`];
  if (affiliate === 'none') parts.push(`crediting the code ${quote(code)}, which no affiliate has`);
  else if (affiliate === 'failed') parts.push(`crediting the code ${quote(code)}, whose affiliate could not be read`);
  else if (affiliate) parts.push(`crediting the ${nameAffiliate(affiliate)} by the code ${quote(code)}`);
  if (args.plan_code !== undefined) parts.push(`by the commission plan ${quote(args.plan_code)}`);
  if (fixed !== undefined) parts.push(`with a fixed commission of ${priced(fixed)} in place of the plan`);
  if (items.length > 0) parts.push(`with the line items ${countedList(items.map(describeItem))}`);
  else if (args.line_items !== undefined) parts.push('with an empty list of line items');
  const owned = describeOwner(owner, code !== undefined && affiliate !== 'none', args.reassign_affiliate !== false);
  const much = fixed === undefined ? ' What the plan pays for it is not known here.' : '';
  // LeadDyno recognises a repeat only by its code (API reference, P1).
  const twice =
    args.purchase_code === undefined
      ? ' Without a purchase code LeadDyno generates one, and a repeat would count as another purchase and earn again.'
      : '';
  return `${parts.join(', ')}?${owned}${much}${twice} It can be cancelled with cancel_purchase.`;
}

interface Update {
  readonly purchase_amount?: number | undefined;
  readonly currency?: string | undefined;
}

/** The question before a purchase's amount or currency changes; undefined if neither would. */
export function askUpdate(args: Update, before: JsonObject, now: number): string | undefined {
  const changes = [
    ...(args.purchase_amount === undefined || sameAmount(args.purchase_amount, before.purchase_amount)
      ? []
      : [
          `the amount from ${money(before.purchase_amount, before.currency)} to ${asSent(args.purchase_amount, args.currency ?? currencyOf(before))}`.trimEnd(),
        ]),
    ...(args.currency === undefined || args.currency === before.currency
      ? []
      : [change('the currency', before.currency, args.currency)]),
  ];
  if (changes.length === 0) return undefined;
  const given = [args.purchase_amount, args.currency].filter((value) => value !== undefined).length;
  const same = changes.length < given ? ` ${args.purchase_amount} ${args.currency} is sent together.` : '';
  return `Change ${changes.join(' and ')} of the ${namePurchase(before, now)}? Whether its commissions change with it is not known. The old values can be written back with update_purchase.${same}`;
}

/**
 * The question before every purchase of a customer is cancelled.
 * @param record the customer's purchases; undefined if there is no record of the customer
 */
export function askCancelAll(email: string, record: unknown, now: number): string {
  const who = address(email);
  if (record === undefined) {
    return `Cancel EVERY purchase of the customer ${who}? No record of this customer could be read, so the purchases cannot be listed here. Their unpaid commissions are cancelled with them. ${NO_UNDO}`;
  }
  if (!hasRows(record, 'purchases')) {
    return `Cancel EVERY purchase of the customer ${who}? Their purchases could not be listed. Their unpaid commissions are cancelled with them. ${NO_UNDO}`;
  }
  const open = rowsIn(record, 'purchases').filter((row) => !isCancelled(parsePurchase(row), now));
  // Start with a word: a number right after a name in Hebrew or Arabic would be displayed before it.
  const rows = open.map((row) => `of ${money(row.purchase_amount, row.currency)} ${quote(row.purchase_code)}`);
  const which =
    open.length === 0
      ? 'All of those found are cancelled already.'
      : `Not cancelled yet, ${open.length} found: ${listed(rows)}; together ${sumByCurrency(open, 'purchase_amount')}.`;
  return `Cancel EVERY purchase of the customer ${who}? ${which}${unseen(record as JsonObject)} Their unpaid commissions are cancelled with them. ${NO_UNDO}`;
}

/** No server is known to send smaller pages. */
const LEAST_A_PAGE = 5;

/** Says that a list may be incomplete: paging is not documented for the purchases of a lead. */
function unseen(list: JsonObject): string {
  const { purchases } = list;
  const sent = Array.isArray(purchases) ? purchases.length : 0;
  const unreadable = sent - rowsIn(list, 'purchases').length;
  const total = numberOf(list.total);
  if (total !== undefined && total > sent) {
    return ` LeadDyno counts ${total} and sent ${sent}: the others are cancelled too, but cannot be listed here.`;
  }
  if (unreadable > 0) {
    return ` LeadDyno also sent ${unreadable} rows that are no records: there may be more, which are cancelled too.`;
  }
  return total === undefined && sent >= LEAST_A_PAGE
    ? ` LeadDyno sent ${sent} and no total, so there may be more, which are cancelled too.`
    : '';
}
