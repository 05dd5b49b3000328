import { notFound } from './api-error.ts';
import { DEFAULT_SIZE, newestFirst, requestedPage } from './paging.ts';
import type { Params } from './params.ts';
import { commissionPayload, purchasePayload } from './payload-purchase.ts';
import type { Programme } from './programme.ts';
import type { Purchase } from './records.ts';
import { type Call, ok, type Reply, type Route } from './route.ts';

export function purchaseOf(call: Call): Purchase {
  const purchase = call.programme.purchases.get(call.id);
  if (purchase === undefined) throw notFound('Purchase');
  return purchase;
}

export function wantsLineItems(params: Params): boolean {
  const wanted = params.flag('include_line_items') ?? false;
  params.check();
  return wanted;
}

/** Both ends of the window count as inside (not established), a plain date with its whole day. */
function list({ programme, params }: Call): Reply {
  const after = params.moment('created_after', 'start') ?? Number.NEGATIVE_INFINITY;
  const before = params.moment('created_before', 'end') ?? Number.POSITIVE_INFINITY;
  const withLineItems = wantsLineItems(params);
  const matching = programme.purchases.rows.filter((row) => row.createdAt >= after && row.createdAt <= before);
  const page = newestFirst(matching, requestedPage(params, DEFAULT_SIZE));
  return ok(page.map((row) => purchasePayload(programme, row, withLineItems)));
}

function one(programme: Programme, params: Params, purchase: Purchase | undefined): Reply {
  const withLineItems = wantsLineItems(params);
  return ok(purchase === undefined ? null : purchasePayload(programme, purchase, withLineItems));
}

/** A bare array of everything: nothing is known of paging here. */
function commissions(call: Call): Reply {
  const rows = call.programme.commissionsOfPurchase(purchaseOf(call).id);
  return ok(rows.toReversed().map((row) => commissionPayload(call.programme, row)));
}

export const purchaseRoutes: readonly Route[] = [
  { method: 'GET', path: '/purchases', handle: list },
  {
    method: 'GET',
    path: '/purchases/count',
    handle: ({ programme }) => ok({ count: programme.purchases.rows.length }),
  },
  { method: 'GET', path: '/purchases/{id}', handle: (call) => one(call.programme, call.params, purchaseOf(call)) },
  {
    method: 'GET',
    path: '/purchases/by_purchase_code',
    handle: ({ programme, params }) =>
      one(programme, params, programme.purchaseByCode(params.requiredText('purchase_code'))),
  },
  { method: 'GET', path: '/purchases/{id}/commissions', handle: commissions },
];
