import { Decimal } from 'decimal.js';
import * as fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { openPaymentRecord } from '../../src/audit/index.ts';
import type { JsonObject } from '../../src/json.ts';
import { createPaymentMemory, type PaymentMemory } from '../../src/ports/payment-memory.ts';
import { Unavailable } from '../../src/ports/unavailable.ts';
import { parseAffiliate, parseCommission } from '../../src/records/parse.ts';
import { findClawbacks, netClawbacks } from '../../src/workflows/payouts/clawbacks.ts';
import { judgeOwed, paymentOf, peopleIn } from '../../src/workflows/payouts/owed.ts';
import { startHarness, startHarnessAt } from '../support/harness.ts';
import { temporaryFolder } from '../support/http-tokens.ts';
import { FUTURE, owed, payee, startPayoutUpstream } from '../support/payout-upstream.ts';
import { at, rowsOf } from '../support/protocol-json.ts';
import { readCsv } from '../support/read-csv.ts';

/** A commission that was paid, of a purchase that was cancelled on a day. */
const lost = (id: number, affiliateId: number, day: string | null, more: JsonObject = {}): JsonObject =>
  owed(id, affiliateId, {
    paid: true,
    purchase: {
      id: id + 50_000,
      purchase_code: `order-${id}`,
      cancelled: true,
      cancellation: day === null ? null : { id: 1, effective_date: day },
    },
    ...more,
  });

async function report(commissions: readonly JsonObject[], args: JsonObject = {}, people = [payee(1), payee(2)]) {
  const upstream = await startPayoutUpstream(people, commissions);
  const { call, client } = await startHarnessAt(upstream.url).connect('modern');
  const result = await call('payout_report', args);
  const tables: Record<string, string[][]> = {};
  for (const { name, uri } of rowsOf(result, 'files')) {
    const text = String(at(await client.readResource({ uri: String(uri) }), 'contents', 0, 'text'));
    tables[String(name).replace(/-\d{4}-.*/, '')] = readCsv(text.replace(/^\ufeff/, ''));
  }
  const clawbacks = (result.data.clawbacks ?? { totals: [], affiliates: [] }) as Record<string, JsonObject[]>;
  return { result, tables, totals: clawbacks.totals ?? [], rows: clawbacks.affiliates ?? [], upstream };
}

const DAY = '2026-02-01T00:00:00Z';

describe('a claw-back', () => {
  it('is what was paid on a purchase that was cancelled, per affiliate and currency, with its evidence', async () => {
    const { result, totals, rows } = await report([
      owed(1, 1, { amount: '100' }),
      lost(2, 1, '2026-03-05T10:00:00Z', { amount: '12.5' }),
      lost(3, 1, DAY, { amount: '7.5' }),
      lost(4, 1, null, { amount: '5', currency: 'EUR' }),
      lost(5, 2, DAY),
    ]);
    expect(totals).toEqual([
      { currency: 'EUR', amount: '5.00', commissions: 1 },
      { currency: 'USD', amount: '30.00', commissions: 3 },
    ]);
    expect(rows).toMatchObject([
      { affiliate_id: 1, currency: 'EUR', amount: '5.00', since: null },
      {
        affiliate_id: 1,
        email: 'person-1@example.com',
        currency: 'USD',
        amount: '20.00',
        commissions: 2,
        since: '2026-02-01T00:00:00.000Z',
        evidence: [
          { commission_id: 3, purchase_code: 'order-3', cancelled_at: '2026-02-01T00:00:00.000Z', amount: '7.5' },
          { commission_id: 2, purchase_code: 'order-2', cancelled_at: '2026-03-05T10:00:00.000Z' },
        ],
      },
      { affiliate_id: 2, currency: 'USD', amount: '10.00' },
    ]);
    expect(result.data.clawbacks_note).toContain('net_clawbacks: true');
    // What is owed is what it was.
    expect(rowsOf(result, 'totals')).toMatchObject([{ currency: 'USD', ready: '100.00' }]);
    expect(rowsOf(result, 'lines')[0]).not.toHaveProperty('payment');
  });

  it.each<[string, JsonObject]>([
    ['never paid', lost(2, 1, DAY, { paid: false, cancelled: true })],
    ['not said to be paid', lost(2, 1, DAY, { paid: null })],
    ['cancelled in the future', lost(2, 1, FUTURE)],
    ['cancelled in the future, the commission already', lost(2, 1, FUTURE, { cancelled: true })],
    [
      'no cancellation yet',
      owed(2, 1, { paid: true, purchase: { id: 5, cancelled: false, cancellation: { effective_date: DAY } } }),
    ],
    ['paid as it should be', owed(2, 1, { paid: true })],
    ['no money', lost(2, 1, DAY, { payment_type: 'points' })],
    ['nothing', lost(2, 1, DAY, { amount: '0.0' })],
    ['less than nothing', lost(2, 1, DAY, { amount: '-5' })],
  ])('is none: %s', async (_, commission) => {
    const { result } = await report([owed(1, 1), commission]);
    expect(result.data).not.toHaveProperty('clawbacks');
    expect(result.data).not.toHaveProperty('clawbacks_note');
  });

  it('is one too where the merchant cancelled the commission itself after it was paid', async () => {
    const { rows } = await report([owed(1, 1), owed(2, 1, { paid: true, cancelled: true, purchase: null })]);
    expect(rows).toMatchObject([{ amount: '10.00', evidence: [{ commission_id: 2, purchase_code: null }] }]);
  });

  it('counts by the clock of the report, not by due_by, and in the currency that is asked for', async () => {
    const rows = [owed(1, 1), lost(2, 1, DAY), lost(3, 1, DAY, { currency: 'EUR' })];
    expect((await report(rows, { due_by: '2026-01-15T00:00:00Z', currency: 'EUR' })).totals).toMatchObject([
      { currency: 'EUR', amount: '10.00' },
    ]);
  });

  it('is not looked for where only what is unpaid was read, and that is said', async () => {
    const rows = [owed(1, 1), owed(2, 2), lost(3, 1, DAY)];
    const { result, upstream } = await report(rows, { affiliate_ids: [1] });
    expect(result.data).not.toHaveProperty('clawbacks');
    expect(result.data.clawbacks_note).toContain('net_clawbacks: true reads the paid ones');
    expect(upstream.requests.some(({ path }) => path === '/commissions')).toBe(false);
    const netted = await report([...rows, lost(4, 2, DAY)], { affiliate_ids: [1, 9], net_clawbacks: true });
    expect(netted.totals).toEqual([
      { currency: 'USD', amount: '10.00', commissions: 1, netted: '10.00', carried: '0.00' },
    ]);
    expect(rowsOf(netted.result, 'lines')).toMatchObject([{ affiliate_id: 1, amount: '10.00', payment: '0.00' }]);
    expect(netted.result.data.not_read).toEqual([{ affiliate_id: 9, reason: 'not_found' }]);
  });
});

