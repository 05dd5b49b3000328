import { expect, it } from 'vitest';
import type { JsonObject } from '../../src/json.ts';
import { startHarness, startHarnessAt } from '../support/harness.ts';
import { reasonOf } from '../support/protocol-json.ts';
import { type Received, startUpstream } from '../support/upstream.ts';

const calls = [
  ['create_affiliate', { email: 'new@example.com' }],
  ['update_affiliate', { affiliate_id: 1001 }],
] as const;

it.each(calls)('%s refuses a group that nobody is in, with those that there are', async (tool, args) => {
  const { sandbox, connect, faults } = await startHarness();
  const { call } = await connect('modern');
  const before = sandbox.programme.affiliates.rows.map((row) => ({ ...row }));
  const refused = await call(tool, { ...args, affiliate_type: 'Golden' });
  expect(reasonOf(refused)).toBe('invalid');
  expect(refused.text).toMatch(/no affiliate is in the group \\?"Golden\\?"; the groups are .*Influencers.*Partners/);
  expect(refused.text).toContain('--no-precheck');
  expect(sandbox.programme.affiliates.rows).toEqual(before);
  // A known one, however it is written, is asked about as ever.
  const asked = await call(tool, { ...args, affiliate_type: 'partners ' });
  expect(asked.data).toHaveProperty('confirmation.confirmation_token');
  expect(faults).toEqual([]);
});

it.each(calls)('%s takes any group with --no-precheck', async (tool, args) => {
  const { connect } = await startHarness({ precheck: false });
  const { data } = await (await connect('modern')).call(tool, { ...args, affiliate_type: 'Golden' });
  expect(data).toHaveProperty('confirmation.confirmation_token');
});

/** Every page is full, so the list has no end within reach. */
const many = ({ query }: Received): JsonObject[] =>
  Array.from({ length: 200 }, (_, index) => ({
    id: Number(query.page) * 1_000 + index,
    email: `a-${query.page}-${index}@example.com`,
    compensation_tier_code: 'Default',
  }));

it.each<[string, (received: Received) => { status?: number; json: unknown }]>([
  ['cannot be read', () => ({ status: 500, json: null })],
  ['is none', () => ({ json: { message: 'no' } })],
  ['has nobody in any group', () => ({ json: [] })],
  ['has no end within reach', (received) => ({ json: many(received) })],
])('refuses no group where the list of affiliates %s', async (_, answer) => {
  const upstream = await startUpstream((received) => {
    if (received.path === '/affiliates') return answer(received);
    return { json: received.path === '/affiliates/1001' ? { id: 1001, email: 'ann@example.com' } : null };
  });
  const { call } = await startHarnessAt(upstream.url).connect('modern');
  const { data } = await call('update_affiliate', { affiliate_id: 1001, affiliate_type: 'Golden' });
  expect(data).toHaveProperty('confirmation.confirmation_token');
  expect(upstream.requests.filter(({ path }) => path === '/affiliates').length).toBeLessThanOrEqual(12);
});

it('reads no further than the first who is in the group', async () => {
  const upstream = await startUpstream((received) => ({
    json: received.path === '/affiliates' ? many(received) : null,
  }));
  const { call } = await startHarnessAt(upstream.url).connect('modern');
  await call('create_affiliate', { email: 'new@example.com', affiliate_type: 'default' });
  expect(upstream.requests.filter(({ path }) => path === '/affiliates')).toHaveLength(1);
});
