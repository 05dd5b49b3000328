import { expect, test } from 'vitest';
import { createPace } from '../../src/leaddyno/pace.ts';
import { startHarnessAt } from '../support/harness.ts';
import { askedIn, at, reasonOf, rowsOf } from '../support/protocol-json.ts';
import { affiliateRow, startReviewUpstream } from '../support/review-upstream.ts';

/*
 * What was looked at is what is written: where more than a second lies between, it is looked at once more, with a turn of
 * the request limit that is there already.
 */

const WINDOW_MS = 3_000;

/** Requests that fill the window, so that the next one waits for it. */
const fill = (call: (tool: string, args: Record<string, unknown>) => Promise<unknown>, many: number) =>
  Promise.all(Array.from({ length: many }, () => call('get_affiliate', { affiliate_id: 99 })));

async function stage() {
  const upstream = await startReviewUpstream([1, 2, 3, 99].map((id) => affiliateRow(id)));
  const pace = createPace({ limit: 4, windowMs: WINDOW_MS });
  const harness = startHarnessAt(upstream.url, { pace, keyTransport: 'header', timeoutMs: 30_000 });
  const { call } = await harness.connect('modern');
  return { upstream, call, harness };
}

test('a write that waited for its turn is not sent if the record has changed meanwhile, and says what it is now', async () => {
  const { upstream, call, harness } = await stage();
  const { token } = askedIn(await call('reject_affiliate', { affiliate_id: 1 }));
  await fill(call, 2);
  const writing = call('reject_affiliate', { affiliate_id: 1, confirmation_token: token });
  // Its look is answered with the last turn of the window; the write waits for the next one.
  while (upstream.requests.length < 4) await new Promise((resolve) => setTimeout(resolve, 10));
  await new Promise((resolve) => setTimeout(resolve, 100));
  Object.assign(upstream.records.get(1) ?? {}, { status: 'Active', pending_approval: false });
  const result = await writing;
  expect(result.isError, result.text).toBe(true);
  expect(reasonOf(result)).toBe('changed');
  expect(result.text).toMatch(/changed while the call waited.*was not sent.*Active.*Nothing was changed/s);
  expect(upstream.writes()).toEqual([]);
  expect(harness.faults).toEqual([]);
  // The confirmation was not spent on it; it is for the record as it was.
  await new Promise((resolve) => setTimeout(resolve, 2 * WINDOW_MS));
  expect((await call('reject_affiliate', { affiliate_id: 1, confirmation_token: token })).text).toMatch(
    /has changed since/,
  );
});

test('one that has not changed is sent, after one more look', async () => {
  const { upstream, call } = await stage();
  const { token } = askedIn(await call('approve_affiliate', { affiliate_id: 1 }));
  await fill(call, 2);
  const before = upstream.requests.length;
  const result = await call('approve_affiliate', { affiliate_id: 1, confirmation_token: token });
  expect(result.isError, result.text).toBe(false);
  expect(upstream.requests.slice(before).map(({ method }) => method)).toEqual(['GET', 'GET', 'POST']);
});

test('a fast write is looked at once', async () => {
  const { upstream, call } = await stage();
  const { token } = askedIn(await call('approve_affiliate', { affiliate_id: 1 }));
  await call('approve_affiliate', { affiliate_id: 1, confirmation_token: token });
  expect(upstream.requests.map(({ method }) => method)).toEqual(['GET', 'GET', 'POST']);
});

test('in a batch each record is looked at again; who was approved by somebody else is not rejected', async () => {
  const rows = [1, 2, 3].map((id) => affiliateRow(id));
  const upstream = await startReviewUpstream(rows, { delayMs: 0 });
  const pace = createPace({ limit: 4, windowMs: WINDOW_MS });
  const harness = startHarnessAt(upstream.url, { pace, keyTransport: 'header' });
  const { call } = await harness.connect('modern');
  const args = { action: 'reject', affiliate_ids: [1, 2, 3] };
  const { token } = askedIn(await call('review_affiliates', args));
  await new Promise((resolve) => setTimeout(resolve, WINDOW_MS + 200));
  const writing = call('review_affiliates', { ...args, confirmation_token: token });
  // Three looks and the first rejection fill the window; somebody approves the third meanwhile.
  await new Promise((resolve) => setTimeout(resolve, 600));
  const last = [1, 2, 3].filter((id) => upstream.records.get(id)?.status === 'Pending Approval').at(-1) ?? 0;
  Object.assign(upstream.records.get(last) ?? {}, { status: 'Active', pending_approval: false });
  const result = await writing;
  expect(upstream.records.get(last)?.status).toBe('Active');
  expect(upstream.writes()).not.toContain(`/affiliates/${last}/reject`);
  expect(rowsOf(result, 'left_out')).toEqual([{ affiliate_id: last, reason: 'changed since the question' }]);
  expect(rowsOf(result, 'done')).toHaveLength(2);
  expect(at(result.data, 'note')).toMatch(/Those that changed since the question need a new one/);
});