describe('with net_clawbacks', () => {
  const rows = [
    owed(1, 1, { amount: '100' }),
    owed(2, 2, { amount: '6' }),
    owed(3, 2, { amount: '3', currency: 'EUR' }),
    lost(4, 1, DAY, { amount: '30.25' }),
    lost(5, 2, DAY, { amount: '10' }),
  ];

  it('payments are what is ready less claw-backs, never below zero, and the rest is carried', async () => {
    const { result, tables, totals, rows: found } = await report(rows, { net_clawbacks: true });
    expect(tables['paypal-payout-USD']?.map((row) => [row[0], row[1]])).toEqual([['pay-1@example.com', '69.75']]);
    expect(tables['paypal-payout-EUR']?.map((row) => [row[0], row[1]])).toEqual([['pay-2@example.com', '3.00']]);
    expect(totals).toEqual([{ currency: 'USD', amount: '40.25', commissions: 2, netted: '36.25', carried: '4.00' }]);
    expect(found.map(({ affiliate_id, netted, carried }) => [affiliate_id, netted, carried])).toEqual([
      [1, '30.25', '0.00'],
      [2, '6.00', '4.00'],
    ]);
    expect(rowsOf(result, 'lines').map(({ amount, currency, payment }) => [currency, amount, payment])).toEqual([
      ['EUR', '3.00', undefined],
      ['USD', '100.00', '69.75'],
      ['USD', '6.00', '0.00'],
    ]);
    const usd = rowsOf(result, 'files').find(({ currency }) => currency === 'USD');
    expect(usd).toMatchObject({ amount: '69.75', rows: 1 });
  });

  it('a currency in which nothing is left to pay has no file, and that is said', async () => {
    const { tables, result } = await report([owed(1, 1), owed(2, 1, { currency: 'EUR' }), lost(3, 1, DAY)], {
      net_clawbacks: true,
    });
    expect(Object.keys(tables)).toEqual(['payout-report', 'paypal-payout-EUR']);
    expect(result.data.files_note).toContain('Claw-backs leave nothing to pay in USD.');
  });

  it('LeadDyno is told nothing; the full report shows both sums either way', async () => {
    for (const net_clawbacks of [true, false]) {
      const { tables, upstream } = await report(rows, { net_clawbacks });
      expect(upstream.requests.every(({ method }) => method === 'GET')).toBe(true);
      const [header = [], ...lines] = tables['payout-report'] ?? [];
      const of = (row: readonly string[], name: string) => row[header.indexOf(name)];
      const columns = ['state', 'affiliate_id', 'currency', 'amount', 'clawback_amount', 'amount_after_clawback'];
      expect(lines.map((row) => columns.map((name) => of(row, name)))).toEqual([
        ['ready', '2', 'EUR', '3.00', '', ''],
        ['ready', '1', 'USD', '100.00', '', '69.75'],
        ['ready', '2', 'USD', '6.00', '', '0.00'],
        ['claw-back', '1', 'USD', '', '30.25', ''],
        ['claw-back', '2', 'USD', '', '10.00', ''],
      ]);
    }
  });
});

