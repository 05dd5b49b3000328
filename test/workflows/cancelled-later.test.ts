import { describe, expect, it } from 'vitest';
import { startHarnessAt } from '../support/harness.ts';
import { askedIn, at, rowsOf } from '../support/protocol-json.ts';
import { activeAffiliate, person, startAccount } from '../support/scripted-account.ts';

/* A cancellation that is dated ahead has not happened: until then the purchase counts, in every tool. */

const NOW = Date.parse('2026-05-20T12:00:00Z');
const buy = (id: number, cancelled: boolean, effective_date: string | null) => ({
  id,
  created_at: '2026-05-10T00:00:00Z',
  purchase_code: `ord-${id}`,
  purchase_amount: '10.0',
  currency: 'USD',
  cancelled,
  cancellation: effective_date === null ? null : { effective_date },
  lead: person(9),
  affiliate: person(1),
});

const purchases = [
  buy(1, false, null),
  buy(2, true, '2026-05-12T00:00:00Z'),
  buy(3, true, '2026-06-12T00:00:00Z'),
  buy(4, false, '2026-06-12T00:00:00Z'),
];

/** Paid, each on its purchase. */
const commissions = purchases.map((purchase) => ({
  id: 100 + purchase.id,
  amount: '1.0',
  currency: 'USD',
  paid: true,
  cancelled: purchase.cancelled,
  due_at: '2026-05-11T00:00:00Z',
  date: '2026-05-10',
  purchase,
  affiliate: person(1),
}));

async function connect() {
  const upstream = await startAccount({
    affiliates: [activeAffiliate(1, { total_purchases: 4 })],
    purchases,
    commissions,
    leads: [{ ...person(9), created_at: '2026-05-01T00:00:00Z' }],
  });
  return await startHarnessAt(upstream.url, { clock: () => NOW }).connect('modern');
}

const LIVE = [{ currency: 'USD', amount: '30.00', count: 3 }];

describe('a cancellation dated ahead', () => {
  it('is none of the changes yet, and is told', async () => {
    const { data } = await (await connect()).call('changes_since', { since: '2026-05-01' });
    expect(data.purchases).toMatchObject({ not_cancelled: 3, cancelled: 1, sums_not_cancelled: LIVE });
    expect(data.cancellations).toMatchObject({
      count: 1,
      sums_cancelled: [{ currency: 'USD', amount: '10.00', count: 1 }],
      newest: [{ purchase_id: 2, cancelled_at: '2026-05-12T00:00:00Z' }],
      still_to_come: 2,
    });
  });

  it('takes nothing from the overview, a ranking, a profile and an export', async () => {
    const { call } = await connect();
    expect(at((await call('program_overview')).data, 'month', 'this')).toMatchObject({
      purchases_not_cancelled: 3,
      purchases_cancelled: 1,
      revenue: LIVE,
    });
    const ranked = await call('rank_affiliates', { by: 'revenue' });
    expect(rowsOf(ranked, 'ranking')).toMatchObject([{ affiliate_id: 1, value: '30.00' }]);
    const { data } = await call('affiliate_profile', { affiliate_id: 1 });
    expect(data.purchases).toMatchObject({ read: 4, not_cancelled: 3, cancelled: 1, revenue: LIVE });
    for (const [status, rows] of [
      ['live', 3],
      ['cancelled', 1],
    ]) {
      expect((await call('export_records', { records: 'purchases', status })).data).toMatchObject({ rows });
    }
    expect(rowsOf(await call('rank_affiliates', { segment: 'dormant', days: 30 }), 'ranking')).toEqual([]);
  });

  it('takes nothing back of what was paid, up to the clocks being two minutes apart', async () => {
    const { call } = await connect();
    const { data } = await call('payout_report', {});
    expect(at(data, 'clawbacks', 'totals')).toEqual([{ currency: 'USD', amount: '1.00', commissions: 1 }]);
    const soon = { ...buy(5, true, '2026-05-20T12:01:00Z') };
    for (const clock of [NOW, NOW - 3 * 60_000]) {
      const upstream = await startAccount({
        affiliates: [activeAffiliate(1)],
        purchases: [soon],
        commissions: [{ ...commissions[0], purchase: soon }],
      });
      const near = await startHarnessAt(upstream.url, { clock: () => clock }).connect('modern');
      const done = clock === NOW;
      expect('clawbacks' in (await near.call('payout_report', {})).data).toBe(done);
      expect((await near.call('changes_since', { since: '2026-05-01' })).data.cancellations).toMatchObject(
        done ? { count: 1 } : { count: 0, still_to_come: 1 },
      );
    }
  });

  it('is no cancellation in a question, which says when it will be one', async () => {
    const { call } = await connect();
    const one = askedIn(await call('cancel_purchase', { purchase_code: 'ord-3' })).question;
    expect(one).toContain('to be cancelled on 2026-06-12T00:00:00Z');
    expect(one).not.toContain('already cancelled');
    expect(askedIn(await call('cancel_purchase', { purchase_code: 'ord-2' })).question).toContain('already cancelled');
    const all = askedIn(await call('cancel_customer_purchases', { email: person(9).email })).question;
    expect(all).toContain('Not cancelled yet, 3 found');
    expect(all).toContain('together 30.00 USD');
  });

  it('is a reason of a trace as what it is', async () => {
    const { text } = await (await connect()).call('trace_attribution', { purchase_code: 'ord-3' });
    expect(text).toContain('is to be cancelled at a later date');
    expect(text).not.toContain('The purchase is cancelled');
  });
});
