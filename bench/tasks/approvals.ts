import { rowsOf } from '../../evals/agent.ts';
import {
  approvalQueue as approvalQueueAsked,
  approveSome as approveSomeAsked,
  sortedIds,
} from '../../evals/questions/approvals.ts';
import type { JsonObject } from '../../src/json.ts';
import { parseAffiliate } from '../../src/records/parse.ts';
import { createRedFlags } from '../../src/workflows/approvals/red-flags.ts';
import { allAffiliates } from './lists.ts';
import { solved } from './solved.ts';

export const approvalQueue = solved(approvalQueueAsked, {
  needs: ['list_pending_affiliates'],
  plain: [
    {
      how: 'read the list of affiliates, then the record of everybody who waits; judged by the rules of the server itself',
      async solve(agent) {
        const all = await allAffiliates(agent);
        const pending: JsonObject[] = [];
        for (const { id, status } of all) {
          if (status !== 'Pending Approval') continue;
          const { affiliate } = await agent.call('get_affiliate', { affiliate_id: id });
          pending.push(affiliate as JsonObject);
        }
        const known = new Map([...all, ...pending].map((row) => [row.id, parseAffiliate(row)]));
        const redFlags = createRedFlags([...known.values()]);
        return {
          waiting: pending.length,
          odd: sortedIds(pending.filter((row) => redFlags(parseAffiliate(row)).length > 0).map(({ id }) => id)),
        };
      },
    },
  ],
  async workflows(agent) {
    const { facts, rows } = await agent.finishAll(
      'list_pending_affiliates',
      { flagged: true, limit: 50 },
      'applicants',
    );
    return {
      waiting: Number(facts.pending),
      odd: sortedIds(rows.map(({ affiliate_id }) => affiliate_id)),
    };
  },
  note: 'Invisible characters are removed before a model sees a record: only the workflow can tell that there were some.',
});

export const approveSome = solved(approveSomeAsked, {
  needs: ['review_affiliates'],
  plain: [
    {
      how: 'approve one after the other, each with its question',
      async solve(agent, { ids }) {
        const approved: unknown[] = [];
        for (const affiliate_id of ids) {
          const { affiliate } = await agent.confirmed('approve_affiliate', { affiliate_id });
          const { id, status } = affiliate as JsonObject;
          if (status === 'Active') approved.push(id);
        }
        return { approved: sortedIds(approved) };
      },
    },
  ],
  async workflows(agent, { ids }) {
    const result = await agent.confirmed('review_affiliates', { action: 'approve', affiliate_ids: ids });
    const approved = rowsOf(result, 'done').filter(({ status }) => status === 'Active');
    return { approved: sortedIds(approved.map(({ affiliate_id }) => affiliate_id)) };
  },
});