it('nobody is paid from a report that does not know what was subtracted before', async () => {
  const upstream = await startPayoutUpstream([payee(1)], [owed(1, 1, { amount: '30' }), lost(2, 1, DAY)]);
  const memory = createPaymentMemory();
  // Payments are remembered, and a moment later the memory is gone.
  const payments: PaymentMemory = {
    ...memory,
    find: async (owner, ids) => {
      if (ids.some((id) => id.startsWith('clawback:'))) throw new Unavailable('change_log', 'it is away');
      return await memory.find(owner, ids);
    },
  };
  const { call } = await startHarnessAt(upstream.url, { payments }).connect('modern');
  for (const net_clawbacks of [true, false]) {
    const { data } = await call('payout_report', { net_clawbacks });
    expect(data).not.toHaveProperty('files');
    expect(data).not.toHaveProperty('report');
    expect(data.files_note).toContain('what was paid before is not known now (it is away)');
  }
});

describe('once it is settled', () => {
  const rows = [
    owed(1, 1, { amount: '100' }),
    owed(2, 2, { amount: '6' }),
    lost(4, 1, DAY, { amount: '30.25' }),
    lost(5, 2, DAY, { amount: '10' }),
    lost(6, 2, '2026-02-02T00:00:00Z', { amount: '1' }),
  ];
  const DUE = '2026-03-01T00:00:00Z';

  async function settled(payments = createPaymentMemory(), args: JsonObject = {}) {
    const upstream = await startPayoutUpstream([payee(1), payee(2)], rows, { ignoresFilter: true });
    const { call } = await startHarnessAt(upstream.url, { payments }).connect('modern');
    const given = { affiliate_ids: [1, 2], due_by: DUE, net_clawbacks: true, ...args };
    const asked = await call('settle_payouts', given);
    const confirm = async () =>
      await call('settle_payouts', {
        ...given,
        confirmation_token: String(at(asked.data, 'confirmation', 'confirmation_token')),
      });
    return { upstream, call, asked, confirm, given };
  }

  it('is not subtracted again: what was is remembered, what was more stays open', async () => {
    const { asked, confirm, call, upstream } = await settled();
    expect(String(at(asked.data, 'confirmation', 'question'))).toContain(
      'claw-backs of 36.25 USD, commission ids 4; 5.',
    );
    const done = await confirm();
    expect(done.data).toMatchObject({ marked: 2, netted: [{ currency: 'USD', amount: '36.25', count: 2 }] });
    expect(upstream.marks).toHaveLength(2);
    upstream.rows.push(owed(7, 1, { amount: '50' }), owed(8, 2, { amount: '50' }));
    const next = await call('payout_report', { net_clawbacks: true, fresh: true });
    expect(at(next.data, 'clawbacks', 'totals')).toEqual([
      { currency: 'USD', amount: '5.00', commissions: 2, netted: '5.00', carried: '0.00' },
    ]);
    expect(rowsOf(next, 'lines').map(({ affiliate_id, payment }) => [affiliate_id, payment])).toEqual([
      [1, undefined],
      [2, '45.00'],
    ]);
  });

  it('outlives the process with an audit log', async () => {
    const { path } = temporaryFolder();
    const open = () => openPaymentRecord(path, { processName: 'test' });
    await (await settled(open())).confirm();
    const later = await settled(open());
    const report = await later.call('payout_report', {});
    expect(at(report.data, 'clawbacks', 'totals')).toEqual([{ currency: 'USD', amount: '5.00', commissions: 2 }]);
  });

  it('is subtracted from one debt once, although its mark failed and the call is made again', async () => {
    const payments = createPaymentMemory();
    await (await settled(payments)).confirm();
    // Another LeadDyno in which nothing of it was marked.
    const again = await settled(payments);
    expect(String(at(again.asked.data, 'confirmation', 'question'))).not.toContain('claw-backs');
    expect((await again.confirm()).data.netted).toEqual([]);
  });

  it('has to add up with what was sent, and nothing is remembered without a yes', async () => {
    const payments = createPaymentMemory();
    const wrong = await settled(payments, { currency: 'USD', expected_total: '106' });
    expect(wrong.asked.text).toContain('payable now is 69.75 USD');
    const right = await settled(payments, { currency: 'USD', expected_total: '69.75' });
    expect(right.asked.data).toHaveProperty('confirmation');
    const untouched = await right.call('payout_report', {});
    expect(at(untouched.data, 'clawbacks', 'totals')).toMatchObject([{ amount: '41.25' }]);
  });
});

