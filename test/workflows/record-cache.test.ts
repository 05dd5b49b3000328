import { describe, expect, it } from 'vitest';
import { createMemory } from '../../src/ports/memory.ts';
import { createWriteCounter } from '../../src/ports/write-counter.ts';
import { CACHE_MS, createRecordCache } from '../../src/workflows/reading/record-cache.ts';
import { type Harness, startHarness, startHarnessAt } from '../support/harness.ts';
import { connectHttp } from '../support/http-clients.ts';
import { startHttpAt } from '../support/http-server.ts';
import { answerJson, startLeadDyno } from '../support/http-upstream.ts';
import { owed, payee, startPayoutUpstream } from '../support/payout-upstream.ts';
import { rowsOf } from '../support/protocol-json.ts';

const list = (bytes: number) => ({ length: bytes, bytes, records: async () => [], some: async () => [] });

function start(options: { maxBytes?: number } = {}) {
  let time = 1_000_000;
  const cache = createRecordCache(() => time, options);
  return {
    cache,
    put: (account: string, name: string, count: number) =>
      cache.put(account, name, { list: list(count), readAt: time, writes: 1, covered: 'all' }),
    sizeOf: (account: string, name: string) => cache.get(account, name, 1)?.list.length,
    advance: (ms: number) => {
      time += ms;
    },
    now: () => time,
  };
}

describe('the record cache', () => {
  it('keeps what was read for as long as it says', () => {
    const { put, sizeOf, advance } = start();
    put('a', 'leads', 3);
    advance(CACHE_MS - 1);
    expect(sizeOf('a', 'leads')).toBe(3);
    advance(1);
    expect(sizeOf('a', 'leads')).toBeUndefined();
  });

  it('counts the time from when reading began', () => {
    const { cache, sizeOf, now } = start();
    cache.put('a', 'leads', { list: list(3), readAt: now() - CACHE_MS, writes: 1, covered: 'all' });
    expect(sizeOf('a', 'leads')).toBeUndefined();
  });

  it('keeps accounts apart', () => {
    const { put, sizeOf, cache } = start();
    put('a', 'leads', 3);
    put('b', 'leads', 5);
    expect([sizeOf('a', 'leads'), sizeOf('b', 'leads'), sizeOf('c', 'leads')]).toEqual([3, 5, undefined]);
    cache.forget('a');
    expect([sizeOf('a', 'leads'), sizeOf('b', 'leads')]).toEqual([undefined, 5]);
  });

  it('gives nothing to another count of writes, whatever its clock says', () => {
    const { cache, put, advance } = start();
    put('a', 'leads', 3);
    expect(cache.get('a', 'leads', 1)?.list).toHaveLength(3);
    expect(cache.get('a', 'leads', 2)).toBeUndefined();
    advance(-10_000);
    expect(cache.get('a', 'leads', 2)).toBeUndefined();
    expect(cache.get('a', 'leads', 1)?.list).toHaveLength(3);
  });

  it('keeps so many bytes in all, and drops the oldest', () => {
    const { put, sizeOf, advance } = start({ maxBytes: 10 });
    put('a', 'leads', 4);
    advance(1);
    put('b', 'leads', 4);
    advance(1);
    put('c', 'leads', 4);
    expect([sizeOf('a', 'leads'), sizeOf('b', 'leads'), sizeOf('c', 'leads')]).toEqual([undefined, 4, 4]);
    put('d', 'leads', 11);
    expect([sizeOf('b', 'leads'), sizeOf('c', 'leads'), sizeOf('d', 'leads')]).toEqual([4, 4, undefined]);
    // Put again, it counts once.
    put('c', 'leads', 6);
    expect([sizeOf('b', 'leads'), sizeOf('c', 'leads')]).toEqual([4, 6]);
    put('b', 'leads', 10);
    expect([sizeOf('b', 'leads'), sizeOf('c', 'leads')]).toEqual([10, undefined]);
  });
});

describe('over a conversation', () => {
  const scan = { limit: 200 };
  const scannedIn = (result: { data: Record<string, unknown> }) => String(joined(result.data.scanned));
  const joined = (value: unknown) => (Array.isArray(value) ? value.join('; ') : '');

  it('the second question costs no request and says how old its answer is', async () => {
    const harness = await startHarness();
    const { call } = await harness.connect('modern');
    const first = await call('list_pending_affiliates', scan);
    expect(scannedIn(first)).toMatch(/^60 of 60 affiliates, complete, read now$/);
    const sent = harness.sandbox.requests.length;
    harness.advance(90_000);
    const second = await call('list_pending_affiliates', { limit: 3 });
    expect(harness.sandbox.requests).toHaveLength(sent);
    expect(scannedIn(second)).toMatch(/^60 of 60 affiliates, complete, read 9\d s ago$/);
    expect(second.data.pending).toBe(first.data.pending);
    harness.advance(CACHE_MS - 90_000);
    expect(scannedIn(await call('list_pending_affiliates', scan))).toMatch(/read now$/);
  });

  it('fresh reads anew, and later calls use that', async () => {
    const harness = await startHarness();
    const { call } = await harness.connect('legacy');
    await call('list_pending_affiliates', scan);
    const sent = harness.sandbox.requests.length;
    expect(scannedIn(await call('list_pending_affiliates', { ...scan, fresh: true }))).toMatch(/read now$/);
    const again = harness.sandbox.requests.length;
    expect(again).toBeGreaterThan(sent);
    await call('list_pending_affiliates', scan);
    expect(harness.sandbox.requests).toHaveLength(again);
  });

  it('nothing is kept with --no-cache', async () => {
    const harness = await startHarness({ cache: false });
    const { call } = await harness.connect('modern');
    await call('list_pending_affiliates', scan);
    expect(scannedIn(await call('list_pending_affiliates', scan))).toMatch(/read now$/);
    const asked = harness.sandbox.requests.filter(({ path }) => path.endsWith('/affiliates'));
    // Each time twice: a list is read again to see that it held still.
    expect(asked.filter(({ query }) => query.page === '1')).toHaveLength(4);
  });

  it.each([
    ['approve_affiliate', { affiliate_id: 1002 }],
    ['update_lead', { lead_id: 20001, email: 'new@example.com' }],
  ])('any write is followed by a new reading: %s', async (tool, args) => {
    const harness = await startHarness({ confirm: 'off' });
    const { call } = await harness.connect('modern');
    const before = await call('list_pending_affiliates', scan);
    expect((await call(tool, args)).isError).toBe(false);
    const after = await call('list_pending_affiliates', scan);
    expect(scannedIn(after)).toMatch(/read now$/);
    const approved = tool === 'approve_affiliate' ? 1 : 0;
    expect(after.data.pending).toBe(Number(before.data.pending) - approved);
  });

  it('a write that failed is followed by a new reading too', async () => {
    const harness = await startHarness({ confirm: 'off' });
    const { call } = await harness.connect('modern');
    await call('list_pending_affiliates', scan);
    expect((await call('approve_affiliate', { affiliate_id: 999_999 })).isError).toBe(true);
    expect(scannedIn(await call('list_pending_affiliates', scan))).toMatch(/read now$/);
  });
});

