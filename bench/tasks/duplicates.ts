import type { JsonObject } from '../../src/json.ts';
import type { Programme } from '../../src/sandbox/index.ts';
import { type Agent, rowsOf } from './agent.ts';
import { inside } from './lists.ts';
import { question } from './question.ts';
import { PLANTED_APPLICANT } from './scene.ts';

/** Who may be one person, each group in the order of its ids, and who is their own customer. */
interface Findings {
  readonly groups: readonly (readonly number[])[];
  readonly own_customers: readonly number[];
}

/** What the sandbox holds on purpose, by address: `src/sandbox/cast.ts` and `scene.ts`. */
const SAME: readonly (readonly string[])[] = [
  ['dana.whitlock@example.com', 'kit.rowe@example.net', 'lior.stern@example.org'],
  ['mei.tanaka@example.com', 'ken.tanaka@example.com'],
  ['ann.arbor@example.com', PLANTED_APPLICANT],
];
const OWN_CUSTOMERS = ['jose.alvarez@example.net'];

const idOf = (programme: Programme, email: string) => programme.affiliateByEmail(email)?.id ?? Number.NaN;
const ascending = (a: number, b: number) => a - b;

/** Groups that share a member are one. */
function merge(groups: readonly (readonly number[])[]): number[][] {
  const merged: Set<number>[] = [];
  for (const group of groups) {
    const touching = merged.filter((known) => group.some((id) => known.has(id)));
    for (const known of touching) merged.splice(merged.indexOf(known), 1);
    merged.push(new Set([...group, ...touching.flatMap((known) => [...known])]));
  }
  return merged.map((group) => [...group].sort(ascending)).sort(([a = 0], [b = 0]) => a - b);
}

export const duplicates = question({
  number: 11,
  asked: 'Which affiliates share a mailbox or a payout address, and who is their own customer?',
  needs: ['find_duplicate_affiliates'],
  given: () => ({}),
  truth: (programme): Findings => ({
    groups: merge(SAME.map((emails) => emails.map((email) => idOf(programme, email)))),
    own_customers: OWN_CUSTOMERS.map((email) => idOf(programme, email)),
  }),
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

/** Affiliates with the same mailbox or payout address, as somebody sees it who has the records before them. */
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
