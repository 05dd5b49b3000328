import { hasRows, type JsonObject, recordIn, rowsIn } from '../json.ts';
import { money, sumByCurrency } from '../records/money.ts';
import { flagOf, numberOf } from '../records/values.ts';
import { quote } from '../text.ts';
import { code, email } from './fields.ts';
import { findLeadByEmail, listLeadPurchases } from './lead-lookups.ts';
import { operation } from './operation.ts';
import { isOwnSize } from './paging.ts';
import { findPurchaseByCode } from './purchase-lookups.ts';
import { describePurchase, listed, NO_UNDO, required } from './questions.ts';
import { either } from './returns.ts';
import * as shapes from './shapes.ts';

/*
 * `DELETE /purchases` is two tools: with a purchase code it cancels one purchase, with an e-mail alone every purchase
 * of that customer.
 */

/** How to see the purchases of somebody of whom no more than the address is known. */
export const PURCHASES_OF_EMAIL = 'find_lead_by_email and then list_lead_purchases';

/** P10 `DELETE /purchases` by `purchase_code`, official-current; its answer is not established. */
export const cancelPurchase = operation({
  name: 'cancel_purchase',
  title: 'Cancel a purchase',
  description:
    'Cancel the one purchase with this code (refund, fraud) and its commissions. Cannot be undone. For all purchases of a customer use cancel_customer_purchases.',
  method: 'DELETE',
  path: '/purchases',
  input: () => ({ purchase_code: code("The merchant's order code") }),
  returns: either(shapes.purchase),
  effect: 'destroy',
  moves: 'money',
  idempotent: true,
  confirm: {
    read: async ({ purchase_code }, read) => {
      const found = required(await read(findPurchaseByCode, { purchase_code }), 'purchase with this code');
      // The code is the one that will be sent.
      return { ...recordIn(found, 'purchase'), purchase_code };
    },
    question: (_, record) =>
      `Cancel the ${describePurchase(record as JsonObject)}? Its unpaid commissions are cancelled with it. ${NO_UNDO}`,
  },
  undo: 'A cancelled purchase cannot be brought back.',
  check: 'find_purchase_by_code',
});

/** That a list may be a part; how to read on is not documented for the purchases of a lead. */
function unseen(list: JsonObject): string {
  const sent = rowsIn(list, 'purchases').length;
  const total = numberOf(list.total);
  if (total !== undefined && total > sent) {
    return ` LeadDyno counts ${total} and sent ${sent}: the others are cancelled as well and cannot be listed here.`;
  }
  return total === undefined && isOwnSize(sent)
    ? ` LeadDyno sent ${sent} and no total, so there may be more: they are cancelled as well.`
    : '';
}

/** P10 `DELETE /purchases` by `email` alone, official-current: every purchase of that customer. */
export const cancelCustomerPurchases = operation({
  name: 'cancel_customer_purchases',
  title: 'Cancel ALL purchases of a customer',
  description:
    'Cancel EVERY purchase this customer ever made, and the commissions of each. Cannot be undone. For a single order use cancel_purchase.',
  method: 'DELETE',
  path: '/purchases',
  input: () => ({ email: email('Address of the customer') }),
  returns: either(shapes.purchase),
  effect: 'destroy',
  moves: 'money',
  idempotent: true,
  confirm: {
    read: async (args, read) => {
      const lead = await read(findLeadByEmail, { email: args.email });
      const found = recordIn(lead, 'lead');
      return typeof found.id === 'number'
        ? { lead: found, ...(await read(listLeadPurchases, { lead_id: found.id })) }
        : undefined;
    },
    question: (args, record) => {
      const who = quote(args.email);
      if (record === undefined) {
        return `Cancel EVERY purchase of the customer ${who}? No record of this customer could be read, so the purchases cannot be listed here. Their unpaid commissions are cancelled with them. ${NO_UNDO}`;
      }
      if (!hasRows(record, 'purchases')) {
        return `Cancel EVERY purchase of the customer ${who}? Their purchases could not be listed. Their unpaid commissions are cancelled with them. ${NO_UNDO}`;
      }
      const open = rowsIn(record, 'purchases').filter((row) => !flagOf(row.cancelled));
      // Words before numbers: behind a name in Hebrew or Arabic a number would be drawn before it.
      const rows = open.map((row) => `of ${money(row.purchase_amount, row.currency)} ${quote(row.purchase_code)}`);
      const which =
        open.length === 0
          ? 'None that is not cancelled already was found.'
          : `Not cancelled yet, ${open.length} found: ${listed(rows)}; together ${sumByCurrency(open, 'purchase_amount')}.`;
      return `Cancel EVERY purchase of the customer ${who}? ${which}${unseen(record as JsonObject)} Their unpaid commissions are cancelled with them. ${NO_UNDO}`;
    },
  },
  undo: 'Cancelled purchases cannot be brought back.',
  check: PURCHASES_OF_EMAIL,
});
