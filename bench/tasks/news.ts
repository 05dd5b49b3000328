import type { JsonObject } from '../../src/json.ts';
import type { Programme } from '../../src/sandbox/index.ts';
import { type Sums, sumCents, sumRows, sumsIn } from './amounts.ts';
import { DAY, dayOf, LAST_MONTH, MONDAY, NOW, THIS_MONTH } from './clock.ts';
import { affiliatesSince, commissionsSince, inside, leadsSince, purchasesBetween } from './lists.ts';
import { question } from './question.ts';

/** What a period brought. */
interface Period {
  readonly affiliates: number;
  readonly leads: number;
  /** Without those that were cancelled, here and in the revenue. */
  readonly purchases: number;
  readonly revenue: Sums;
  /** Earned and not cancelled; the last day counts whole, because a commission names a day and no hour. */
  readonly commissions: Sums;
}

const wholeDays = (until: number) => Math.ceil(until / DAY) * DAY;

function periodOf(programme: Programme, since: number, until: number): Period {
  const inside = <Row extends { readonly createdAt: number }>(rows: readonly Row[]) =>
    rows.filter(({ createdAt }) => createdAt >= since && createdAt < until);
  const sold = inside(programme.purchases.rows).filter(({ cancelled }) => !cancelled);
  const earned = programme.commissions.rows.filter(({ earnedAt }) => earnedAt >= since && earnedAt < wholeDays(until));
  return {
    affiliates: inside(programme.affiliates.rows).length,
    leads: inside(programme.leads.rows).length,
    purchases: sold.length,
    revenue: sumCents(sold),
    commissions: sumCents(earned.filter(({ cancelled }) => !cancelled)),
  };
}

const living = (rows: readonly JsonObject[]) => rows.filter(({ cancelled }) => cancelled !== true);

const ELAPSED = NOW - THIS_MONTH;
const PERIODS = {
  this: [THIS_MONTH, NOW],
  same_days_before: [LAST_MONTH, LAST_MONTH + ELAPSED],
  whole_month_before: [LAST_MONTH, THIS_MONTH],
} as const;

const names = ['this', 'same_days_before', 'whole_month_before'] as const;
const ofEach = (work: (since: number, until: number) => Period) =>
  Object.fromEntries(names.map((name) => [name, work(...PERIODS[name])]));

export const thisMonth = question({
  number: 1,
  asked: 'How is the programme doing this month, compared with last month and with the same days of it?',
  needs: ['program_overview'],
  given: () => ({}),
  truth: (programme) => ofEach((since, until) => periodOf(programme, since, until)),
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
    return Object.fromEntries(
      names.map((name): [string, Period] => {
        const figures = inside(month as JsonObject, name) ?? {};
        return [
          name,
          {
            affiliates: Number(figures.new_affiliates),
            leads: Number(figures.new_leads),
            purchases: Number(figures.purchases_not_cancelled),
            revenue: sumsIn(figures.revenue),
            commissions: sumsIn(figures.commissions_earned),
          },
        ];
      }),
    );
  },
});

/** Commissions a page where only days are asked for. */
const FEW = 40;

export const sinceMonday = question({
  number: 12,
  asked: 'What is new since Monday?',
  needs: ['changes_since'],
  given: () => ({}),
  truth: (programme) => periodOf(programme, MONDAY, NOW),
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
