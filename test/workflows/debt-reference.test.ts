import { describe, expect, it } from 'vitest';
import type { JsonObject } from '../../src/json.ts';
import { startHarnessAt } from '../support/harness.ts';
import { FUTURE, owed, payee, startPayoutUpstream } from '../support/payout-upstream.ts';
import { at, rowsOf } from '../support/protocol-json.ts';

/** Reference and note of every payment, by file. */
async function paymentsOf(rows: readonly JsonObject[], args: JsonObject = {}) {
  const upstream = await startPayoutUpstream([payee(1), payee(2)], rows);
  const { call, client } = await startHarnessAt(upstream.url).connect('modern');
  const files = rowsOf(await call('payout_report', args), 'files').filter(({ name }) =>
    String(name).startsWith('paypal'),
  );
  const found: string[] = [];
  for (const { uri } of files) {
    const text = String(at(await client.readResource({ uri: String(uri) }), 'contents', 0, 'text'));
    for (const line of text.trimEnd().split('\r\n')) found.push(line.split(',').slice(3).join(','));
  }
  return found.sort();
}

describe('the reference of a debt', () => {
  const rows = [owed(1, 1), owed(2, 1, { amount: '3' }), owed(3, 2), owed(4, 2, { currency: 'EUR' })];

  it('is the same in every file, whatever the moment, the order and the choice', async () => {
    const first = await paymentsOf(rows);
    expect(new Set(first).size).toBe(3);
    expect(await paymentsOf([...rows].reverse(), { due_by: '2027-06-01' })).toEqual(first);
    expect(await paymentsOf(rows, { affiliate_ids: [2, 1], minimum: 1 })).toEqual(first);
    // Of one that falls due later the first files know nothing, and it is none of their debts.
    expect(await paymentsOf([...rows, owed(5, 1, { due_at: FUTURE })])).toEqual(first);
  });

  it('is the same where it has to be marked by hand today, and can be marked tomorrow', async () => {
    const purchase = { id: 7, purchase_code: 'sub-71', cancelled: false };
    const later = owed(2, 1, { purchase, due_at: FUTURE });
    const byHand = await paymentsOf([owed(1, 1, { purchase }), later]);
    expect(await paymentsOf([owed(1, 1, { purchase }), { ...later, cancelled: true }])).toEqual(byHand);
  });

  it('is another for another set of commissions, payee or currency', async () => {
    const references = await Promise.all(
      [[owed(1, 1)], [owed(2, 1)], [owed(1, 1), owed(2, 1)], [owed(1, 2)], [owed(1, 1, { currency: 'EUR' })]].map(
        async (some) => (await paymentsOf(some))[0],
      ),
    );
    expect(new Set(references).size).toBe(5);
  });
});
