import { type JsonObject, recordIn } from '../../json.ts';
import { getAffiliateCommissionTotals } from '../../operations/affiliates.ts';
import { amountOf, currencyOf, isCurrencyCode, written } from '../../records/money.ts';
import { numberOf } from '../../records/values.ts';
import { ignoresCurrency, readTotals, readTotalsBy } from '../overview/account-totals.ts';
import type { Attempt } from '../reading/attempt.ts';
import type { Work } from '../workflow.ts';

/** More than anybody sells in: more currencies would mean odd data, and each costs a call. */
const MOST = 10;

/** A14: only in the account's default currency. */
export async function readOwnTotals(affiliate_id: number, work: Work): Promise<JsonObject> {
  const totals = recordIn(await work.read(getAffiliateCommissionTotals, { affiliate_id }), 'totals');
  const { currency, due, pending, paid, total } = totals;
  const parts = Object.entries({ due, pending, paid, total });
  return { currency, ...Object.fromEntries(parts.map(([name, value]) => [name, inOwn(value, totals)])) };
}

function inOwn(value: unknown, totals: JsonObject): unknown {
  const [amount, currency] = [amountOf(value), currencyOf(totals)];
  return amount && isCurrencyCode(currency) ? written(amount, currency) : value;
}

/**
 * C4, for each other currency in the affiliate's records; one that cannot be read says so in its place. The count of
 * all currencies together only serves to check that LeadDyno heeds the currency (not established).
 */
export async function readOtherTotals(
  affiliate_id: number,
  own: JsonObject,
  met: readonly string[],
  work: Work,
): Promise<JsonObject> {
  // Only currency codes: nothing else is sent to LeadDyno as one.
  const others = [...new Set(met)].filter((one) => one !== currencyOf(own) && isCurrencyCode(one)).sort();
  if (others.length === 0) return {};
  const whose = { affiliate_id };
  const [all, by] = await Promise.all([readTotals(work, whose), readTotalsBy(others.slice(0, MOST), work, whose)]);
  const counts = [...by.values()].map((one) => (one.read ? (numberOf(one.value.total_count) ?? 0) : 0));
  const count = all.read ? numberOf(all.value.total_count) : undefined;
  const inOwnCurrency = amountOf(own.total)?.isZero() === false ? 1 : 0;
  const tooMany = count !== undefined && counts.reduce((sum, one) => sum + one, inOwnCurrency) > count;
  if (tooMany || (await ignoresCurrency(by, work, whose, all.read ? all.value : undefined))) {
    return { other_currencies: [], other_currencies_met: others, remark: IGNORED };
  }
  return {
    other_currencies: [...by].map(([currency, one]) => ({ currency, ...describeTotals(one, currency) })),
    ...(others.length > MOST && { other_currencies_left_off: others.length - MOST }),
    ...(typeof own.currency !== 'string' && { remark: UNNAMED }),
  };
}

const IGNORED =
  'LeadDyno seems to ignore the currency: it counts more by currency than in total, or the same for each; its figures for other currencies are not shown.';
const UNNAMED = 'LeadDyno does not say which currency due, pending, paid and total are in: it may be among the others.';

function describeTotals(totals: Attempt<JsonObject>, currency: string): JsonObject {
  if (!totals.read) return { not_read: totals.why };
  const { total_due_cost, total_paid_cost } = totals.value;
  const own = { currency };
  return { due: inOwn(total_due_cost, own) ?? null, paid: inOwn(total_paid_cost, own) ?? null };
}
