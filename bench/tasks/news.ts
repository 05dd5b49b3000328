import { sumRows, sumsIn } from '../../evals/amounts.ts';
import { dayOf, LAST_MONTH, MONDAY } from '../../evals/clock.ts';
import {
  ofEach,
  type Period,
  type PeriodName,
  sinceMonday as sinceMondayAsked,
  thisMonth as thisMonthAsked,
  wholeDays,
} from '../../evals/questions/news.ts';
import type { JsonObject } from '../../src/json.ts';
import { affiliatesSince, commissionsSince, inside, leadsSince, purchasesBetween } from './lists.ts';
import { solved } from './solved.ts';

const living = (rows: readonly JsonObject[]) => rows.filter(({ cancelled }) => cancelled !== true);

export const thisMonth = solved(thisMonthAsked, {
  needs: ['program_overview'],
  plain: [
    {
      how: 'the list of affiliates, and of leads, purchases and commissions what was created since the first of last month',
      async solve(agent) {
        const affiliates = await affiliatesSince(agent, LAST_MONTH);
        const leads = await leadsSince(agent, LAST_MONTH);
        const purchases = await purchasesBetween(agent, LAST_MONTH);
        const commissions = await commissionsSince(agent, LAST_MONTH);
        return ofEach((since, until) => {
          const inside = (rows: readonly JsonObject[], end = until) =>
            rows.filter((row) => {
              const at = Date.parse(String(row.created_at ?? row.date));
              return at >= since && at < end;
            });
          return {
            affiliates: inside(affiliates).length,
            leads: inside(leads).length,
            purchases: living(inside(purchases)).length,
            revenue: sumRows(living(inside(purchases)), 'purchase_amount'),
            commissions: sumRows(living(inside(commissions, wholeDays(until))), 'amount'),
          };
        });
      },
    },
  ],
  async workflows(agent) {
    const { month } = await agent.finish('program_overview');
    const read = (name: PeriodName): Period => {
      const figures = inside(month as JsonObject, name) ?? {};
      return {
        affiliates: Number(figures.new_affiliates),
        leads: Number(figures.new_leads),
        purchases: Number(figures.purchases_not_cancelled),
        revenue: sumsIn(figures.revenue),
        commissions: sumsIn(figures.commissions_earned),
      };
    };
    return {
      this: read('this'),
      same_days_before: read('same_days_before'),
      whole_month_before: read('whole_month_before'),
    };
  },
});

/** Commissions per page for a period of a few days. */
const FEW = 40;

export const sinceMonday = solved(sinceMondayAsked, {
  needs: ['changes_since'],
  plain: [
    {
      how: 'the list of affiliates, and the newest end of the other lists',
      async solve(agent) {
        const purchases = await purchasesBetween(agent, MONDAY);
        return {
          affiliates: (await affiliatesSince(agent, MONDAY)).length,
          leads: (await leadsSince(agent, MONDAY)).length,
          purchases: living(purchases).length,
          revenue: sumRows(living(purchases), 'purchase_amount'),
          commissions: sumRows(living(await commissionsSince(agent, MONDAY, FEW)), 'amount'),
        };
      },
    },
  ],
  async workflows(agent): Promise<Period> {
    const facts = await agent.finish('changes_since', { since: dayOf(MONDAY) });
    const part = (name: string) => inside(facts, name) ?? {};
    const { not_cancelled, sums_not_cancelled: sums } = part('purchases');
    return {
      affiliates: Number(part('affiliates').count),
      leads: Number(part('leads').count),
      purchases: Number(not_cancelled),
      revenue: sumsIn(sums),
      commissions: sumsIn(part('commissions').sums_not_cancelled),
    };
  },
});