it('of the sandbox are exactly what was paid on cancelled purchases', async () => {
  const harness = await startHarness({ sandbox: { purchases: 1_500, affiliates: 150 } });
  const { programme } = harness.sandbox;
  const { call } = await harness.connect('legacy');
  const expected = new Map<string, number>();
  for (const { paid, purchaseId, currency, amount } of programme.commissions.rows) {
    if (!paid || !programme.purchases.get(purchaseId ?? 0)?.cancelled) continue;
    expected.set(currency, (expected.get(currency) ?? 0) + amount);
  }
  const found = at((await call('payout_report')).data, 'clawbacks', 'totals') as JsonObject[];
  expect(found.length).toBeGreaterThan(0);
  expect(Object.fromEntries(found.map(({ currency, amount }) => [currency, amount]))).toEqual(
    Object.fromEntries([...expected].map(([currency, cents]) => [currency, (cents / 100).toFixed(2)])),
  );
});

describe('netting', () => {
  const amounts = fc.integer({ min: 1, max: 500_000 }).map((mills) => new Decimal(mills).div(1_000).toFixed());
  const drafts = fc.array(
    fc.record({ affiliate: fc.integer({ min: 1, max: 3 }), amount: amounts, lost: fc.boolean() }),
    {
      minLength: 1,
      maxLength: 30,
    },
  );

  it('takes each claw-back once over as many payouts as it needs, in whole cents, and never more than is paid', () => {
    fc.assert(
      fc.property(drafts, fc.integer({ min: 1, max: 4 }), (all, payouts) => {
        const people = peopleIn(
          [1, 2, 3].map((id) => parseAffiliate(payee(id))),
          true,
        );
        const rows = all.map(({ affiliate, amount, lost: isLost }, index) =>
          parseCommission(
            isLost ? lost(index + 1, affiliate, DAY, { amount }) : owed(index + 1, affiliate, { amount }),
          ),
        );
        const { lines } = judgeOwed(rows, people, { dueBy: Date.parse('2026-06-01T00:00:00Z') });
        const clawbacks = findClawbacks(rows, people, { now: Date.parse('2026-06-01T00:00:00Z') });
        const lostSum = (owner: string) =>
          clawbacks
            .filter((one) => one.owner.id === owner)
            .flatMap(({ commissions }) => commissions)
            .reduce((sum, one) => sum.plus(one.amount ?? 0), new Decimal(0));
        const before = new Map<string, Decimal>();
        const saved = new Map<string, Decimal>();
        for (let payout = 0; payout < payouts; payout += 1) {
          const netting = netClawbacks(lines, clawbacks, people, before);
          for (const line of lines) {
            const full = paymentOf(line.ready, line.currency);
            const payment = netting.paymentFor(line);
            expect(payment.gte(0) && payment.lte(full) && payment.decimalPlaces() <= 2).toBe(true);
            saved.set(line.owner.id, (saved.get(line.owner.id) ?? new Decimal(0)).plus(full.minus(payment)));
            const open = netting.openOf(line);
            // As much as there is, but for parts of a cent.
            expect(full.minus(payment).plus('0.01').gt(Decimal.min(full, open))).toBe(true);
          }
          for (const [id, amount] of netting.taken) before.set(id, amount.plus(before.get(id) ?? 0));
        }
        for (const [owner, sum] of saved) expect(sum.lte(lostSum(owner)), owner).toBe(true);
      }),
      { numRuns: 200 },
    );
  });

  it('leaves what has no id, which could not be remembered', () => {
    const people = peopleIn([parseAffiliate(payee(1))], true);
    const rows = [owed(1, 1, { amount: '50' }), lost(2, 1, DAY, { id: null })].map(parseCommission);
    const { lines } = judgeOwed(rows, people, { dueBy: Date.parse('2026-06-01T00:00:00Z') });
    const clawbacks = findClawbacks(rows, people, { now: Date.parse('2026-06-01T00:00:00Z') });
    const netting = netClawbacks(lines, clawbacks, people);
    expect(clawbacks).toHaveLength(1);
    expect(lines.map((line) => netting.paymentFor(line).toFixed(2))).toEqual(['50.00']);
  });
});
