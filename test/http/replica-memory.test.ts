import { randomBytes } from 'node:crypto';
import { beforeEach, describe, expect, it } from 'vitest';
import { SCOPES } from '../../src/operations/operation.ts';
import { createSharedMemory, createSharedWriteCounter } from '../../src/redis/index.ts';
import { connectHttp, httpKinds } from '../support/http-clients.ts';
import { startHttpAt } from '../support/http-server.ts';
import { writeTokens } from '../support/http-tokens.ts';
import { owed, payee, startPayoutUpstream } from '../support/payout-upstream.ts';
import { at, rowsOf } from '../support/protocol-json.ts';
import { connect } from '../support/redis-clients.ts';
import { type RedisServer, redisMissing, startRedis } from '../support/redis-server.ts';

/* Two replicas with one Redis: what a call leaves behind at one of them, the other goes on with. */

let redis: RedisServer;

/** Two servers on one LeadDyno whose third page of commissions fails until it is mended. */
async function startReplicas(argv: readonly string[] = []) {
  const page = { broken: true };
  const rows = Array.from({ length: 650 }, (_, index) => owed(index + 1, 1 + (index % 2)));
  const upstream = await startPayoutUpstream([payee(1), payee(2)], rows, {
    meddle: ({ path, query }) =>
      page.broken && path === '/commissions' && query.page === '3' ? { status: 500, text: 'oops' } : undefined,
  });
  const stateSecret = randomBytes(32);
  const start = () => {
    const connection = connect(redis.url);
    const [memory, writeCounter] = [createSharedMemory(connection), createSharedWriteCounter(connection)];
    return startHttpAt(upstream.url, { argv, stateSecret, memory, writeCounter });
  };
  return { page, upstream, a: await start(), b: await start() };
}

describe.skipIf(redisMissing)('replicas', () => {
  beforeEach(async () => {
    redis = await startRedis();
  });

  it.each(httpKinds)('go on with the scan of another, and serve its files (%s)', async (kind) => {
    const { a, b, page, upstream } = await startReplicas();
    const [one, other] = [await connectHttp(a.url, kind), await connectHttp(b.url, kind)];
    const partial = await one.call('payout_report');
    expect(partial.data).toMatchObject({ complete: false, partial_totals: [{ currency: 'USD' }] });
    page.broken = false;
    const before = upstream.requests.filter(({ path }) => path === '/commissions').length;
    const whole = await other.call('payout_report', { cursor: partial.data.cursor });
    expect(whole.data).toMatchObject({ complete: true, totals: [{ total: '6500.00', commissions: 650 }] });
    // What the first had read was not read again.
    const pages = upstream.requests.filter(({ path }) => path === '/commissions').slice(before);
    expect(pages.filter(({ query }) => query.page === '1').length, 'only to see that it held still').toBeLessThan(2);

    const [file] = rowsOf(whole, 'files');
    const text = await one.read(String(file?.uri));
    expect(Buffer.byteLength(text)).toBe(file?.size);
    expect(text).toContain('pay-1@example.com');
    expect(await other.read(String(file?.uri))).toBe(text);
  });

  it('do not go on with a scan from before a write of the other, nor answer from what they kept', async () => {
    const { a, b, page, upstream } = await startReplicas(['--confirm', 'off']);
    const [one, other] = [await connectHttp(a.url, 'modern'), await connectHttp(b.url, 'modern')];
    const args = { due_by: '2026-03-01' };
    const partial = await other.call('payout_report', args);
    page.broken = false;
    expect((await other.call('payout_report', args)).data).toMatchObject({ totals: [{ commissions: 650 }] });
    const mark = { affiliate_email: 'person-1@example.com', purchase_code: 'order-1' };
    expect((await one.call('mark_commissions_paid', mark)).isError).toBe(false);
    const resumed = await other.call('payout_report', { ...args, cursor: partial.data.cursor });
    expect(resumed.text).toContain('predates a change');
    const anew = await other.call('payout_report', args);
    expect(anew.data).toMatchObject({ complete: true, totals: [{ commissions: 649 }] });
    const { length } = upstream.requests;
    expect((await other.call('payout_report', args)).data).toMatchObject({ totals: [{ commissions: 649 }] });
    expect(upstream.requests.slice(length).filter(({ path }) => path === '/commissions')).toEqual([]);
  });

  it('use nothing that was kept while Redis is away, and see afterwards what was written meanwhile', async () => {
    const { a, b, page, upstream } = await startReplicas(['--confirm', 'off']);
    page.broken = false;
    const [one, other] = [await connectHttp(a.url, 'modern'), await connectHttp(b.url, 'modern')];
    const args = { due_by: '2026-03-01' };
    const commissions = async () => at((await other.call('payout_report', args)).data, 'totals', 0, 'commissions');
    expect(await commissions()).toBe(650);
    redis.freeze();
    const mark = { affiliate_email: 'person-1@example.com', purchase_code: 'order-1' };
    expect((await one.call('mark_commissions_paid', mark)).isError).toBe(false);
    expect(await commissions()).toBe(649);
    // It comes back as it was, with what was read before the write still good by its account.
    redis.thaw();
    const seen = new Set<unknown>();
    const requests = async () => {
      const { length } = upstream.requests;
      seen.add(await commissions());
      return upstream.requests.length - length;
    };
    // Until what was read after it is used again.
    await expect.poll(requests).toBe(0);
    expect([...seen]).toEqual([649]);
  });

  it('give a file to the caller it was made for alone, and go on for that caller alone', async () => {
    const { path, tokens } = writeTokens({ ann: ['leaddyno:read'], bob: ['leaddyno:read'] });
    const { a, b, page } = await startReplicas(['--http-tokens-file', path]);
    const ann = await connectHttp(a.url, 'modern', { token: tokens.ann });
    const partial = await ann.call('payout_report');
    page.broken = false;
    const uri = String(rowsOf(await ann.call('export_records', { records: 'affiliates' }), 'files')[0]?.uri);
    for (const { url } of [a, b]) {
      const bob = await connectHttp(url, 'modern', { token: tokens.bob });
      await expect(bob.read(uri)).rejects.toMatchObject({ code: -32602 });
      const stolen = await bob.call('payout_report', { cursor: partial.data.cursor });
      expect(at(stolen.data, 'error', 'reason')).toBe('invalid');
    }
    const elsewhere = await connectHttp(b.url, 'modern', { token: tokens.ann });
    expect(await elsewhere.read(uri)).toContain('person-2@example.com');
  });

  it('settle by the id of a report that the other made, for its caller alone', async () => {
    const { path, tokens } = writeTokens({ ann: SCOPES, bob: SCOPES });
    const { a, b, page, upstream } = await startReplicas(['--http-tokens-file', path]);
    page.broken = false;
    upstream.rows.splice(3);
    const ann = await connectHttp(a.url, 'modern', { token: tokens.ann });
    const report = String((await ann.call('payout_report')).data.report);
    for (const { url } of [a, b]) {
      const bob = await connectHttp(url, 'modern', { token: tokens.bob });
      expect((await bob.call('settle_payouts', { report })).text).toContain('There is no such report');
    }
    const elsewhere = await connectHttp(b.url, 'modern', { token: tokens.ann });
    const asked = await elsewhere.call('settle_payouts', { report });
    const confirmation_token = at(asked.data, 'confirmation', 'confirmation_token');
    const settled = await ann.call('settle_payouts', { report, confirmation_token });
    expect(settled.data).toMatchObject({ marked: 3, totals: [{ currency: 'USD', marked: '30.00', left: '0.00' }] });
    expect(upstream.marks).toHaveLength(3);
  });
});
