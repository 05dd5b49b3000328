import { type Decimal, isCurrencyCode, written, ZERO } from '../../records/money.ts';
import type { Commission } from '../../records/parse.ts';
import { groupBy } from '../../records/values.ts';
import { isCancelled } from './clawbacks.ts';
import { decimalsOf, type Line } from './owed.ts';
import type { RiskBackground, RiskFacts, RiskSign } from './risk-facts.ts';

/* Signs in figures: sums that are unlike the affiliate, accounts that are young, orders that do not stand. */

const DAY_MS = 86_400_000;

/** So many paid commissions, or months with such, tell what is normal. */
const ENOUGH = 3;
/** Times of the normal: worth a look, and worth a lot. */
const ABOVE = { commission: [5, 15], month: [3, 10] } as const;
const YOUNG_DAYS = 30;
/** A large sum: so many times the middle of the other lines, or as much as this where there are too few of them. */
const LARGE_TIMES = 3;
const LARGE = 500;
/** Orders, cancelled ones among them, and their shares that say little and a lot. */
const CANCELLED = { orders: 4, cancelled: 2, some: 0.3, many: 0.5, many_cancelled: 3, times: 1.5 };

export function findAmountSigns({ lines, commissions, now }: RiskBackground): (facts: RiskFacts) => RiskSign[] {
  const byCurrency = groupBy(lines, ({ currency }) => currency);
  const everybody = countOrders(commissions, now);
  return (facts) => {
    const { line, theirs } = facts;
    const others = (byCurrency.get(line.currency) ?? []).filter((one) => one !== line);
    return [
      aboveNormal(line, theirs, now),
      youngWithMuch(line, others, now),
      oftenCancelled(countOrders(theirs, now), everybody),
    ].filter((sign) => sign !== undefined);
  };
}

function median(values: readonly Decimal[]): Decimal {
  const sorted = values.toSorted((a, b) => a.cmp(b));
  return sorted[Math.floor((sorted.length - 1) / 2)] ?? ZERO;
}

/** Sums by the month in which they were earned (UTC), what has no readable day left out. */
function monthly(commissions: readonly Commission[]): Decimal[] {
  const dated = commissions.filter(({ earnedAt }) => !Number.isNaN(earnedAt));
  const months = groupBy(dated, ({ earnedAt }) => new Date(earnedAt).toISOString().slice(0, 7));
  return [...months.values()].map((some) => some.reduce((sum, { amount }) => sum.plus(amount ?? ZERO), ZERO));
}

const largest = (values: readonly Decimal[]) => values.reduce((most, one) => (one.gt(most) ? one : most), ZERO);

/** Far more at once, or in one month, than this affiliate was ever paid for usually. */
function aboveNormal(
  { commissions, currency }: Line,
  theirs: readonly Commission[],
  now: number,
): RiskSign | undefined {
  const paid = theirs.filter((one) => one.currency === currency && one.paid === true && one.isMoney);
  const before = paid.filter((one) => !isCancelled(one, now));
  const amounts = (some: readonly Commission[]) => some.flatMap(({ amount }) => (amount?.gt(0) ? [amount] : []));
  const single = compare(largest(amounts(commissions)), amounts(before), ABOVE.commission);
  const month = compare(largest(monthly(commissions)), monthly(before), ABOVE.month);
  const found = single && (!month || single.weight >= month.weight) ? { ...single, what: 'one commission of' } : month;
  if (!found) return undefined;
  const what = 'what' in found ? found.what : 'earned in one month:';
  const code = isCurrencyCode(currency) ? ` ${currency}` : '';
  return {
    weight: found.weight,
    words: `${what} ${written(found.now, currency)}${code}, usually ${written(found.usual, currency)}`,
  };
}

function compare(now: Decimal, before: readonly Decimal[], [some, much]: readonly [number, number]) {
  const usual = median(before);
  if (before.length < ENOUGH || !usual.gt(0) || now.lte(usual.times(some))) return undefined;
  const weight: 1 | 2 = now.gt(usual.times(much)) ? 2 : 1;
  return { weight, now, usual };
}

function youngWithMuch(line: Line, others: readonly Line[], now: number): RiskSign | undefined {
  const { affiliate, amount, currency } = line;
  const days = affiliate ? Math.floor((now - affiliate.createdAt) / DAY_MS) : Number.NaN;
  if (!(days >= 0 && days < YOUNG_DAYS)) return undefined;
  const enough = others.length >= ENOUGH;
  const least = enough ? median(others.map((one) => one.amount)).times(LARGE_TIMES) : ZERO;
  const fixed = LARGE * (decimalsOf(currency) === 0 ? 100 : 1);
  if (!amount.gt(0) || !(amount.gte(fixed) || (enough && amount.gt(least)))) return undefined;
  const code = isCurrencyCode(currency) ? ` ${currency}` : '';
  return { weight: 1, words: `account ${days} days old with ${written(amount, currency)}${code}` };
}

interface Orders {
  readonly orders: number;
  readonly cancelled: number;
}

/** Each purchase once, however many commissions it has. */
function countOrders(commissions: readonly Commission[], now: number): Orders {
  const bought = commissions.filter((one) => one.purchase && one.purchase.cancelled !== undefined);
  const byPurchase = groupBy(bought, ({ purchase }) => purchase?.id || purchase?.code || '');
  const all = [...byPurchase.values()];
  return { orders: all.length, cancelled: all.filter((some) => some.every((one) => isCancelled(one, now))).length };
}

function oftenCancelled({ orders, cancelled }: Orders, everybody: Orders): RiskSign | undefined {
  const share = cancelled / orders;
  if (orders < CANCELLED.orders || cancelled < CANCELLED.cancelled || share < CANCELLED.some) return undefined;
  // Where everybody sends back a lot, so may they.
  const others = everybody.orders - orders;
  if (others > 0 && share < ((everybody.cancelled - cancelled) / others) * CANCELLED.times) return undefined;
  const isMuch = share >= CANCELLED.many && cancelled >= CANCELLED.many_cancelled;
  const words = `${cancelled} of ${orders} orders cancelled (${Math.round(share * 100)} %)`;
  return { weight: isMuch ? 2 : 1, words };
}
