import type { JsonObject } from '../../src/json.ts';
import { parseAffiliate } from '../../src/records/parse.ts';
import { hostileApplicants } from '../../src/sandbox/hostile-applicants.ts';
import type { Programme } from '../../src/sandbox/index.ts';
import { createRedFlags } from '../../src/workflows/approvals/red-flags.ts';
import { rowsOf } from './agent.ts';
import { allAffiliates } from './lists.ts';
import { question } from './question.ts';
import { PLANTED_APPLICANT } from './scene.ts';

const sortedIds = (ids: readonly unknown[]) => ids.map(Number).sort((a, b) => a - b);

/** Made so that a person should look at them. */
const ODD: ReadonlySet<string> = new Set([...hostileApplicants.map(({ email }) => email), PLANTED_APPLICANT]);

const pendingOf = (programme: Programme) =>
  programme.affiliates.rows.filter(({ status }) => status === 'Pending Approval');

/** Letters of a name without accents and case, so that two spellings of one name are the same. */
const lettersOf = ({ firstName, lastName }: { readonly firstName: string | null; readonly lastName: string | null }) =>
  `${firstName ?? ''} ${lastName ?? ''}`
    .normalize('NFKD')
    .toLowerCase()
    .replace(/[^\p{L}\p{N}]/gu, '');

/** Names that more than one affiliate has: only a large programme repeats them. */
function repeatedNames(programme: Programme): ReadonlySet<string> {
  const seen = new Set<string>();
  const repeated = new Set<string>();
  for (const name of programme.affiliates.rows.map(lettersOf)) (seen.has(name) ? repeated : seen).add(name);
  return repeated;
}

export const approvalQueue = question({
  number: 2,
  asked: 'Who is waiting for approval, and does anybody among them look odd?',
  needs: ['list_pending_affiliates'],
  given: () => ({}),
  truth(programme) {
    const pending = pendingOf(programme);
    const repeated = repeatedNames(programme);
    const odd = pending.filter((one) => ODD.has(one.email) || repeated.has(lettersOf(one)));
    return { waiting: sortedIds(pending.map(({ id }) => id)), odd: sortedIds(odd.map(({ id }) => id)) };
  },
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
          waiting: sortedIds(pending.map(({ id }) => id)),
          odd: sortedIds(pending.filter((row) => redFlags(parseAffiliate(row)).length > 0).map(({ id }) => id)),
        };
      },
    },
  ],
  async workflows(agent) {
    const { rows } = await agent.finishAll('list_pending_affiliates', { limit: 200 }, 'applicants');
    return {
      waiting: sortedIds(rows.map(({ affiliate_id }) => affiliate_id)),
      odd: sortedIds(rows.filter((row) => rowsOf(row, 'red_flags').length > 0).map(({ affiliate_id }) => affiliate_id)),
    };
  },
  note: 'Invisible characters are removed before a model sees a record: only the workflow can tell that there were some.',
});

const APPROVED = 8;

const statuses = (programme: Programme) =>
  Object.fromEntries(programme.affiliates.rows.map(({ id, status }) => [id, status]));

export const approveSome = question({
  number: 3,
  asked: `Approve these ${APPROVED} applicants (by id).`,
  writes: true,
  needs: ['review_affiliates'],
  given: (programme) => ({
    ids: pendingOf(programme)
      .filter(({ email }) => !ODD.has(email))
      .slice(0, APPROVED)
      .map(({ id }) => id),
  }),
  truth: (_, { ids }) => ({ approved: sortedIds(ids) }),
  outcome: {
    expected: (programme, { ids }) => ({
      ...statuses(programme),
      ...Object.fromEntries(ids.map((id) => [id, 'Active'])),
    }),
    found: statuses,
  },
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
