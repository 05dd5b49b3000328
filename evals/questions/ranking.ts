import { inOrder, writeCents } from '../amounts.ts';
import { daysAgo, THIS_QUARTER } from '../clock.ts';
import type { Question } from '../question.ts';
import { callOf, countFact, named, sumFacts } from './people.ts';

export const TOP = 10;
export const DORMANT_DAYS = 90;

/** What a ranking needs to know of an order. */
export interface Sale {
  readonly affiliate: string | null;
  readonly currency: string;
  readonly cents: number;
}

export type Ranked = [email: string, revenue: string][];

/** The best sellers of each currency, the best first. */
export function rank(sales: readonly Sale[]): Record<string, Ranked> {
  const sums = new Map<string, Map<string, number>>();
  for (const { affiliate, currency, cents } of sales) {
    if (affiliate === null) continue;
    const ofCurrency = sums.get(currency) ?? new Map<string, number>();
    ofCurrency.set(affiliate, (ofCurrency.get(affiliate) ?? 0) + cents);
    sums.set(currency, ofCurrency);
  }
  return inOrder(
    [...sums].map(([currency, ofCurrency]): [string, Ranked] => [
      currency,
      [...ofCurrency]
        .sort(([a, left], [b, right]) => right - left || (a < b ? -1 : 1))
        .slice(0, TOP)
        .map(([email, cents]) => [email, writeCents(cents)]),
    ]),
  );
}

export const topSellers: Question<object, Record<string, Ranked>> = {
  number: 7,
  title: 'Who are the top ten affiliates by revenue this quarter, per currency?',
  ask: () =>
    'Who are the top ten affiliates by revenue this quarter, for each currency, with what each sold? Count everyone who sold, archived since or not, and leave out cancelled purchases.',
  given: () => ({}),
  truth: (programme) =>
    rank(
      programme.purchases.rows
        .filter(({ createdAt, cancelled }) => createdAt >= THIS_QUARTER && !cancelled)
        .map(({ affiliateId, currency, amount }) => ({
          affiliate: (affiliateId === null ? undefined : programme.affiliates.get(affiliateId)?.email) ?? null,
          currency,
          cents: amount,
        })),
    ),
  facts: (rankings, _, programme) =>
    Object.entries(rankings).flatMap(([currency, ranked]) =>
      ranked.flatMap(([email, amount]) => sumFacts(email, { [currency]: amount }, callOf(programme, email))),
    ),
};

/** How many affiliates a segment has, and the first of them by a count. Archived affiliates do not belong to it. */
export interface Segment {
  readonly count: number;
  readonly first: readonly (readonly [email: string, value: number])[];
}

export const FIRST = 25;

export function segmentOf(
  members: readonly { readonly id: number; readonly email: string; readonly value: number }[],
): Segment {
  const sorted = [...members].sort((a, b) => b.value - a.value || a.id - b.id);
  return { count: members.length, first: sorted.slice(0, FIRST).map(({ email, value }) => [email, value]) };
}

const segmentFacts: Question<object, Segment>['facts'] = ({ count, first }, _, programme) => {
  // Any of those who tie with the last one may be named in its place.
  const last = first.at(-1)?.[1];
  const certain = first.filter(([, value]) => value !== last);
  return [countFact('in all', count), ...certain.map(([email]) => named(programme, email))];
};

export const trafficWithoutSales: Question<object, Segment> = {
  number: 8,
  title: `Who sends us visitors but has never sold anything: how many, and which ${FIRST} send the most?`,
  ask: () =>
    `Which affiliates send us visitors, even a single one, but have never sold anything? How many are there, not counting archived ones, and which ${FIRST} send the most?`,
  given: () => ({}),
  truth: (programme) =>
    segmentOf(
      programme.affiliates.rows
        .filter(({ status }) => status !== 'Archived')
        .map(({ id, email }) => ({ id, email, value: programme.visitorsOf(id).length }))
        .filter(({ id, value }) => value > 0 && programme.purchasesOf(id).length === 0),
    ),
  facts: segmentFacts,
};

/** Cancelled purchases count in the lifetime figure, but not as sales of the last 90 days. */
export const dormant: Question<object, Segment> = {
  number: 9,
  title: `Who used to sell but not in the last ${DORMANT_DAYS} days: how many, and which ${FIRST} had sold the most?`,
  ask: () =>
    `Who used to sell but has sold nothing in the last ${DORMANT_DAYS} days? How many are there, not counting archived ones, and which ${FIRST} had the most purchases?`,
  given: () => ({}),
  truth: (programme) =>
    segmentOf(
      programme.affiliates.rows
        .filter(({ id, status }) => {
          const lately = programme
            .purchasesOf(id)
            .filter(({ createdAt, cancelled }) => createdAt >= daysAgo(DORMANT_DAYS) && !cancelled);
          return status !== 'Archived' && lately.length === 0;
        })
        .map(({ id, email }) => ({ id, email, value: programme.purchasesOf(id).length }))
        .filter(({ value }) => value > 0),
    ),
  facts: segmentFacts,
};
