import type { Affiliate, Commission, Purchase, Visitor } from '../../records/parse.ts';
import { type Identities, identitiesIn } from '../../records/people.ts';
import { DAY_MS, type Period } from '../../records/period.ts';
import { notCancelled } from '../rankings/metrics.ts';
import { affiliates, commissions, purchases, visitors } from '../reading/collections.ts';
import { type Part, scanUnlessLong } from '../reading/long-lists.ts';
import type { Scan } from '../reading/scans.ts';
import type { Work } from '../workflow.ts';

/** Everything that the figures are computed from. */
export interface Facts {
  readonly people: Scan<Affiliate>;
  readonly bought: Scan<Purchase>;
  readonly earned: Part<Commission>;
  readonly visited: Part<Visitor>;
  /** Purchases whose fields can be read, cancelled ones included. */
  readonly orders: readonly Purchase[];
  /** Those of them that are not cancelled. */
  readonly sold: readonly Purchase[];
  /** The key of the affiliate whom a record is credited to; empty if nobody is. */
  readonly creditedTo: (record: Pick<Purchase, 'affiliate'>) => string;
  readonly keyOf: Identities<Affiliate>['keyOf'];
  /** When each affiliate first sold, by key; epoch milliseconds. */
  readonly firstSales: ReadonlyMap<string, number>;
}

export async function readFacts(longLists: boolean, work: Work): Promise<Facts> {
  const [people, bought, earned, visited] = await Promise.all([
    work.scan(affiliates),
    work.scan(purchases),
    work.attempt(() => work.scan(commissions)),
    scanUnlessLong(visitors, longLists, work),
  ]);
  const { keyOf } = identitiesIn(people.records);
  const creditedTo = ({ affiliate }: Pick<Purchase, 'affiliate'>) => (affiliate ? keyOf(affiliate) : '');
  const orders = work.readable('purchases', bought.records, 'cancelled', 'purchase_amount', 'created_at');
  const sold = notCancelled(orders, work);
  const firstSales = new Map<string, number>();
  for (const one of sold) {
    const key = creditedTo(one);
    if (key === '' || Number.isNaN(one.createdAt)) continue;
    firstSales.set(key, Math.min(one.createdAt, firstSales.get(key) ?? Number.POSITIVE_INFINITY));
  }
  return { people, bought, earned, visited, orders, sold, creditedTo, keyOf, firstSales };
}

/** New affiliates should make a sale within so many days. */
export const DAYS_TO_SELL = 30;
export const TIME_TO_SELL = DAYS_TO_SELL * DAY_MS;

/**
 * Milliseconds from joining to the first sale before a moment; undefined without one. A sale before joining counts as
 * 0.
 */
export function timeToSell(one: Affiliate, { keyOf, firstSales }: Facts, until: number): number | undefined {
  const first = firstSales.get(keyOf(one));
  return first === undefined || first >= until ? undefined : Math.max(0, first - one.createdAt);
}

/** Whether an affiliate sold in their first 30 days. */
export const isActivated = (one: Affiliate, facts: Facts, until: number): boolean =>
  (timeToSell(one, facts, until) ?? Number.POSITIVE_INFINITY) <= TIME_TO_SELL;

/** The keys of the affiliates who sold in a period. */
export const sellersIn = ({ sold, creditedTo }: Facts, { since, until }: Period): ReadonlySet<string> =>
  new Set(
    sold
      .filter(({ createdAt }) => createdAt >= since && createdAt < until)
      .map(creditedTo)
      .filter((key) => key !== ''),
  );
