import type { JsonObject } from '../../json.ts';
import { amountOf, type Decimal, sumsOf, ZERO } from '../../records/money.ts';
import type { Affiliate, Commission, Purchase } from '../../records/parse.ts';
import type { Identities } from '../../records/people.ts';
import { groupBy } from '../../records/values.ts';

/** What credited affiliates earned on their purchases, as a share of the purchase amounts; per currency. */
export function observeRates(
  sold: readonly Purchase[],
  earned: readonly Commission[],
  find: Identities<Affiliate>['find'],
): JsonObject[] {
  const rates = ratesOf(sold, earned, find);
  return [...groupBy(rates, ({ currency }) => currency)].sort(([a], [b]) => (a < b ? -1 : 1)).map(summarize);
}

/**
 * What the credited affiliate of each purchase earned on it. Recruiters' commissions and purchases with a fixed
 * commission are left out.
 */
export function ratesOf(
  sold: readonly Purchase[],
  earned: readonly Commission[],
  find: Identities<Affiliate>['find'],
): ObservedRate[] {
  const { money } = sumsOf(earned.filter(({ cancelled }) => !cancelled));
  const byPurchase = groupBy(money, ({ purchase }) => purchase?.id ?? '');
  return sold.flatMap((one) => {
    const who = one.affiliate && find(one.affiliate);
    const isFixed = amountOf(one.raw.commission_amount_override) !== undefined;
    if (!who || isFixed || !one.amount?.greaterThan(0) || one.id === '') return [];
    const own = (byPurchase.get(one.id) ?? []).filter(
      ({ affiliate, currency }) => currency === one.currency && affiliate && find(affiliate) === who,
    );
    if (own.length === 0) return [];
    const sum = own.reduce((total: Decimal, { amount }) => total.plus(amount ?? ZERO), ZERO);
    const currency = one.currency || 'unknown';
    return [{ purchase: one, affiliate: who, own, currency, amount: one.amount, sum, rate: sum.div(one.amount) }];
  });
}

export interface ObservedRate extends Rate {
  readonly purchase: Purchase;
  readonly affiliate: Affiliate;
  /** The commissions that make up the sum. */
  readonly own: readonly Commission[];
  readonly currency: string;
}

interface Rate {
  readonly amount: Decimal;
  readonly sum: Decimal;
  readonly rate: Decimal;
}

/** In per cent with one decimal, so that rounding to cents does not make equal rates differ. */
export const percent = (rate: Decimal) => `${rate.times(100).toFixed(1)}%`;

function summarize([currency, rates]: [string, readonly Rate[]]): JsonObject {
  const amount = rates.reduce((total: Decimal, one) => total.plus(one.amount), ZERO);
  const sum = rates.reduce((total: Decimal, one) => total.plus(one.sum), ZERO);
  const counts = new Map<string, number>();
  for (const { rate } of rates) counts.set(percent(rate), (counts.get(percent(rate)) ?? 0) + 1);
  const [common, times] = [...counts].sort((a, b) => b[1] - a[1] || (a[0] < b[0] ? -1 : 1))[0] ?? ['', 0];
  const sorted = rates.map(({ rate }) => rate).sort((a, b) => a.comparedTo(b));
  return {
    currency,
    rate: percent(sum.div(amount)),
    most_common: common,
    purchases_with_it: times,
    lowest: percent(sorted[0] ?? ZERO),
    highest: percent(sorted.at(-1) ?? ZERO),
    purchases: rates.length,
  };
}
