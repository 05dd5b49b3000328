import { Decimal } from 'decimal.js';
import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { openPaymentRecord } from '../../src/audit/index.ts';
import type { JsonObject } from '../../src/json.ts';
import { createPaymentMemory, type PaymentMemory } from '../../src/ports/payment-memory.ts';
import { Unavailable } from '../../src/ports/unavailable.ts';
import type { Result } from '../support/clients.ts';
import { startHarnessAt } from '../support/harness.ts';
import { temporaryFolder } from '../support/http-tokens.ts';
import { FUTURE, owed, PAST, payee, startPayoutUpstream } from '../support/payout-upstream.ts';
import { askedIn, reasonOf, rowsOf } from '../support/protocol-json.ts';
import type { Reply } from '../support/upstream.ts';

/* The yes to settle_payouts says that the money was sent: that is remembered, whatever becomes of the marks. */

const DUE = '2026-03-01T00:00:00Z';
const TODAY = new Date().toISOString().slice(0, 10);
const ALL = { affiliate_ids: [1, 2], due_by: DUE };
const TO_MARK = 'not yet marked in LeadDyno: call settle_payouts again or mark it there';

type Call = (name: string, args: JsonObject) => Promise<Result>;

/** Asked and said yes to; the answer itself if nothing was asked. */
async function settle(call: Call, args: JsonObject): Promise<Result & { question?: string }> {
  const asked = await call('settle_payouts', args);
  if (!('confirmation' in asked.data)) return asked;
  const { token, question } = askedIn(asked);
  return { ...(await call('settle_payouts', { ...args, confirmation_token: token })), question };
}

/** A LeadDyno whose marks end as told, in the order in which they come; all that is left over works. */
async function startMoody(ends: ('refused' | 'lost' | 'late' | 'ok')[], rows = [owed(1, 1), owed(2, 1), owed(3, 2)]) {
  const upstream = await startPayoutUpstream([payee(1), payee(2)], rows, {
    meddle: ({ path, body }): Reply | undefined => {
      if (path !== '/commissions/mark_as_paid') return undefined;
      const end = ends.shift() ?? 'ok';
      if (end === 'ok') return undefined;
      if (end === 'refused') return { status: 422, json: { error: 'no' } };
      // Carried out, and the answer is lost.
      const given = body as JsonObject;
      if (end === 'late') {
        for (const row of upstream.rows) {
          const code = (row.purchase as JsonObject | null)?.purchase_code;
          const owner = upstream.people.find(({ id }) => id === (row.affiliate as JsonObject).id);
          if (code === given.purchase_code && owner?.email === given.affiliate_email) row.paid = true;
        }
      }
      return { status: 500, json: {} };
    },
  });
  return upstream;
}

describe.each<[string, () => PaymentMemory]>([
  ['this process', createPaymentMemory],
  ['the audit log', () => openPaymentRecord(temporaryFolder().path, { processName: 'test' })],
])('remembered by %s', (_, open) => {
  it.each(['refused', 'lost'] as const)(
    'what was paid is held although its mark was %s, and can be finished',
    async (end) => {
      const upstream = await startMoody([end, end, end]);
      const payments = open();
      const { call } = await startHarnessAt(upstream.url, { payments }).connect('modern');
      const args = { ...ALL, currency: 'USD', expected_total: '30' };
      const first = await settle(call, args);
      expect(first.data).toMatchObject({ marked: 0 });
      expect(first.data.note).toContain('remembered as paid');
      const later = await startHarnessAt(upstream.url, { payments }).connect('modern');
      const report = await later.call('payout_report', {});
      expect(rowsOf(report, 'totals')).toMatchObject([{ ready: '0.00', held: '0.00', already_paid: '30.00' }]);
      for (const { reasons } of rowsOf(report, 'lines')) {
        expect(reasons).toEqual([`paid on ${TODAY} as reported to settle_payouts, ${TO_MARK}`]);
      }
      const again = await settle(later.call, args);
      expect(again.question).toContain(
        'reported as paid earlier but not marked yet: 3 commissions of 30.00 USD, ids 1; 2; 3',
      );
      expect(again.data).toMatchObject({ marked: 3, totals: [{ marked: '30.00', left: '0.00' }] });
      expect(again.data.note).toContain('Commissions an earlier call reported as paid: 3');
      expect(upstream.rows.map(({ paid }) => paid)).toEqual([true, true, true]);
      expect((await later.call('payout_report', { fresh: true })).data).toMatchObject({ lines: [] });
      // Nothing is left: no question, no mark.
      const { length } = upstream.requests;
      expect((await later.call('settle_payouts', ALL)).data).toMatchObject({ marked: 0 });
      expect(upstream.requests.slice(length).every(({ method }) => method === 'GET')).toBe(true);
    },
  );
});

