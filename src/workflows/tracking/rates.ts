import type { JsonObject } from '../../json.ts';
import { keyForm } from '../../records/keys.ts';
import { type Decimal, rounded, totalsOf, written } from '../../records/money.ts';
import type { Purchase } from '../../records/parse.ts';
import { groupBy, shownIdOf } from '../../records/values.ts';
import { cutText } from '../../text.ts';
import { type ObservedRate, percent, ratesOf } from '../groups/observed-rates.ts';
import { type Audited, type Finding, shortPurchase } from './findings.ts';

/** Groups with fewer purchases have no usual rate. */
const ENOUGH = 5;
const LONGEST_GROUP = 60;
/** A smaller difference, in units of the currency, is no outlier: it may come from rounding or a low price. */
const LEAST_APART = 1;

/** What is usual in a group and currency, and what is far from it. */
interface Usual {
  readonly group: string;
  readonly currency: string;
  readonly rates: readonly ObservedRate[];
  /** The usual rate or fixed amount, in words; undefined if there is none. */
  readonly usual: string | undefined;
  readonly times: number;
  readonly outliers: readonly Outlier[];
}

interface Outlier {
  readonly rate: ObservedRate;
  /** What the usual rate would have given. */
  readonly expected: Decimal;
}

/** The rule, as the answer states it. */
export const RATE_RULE =
  "usual: the rate (or fixed amount) of at least half of a group's purchases, if there are five or more. Outlier: below half or above one and a half times that, by more than 1.00. Recurring months count one by one; recruiters and fixed commissions are left out.";

/** The commission for one month: a rate applies to one month, so those of a recurring purchase count one by one. */
function perMonth({ sum, own }: ObservedRate): Decimal {
  const months = new Set(own.map(({ raw, earnedAt }) => (Number.isNaN(earnedAt) ? String(raw.id) : earnedAt)));
  return sum.div(months.size);
}

function mostCommon(rates: readonly ObservedRate[], write: (rate: ObservedRate) => string) {
  const groups = [...groupBy(rates, write)].sort(
    ([a, some], [b, others]) => others.length - some.length || (a < b ? -1 : 1),
  );
  const [text = '', some = []] = groups[0] ?? [];
  return { text, some };
}

function usualIn(group: string, currency: string, rates: readonly ObservedRate[]): Usual {
  const byRate = mostCommon(rates, (one) => percent(perMonth(one).div(one.amount)));
  const byAmount = mostCommon(rates, (one) => rounded(perMonth(one), currency));
  const isFixed = byAmount.some.length > byRate.some.length;
  const common = isFixed ? byAmount : byRate;
  const [like] = common.some;
  const base = { group, currency, rates, times: common.some.length };
  if (!like || rates.length < ENOUGH || common.some.length * 2 < rates.length) {
    return { ...base, usual: undefined, outliers: [] };
  }
  const expectedOf = (one: ObservedRate) =>
    isFixed ? perMonth(like) : perMonth(like).div(like.amount).times(one.amount);
  const outliers = rates.flatMap((rate) => {
    const [expected, got] = [expectedOf(rate), perMonth(rate)];
    const apart = got.minus(expected).abs();
    const isFar = got.lessThan(expected.div(2)) || got.greaterThan(expected.times(1.5));
    return isFar && apart.greaterThan(LEAST_APART) ? [{ rate, expected }] : [];
  });
  return { ...base, usual: isFixed ? `${common.text} each` : common.text, outliers };
}

/** What is usual in every group and currency, those with the most purchases first. */
export function usualRates(sold: readonly Purchase[], { everyCommission, people }: Audited): Usual[] {
  const rates = ratesOf(sold, everyCommission, people.find);
  const groups = groupBy(rates, ({ affiliate, currency }) => JSON.stringify([keyForm(affiliate.group), currency]));
  return [...groups.values()]
    .map((some) => usualIn(cutText(some[0]?.affiliate.group ?? '', LONGEST_GROUP), some[0]?.currency ?? '', some))
    .sort((a, b) => b.rates.length - a.rates.length || (a.group < b.group ? -1 : 1));
}

export function describeUsual({ group, currency, rates, usual, times, outliers }: Usual): JsonObject {
  const each = rates.map((one) => perMonth(one).div(one.amount)).sort((a, b) => a.comparedTo(b));
  const [lowest, highest] = [each[0], each.at(-1)];
  return {
    group: group || null,
    currency,
    usual: usual ?? null,
    purchases: rates.length,
    purchases_with_it: times,
    lowest: lowest ? percent(lowest) : null,
    highest: highest ? percent(highest) : null,
    outliers: outliers.length,
  };
}

export function outlierFinding(usual: readonly Usual[], limit: number): Finding {
  const found = usual.flatMap((one) => one.outliers.map((outlier) => ({ ...outlier, one })));
  const commissions = found.map(({ rate }) => ({ amount: rate.sum, currency: rate.purchase.currency }));
  const distance = ({ rate, expected }: Outlier) => perMonth(rate).minus(expected).abs().div(rate.amount);
  const shown = [...found].sort((a, b) => distance(b).comparedTo(distance(a))).slice(0, limit);
  return {
    check: 'unusual_commission_rate',
    count: found.length,
    worth: totalsOf(commissions).list(),
    examples: shown.map(({ rate, expected, one }) => ({
      ...shortPurchase(rate.purchase),
      affiliate_id: shownIdOf(rate.affiliate.raw),
      group: one.group || null,
      commission: written(perMonth(rate), rate.purchase.currency),
      rate: percent(perMonth(rate).div(rate.amount)),
      usual: one.usual,
      expected: rounded(expected, rate.purchase.currency),
    })),
  };
}