it('what is read after a write shows it, although the same was being read before', async () => {
  let paid = false;
  let reads = 0;
  const upstream = await startPayoutUpstream([payee(1)], [owed(1, 1)], {
    meddle({ method, path, query }) {
      if (method === 'POST') paid = true;
      if (path !== '/commissions' || query.page !== '1') return undefined;
      reads += 1;
      const json = { page: 1, per_page: 200, total_entries: 1, commissions: [owed(1, 1, { paid })] };
      return { json, delayMs: reads === 2 ? 600 : 0 };
    },
  });
  const { call } = await startHarnessAt(upstream.url, { confirm: 'off' }).connect('modern');
  const before = call('payout_report', {});
  await expect.poll(() => reads).toBe(2);
  await call('mark_commissions_paid', { affiliate_email: 'person-1@example.com', purchase_code: 'order-1' });
  expect((await call('payout_report', {})).data.totals).toEqual([]);
  expect((await before).data.totals).toMatchObject([{ already_paid: '10.00' }]);
  // What was begun before the write, and ended after it, is not kept for later questions.
  expect((await call('payout_report', {})).data.totals).toEqual([]);
});

describe('replicas', () => {
  const settled = { affiliate_email: 'person-1@example.com', purchase_code: 'order-1' };

  it("see each other's writes, also where they were reading the same", async () => {
    let reads = 0;
    const upstream = await startPayoutUpstream([payee(1)], [owed(1, 1)], {
      meddle({ path, query }) {
        if (path !== '/commissions' || query.page !== '1') return undefined;
        reads += 1;
        const json = { page: 1, per_page: 200, total_entries: 1, commissions: structuredClone(upstream.rows) };
        return { json, delayMs: reads === 4 ? 600 : 0 };
      },
    });
    const shared = { memory: createMemory(), writeCounter: createWriteCounter() };
    const [a, b] = [1, 2].map(() => startHarnessAt(upstream.url, { ...shared, confirm: 'off' }));
    const one = await (a as Harness).connect('modern');
    const other = await (b as Harness).connect('modern');
    const report = (args = {}) => other.call('payout_report', args);
    expect((await report()).data.totals).toMatchObject([{ total: '10.00' }]);
    const slow = report({ fresh: true, due_by: '2026-03-01' });
    await expect.poll(() => reads).toBe(4);
    expect((await one.call('mark_commissions_paid', settled)).isError).toBe(false);
    expect((await report()).data.totals).toEqual([]);
    expect((await slow).data.totals).toMatchObject([{ total: '10.00' }]);
    expect((await report()).data.totals).toEqual([]);
    // What nobody has written to since is kept as ever.
    expect(reads).toBe(8);
    expect((await report()).data.totals).toEqual([]);
    expect(reads).toBe(8);
  });
});

it('never shows one key what was read with another, over HTTP with keys of the callers', async () => {
  const keys = ['key-of-one', 'key-of-another', 'key-of-a-third'];
  const marks = new Map(keys.map((key, index) => [key, `mark${index}`]));
  const upstream = await startLeadDyno(({ key = 'nobody', path }, response) =>
    answerJson(
      response,
      path === '/affiliates/count'
        ? { count: 2 }
        : [1, 2].map((id) => ({
            id,
            email: `${marks.get(key)}-${id}@owner.example`,
            pending_approval: true,
            created_at: '2026-01-01T00:00:00Z',
          })),
    ),
  );
  const server = await startHttpAt(upstream.url, { argv: ['--caller-key'] });
  const clients = await Promise.all(
    keys.map((key) => connectHttp(server.url, 'modern', { headers: { 'x-leaddyno-api-key': key } })),
  );
  for (let round = 0; round < 3; round += 1) {
    const results = await Promise.all(clients.map(({ call }) => call('list_pending_affiliates', {})));
    results.forEach((result, index) => {
      const emails = rowsOf(result, 'applicants').map(({ email }) => email);
      expect(emails).toEqual([1, 2].map((id) => `mark${index}-${id}@owner.example`));
    });
  }
  // Each was read once with each key, so the later rounds came from what was kept.
  const lists = upstream.requests.filter(({ path, query }) => path === '/affiliates' && query.page === '1');
  expect([...new Set(lists.map(({ key }) => key))].sort()).toEqual([...keys].sort());
  expect(lists).toHaveLength(2 * keys.length);
});
