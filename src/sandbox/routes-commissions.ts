import { type CommissionState, commissionState, sumByState, WAITING_TIME } from './bookkeeping.ts';
import { payloadOf } from './payloads.ts';
import type { Commission } from './records.ts';
import { type Call, created, found, newestFirst, ok, type Reply, type Route, requestedPage } from './route.ts';
import { affiliateOf } from './routes-affiliates.ts';
import { formatCents } from './wire-values.ts';

/** The values of the `status` filter, and the states that each one includes. */
const STATUS_FILTERS: ReadonlyMap<string, readonly CommissionState[]> = new Map([
  ['cancelled', ['cancelled']],
  ['paid', ['paid']],
  ['pending', ['pending']],
  ['due', ['due']],
  ['unpaid', ['pending', 'due']],
  ['live', ['pending', 'due', 'paid']],
]);

/** The default page of commissions is smaller than other lists'. */
const PAGE_SIZE = 20;

/** Commissions in their envelope. Refuses an unknown status (not established). */
function listed({ programme, params }: Call, rows: readonly Commission[]): Reply {
  const status = params.filledText('status');
  const states = status === null ? undefined : STATUS_FILTERS.get(status);
  if (status !== null && states === undefined) params.complain('status', 'is not included in the list');
  params.check();
  const now = programme.now();
  const matching =
    states === undefined ? rows : rows.filter((row) => states.includes(commissionState(programme, row, now)));
  const page = requestedPage(params, PAGE_SIZE);
  return ok({
    page: page.number,
    per_page: page.size,
    total_entries: matching.length,
    commissions: newestFirst(matching, page).map((row) => payloadOf(programme, 'commission', row)),
  });
}

/** Every call adds a commission: repetitions are not detected. The name `due_at` is not established. */
function add(call: Call): Reply {
  const { programme, params } = call;
  const affiliate = affiliateOf(call);
  const amount = params.amount('amount');
  if (params.raw('amount') === undefined || params.raw('amount') === null || params.raw('amount') === '') {
    params.complain('amount', "can't be blank");
  } else if (amount !== undefined && amount <= 0) {
    params.complain('amount', 'must be greater than 0');
  }
  const currency = params.currency('currency');
  const note = params.filledText('note');
  const dueAt = params.moment('due_at');
  params.check();
  const now = programme.now();
  const commission = programme.addCommission({
    earnedAt: now,
    dueAt: dueAt ?? now + WAITING_TIME,
    amount: amount ?? 0,
    currency: currency ?? programme.currency,
    cancelled: false,
    paid: false,
    note,
    purchaseId: null,
    affiliateId: affiliate.id,
  });
  return created(payloadOf(programme, 'commission', commission));
}

/**
 * Without `currency` the sums cover all currencies, as no source says otherwise (not established): a caller who
 * wants a meaningful sum has to name one. Pending commissions appear only in the total.
 */
function totals({ programme, params }: Call): Reply {
  const affiliateId = params.id('affiliate_id');
  const currency = params.currency('currency');
  params.check();
  if (affiliateId !== undefined) found(programme.affiliates.get(affiliateId), 'Affiliate');
  const rows = affiliateId === undefined ? programme.commissions.rows : programme.commissionsOf(affiliateId);
  const { cancelled, paid, pending, due } = sumByState(programme, rows, currency);
  return ok({
    total_count: cancelled.count + paid.count + pending.count + due.count,
    total_cost: formatCents(cancelled.cents + paid.cents + pending.cents + due.cents),
    total_due_count: due.count,
    total_due_cost: formatCents(due.cents),
    total_paid_count: paid.count,
    total_paid_cost: formatCents(paid.cents),
    total_cancelled_count: cancelled.count,
  });
}

function markAsPaid({ programme, params }: Call): Reply {
  const email = params.requiredEmail('affiliate_email');
  const purchaseCode = params.requiredText('purchase_code');
  const affiliate = found(programme.affiliateByEmail(email), 'Affiliate');
  const purchase = found(programme.purchaseByCode(purchaseCode), 'Purchase');
  const unpaid = programme
    .commissionsOfPurchase(purchase.id)
    .filter((row) => row.affiliateId === affiliate.id && !row.paid && !row.cancelled);
  for (const commission of unpaid) commission.paid = true;
  return ok(unpaid.toReversed().map((row) => payloadOf(programme, 'commission', row)));
}

export const commissionRoutes: readonly Route[] = [
  ['GET /commissions', (call) => listed(call, call.programme.commissions.rows)],
  ['GET /commissions/totals', totals],
  ['POST /commissions/mark_as_paid', markAsPaid],
  ['GET /affiliates/{id}/commissions', (call) => listed(call, call.programme.commissionsOf(affiliateOf(call).id))],
  ['POST /affiliates/{id}/commissions', add],
];
