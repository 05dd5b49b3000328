import { rowsOf } from '../../evals/agent.ts';
import { sumRows, sumsIn } from '../../evals/amounts.ts';
import { byName, groups as groupsAsked, soldByRecruiter as soldByRecruiterAsked } from '../../evals/questions/sums.ts';
import type { JsonObject } from '../../src/json.ts';
import { emailOf } from './lists.ts';
import { solved } from './solved.ts';

export const soldByRecruiter = solved(soldByRecruiterAsked, {
  needs: ['summarize_records'],
  plain: [
    {
      how: 'the list of affiliates in full, all purchases, and add up',
      async solve(agent) {
        const all = await agent.list('list_affiliates', { per_page: 45, detail: 'full' }, 'affiliates');
        const emails = new Map(all.map(({ id, email }) => [id, String(email)]));
        const recruiters = new Map(all.map((row) => [row.email, emails.get(row.referring_affiliate_id)]));
        const bought = await agent.list('list_purchases', { per_page: 125 }, 'purchases');
        const living = bought.filter(({ cancelled }) => cancelled !== true);
        return byName(
          living,
          (row) => recruiters.get(emailOf(row, 'affiliate')),
          (rows) => sumRows(rows, 'purchase_amount'),
        );
      },
    },
  ],
  async workflows(agent) {
    const args = { records: 'purchases', by: ['recruiter'], limit: 100 };
    const { rows } = await agent.finishAll('summarize_records', args, 'rows');
    return byName(
      rows,
      ({ recruiter }) => String((recruiter as JsonObject).email),
      (some) => sumRows(some, 'amount'),
    );
  },
});

export const groups = solved(groupsAsked, {
  needs: ['list_groups'],
  plain: [
    {
      how: 'the list of affiliates in full, all purchases, and add up',
      async solve(agent) {
        const all = await agent.list('list_affiliates', { per_page: 45, detail: 'full' }, 'affiliates');
        const groupOf = new Map(all.map((row) => [row.email, String(row.compensation_tier_code)]));
        const bought = await agent.list('list_purchases', { per_page: 125 }, 'purchases');
        const living = bought.filter(({ cancelled }) => cancelled !== true);
        const sold = byName(
          living,
          (row) => groupOf.get(emailOf(row, 'affiliate')),
          (rows) => sumRows(rows, 'purchase_amount'),
        );
        const names = [...new Set(groupOf.values())].sort();
        return names.map(
          (name) => [name, [...groupOf.values()].filter((one) => one === name).length, sold[name] ?? {}] as const,
        );
      },
    },
  ],
  async workflows(agent) {
    const facts = await agent.finish('list_groups');
    return rowsOf(facts, 'groups')
      .map(
        ({ group, affiliates, revenue }) =>
          [String(group), Number((affiliates as JsonObject).total), sumsIn(revenue)] as const,
      )
      .toSorted(([a], [b]) => (a < b ? -1 : 1));
  },
});
