import { Decimal, type Priced, sumsOf, ZERO } from '../../records/money.ts';
import type { Commission } from '../../records/parse.ts';
import { DAY_MS, isWithin, type Period } from '../../records/period.ts';
import { groupBy } from '../../records/values.ts';
import { addMoney, type Figures } from '../rankings/metrics.ts';
import { rank } from '../rankings/ranking.ts';
import type { Work } from '../workflow.ts';
import {
  type Compared,
  countedRate,
  type Figure,
  type Good,
  type Kind,
  medianOf,
  type Periods,
  rateOf,
} from './comparison.ts';
import { type Facts, isActivated, sellersIn, TIME_TO_SELL, timeToSell } from './facts.ts';

/** What each figure means, in a few words. */
export const DEFINITIONS = {
  new_affiliates: 'joined in the period, approved or not',
  activation_rate: 'of those whose first 30 days ended in the period: approved, and sold within them',
  active_affiliates: 'sold in the period',
  active_share: 'of those who could sell (Active now and joined by then, or sold): sold in the period',
  days_to_first_sale: 'of those whose first sale was in the period: median days since joining',
  refund_rate: 'of the credited purchases in the period: cancelled by now (recent ones still may be)',
  revenue: 'credited purchases, not cancelled',
  credited_share: 'revenue as a share of all purchases that are not cancelled',
  revenue_per_active: 'revenue per affiliate who sold in that currency',
  payout_ratio: 'commission earned in the period (money, not cancelled) as a share of revenue',
  earnings_per_visitor: 'the same commission per visitor referred by an affiliate (EPC)',
  top_ten_share: 'share of revenue from the ten best sellers',
} as const;

export type FigureName = keyof typeof DEFINITIONS;

const KINDS: Readonly<Record<FigureName, readonly [Kind, Good]>> = {
  new_affiliates: ['count', 'up'],
  activation_rate: ['rate', 'up'],
  active_affiliates: ['count', 'up'],
  active_share: ['rate', 'up'],
  days_to_first_sale: ['days', 'down'],
  refund_rate: ['rate', 'down'],
  revenue: ['money', 'up'],
  credited_share: ['rate', undefined],
  revenue_per_active: ['money', 'up'],
  payout_ratio: ['rate', undefined],
  earnings_per_visitor: ['small_money', 'up'],
  top_ten_share: ['rate', undefined],
};

type Some = Partial<Record<FigureName, Figure>>;

/** The figures without a currency. */
export function peopleFigures(facts: Facts, { now, before }: Periods): Compared[] {
  const preliminary = !facts.people.complete || !facts.bought.complete;
  return compare(figuresOfPeople(facts, now), figuresOfPeople(facts, before), () => preliminary);
}

function figuresOfPeople(facts: Facts, period: Period): Some {
  const { people, orders, sold, creditedTo, keyOf } = facts;
  const { since, until } = period;
  const joined = people.records.filter(({ createdAt }) => isWithin(createdAt, period));
  const over = people.records.filter(({ createdAt }) => isWithin(createdAt + TIME_TO_SELL, period));
  const activated = over.filter((one) => one.standing !== 'pending' && isActivated(one, facts, until));
  const sellers = sellersIn(facts, period);
  const able = new Set(people.records.filter((one) => one.standing === 'active' && one.createdAt < until).map(keyOf));
  for (const key of sellers) able.add(key);
  const waits = people.records.flatMap((one) => {
    const first = facts.firstSales.get(keyOf(one)) ?? Number.NaN;
    const wait = timeToSell(one, facts, until);
    return isWithin(first, { since, until }) && wait !== undefined && !Number.isNaN(wait) ? [wait / DAY_MS] : [];
  });
  const credited = (some: typeof orders) =>
    some.filter((one) => isWithin(one.createdAt, period) && creditedTo(one) !== '').length;
  const all = credited(orders);
  return {
    new_affiliates: { value: new Decimal(joined.length) },
    activation_rate: countedRate(activated.length, over.length),
    active_affiliates: { value: new Decimal(sellers.size) },
    active_share: countedRate(sellers.size, able.size),
    days_to_first_sale: { value: medianOf(waits), of: `${waits.length} first sales`, sample: waits.length },
    refund_rate: countedRate(all - credited(sold), all),
  };
}

/** The figures of one currency, and how many purchases of both periods they come from. */
export interface OfCurrency {
  readonly currency: string;
  readonly purchases: number;
  readonly figures: readonly Compared[];
}

