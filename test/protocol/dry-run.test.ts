import { describe, expect, it } from 'vitest';
import { workflows } from '../../src/workflows/index.ts';
import { eras } from '../support/clients.ts';
import { startHarness, startHarnessAt } from '../support/harness.ts';
import { at } from '../support/protocol-json.ts';
import { askingWrites } from '../support/protocol-writes.ts';
import { startUpstream } from '../support/upstream.ts';

/** Every tool that writes: what it would send, with nothing of ours in it. */
const expected: readonly [tool: string, args: object, request: object][] = [
  [
    'create_affiliate',
    { email: 'new@example.com', first_name: 'Zoë', override_approval: true },
    {
      method: 'POST',
      path: '/affiliates',
      query: {},
      body: { email: 'new@example.com', first_name: 'Zoë', override_approval: true },
    },
  ],
  [
    'update_affiliate',
    { affiliate_id: 1001, paypal_email: 'money@example.com', confirmation_token: 'x' },
    { method: 'PUT', path: '/affiliates/1001', query: {}, body: { paypal_email: 'money@example.com' } },
  ],
  ...(['archive', 'unarchive', 'approve', 'reject'] as const).map((verb): [string, object, object] => [
    `${verb}_affiliate`,
    { affiliate_id: 1002 },
    { method: 'POST', path: `/affiliates/1002/${verb}`, query: {}, body: {} },
  ]),
  [
    'create_affiliate_sign_in_link',
    { affiliate_id: 1001 },
    { method: 'POST', path: '/affiliates/1001/sign_in_link', query: {}, body: {} },
  ],
  [
    'create_commission',
    { affiliate_id: 1001, amount: 12.5, currency: 'EUR', due_at: '2030-01-31' },
    {
      method: 'POST',
      path: '/affiliates/1001/commissions',
      query: {},
      body: { amount: 12.5, currency: 'EUR', due_at: '2030-01-31' },
    },
  ],
  [
    'mark_commissions_paid',
    { affiliate_email: 'ann@example.com', purchase_code: 'A 1/2' },
    {
      method: 'POST',
      path: '/commissions/mark_as_paid',
      query: {},
      body: { affiliate_email: 'ann@example.com', purchase_code: 'A 1/2' },
    },
  ],
  [
    'create_purchase',
    { email: 'a@b.c', purchase_amount: 1e-7, code: 'ann', line_items: [{ sku: 's', quantity: '2', amount: '9.52' }] },
    {
      method: 'POST',
      path: '/purchases',
      query: {},
      body: {
        email: 'a@b.c',
        purchase_amount: 1e-7,
        code: 'ann',
        line_items: [{ sku: 's', quantity: '2', amount: '9.52' }],
      },
    },
  ],
  [
    'update_purchase',
    { purchase_id: 7, purchase_amount: 0.1, description: '' },
    { method: 'PUT', path: '/purchases/7', query: {}, body: { purchase_amount: 0.1, description: '' } },
  ],
  ['approve_purchase', { purchase_id: 7 }, { method: 'POST', path: '/purchases/7/approve', query: {}, body: {} }],
  ['reject_purchase', { purchase_id: 7 }, { method: 'POST', path: '/purchases/7/reject', query: {}, body: {} }],
  [
    'cancel_purchase',
    { purchase_code: 'order&email=x' },
    { method: 'DELETE', path: '/purchases', query: { purchase_code: 'order&email=x' }, body: {} },
  ],
  [
    'cancel_customer_purchases',
    { email: 'buyer@example.com' },
    { method: 'DELETE', path: '/purchases', query: { email: 'buyer@example.com' }, body: {} },
  ],
  [
    'create_lead',
    { email: 'lead@example.com', code: 'ann', city: 'Zürich' },
    { method: 'POST', path: '/leads', query: {}, body: { email: 'lead@example.com', code: 'ann', city: 'Zürich' } },
  ],
  [
    'update_lead',
    { lead_id: 5, email: 'lead@example.com' },
    { method: 'PUT', path: '/leads/5', query: {}, body: { email: 'lead@example.com' } },
  ],
  [
    'create_visitor',
    { url: 'https://shop.example.com/?afmc=ann' },
    { method: 'POST', path: '/visitors', query: {}, body: { url: 'https://shop.example.com/?afmc=ann' } },
  ],
  [
    'create_custom_field',
    { name: 'Newsletter', required: true },
    { method: 'POST', path: '/custom_fields', query: {}, body: { name: 'Newsletter', required: true } },
  ],
  [
    'delete_custom_field',
    { name: 'Newsletter' },
    { method: 'DELETE', path: '/custom_fields', query: { name: 'Newsletter' }, body: {} },
  ],
];

describe.each(eras)('%s: a dry run', (era) => {
  it('knows every tool that writes', async () => {
    const { client } = await (await startHarness({ dryRun: true })).connect(era);
    const { tools } = await client.listTools();
    const writes = tools.filter(({ annotations }) => annotations?.readOnlyHint === false).map(({ name }) => name);
    // A batch shows the question it would ask: the tests of each workflow that writes have that.
    const batches = workflows.filter(({ effect }) => effect !== 'read').map(({ name }) => name);
    expect([...expected.map(([tool]) => tool), ...batches].sort()).toEqual(writes.sort());
  });

  it.each(expected)('shows what %s with %j would send, and sends nothing', async (tool, args, request) => {
    const upstream = await startUpstream(() => ({ status: 500 }));
    const harness = startHarnessAt(upstream.url, { dryRun: true });
    const { call, client, forms } = await harness.connect(era, { answers: 'yes' });
    await client.listTools();
    const { data, isError, text } = await call(tool, { ...args });
    expect(isError, text).toBe(false);
    expect(data.dry_run).toEqual(request);
    expect(data.note).toMatch(/nothing was read or sent/);
    expect(forms).toEqual([]);
    expect(upstream.requests).toEqual([]);
    expect(harness.reported).toEqual([`${tool} dry_run`]);
  });

  it.each(askingWrites)('does not ask, nor read, for $title', async (write) => {
    const harness = await startHarness({ dryRun: true });
    const { call } = await harness.connect(era);
    const args = write.args(harness.sandbox.programme);
    const { data } = await call(write.tool, args);
    const sends = write.sends(harness.sandbox.programme);
    expect(`${at(data, 'dry_run', 'method')} ${at(data, 'dry_run', 'path')}`).toBe(sends);
    expect(harness.sandbox.requests).toEqual([]);
  });

  it('still reads for tools that read', async () => {
    const { call } = await (await startHarness({ dryRun: true })).connect(era);
    expect((await call('get_affiliate', { affiliate_id: 1001 })).data).toHaveProperty('affiliate');
  });

  it('still refuses wrong arguments', async () => {
    const { call } = await (await startHarness({ dryRun: true })).connect(era);
    expect((await call('archive_affiliate', { affiliate_id: -1 })).isError).toBe(true);
    expect((await call('archive_affiliate', { affiliate_id: 1001, reason: 'x' })).text).toMatch(/unknown argument/);
  });
});
