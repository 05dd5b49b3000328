import type { Agent } from '../../evals/agent.ts';
import { stampOf } from '../../evals/clock.ts';
import { isObject, type JsonObject } from '../../src/json.ts';

/*
 * Reads lists with the plain operations as cheaply as possible: concise, and with the largest page that comes back
 * uncut, because the rest of a cut page costs another call.
 */

const AFFILIATES = { per_page: 150 };
const PURCHASES = { per_page: 125 };
const COMMISSIONS = { per_page: 100 };

export const allAffiliates = (agent: Agent) => agent.list('list_affiliates', AFFILIATES, 'affiliates');
export const allCommissions = (agent: Agent) => agent.list('list_commissions', COMMISSIONS, 'commissions');

/** The two date filters are known from third parties only, but the sandbox has them. */
export const purchasesBetween = (agent: Agent, since: number, until?: number) =>
  agent.list(
    'list_purchases',
    {
      ...PURCHASES,
      created_after: stampOf(since),
      ...(until !== undefined && { created_before: stampOf(until - 1_000) }),
    },
    'purchases',
  );

const olderThan = (since: number) => (row: JsonObject) => Date.parse(String(row.created_at ?? row.date)) < since;

/** The first page shows that the newest rows come first, so reading stops at the first older row. */
export const leadsSince = (agent: Agent, since: number) => agent.list('list_leads', {}, 'leads', olderThan(since));
export const visitorsSince = (agent: Agent, since: number) =>
  agent.list('list_visitors', {}, 'visitors', olderThan(since));
/** @param size rows per page; a small number where few rows are expected, because the last page is read whole */
export const commissionsSince = (agent: Agent, since: number, size = COMMISSIONS.per_page) =>
  agent.list('list_commissions', { per_page: size }, 'commissions', olderThan(since));

/** The list of affiliates is not in order of age, nor documented to be, so all of it has to be read. */
export const affiliatesSince = async (agent: Agent, since: number) =>
  (await allAffiliates(agent)).filter((row) => !olderThan(since)(row));

/** The short record inside another record, such as a purchase's affiliate. */
export function inside(row: JsonObject, name: string): JsonObject | undefined {
  const value = row[name];
  return isObject(value) ? value : undefined;
}

export const emailOf = (row: JsonObject, name: string): string | null => {
  const email = inside(row, name)?.email;
  return typeof email === 'string' ? email : null;
};
