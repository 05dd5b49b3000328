import { type JsonObject, recordIn } from '../../json.ts';
import { getAffiliateCommissionTotals } from '../../operations/affiliates.ts';
import { getCommissionTotals } from '../../operations/commissions.ts';
import { amountOf, currencyOf, isCurrencyCode } from '../../records/money.ts';
import { numberOf } from '../../records/values.ts';
import type { Attempt } from '../reading/attempt.ts';
import { mapParallel } from '../reading/parallel.ts';
import type { Work } from '../workflow.ts';

/** More currencies than anybody sells in: a sign of odd data, and a call each. */
const MOST = 10;
const WIDTH = 3;

/** A14: in the account's default currency alone. */
export async function readOwnTotals(affiliate_id: number, work: Work): Promise<JsonObject> {
  const totals = recordIn(await work.read(getAffiliateCommissionTotals, { affiliate_id }), 'totals');
  const { currency, due, pending, paid, total } = totals;
  return { currency, due, pending, paid, total };
}

/**
 * C4, for each other currency that the affiliate's records show; what cannot be read says so in its place. The count of
 * all currencies together checks that LeadDyno heeds the currency (not established): it never adds to a sum.
 */
export async function readOtherTotals(
  affiliate_id: number,
  own: JsonObject,
  met: readonly string[],
  work: Work,
): Promise<JsonObject> {
  // What is no currency code is not sent anywhere.
  const others = [...new Set(met)].filter((one) => one !== currencyOf(own) && isCurrencyCode(one)).sort();
  if (others.length === 0) return {};
  const asked = others.slice(0, MOST);
  const [all, ...found] = await mapParallel([undefined, ...asked], WIDTH, (currency) => {
    const args = { affiliate_id, ...(currency !== undefined && { currency }) };
    return work.attempt(async () => recordIn(await work.read(getCommissionTotals, args), 'totals'));
  });
  const counts = found.map((one) => (one.read ? (numberOf(one.value.total_count) ?? 0) : 0));
  const count = all?.read ? numberOf(all.value.total_count) : undefined;
  const inOwn = amountOf(own.total)?.isZero() === false ? 1 : 0;
  if (count !== undefined && counts.reduce((sum, one) => sum + one, inOwn) > count) {
    return { other_currencies: [], other_currencies_met: others, remark: IGNORED };
  }
  return {
    other_currencies: found.map((one, index) => ({ currency: asked[index], ...describeTotals(one) })),
    ...(others.length > MOST && { other_currencies_left_off: others.length - MOST }),
    ...(typeof own.currency !== 'string' && { remark: UNNAMED }),
  };
}

const IGNORED =
  'LeadDyno counts more commissions by currency than in all, so it seems to ignore the currency; what it says of other currencies is not shown.';
const UNNAMED = 'LeadDyno does not say which currency due, pending, paid and total are in: it may be among the others.';

function describeTotals(totals: Attempt<JsonObject>): JsonObject {
  if (!totals.read) return { not_read: totals.why };
  const { total_due_cost, total_paid_cost } = totals.value;
  return { due: total_due_cost ?? null, paid: total_paid_cost ?? null };
}
