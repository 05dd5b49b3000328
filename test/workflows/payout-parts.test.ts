import { expect, it } from 'vitest';
import type { JsonObject } from '../../src/json.ts';
import { startHarnessAt } from '../support/harness.ts';
import { FUTURE, owed, PAST, payee, startPayoutUpstream } from '../support/payout-upstream.ts';
import { at, rowsOf } from '../support/protocol-json.ts';
import { readCsv } from '../support/read-csv.ts';

/* A payment is never more than what the affiliate's commissions of the currency come to, and never nothing. */

const DUE = '2026-03-01T00:00:00Z';

async function report(commissions: readonly JsonObject[], args: JsonObject = {}) {
  const upstream = await startPayoutUpstream([payee(1)], commissions);
  const { call, client } = await startHarnessAt(upstream.url).connect('modern');
  const result = await call('payout_report', { due_by: DUE, ...args });
  const payments: string[][] = [];
  for (const { uri } of rowsOf(result, 'files').slice(1)) {
    const text = String(at(await client.readResource({ uri: String(uri) }), 'contents', 0, 'text'));
    payments.push(...readCsv(text));
  }
  return { result, payments, call, upstream };
}

const less = (more: JsonObject = {}) => owed(2, 1, { amount: '-60.0', ...more });
const sub = { id: 71, purchase_code: 'sub-71', cancelled: false };

it.each<[string, readonly JsonObject[], string]>([
  ['has no purchase code', [less({ purchase: null })], 'pay 40.00 USD in one sum'],
  [
    'is of a purchase with another commission that is not due',
    [less({ purchase: sub }), owed(3, 1, { due_at: FUTURE, purchase: sub })],
    'only 100.00 USD of it can be marked here, not -60.00 USD',
  ],
  [
    'is of a cancelled purchase',
    [less({ purchase: { ...sub, cancelled: true } })],
    '-60.00 USD of the same affiliate is not counted in it (commission ids 2)',
  ],
  ['has no due date', [less({ due_at: null })], '-60.00 USD of the same affiliate'],
  ['may be paid', [less({ paid: null })], '-60.00 USD of the same affiliate'],
  ['has no readable currency', [less({ currency: '' })], '-60.00 USD of the same affiliate'],
])('100 is not paid where -60 %s: it is held, with what to do', async (_, others, reason) => {
  const { result, payments, call, upstream } = await report([owed(1, 1, { amount: '100.0' }), ...others]);
  expect(payments).toEqual([]);
  expect(result.data).not.toHaveProperty('report');
  const line = rowsOf(result, 'lines').find(({ currency }) => currency === 'USD');
  expect(line).toMatchObject({ state: 'held', reasons: [expect.stringContaining(reason)] });
  expect(rowsOf(result, 'totals').find(({ currency }) => currency === 'USD')).toMatchObject({
    ready: '0.00',
    unmarkable_here: '0.00',
  });
  const settled = await call('settle_payouts', { affiliate_ids: [1], due_by: DUE });
  expect(settled.data).toMatchObject({ marked: 0 });
  expect(JSON.stringify(rowsOf(settled, 'left_out'))).toContain('held back in the report');
  expect(upstream.marks).toEqual([]);
});

it('a negative sum that alone can be marked is not ready: the debt would be gone, and 100 paid', async () => {
  const { result, payments } = await report([owed(1, 1, { amount: '100.0', purchase: null }), less()]);
  expect(payments).toEqual([]);
  expect(rowsOf(result, 'lines')).toMatchObject([{ state: 'held', amount: '40.00' }]);
});

it('what is held for it is not settled by the mark of another currency of the same purchase', async () => {
  const { result } = await report([
    owed(1, 1, { amount: '100.0', purchase: sub }),
    less({ purchase: null }),
    owed(3, 1, { amount: '5.0', currency: 'EUR', purchase: sub }),
  ]);
  expect(rowsOf(result, 'totals')).toMatchObject([
    { currency: 'EUR', ready: '0.00', unmarkable_here: '5.00' },
    { currency: 'USD', ready: '0.00', held: '40.00' },
  ]);
});

it('both parts are paid where neither takes from the other', async () => {
  const { payments } = await report([
    owed(1, 1, { amount: '100.0' }),
    less({ amount: '-20.0' }),
    owed(3, 1, { amount: '30.0', purchase: null }),
    owed(4, 1, { amount: '-10.0', purchase: null }),
    // Not due: it is subtracted once it is.
    owed(5, 1, { amount: '-500.0', due_at: FUTURE }),
  ]);
  expect(payments.map(([, amount]) => amount)).toEqual(['80.00', '20.00']);
});

it('what a report paid in one sum is marked although LeadDyno shows a part of it as paid by then', async () => {
  const { result, payments, call, upstream } = await report([owed(1, 1, { amount: '100.0' }), less()]);
  expect(payments.map(([, amount]) => amount)).toEqual(['40.00']);
  const [first] = upstream.rows;
  if (first) first.paid = true;
  const report_id = { report: result.data.report };
  const asked = await call('settle_payouts', report_id);
  const confirmation_token = at(asked.data, 'confirmation', 'confirmation_token');
  await call('settle_payouts', { ...report_id, confirmation_token });
  expect(upstream.rows.map(({ paid }) => paid)).toEqual([true, true]);
});

it.each([
  ['JPY', '0.4'],
  ['HUF', '0.49'],
  ['USD', '0.004'],
  ['KRW', '0.4'],
])('a sum that rounds to nothing waits: %s %s', async (currency, amount) => {
  const { result, payments, call, upstream } = await report([owed(1, 1, { currency, amount })]);
  expect(rowsOf(result, 'lines')).toMatchObject([
    { state: 'held', reasons: ['too small to pay: it waits until more adds up'] },
  ]);
  expect(result.data).not.toHaveProperty('report');
  expect(payments).toEqual([]);
  const settled = await call('settle_payouts', { affiliate_ids: [1], due_by: DUE });
  expect(settled.data).toMatchObject({ marked: 0 });
  expect(upstream.marks).toEqual([]);
  // With another it is enough.
  const more = await report([owed(1, 1, { currency, amount }), owed(2, 1, { currency, amount: '1' })]);
  expect(rowsOf(more.result, 'lines')).toMatchObject([{ state: 'ready', commissions: 2 }]);
});

it('a part that rounds to nothing is not marked for nothing beside one that is paid by hand', async () => {
  const { result } = await report([owed(1, 1, { amount: '0.004' }), owed(2, 1, { purchase: null })]);
  expect(rowsOf(result, 'lines')).toMatchObject([
    { state: 'held', reasons: [expect.stringContaining('pay 10.00 USD in one sum')] },
  ]);
});

it.each([
  ['KRW', '1000.4', '1000'],
  ['ISK', '1500', '1500'],
  ['KWD', '1.2345', '1.235'],
  ['EUR', '10.009', '10.01'],
])('a payment has the decimals of its currency: %s', async (currency, amount, sent) => {
  const { payments } = await report([owed(1, 1, { currency, amount })], { payment_service: 'wise' });
  expect(payments[1]).toContain(sent);
});

it.each(['wise', 'paypal'])('a code that is no currency is told, not filed: %s', async (payment_service) => {
  const { result, payments } = await report([owed(1, 1, { currency: 'XYZ', due_at: PAST })], { payment_service });
  expect(payments).toEqual([]);
  expect(String(result.data.files_note)).toMatch(/^No (Wise|PayPal) file for XYZ/);
});
