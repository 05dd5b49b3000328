import { describe, expect, it } from 'vitest';
import type { JsonObject } from '../../src/json.ts';
import { startHarness, startHarnessAt } from '../support/harness.ts';
import { owed, payee, startPayoutUpstream } from '../support/payout-upstream.ts';
import { at, rowsOf } from '../support/protocol-json.ts';
import { readCsv } from '../support/read-csv.ts';

const people = [payee(1), payee(2), payee(3)];
const paid = { paid: true };

async function ask(commissions: readonly JsonObject[], args: JsonObject) {
  const upstream = await startPayoutUpstream(people, commissions);
  const { call, client } = await startHarnessAt(upstream.url).connect('modern');
  const result = await call('payout_report', args);
  const [file] = Array.isArray(result.data.files) ? (result.data.files as JsonObject[]) : [];
  const text = file && at(await client.readResource({ uri: String(file.uri) }), 'contents', 0, 'text');
  return { result, rows: text === undefined ? [] : readCsv(String(text).replace(/^\uFEFF/, '')) };
}

describe('the statement of a year', () => {
  const commissions = [
    // Earned in 2025 and due in 2026: each date puts it into another year.
    owed(1, 1, { amount: '1500.10', date: '2025-12-20', due_at: '2026-01-20T00:00:00Z', ...paid }),
    owed(2, 1, { amount: '600.2', date: '2026-03-01', due_at: '2026-04-01T00:00:00Z', ...paid }),
    owed(3, 1, { amount: '50', date: '2026-05-01', due_at: '2026-06-01T00:00:00Z' }),
    owed(4, 2, { amount: '1999.99', date: '2026-03-01', due_at: '2026-04-01T00:00:00Z', ...paid }),
    owed(5, 2, { amount: '0.01', date: '2026-03-01', due_at: '2026-04-01T00:00:00Z' }),
    owed(6, 2, { amount: '2000', currency: 'EUR', date: '2026-03-01', due_at: '2026-04-01T00:00:00Z', ...paid }),
    owed(7, 3, { amount: '9000', date: '2026-03-01', due_at: '2026-04-01T00:00:00Z', cancelled: true }),
    owed(8, 3, { amount: '9000', payment_type: 'points', date: '2026-03-01', ...paid }),
    owed(9, 3, { amount: '700', date: '2024-03-01', due_at: '2024-04-01T00:00:00Z', ...paid }),
  ];

  it('sums by the date earned and the date due, per currency, against the threshold of that year', async () => {
    const { result, rows } = await ask(commissions, { year: 2026 });
    expect(result.isError, result.text).toBe(false);
    expect(result.data).toMatchObject({ year: 2026, threshold: { amount: '2000' }, complete: true });
    expect(rowsOf(result, 'lines')).toEqual([
      expect.objectContaining({ affiliate_id: 2, currency: 'EUR', due_paid_amount: '2000.00', reaches: 'both' }),
      expect.objectContaining({
        affiliate_id: 1,
        currency: 'USD',
        earned_amount: '650.20',
        earned_paid_amount: '600.20',
        due_amount: '2150.30',
        due_paid_amount: '2100.30',
        reaches: 'due',
      }),
    ]);
    expect(rowsOf(result, 'totals')).toMatchObject([
      { currency: 'EUR', affiliates: 1, reached: 1, would_reach: 0 },
      { currency: 'USD', affiliates: 2, reached: 1, would_reach: 1, due_paid_amount: '4100.29' },
    ]);
    expect(result.data.year_note).toContain('LeadDyno has no payment date');
    expect(result.data.year_note).toContain('Not tax advice');
    expect(result.data).not.toHaveProperty('report');
    expect(rows.map((row) => [row[0], row[4], row.at(-1)])).toEqual([
      ['affiliate_id', 'currency', 'reaches'],
      ['2', 'EUR', 'both'],
      ['1', 'USD', 'due'],
      ['2', 'USD', 'none'],
    ]);
  });

  it.each([
    [2024, '600', [3]],
    [2025, '600', [1]],
  ])('has the threshold of %i', async (year, amount, ids) => {
    const { result } = await ask(commissions, { year });
    expect(result.data).toMatchObject({ threshold: { amount } });
    expect(rowsOf(result, 'lines').map(({ affiliate_id }) => affiliate_id)).toEqual(ids);
  });

  it('takes minimum for the threshold, and some affiliates or a currency alone', async () => {
    const { result } = await ask(commissions, { year: 2026, minimum: 600, currency: 'USD', limit: 1 });
    expect(result.data).toMatchObject({ threshold: { amount: '600' }, left_off: 1, next_skip: 1 });
    const { result: one } = await ask(commissions, { year: 2026, affiliate_ids: [2], minimum: 0 });
    expect(rowsOf(one, 'lines').map(({ affiliate_id, currency }) => [affiliate_id, currency])).toEqual([
      [2, 'EUR'],
      [2, 'USD'],
    ]);
  });

  it('refuses what says nothing about a year', async () => {
    const { result } = await ask(commissions, { year: 2026, due_by: '2026-12-31', net_clawbacks: true });
    expect(result.isError).toBe(true);
    expect(result.text).toContain('leave out due_by, net_clawbacks');
  });

  it('refuses what is no year', async () => {
    expect((await ask([], { year: 26 })).result.text).toContain('must be a year such as 2026');
  });

  it('says how many commissions have no date that can be read', async () => {
    const { result } = await ask([...commissions, owed(20, 1, { due_at: 'soon', ...paid })], { year: 2026 });
    expect(result.data).toMatchObject({ undated: 1 });
  });
});

