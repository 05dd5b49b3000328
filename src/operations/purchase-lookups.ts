import { byId, byPurchaseCode } from './asked-for.ts';
import { code, includeLineItems, purchaseId } from './fields.ts';
import { operation } from './operation.ts';
import { one } from './returns.ts';
import * as shapes from './shapes.ts';

/** P4 `GET /purchases/{id}`, official-current. */
export const getPurchase = operation({
  name: 'get_purchase',
  title: 'Get a purchase',
  description: "One purchase by LeadDyno's id. With the merchant's order code use find_purchase_by_code.",
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
  description:
    "The one purchase with this purchase code, the merchant's own order id. Tells whether an order is recorded.",
  method: 'GET',
  path: '/purchases/by_purchase_code',
  input: () => ({ purchase_code: code("The merchant's order code"), include_line_items: includeLineItems() }),
  returns: one(shapes.purchase, byPurchaseCode),
  effect: 'read',
});
