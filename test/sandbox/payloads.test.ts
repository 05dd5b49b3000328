import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { FIELDS, type RecordName } from '../../src/records/fields.ts';
import { type Sandbox, startSandbox } from '../../src/sandbox/index.ts';
import { call, small } from './api-call.ts';

/** The fields of the official samples, of visitors and campaigns those that several sources name. */
const SAMPLES: Readonly<Record<RecordName, string>> = {
  affiliate: `id email first_name last_name affiliate_code referring_affiliate_id created_at updated_at status paypal_email
    unsubscribed archived pending_approval affiliate_url affiliate_dashboard_url compensation_tier_code custom_fields
    referring_affiliate total_leads total_visitors total_purchases`,
  commission: `id date due_at amount currency payment_type custom_singular custom_plural cancelled note paid purchase
    affiliate`,
  purchase: `id created_at updated_at cancelled currency purchase_code note purchase_amount commission_amount_override
    cancellation lead affiliate plan`,
  lead: `id email created_at updated_at status custom_status first_name last_name address1 address2 city state zipcode
    country latest_visitor url referrer search_term affiliate campaign tracking_code crm_data`,
  visitor: 'id tracking_code created_at updated_at latest_click url referrer search_term affiliate campaign lead',
  campaign: 'id code created_at updated_at',
};

let sandbox: Sandbox;
beforeAll(async () => {
  sandbox = await startSandbox(small);
});
afterAll(() => sandbox.close());

describe.each(Object.entries(SAMPLES))('every %s', (record, sample) => {
  const rows = async (): Promise<object[]> => {
    const { body } = await call(sandbox, 'GET', `/${record}s?per_page=200`);
    return record === 'commission' ? body.commissions : body;
  };

  it('shows exactly the fields of the sample', async () => {
    const expected = sample.split(/\s+/).toSorted();
    const shown = await rows();
    expect(shown.length).toBeGreaterThan(0);
    for (const row of shown) expect(Object.keys(row).toSorted()).toEqual(expected);
  });

  it('shows them in the order of the table of fields, the undocumented ones left out', async () => {
    const documented = Object.entries(FIELDS).find(([name]) => name === record)?.[1] ?? [];
    const names = documented.filter((field) => !field.undocumented).map(({ name }) => name);
    for (const row of await rows()) expect(Object.keys(row)).toEqual(names);
  });
});

it('a purchase just recorded looks like any other, the purchase beneath a commission as well', async () => {
  const order = { email: 'buyer@example.org', purchase_amount: 80, code: 'ann' };
  const { body } = await call(sandbox, 'POST', '/purchases', order);
  const [commission] = (await call(sandbox, 'GET', `/purchases/${body.id}/commissions`)).body;
  for (const purchase of [body, commission.purchase])
    expect(Object.keys(purchase).toSorted()).toEqual(SAMPLES.purchase.split(/\s+/).toSorted());
});

it('what the account holds nothing for is sent empty, in the form of its field', async () => {
  const { crm_data } = (await call(sandbox, 'GET', '/leads/20001')).body;
  const { custom_singular, custom_plural } = (await call(sandbox, 'GET', '/commissions')).body.commissions[0];
  expect({ crm_data, custom_singular, custom_plural }).toEqual({
    crm_data: {},
    custom_singular: '',
    custom_plural: '',
  });
});
