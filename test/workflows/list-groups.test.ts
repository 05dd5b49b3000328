import { describe, expect, it } from 'vitest';
import { type JsonObject, rowsIn } from '../../src/json.ts';
import { startHarnessAt } from '../support/harness.ts';
import { readCsv } from '../support/read-csv.ts';
import { activeAffiliate, person, startAccount } from '../support/scripted-account.ts';

const NOW = Date.parse('2026-05-20T12:00:00Z');
const HOSTILE = 'Gold\u202e\n=cmd()';

const affiliates = [
  activeAffiliate(1, { compensation_tier_code: 'Silver' }),
  activeAffiliate(2, {
    compensation_tier_code: 'Silver',
    referring_affiliate_id: 1,
    status: 'Archived',
    archived: true,
  }),
  activeAffiliate(3, { compensation_tier_code: HOSTILE }),
];

const purchase = (id: number, who: number | null, more: JsonObject = {}): JsonObject => ({
  id,
  purchase_code: `o-${id}`,
  purchase_amount: '50.0',
  currency: 'USD',
  cancelled: false,
  created_at: '2026-05-01T00:00:00Z',
  lead: { id, email: `c${id}@example.com` },
  affiliate: who === null ? null : person(who),
  ...more,
});

const commission = (id: number, who: number, bought: number, amount: string): JsonObject => ({
  id,
  amount,
  currency: 'USD',
  date: '2026-05-01',
  due_at: '2026-06-01T00:00:00Z',
  paid: false,
  cancelled: false,
  payment_type: 'cash',
  affiliate: person(who),
  purchase: { id: bought, purchase_code: `o-${bought}`, purchase_amount: '50.0', currency: 'USD', cancelled: false },
});

const account = {
  affiliates,
  purchases: [
    purchase(1, 1),
    purchase(2, 2),
    purchase(3, null),
    purchase(4, 1, { cancelled: true }),
    purchase(5, 1, { commission_amount_override: '40.0' }),
  ],
  // The second one is what the recruiter earns on the purchase of affiliate 2.
  commissions: [
    commission(1, 1, 1, '5.0'),
    commission(2, 1, 2, '1.0'),
    commission(3, 2, 2, '5.0'),
    commission(4, 1, 5, '40.0'),
  ],
};

async function connect(without?: string) {
  const upstream = await startAccount(account, {
    instead: (path) => (path === without ? { status: 500, json: {} } : undefined),
  });
  const { client } = await startHarnessAt(upstream.url, { clock: () => NOW }).connect('modern');
  const call = async (name: string, args: JsonObject = {}) => await client.callTool({ name, arguments: args });
  const file = async (args: JsonObject) => {
    const { structuredContent } = await call('export_records', args);
    const [link] = rowsIn(structuredContent, 'files');
    const { contents } = await client.readResource({ uri: String(link?.uri) });
    return { answer: structuredContent as JsonObject, text: String((contents[0] as JsonObject | undefined)?.text) };
  };
  return { call, file };
}

describe('list_groups', () => {
  it('counts members, and observes rates without recruiters and fixed commissions', async () => {
    const { structuredContent } = await (await connect()).call('list_groups');
    const [silver, hostile] = rowsIn(structuredContent, 'groups');
    expect(silver).toMatchObject({
      group: 'Silver',
      affiliates: { total: 2, active: 1, archived: 1 },
      revenue: [{ currency: 'USD', amount: '150.00', count: 3 }],
      observed_rates: [{ currency: 'USD', rate: '10.0%', most_common: '10.0%', purchases: 2 }],
    });
    expect(hostile).toMatchObject({ group: 'Gold\n=cmd()', revenue: [], observed_rates: [] });
    expect(structuredContent).toMatchObject({ complete: true, not_credited: [{ amount: '50.00', count: 1 }] });
  });

  it('names a list that cannot be read, and gives the rest', async () => {
    const { structuredContent } = await (await connect('/commissions')).call('list_groups');
    expect(structuredContent).toMatchObject({ complete: false, not_read: [expect.stringMatching(/^commissions: /)] });
    expect(rowsIn(structuredContent, 'groups')[0]).not.toHaveProperty('observed_rates');
  });
});

describe('export_records', () => {
  it('joins group, status and recruiter, with the columns asked for alone', async () => {
    const { file } = await connect();
    const fields = ['purchase_code', 'affiliate_group', 'affiliate_status', 'affiliate_recruiter_id'];
    const { answer, text } = await file({ records: 'purchases', join: 'affiliate', fields });
    expect(answer.columns).toEqual(fields);
    const [, ...lines] = readCsv(text.replace(/^\ufeff/, ''));
    expect(lines).toContainEqual(['o-2', 'Silver', 'archived', '1']);
    expect(lines).toContainEqual(['o-3', '', '', '']);
  });

  it('chooses by group, and writes a group as no spreadsheet computes it', async () => {
    const { file, call } = await connect();
    const { answer } = await file({ records: 'purchases', group: 'silver' });
    expect(answer.rows).toBe(4);
    const { text } = await file({ records: 'affiliates', fields: ['id', 'group'] });
    expect(text).toContain("'=cmd()");
    const json = await file({ records: 'affiliates', format: 'jsonl', fields: ['group'] });
    expect(JSON.parse(json.text.split('\n')[0] ?? '')).toEqual({ group: 'Silver' });
    for (const args of [{ group: 'Golld' }, { fields: ['nothing'] }, { join: 'affiliate' }]) {
      const refused = await call('export_records', { records: 'affiliates', ...args });
      expect(refused.isError).toBe(true);
      expect(JSON.stringify(refused)).toMatch(/Silver|the columns are|does not apply to affiliates/);
    }
  });
});
