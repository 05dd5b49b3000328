import { type Agent, rowsOf } from '../../evals/agent.ts';
import { centsOf, inOrder } from '../../evals/amounts.ts';
import { dayOf, daysAgo, THIS_QUARTER } from '../../evals/clock.ts';
import {
  DORMANT_DAYS,
  dormant as dormantAsked,
  FIRST,
  type Ranked,
  rank,
  type Sale,
  type Segment,
  segmentOf,
  TOP,
  topSellers as topSellersAsked,
  trafficWithoutSales as trafficWithoutSalesAsked,
} from '../../evals/questions/ranking.ts';
import type { JsonObject } from '../../src/json.ts';
import { allAffiliates, emailOf, purchasesBetween } from './lists.ts';
import { solved } from './solved.ts';

const saleOf = (row: JsonObject): Sale => ({
  affiliate: emailOf(row, 'affiliate'),
  currency: String(row.currency),
  cents: centsOf(row.purchase_amount),
});

export const topSellers = solved(topSellersAsked, {
  needs: ['rank_affiliates'],
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
    // Affiliates who have been archived since made sales too.
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

export const trafficWithoutSales = solved(trafficWithoutSalesAsked, {
  needs: ['rank_affiliates'],
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

/** Cancelled purchases count in the lifetime figure, but not as sales of the last 90 days. */
export const dormant = solved(dormantAsked, {
  needs: ['rank_affiliates'],
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
