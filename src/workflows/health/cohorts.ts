import type { JsonObject } from '../../json.ts';
import { totalsOf, written } from '../../records/money.ts';
import { addMonths, boundsOf, DAY_MS, isWithin, monthOf } from '../../records/period.ts';
import { groupBy } from '../../records/values.ts';
import { type Facts, isActivated, sellersIn, TIME_TO_SELL } from './facts.ts';

const MONTHS = 6;
const RECENT_MS = 30 * DAY_MS;

/**
 * Affiliates by the month in which they joined, the newest last. Joining and sales count up to a moment; `standing` is
 * as of now.
 * @param until epoch milliseconds of that moment
 * @param currencies of the revenue that is shown
 */
export function cohortsUntil(until: number, facts: Facts, currencies: readonly string[]): JsonObject[] {
  const last = monthOf(until - 1);
  const recent = sellersIn(facts, { since: until - RECENT_MS, until });
  const sales = groupBy(
    facts.sold.filter(({ createdAt }) => createdAt < until),
    facts.creditedTo,
  );
  const preliminary = !facts.people.complete || !facts.bought.complete;
  return Array.from({ length: MONTHS }, (_, index) => addMonths(last, index + 1 - MONTHS)).map((month) => {
    const bounds = boundsOf(month);
    const joined = facts.people.records.filter(({ createdAt }) => isWithin(createdAt, bounds) && createdAt < until);
    const keys = joined.map(facts.keyOf);
    const activated = joined.filter((one) => one.standing !== 'pending' && isActivated(one, facts, until)).length;
    const totals = totalsOf(keys.flatMap((key) => sales.get(key) ?? []));
    const revenue = currencies.map((currency) => ({
      currency: currency || 'unknown',
      amount: written(totals.in(currency), currency),
    }));
    return {
      month,
      joined: joined.length,
      approved: joined.filter((one, index) => one.standing === 'active' || sales.has(keys[index] ?? '')).length,
      activated,
      activation: joined.length === 0 ? null : `${((100 * activated) / joined.length).toFixed(1)}%`,
      sold: keys.filter((key) => sales.has(key)).length,
      still_active: keys.filter((key) => recent.has(key)).length,
      revenue,
      ...(bounds.until + TIME_TO_SELL > until && { so_far: true }),
      ...(preliminary && { preliminary: true }),
    };
  });
}
