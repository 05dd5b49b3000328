import { expect, test } from 'vitest';
import { createProcessLog } from '../../src/ports/change-log.ts';
import { startHarnessAt } from '../support/harness.ts';
import { at, reasonOf, rowsOf } from '../support/protocol-json.ts';
import { affiliateRow, startReviewUpstream } from '../support/review-upstream.ts';

/* Whatever LeadDyno answers to a write: once its bytes have left, nobody says that nothing was sent. */

const nest = (open: string, close: string) => `${open.repeat(100_000)}1${close.repeat(100_000)}`;

const HOSTILE: Readonly<Record<string, string>> = {
  'nested lists': nest('[', ']'),
  'nested objects': nest('{"a":', '}'),
  'a record with something nested in it': `{"id":2,"status":"Active","deep":${nest('[', ']')}}`,
  'an error nested deeply': `{"errors":${nest('[', ']')}}`,
  'JSON cut short': '{"id":2,"status":"Act',
  'nesting cut short': '['.repeat(100_000),
  'no JSON': '<html>',
  'too much': `[${'1,'.repeat(6_000_000)}1]`,
};

test.each(Object.entries(HOSTILE))('a write answered with %s may have happened', async (_, text) => {
  const upstream = await startReviewUpstream([affiliateRow(2)], { meddle: () => ({ after: { text } }) });
  const changes = createProcessLog();
  const harness = startHarnessAt(upstream.url, { keyTransport: 'header', confirm: 'off', changes });
  const { call } = await harness.connect('modern');
  const result = await call('approve_affiliate', { affiliate_id: 2 });
  expect(result.isError).toBe(true);
  expect(result.text).not.toMatch(/[Nn]othing was (sent|changed)/);
  expect(result.text).toMatch(/may have happened.*check with/);
  expect(at(result.data, 'error', 'may_have_happened')).toBe(true);
  expect(upstream.writes()).toHaveLength(1);
  const shown = await call('list_recent_changes', {});
  expect(rowsOf(shown, 'changes').map(({ outcome }) => outcome)).toEqual(['unknown']);
  expect(harness.faults).toEqual([]);
});

test.each(Object.entries(HOSTILE))('in a batch %s spoils one record alone', async (_, text) => {
  const rows = [1, 2, 3].map((id) => affiliateRow(id));
  const upstream = await startReviewUpstream(rows, { meddle: (id) => (id === 2 ? { after: { text } } : undefined) });
  const harness = startHarnessAt(upstream.url, { keyTransport: 'header', confirm: 'off' });
  const { call } = await harness.connect('modern');
  const result = await call('review_affiliates', { action: 'approve', affiliate_ids: [1, 2, 3] });
  expect(result.isError, result.text).toBe(false);
  expect(rowsOf(result, 'done').map(({ affiliate_id }) => affiliate_id)).toEqual([1, 3]);
  expect(rowsOf(result, 'unknown').map(({ affiliate_id }) => affiliate_id)).toEqual([2]);
});

test('one record with something nested in it costs a list nothing but that', async () => {
  const deep = JSON.parse(`{"x":${'['.repeat(200)}${']'.repeat(200)}}`);
  const upstream = await startReviewUpstream([1, 2, 3].map((id) => affiliateRow(id, id === 2 ? { notes: deep } : {})));
  const harness = startHarnessAt(upstream.url, { keyTransport: 'header' });
  const { call } = await harness.connect('modern');
  const both = await Promise.all([call('list_pending_affiliates', {}), call('changes_since', { since: '2026-01-01' })]);
  for (const result of both) expect(result.isError, result.text).toBe(false);
  expect(rowsOf(both[0], 'applicants')).toHaveLength(3);
});

test('a record whose write answers nonsense of another kind is told by its reason', async () => {
  const upstream = await startReviewUpstream([affiliateRow(2)], {
    meddle: () => ({ status: 422, text: nest('[', ']') }),
  });
  const { call } = await startHarnessAt(upstream.url, { keyTransport: 'header', confirm: 'off' }).connect('modern');
  const result = await call('approve_affiliate', { affiliate_id: 2 });
  expect(reasonOf(result)).toBe('invalid');
  expect(result.text).toContain('Nothing was changed');
});
