import type { JsonObject } from '../../src/json.ts';
import { rowsOf } from './agent.ts';
import { type Sums, sumCents, sumRows, sumsIn } from './amounts.ts';
import { emailOf } from './lists.ts';
import { question } from './question.ts';

/** Sums per currency of each group or recruiter, in the order of their names. */
type ByName = Record<string, Sums>;

/** Rows of one name each, summed. */
function byName<Row>(
  rows: readonly Row[],
  nameOf: (row: Row) => string | undefined,
  sum: (rows: Row[]) => Sums,
): ByName {
  const names = [...new Set(rows.map(nameOf))].filter((name) => name !== undefined).sort();
  return Object.fromEntries(names.map((name) => [name, sum(rows.filter((row) => nameOf(row) === name))]));
}

export const soldByRecruiter = question({
  number: 15,
  asked: 'What did the affiliates sell whom each recruiter brought in, per currency?',
  needs: ['summarize_records'],
  given: () => ({}),
  truth(programme) {
    const recruiterOf = (id: number | null) => {
      const recruiterId = id === null ? null : programme.affiliates.get(id)?.recruiterId;
      return recruiterId ? programme.affiliates.get(recruiterId)?.email : undefined;
    };
    const living = programme.purchases.rows.filter(({ cancelled }) => !cancelled);
    return byName(living, ({ affiliateId }) => recruiterOf(affiliateId), sumCents);
  },
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

export const groups = question({
  number: 16,
  asked: 'Which groups are there, how many affiliates are in each, and what did each sell?',
  needs: ['list_groups'],
  given: () => ({}),
  truth(programme) {
    const living = programme.purchases.rows.filter(({ cancelled }) => !cancelled);
    const groupOf = (id: number | null) => (id === null ? undefined : programme.affiliates.get(id)?.group);
    const sold = byName(living, ({ affiliateId }) => groupOf(affiliateId), sumCents);
    const names = [...new Set(programme.affiliates.rows.map(({ group }) => group))].sort();
    const sizeOf = (name: string) => programme.affiliates.rows.filter(({ group }) => group === name).length;
    return names.map((name) => [name, sizeOf(name), sold[name] ?? {}]);
  },
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
        return names.map((name) => [
          name,
          [...groupOf.values()].filter((one) => one === name).length,
          sold[name] ?? {},
        ]);
      },
    },
  ],
  async workflows(agent) {
    const facts = await agent.finish('list_groups');
    return rowsOf(facts, 'groups')
      .map(
        ({ group, affiliates, revenue }) => [String(group), (affiliates as JsonObject).total, sumsIn(revenue)] as const,
      )
      .toSorted(([a], [b]) => (a < b ? -1 : 1));
  },
});
