import { expect, test } from 'vitest';
import { startHarnessAt } from '../support/harness.ts';
import { startUpstream } from '../support/upstream.ts';

/* One hung connection does not use up a call, and a call that was in vain holds up nobody after it. */

const READ = { affiliate_id: 1001 };

test('a read that is never answered is asked again within the same call', async () => {
  const upstream = await startUpstream((_, count) => (count === 1 ? 'never' : { json: { id: 1001 } }));
  const { connect } = startHarnessAt(upstream.url, { timeoutMs: 1_500, keyTransport: 'header' });
  const { call } = await connect('modern');
  const answer = await call('get_affiliate', READ);
  expect(answer.isError).toBe(false);
  expect(upstream.requests).toHaveLength(2);
});

test('whoever comes after a call that was in vain asks for itself', async () => {
  const upstream = await startUpstream((_, count) => (count <= 2 ? 'never' : { json: { id: 1001 } }));
  const { connect } = startHarnessAt(upstream.url, { timeoutMs: 600, keyTransport: 'header' });
  const { call } = await connect('modern');
  const first = call('get_affiliate', READ);
  await new Promise((resolve) => setTimeout(resolve, 450));
  const second = await call('get_affiliate', READ);
  expect(second.isError).toBe(false);
  expect((await first).isError).toBe(true);
  expect(upstream.requests).toHaveLength(3);
});