describe('what must be on the account', () => {
  const day = 24 * 60 * 60_000;
  const inDays = (days: number) => new Date(Date.now() + days * day).toISOString();

  it('now, in 30 and in 60 days, by the rule of the report', async () => {
    const { result } = await ask(
      [
        owed(1, 1),
        owed(2, 1, { due_at: inDays(20), amount: '0.5' }),
        owed(3, 2, { due_at: inDays(50), currency: 'EUR', amount: '7' }),
        owed(4, 2, { due_at: inDays(70) }),
        owed(5, 3, { due_at: inDays(10), cancelled: true }),
        owed(6, 3, { due_at: inDays(10), purchase: { id: 1, purchase_code: 'gone', cancelled: true } }),
        // No call can mark it, and it has to be paid all the same.
        owed(7, 3, { due_at: inDays(10), purchase: null }),
      ],
      {},
    );
    expect(result.data.due_within).toEqual([
      { currency: 'EUR', now: '0.00', in_30_days: '0.00', in_60_days: '7.00' },
      { currency: 'USD', now: '10.00', in_30_days: '20.50', in_60_days: '20.50' },
    ]);
  });

  it('holds then who is below the minimum then', async () => {
    const { result } = await ask([owed(1, 1), owed(2, 1, { due_at: inDays(20) })], { minimum: 15 });
    expect(result.data.due_within).toEqual([
      { currency: 'USD', now: '0.00', in_30_days: '20.00', in_60_days: '20.00' },
    ]);
  });

  it('is not told of another day', async () => {
    const { result } = await ask([owed(1, 1)], { due_by: '2026-03-01' });
    expect(result.data).not.toHaveProperty('due_within');
  });
});

it('names who is held past the limit, and why', async () => {
  const people = [1, 2, 3, 4, 5].map((id) => payee(id, id > 1 ? { paypal_email: 'none' } : {}));
  const upstream = await startPayoutUpstream(
    people,
    people.map((_, index) => owed(index + 1, index + 1)),
  );
  const { call } = await startHarnessAt(upstream.url).connect('modern');
  const { data } = await call('payout_report', { limit: 1 });
  const first = [2, 3, 4].map((id) => ({
    affiliate_id: id,
    email: `person-${id}@example.com`,
    reasons: ['payout address unusable'],
  }));
  expect(data.past_limit).toEqual([{ currency: 'USD', state: 'held', lines: 4, amount: '40.00', first }]);
});

it('a payout run on the sandbox is short, and its sums are whole', async () => {
  const harness = await startHarness({ sandbox: { affiliates: 250, leads: 600, purchases: 900, visitors: 100 } });
  const { call } = await harness.connect('modern');
  const short = await call('payout_report', {});
  const whole = await call('payout_report', { limit: 200 });
  expect(Buffer.byteLength(short.text)).toBeLessThan(7_000);
  expect(rowsOf(short, 'lines')).toHaveLength(8);
  expect(rowsOf(whole, 'lines').length).toBeGreaterThan(8);
  const cents = (rows: readonly JsonObject[], currency: unknown, state: string) =>
    rows
      .filter((row) => row.currency === currency && row.state === state)
      .reduce((sum, { amount }) => sum + Math.round(Number(amount) * 100), 0);
  for (const { currency } of rowsOf(short, 'totals')) {
    for (const state of ['ready', 'held']) {
      expect(cents(rowsOf(short, 'lines'), currency, state) + cents(rowsOf(short, 'past_limit'), currency, state)).toBe(
        cents(rowsOf(whole, 'lines'), currency, state),
      );
    }
  }
});
