import type { JsonObject } from '../../src/json.ts';
import { type Agent, rowsOf } from './agent.ts';
import { centsOf, inOrder, writeCents } from './amounts.ts';
import { dayOf, daysAgo, THIS_QUARTER } from './clock.ts';
import { allAffiliates, emailOf, purchasesBetween } from './lists.ts';
import { question } from './question.ts';

const TOP = 10;
const DORMANT_DAYS = 90;

/** An order as far as a ranking goes. */
interface Sale {
  readonly affiliate: string | null;
  readonly currency: string;
  readonly cents: number;
}

type Ranked = [email: string, revenue: string][];

/** The best sellers of each currency, the best first. */
function rank(sales: readonly Sale[]): Record<string, Ranked> {
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

const saleOf = (row: JsonObject): Sale => ({
  affiliate: emailOf(row, 'affiliate'),
  currency: String(row.currency),
  cents: centsOf(row.purchase_amount),
});

export const topSellers = question({
  number: 7,
  asked: 'Who are the top ten affiliates by revenue this quarter, per currency?',
  needs: ['rank_affiliates'],
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
  plain: [
    {
      how: 'read the purchases of the quarter and add up',
      async solve(agent) {
        const purchases = await purchasesBetween(agent, THIS_QUARTER);
        return rank(purchases.filter(({ cancelled }) => cancelled !== true).map(saleOf));
      },
    },
  ],
  async workflows(agent) {
    // Whoever was archived since then sold all the same.
    const args = { by: 'revenue', since: dayOf(THIS_QUARTER), include_archived: true };
    const enough = (found: readonly JsonObject[]) => found.some(({ rank: place }) => Number(place) >= TOP);
    const { rows } = await agent.finishAll('rank_affiliates', args, 'ranking', enough);
    const currencies = [...new Set(rows.map(({ currency }) => String(currency)))];
    return inOrder(
      currencies.map((currency): [string, Ranked] => [
        currency,
        rows.filter((row) => row.currency === currency).map(({ email, value }) => [String(email), String(value)]),
      ]),
    );
  },
});

/** How many belong to a segment, and its first by a count; whoever is archived is gone, and not meant. */
interface Segment {
  readonly count: number;
  readonly first: readonly (readonly [email: string, value: number])[];
}

const FIRST = 25;

function segmentOf(
  members: readonly { readonly id: number; readonly email: string; readonly value: number }[],
): Segment {
  const sorted = [...members].sort((a, b) => b.value - a.value || a.id - b.id);
  return { count: members.length, first: sorted.slice(0, FIRST).map(({ email, value }) => [email, value]) };
}

const memberOf = ({ id, email }: JsonObject, value: unknown) => ({
  id: Number(id),
  email: String(email),
  value: Number(value),
});

async function segmentIn(agent: Agent, args: JsonObject): Promise<Segment> {
  const enough = (found: readonly JsonObject[]) => found.length >= FIRST;
  const { facts, rows } = await agent.finishAll('rank_affiliates', { ...args, limit: FIRST }, 'ranking', enough);
  const [line] = rowsOf(facts, 'rankings');
  return { count: Number(line?.ranked), first: rows.map(({ email, value }) => [String(email), Number(value)]) };
}

export const trafficWithoutSales = question({
  number: 8,
  asked: `Who sends us visitors but has never sold anything: how many, and which ${FIRST} send the most?`,
  needs: ['rank_affiliates'],
  given: () => ({}),
  truth: (programme) =>
    segmentOf(
      programme.affiliates.rows
        .filter(({ status }) => status !== 'Archived')
        .map(({ id, email }) => ({ id, email, value: programme.visitorsOf(id).length }))
        .filter(({ id, value }) => value > 0 && programme.purchasesOf(id).length === 0),
    ),
  plain: [
    {
      how: 'the list of affiliates holds the lifetime counts',
      async solve(agent) {
        const living = (await allAffiliates(agent)).filter(({ status }) => status !== 'Archived');
        return segmentOf(
          living
            .filter(({ total_visitors, total_purchases }) => Number(total_visitors) > 0 && !Number(total_purchases))
            .map((row) => memberOf(row, row.total_visitors)),
        );
      },
    },
  ],
  workflows: (agent) => segmentIn(agent, { segment: 'traffic_without_sales', minimum_visitors: 1 }),
});

/** A sale that was cancelled later still was one. */
export const dormant = question({
  number: 9,
  asked: `Who used to sell but not in the last ${DORMANT_DAYS} days: how many, and which ${FIRST} had sold the most?`,
  needs: ['rank_affiliates'],
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
  plain: [
    {
      how: 'the list of affiliates, and the purchases of the last 90 days',
      async solve(agent) {
        const all = await allAffiliates(agent);
        const recent = await purchasesBetween(agent, daysAgo(DORMANT_DAYS));
        const living = recent.filter(({ cancelled }) => cancelled !== true);
        const selling = new Set(living.map((row) => emailOf(row, 'affiliate')));
        const quiet = all.filter(({ email, status }) => status !== 'Archived' && !selling.has(String(email)));
        const sold = quiet.filter(({ total_purchases }) => Number(total_purchases) > 0);
        return segmentOf(sold.map((row) => memberOf(row, row.total_purchases)));
      },
    },
  ],
  workflows: (agent) => segmentIn(agent, { segment: 'dormant', days: DORMANT_DAYS }),
});
