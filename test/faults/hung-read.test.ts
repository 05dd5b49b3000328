import { expect, test } from 'vitest';
import { startHarnessAt } from '../support/harness.ts';
import { startUpstream } from '../support/upstream.ts';

/*
 * Identical reads under way share one request. One that is never answered must not be shared for as long as callers
 * keep coming: whoever comes after the first has given up asks anew.
 */

test('an answer that never comes holds up those who wait for it, and nobody after them', async () => {
  const upstream = await startUpstream((_, count) => (count === 1 ? 'never' : { json: { id: 1001 } }));
  const { connect } = startHarnessAt(upstream.url, { timeoutMs: 600, keyTransport: 'header' });
  const { call } = await connect('modern');
  const ask = () => call('get_affiliate', { affiliate_id: 1001 });
  const first = ask();
  await new Promise((resolve) => setTimeout(resolve, 300));
  const second = ask();
  expect((await first).isError).toBe(true);
  // The second still waits for the answer that the first has given up.
  const third = await ask();
  expect(third.isError).toBe(false);
  expect(upstream.requests).toHaveLength(2);
  await second;
});