it('the same arguments finish a part, with the sum that was sent, and leave alone what came since', async () => {
  const upstream = await startMoody(['ok', 'refused']);
  const { call } = await startHarnessAt(upstream.url).connect('modern');
  const args = { ...ALL, currency: 'USD', expected_total: '30', minimum: 15 };
  // Affiliate 2 is below the minimum.
  const sent = { ...args, expected_total: '20' };
  expect((await settle(call, sent)).data).toMatchObject({ marked: 1 });
  upstream.rows.push(owed(4, 1, { amount: '70' }));
  const report = await call('payout_report', { minimum: 15, fresh: true });
  expect(rowsOf(report, 'totals')).toMatchObject([{ ready: '70.00', held: '10.00', already_paid: '10.00' }]);
  const again = await settle(call, sent);
  expect(again.question).toContain('together 10.00 USD');
  expect(again.question).toContain('not part of the payment being finished: call again for it');
  expect(again.data).toMatchObject({ marked: 1, totals: [{ marked: '10.00' }] });
  expect(upstream.rows.map(({ paid }) => paid)).toEqual([true, true, false, false]);
  expect(reasonOf(await call('settle_payouts', { ...sent, expected_total: '21' }))).toBe('invalid');
  expect((await settle(call, { ...sent, expected_total: '70' })).data).toMatchObject({ marked: 1 });
});

it('a mark whose answer was lost and that LeadDyno carried out is done', async () => {
  const upstream = await startMoody(['late', 'late', 'late']);
  const { call } = await startHarnessAt(upstream.url).connect('modern');
  expect(rowsOf(await settle(call, ALL), 'unknown')).toHaveLength(3);
  expect((await call('payout_report', { fresh: true })).data).toMatchObject({ lines: [], totals: [] });
});

it('marks that the time did not reach are remembered before the first', async () => {
  const upstream = await startMoody([]);
  const { call } = await startHarnessAt(upstream.url, { workflowMs: 3_900, confirm: 'off' }).connect('modern');
  const result = await call('settle_payouts', ALL);
  expect(result.data).toMatchObject({ marked: 0, stopped: expect.stringContaining('time') });
  expect(result.data.note).not.toContain('is still valid for the same call');
  expect(rowsOf(await call('payout_report', {}), 'totals')).toMatchObject([
    { ready: '0.00', held: '0.00', already_paid: '30.00' },
  ]);
});

it('where it cannot be remembered, nothing is marked', async () => {
  const upstream = await startMoody([]);
  const kept = createPaymentMemory();
  const away = () => Promise.reject(new Unavailable('change_log', 'the audit log cannot be written (EIO)'));
  const { call } = await startHarnessAt(upstream.url, { payments: { ...kept, add: away } }).connect('modern');
  const result = await settle(call, ALL);
  expect(reasonOf(result)).toBe('change_log_unavailable');
  expect(upstream.marks).toEqual([]);
});

describe.each([{ confirm: 'ask' }, { confirm: 'off' }] as const)('mark_commissions_paid with %o', (options) => {
  const args = { affiliate_email: 'person-2@example.com', purchase_code: 'order-3' };
  const mark = async (call: Call) => {
    if (options.confirm === 'off') return await call('mark_commissions_paid', args);
    const { token } = askedIn(await call('mark_commissions_paid', args));
    return await call('mark_commissions_paid', { ...args, confirmation_token: token });
  };
  const held = `paid on ${TODAY} as reported to mark_commissions_paid, outcome unknown, ${TO_MARK}`;

  it('without a clear answer is remembered as paid, and settle_payouts finishes it', async () => {
    const upstream = await startMoody(['lost']);
    const { call } = await startHarnessAt(upstream.url, options).connect('modern');
    expect((await mark(call)).data).toMatchObject({ error: { may_have_happened: true } });
    const report = await call('payout_report', {});
    expect(rowsOf(report, 'lines').find(({ state }) => state === 'held')).toMatchObject({ reasons: [held] });
    expect(rowsOf(report, 'totals')).toMatchObject([{ ready: '20.00', held: '0.00', already_paid: '10.00' }]);
    expect((await settle(call, { ...ALL, affiliate_ids: [2] })).data).toMatchObject({ marked: 1 });
    expect(upstream.rows.map(({ paid }) => paid)).toEqual([false, false, true]);
  });

  it('with an answer that shows it unpaid, the same; refused, nothing is remembered', async () => {
    const upstream = await startPayoutUpstream([payee(2)], [owed(3, 2)], {
      meddle: ({ path }) => (path === '/commissions/mark_as_paid' ? { json: [owed(3, 2)] } : undefined),
    });
    const { call } = await startHarnessAt(upstream.url, options).connect('modern');
    await mark(call);
    expect(rowsOf(await call('payout_report', {}), 'lines')).toMatchObject([{ state: 'held', reasons: [held] }]);
    const refusing = await startMoody(['refused']);
    const other = await startHarnessAt(refusing.url, options).connect('modern');
    await mark(other.call);
    expect(rowsOf(await other.call('payout_report', {}), 'totals')).toMatchObject([{ ready: '30.00' }]);
  });
});

