import { type Agent, rowsOf } from '../../evals/agent.ts';
import { centsOf, inOrder, type Sums, sumRows, sumsIn, writeCents } from '../../evals/amounts.ts';
import type { Portrait } from '../../evals/questions/profile.ts';
import { profile as asked } from '../../evals/questions/profile.ts';
import type { JsonObject } from '../../src/json.ts';
import { inside } from './lists.ts';
import { solved } from './solved.ts';

export const profile = solved(asked, {
  needs: ['affiliate_profile'],
  plain: [
    {
      how: 'the record, all purchases, the totals in each currency seen, the pending commissions of the second currency',
      async solve(agent, { email, first, last }) {
        const found = await agent.call('find_affiliate_by_email', { email });
        const named = await agent.list('list_affiliates', { query: last, per_page: 150 }, 'affiliates');
        const row = named.find(({ first_name, last_name }) => first_name === first && last_name === last);
        const whole = await agent.call('get_affiliate', { affiliate_id: row?.id });
        return [await inquire(agent, found.affiliate), await inquire(agent, whole.affiliate)];
      },
    },
  ],
  async workflows(agent, { email, first, last }) {
    return [await readProfile(agent, { email }), await readProfile(agent, { name: `${first} ${last}` })];
  },
});

/** The profile, with the revenue that lies past its first pages. */
async function readProfile(agent: Agent, wanted: JsonObject): Promise<Portrait> {
  const facts = await agent.finish('affiliate_profile', wanted);
  const part = (name: string) => (inside(facts, name) ?? {}) as JsonObject;
  const [affiliate, totals, commissions, purchases] = [
    part('affiliate'),
    part('commission_totals'),
    part('commissions'),
    part('purchases'),
  ];
  const revenue = await allRevenue(agent, affiliate.affiliate_id, purchases);
  const others = totals.other_currencies === undefined ? [] : rowsOf(totals, 'other_currencies');
  const paid = new Map([totals, ...others].map((row) => [String(row.currency), centsOf(row.paid)]));
  const newest = rowsOf(purchases, purchases.complete === true ? 'newest' : 'newest_so_far').map(({ created_at }) =>
    String(created_at),
  );
  return {
    id: Number(affiliate.affiliate_id),
    status: String(affiliate.status),
    group: String(affiliate.group),
    leads: Number(affiliate.total_leads ?? 0),
    visitors: Number(affiliate.total_visitors ?? 0),
    purchases: Number(affiliate.total_purchases ?? 0),
    revenue,
    due: sumsIn(commissions.due),
    pending: sumsIn(commissions.pending),
    paid: writeSums(paid),
    last_purchase_at: newest.sort().at(-1) ?? null,
  };
}

/** A profile reads only the first pages of purchases; the operation lists the rest. */
async function allRevenue(
  agent: Agent,
  affiliate_id: unknown,
  { revenue, revenue_so_far, complete, next_page: page }: JsonObject,
): Promise<Sums> {
  if (complete === true) return sumsIn(revenue);
  const known = sumsIn(revenue_so_far);
  const rest = await agent.list('list_affiliate_purchases', { affiliate_id, page }, 'purchases');
  const living = rest.filter(({ cancelled }) => cancelled !== true);
  const rows = Object.entries(known).map(([currency, purchase_amount]) => ({ currency, purchase_amount }));
  return sumRows([...rows, ...living], 'purchase_amount');
}

const writeSums = (cents: ReadonlyMap<string, number>): Sums =>
  inOrder([...cents].filter(([, sum]) => sum !== 0).map(([currency, sum]) => [currency, writeCents(sum)] as const));

async function inquire(agent: Agent, record: unknown): Promise<Portrait> {
  const affiliate = record as JsonObject;
  const affiliate_id = affiliate.id;
  const purchases = await agent.list('list_affiliate_purchases', { affiliate_id }, 'purchases');
  const own = (await agent.call('get_affiliate_commission_totals', { affiliate_id })).totals as JsonObject;
  const currencies = [...new Set([own.currency, ...purchases.map(({ currency }) => currency)].map(String))];
  const sums = { due: new Map<string, number>(), pending: new Map<string, number>(), paid: new Map<string, number>() };
  for (const state of ['due', 'pending', 'paid'] as const) sums[state].set(String(own.currency), centsOf(own[state]));
  if (currencies.length > 1) {
    // These totals cover only the account's currency, and the totals in other currencies leave out what is pending.
    const args = { affiliate_id, status: 'pending', per_page: 100 };
    const pending = await agent.list('list_affiliate_commissions', args, 'commissions');
    for (const currency of currencies.slice(1)) {
      const other = (await agent.call('get_commission_totals', { affiliate_id, currency })).totals as JsonObject;
      sums.due.set(currency, centsOf(other.total_due_cost));
      sums.paid.set(currency, centsOf(other.total_paid_cost));
      const waiting = pending.filter((row) => row.currency === currency).map(({ amount }) => centsOf(amount));
      sums.pending.set(
        currency,
        waiting.reduce((sum, cents) => sum + cents, 0),
      );
    }
  }
  const latest = purchases.map(({ created_at }) => String(created_at)).sort();
  return {
    id: Number(affiliate_id),
    status: String(affiliate.status),
    group: String(affiliate.compensation_tier_code),
    leads: Number(affiliate.total_leads ?? 0),
    visitors: Number(affiliate.total_visitors ?? 0),
    purchases: purchases.length,
    revenue: sumRows(
      purchases.filter(({ cancelled }) => cancelled !== true),
      'purchase_amount',
    ),
    due: writeSums(sums.due),
    pending: writeSums(sums.pending),
    paid: writeSums(sums.paid),
    last_purchase_at: latest.at(-1) ?? null,
  };
}
