import { type Agent, rowsOf } from '../../evals/agent.ts';
import { ascending, duplicates as asked, type Findings, merge } from '../../evals/questions/duplicates.ts';
import type { JsonObject } from '../../src/json.ts';
import { inside } from './lists.ts';
import { solved } from './solved.ts';

export const duplicates = solved(asked, {
  needs: ['find_duplicate_affiliates'],
  plain: [
    {
      how: 'the list of affiliates in full, then one look-up of a lead for the address of each',
      async solve(agent): Promise<Findings> {
        const all = await agent.list('list_affiliates', { per_page: 45, detail: 'full' }, 'affiliates');
        const own: number[] = [];
        for (const { id, email, status } of all) {
          if (status === 'Pending Approval') continue;
          const found = await agent.find('find_lead_by_email', { email });
          if (found && inside(found.lead as JsonObject, 'affiliate')?.id === id) own.push(Number(id));
        }
        return { groups: merge(alike(all)), own_customers: own.sort(ascending) };
      },
    },
    {
      how: 'the list of affiliates in full, then all leads',
      async solve(agent): Promise<Findings> {
        const all = await agent.list('list_affiliates', { per_page: 45, detail: 'full' }, 'affiliates');
        return { groups: merge(alike(all)), own_customers: await ownCustomers(agent) };
      },
    },
  ],
  async workflows(agent): Promise<Findings> {
    const { rows } = await agent.finishAll('find_duplicate_affiliates', {}, 'groups');
    const found = rows.flatMap((group) => rowsOf(group, 'evidence'));
    const ids = (row: JsonObject) => (row.affiliate_ids as number[]).toSorted(ascending);
    const own = found.filter(({ sign }) => sign === 'own_customer').flatMap(ids);
    return { groups: merge(found.map(ids).filter(({ length }) => length > 1)), own_customers: own.sort(ascending) };
  },
});

async function ownCustomers(agent: Agent): Promise<number[]> {
  const leads = await agent.list('list_leads', {}, 'leads');
  const own = leads.filter((lead) => inside(lead, 'affiliate')?.email === lead.email);
  return own.map((lead) => Number(inside(lead, 'affiliate')?.id)).sort(ascending);
}

/** Ids of affiliates with the same mailbox or payout address, as a reader of the records would group them. */
function alike(all: readonly JsonObject[]): number[][] {
  const plainText = (value: unknown) => (typeof value === 'string' ? value.trim().toLowerCase() : '');
  const keys: ((row: JsonObject) => string)[] = [
    ({ email }) => plainText(email).replace(/\+[^@]*@/, '@'),
    ({ paypal_email }) => plainText(paypal_email),
  ];
  return keys.flatMap((keyOf) => {
    const groups = new Map<string, number[]>();
    for (const row of all) {
      const key = keyOf(row);
      if (key !== '') groups.set(key, [...(groups.get(key) ?? []), Number(row.id)]);
    }
    return [...groups.values()].filter((group) => group.length > 1);
  });
}