it.each<[string, () => PaymentMemory]>([
  ['this process', createPaymentMemory],
  ['the audit log', () => openPaymentRecord(temporaryFolder().path, { processName: 'test' })],
])('what is remembered by %s and was not paid is forgotten by a yes, and nothing is sent', async (_, open) => {
  const upstream = await startMoody(['refused', 'refused', 'refused']);
  const { call } = await startHarnessAt(upstream.url, { payments: open() }).connect('modern');
  await settle(call, { ...ALL, affiliate_ids: [1] });
  await settle(call, { paid_by_hand: [3] });
  const { length } = upstream.requests;
  const result = await settle(call, { not_paid: [1, 3, 77] });
  expect(result.question).toContain('Forget that 2 commissions were paid?');
  expect(result.question).toContain(`id 3 (by hand, ${TODAY})`);
  expect(result.question).toContain('Nothing is remembered of ids 77.');
  expect(result.data).toMatchObject({ marked: 0, taken_back: [1, 3], left_out: [{ commission_id: 77 }] });
  expect(upstream.requests).toHaveLength(length);
  expect(rowsOf(await call('payout_report', {}), 'totals')).toMatchObject([
    { ready: '20.00', held: '0.00', already_paid: '10.00' },
  ]);
  expect((await call('settle_payouts', { not_paid: [1] })).data).toMatchObject({ taken_back: [] });
  // It can be recorded anew.
  expect((await settle(call, { paid_by_hand: [3] })).data).toMatchObject({ recorded: [3] });
  expect(reasonOf(await call('settle_payouts', { not_paid: [1], due_by: DUE }))).toBe('invalid');
});

const ends = fc.array(fc.constantFrom('refused', 'lost', 'late', 'ok'), { maxLength: 12 });
const row = fc.record({
  affiliate: fc.integer({ min: 1, max: 2 }),
  code: fc.constantFrom('A', 'B', 'C', 'a', ''),
  currency: fc.constantFrom('USD', 'USD', 'EUR'),
  due: fc.constantFrom(PAST, PAST, PAST, FUTURE),
});
const rounds = fc.array(
  fc.record({
    added: fc.array(row, { maxLength: 4 }),
    currency: fc.constantFrom(undefined, 'USD', 'EUR'),
    expects: fc.boolean(),
    minimum: fc.constantFrom(undefined, 0.05),
  }),
  { minLength: 1, maxLength: 4 },
);

it('nothing is ever in a payment file twice, whatever becomes of the marks', async () => {
  await fc.assert(
    fc.asyncProperty(ends, rounds, async (moods, steps) => {
      const upstream = await startMoody([...moods] as ('ok' | 'lost')[], []);
      const { call } = await startHarnessAt(upstream.url).connect('modern');
      const paid: Record<string, bigint> = {};
      for (const { added, expects, ...plain } of steps) {
        for (const { affiliate, code, currency, due } of added) {
          const id = upstream.rows.length + 1;
          const purchase = { id: 100 + code.charCodeAt(0), purchase_code: code, cancelled: false };
          // Each is a power of two, so that every sum tells of which it is.
          const amount = String(2 ** (id - 1) / 100);
          upstream.rows.push(owed(id, affiliate, { amount, currency, due_at: due, purchase }));
        }
        const args = JSON.parse(JSON.stringify(plain)) as JsonObject;
        const report = await call('payout_report', { ...args, fresh: true });
        for (const { currency, ready } of rowsOf(report, 'totals')) {
          const bits = BigInt(new Decimal(String(ready)).times(100).toFixed());
          expect([currency, (paid[String(currency)] ?? 0n) & bits]).toEqual([currency, 0n]);
          paid[String(currency)] = (paid[String(currency)] ?? 0n) | bits;
        }
        const sum = rowsOf(report, 'totals').find(({ currency }) => currency === plain.currency)?.ready;
        const total = expects && plain.currency && sum !== '0.00' ? { expected_total: sum } : {};
        await settle(call, { ...args, ...total, ...ALL, due_by: report.data.due_by });
      }
    }),
    { numRuns: 40 },
  );
}, 120_000);