/** The figures of each currency, the one with the most purchases first. */
export function moneyFigures(facts: Facts, { now, before }: Periods, work: Work): OfCurrency[] {
  const { earned, visited, bought, people } = facts;
  const [these, those] = [moneyIn(facts, now, work), moneyIn(facts, before, work)];
  const sales = !bought.complete;
  const costs = earned.read && !earned.value.complete;
  const visits = visited.read && !visited.value.complete;
  const preliminary: Partial<Record<FigureName, boolean>> = {
    payout_ratio: sales || costs,
    earnings_per_visitor: costs || visits,
    top_ten_share: sales || !people.complete,
  };
  return [...new Set([...these.keys(), ...those.keys()])]
    .map((currency): OfCurrency => {
      const [one, other] = [these.get(currency) ?? NOTHING, those.get(currency) ?? NOTHING];
      const figures = compare(one.figures, other.figures, (name) => preliminary[name] ?? sales, currency);
      return { currency, purchases: one.purchases + other.purchases, figures };
    })
    .sort((a, b) => b.purchases - a.purchases || (a.currency < b.currency ? -1 : 1));
}

interface Money {
  readonly figures: Some;
  readonly purchases: number;
}

const NOTHING: Money = { figures: { revenue: { value: ZERO } }, purchases: 0 };

const BEST = 10;

function moneyIn(facts: Facts, period: Period, work: Work): Map<string, Money> {
  const { sold, keyOf, visited } = facts;
  const orders = sold.filter(({ createdAt }) => isWithin(createdAt, period));
  const counts = groupBy(orders, ({ currency }) => currency || UNKNOWN);
  const revenue = addMoney(orders, keyOf);
  const costs = commissionIn(facts, period, work);
  const visitors = visited.read
    ? visited.value.records.filter((one) => isWithin(one.createdAt, period) && facts.creditedTo(one) !== '').length
    : 0;
  const currencies = new Set([...revenue.keys(), ...(costs?.keys() ?? [])]);
  return new Map(
    [...currencies].map((currency) => {
      const sums = sumsBy(revenue.get(currency));
      const cost = costs?.get(currency) ?? ZERO;
      const figures: Some = {
        revenue: { value: sums.credited },
        credited_share: { value: rateOf(sums.credited, sums.all) },
        revenue_per_active: { value: rateOf(sums.credited, sums.sellers) },
        ...(costs && { payout_ratio: { value: rateOf(cost, sums.credited) } }),
        ...(costs &&
          visited.read && {
            earnings_per_visitor: { value: rateOf(cost, visitors), of: `${visitors} visitors` },
          }),
        top_ten_share: { value: rateOf(sums.best, sums.credited), of: `${sums.sellers} sellers` },
      };
      return [currency, { figures, purchases: counts.get(currency || UNKNOWN)?.length ?? 0 }];
    }),
  );
}

/** Key for records without a currency, so that they are grouped too. */
const UNKNOWN = 'unknown';

function sumsBy(figures: Figures | undefined) {
  const rows = [...(figures?.of ?? [])].map(([key, value]) => ({ row: key, value, id: key }));
  const add = (values: readonly Decimal[]) => values.reduce((sum, value) => sum.plus(value), ZERO);
  const credited = add(rows.map(({ value }) => value));
  return {
    credited,
    all: credited.plus(figures?.uncredited ?? ZERO),
    sellers: rows.length,
    best: add(rank(rows, BEST).top.map(({ value }) => value)),
  };
}

/** What was earned in a period, per currency; undefined if the commissions could not be read. */
function commissionIn({ earned }: Facts, period: Period, work: Work): Map<string, Decimal> | undefined {
  if (!earned.read) return undefined;
  const { money } = sumsOf(earnedIn(earned.value.records, period, work));
  const sums = new Map<string, Decimal>();
  for (const { amount, currency } of money as readonly Priced[]) {
    sums.set(currency, (sums.get(currency) ?? ZERO).plus(amount ?? ZERO));
  }
  return sums;
}

/** Commissions earned in a period, by their day, that are not cancelled. */
export function earnedIn(all: readonly Commission[], period: Period, work: Work): Commission[] {
  const readable = work.readable('commissions', all, 'cancelled', 'amount', 'date');
  return readable.filter((one) => !one.cancelled && isWithin(one.earnedAt, period));
}

/** The figures of two periods side by side, in the order of `DEFINITIONS`. */
function compare(now: Some, before: Some, isPreliminary: (name: FigureName) => boolean, currency?: string): Compared[] {
  const names = Object.keys(DEFINITIONS) as FigureName[];
  return names.flatMap((name) => {
    const [one, other] = [now[name], before[name]];
    if (!one && !other) return [];
    const [kind, good] = KINDS[name];
    const figures = { now: one ?? NO_FIGURE, before: other ?? NO_FIGURE, preliminary: isPreliminary(name) };
    return [{ name, kind, good, ...(currency !== undefined && { currency }), ...figures }];
  });
}

const NO_FIGURE: Figure = { value: undefined };
