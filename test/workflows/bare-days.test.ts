import { describe, expect, it } from 'vitest';
import type { JsonObject } from '../../src/json.ts';
import { startHarnessAt } from '../support/harness.ts';
import { owed, payee, startPayoutUpstream } from '../support/payout-upstream.ts';
import { at, rowsOf } from '../support/protocol-json.ts';
import { activeAffiliate, person, startAccount } from '../support/scripted-account.ts';

/* A bare day is that whole day, UTC: `since` is its start, `until` and `due_by` its end. */

describe('due_by', () => {
  const moments = ['2026-11-30T00:00:00Z', '2026-11-30T23:59:59.999Z', '2026-12-01T00:00:00Z'];
  const rows = moments.map((due_at, index) => owed(index + 1, 1, { due_at }));

  it('a day holds what falls due on it, in the report and in what settles it', async () => {
    const upstream = await startPayoutUpstream([payee(1)], rows);
    const { call } = await startHarnessAt(upstream.url).connect('modern');
    const { data } = await call('payout_report', { due_by: '2026-11-30' });
    expect(data).toMatchObject({
      due_by: '2026-11-30T23:59:59.999Z',
      totals: [{ currency: 'USD', ready: '20.00', commissions: 2 }],
    });
    for (const due_by of ['2026-11-30', data.due_by]) {
      const args = { affiliate_ids: [1], due_by, currency: 'USD', expected_total: '20.00' };
      const asked = String(at((await call('settle_payouts', args)).data, 'confirmation', 'question'));
      expect(asked).toContain('Mark as paid 2 commissions');
      expect(asked).toContain('due by 2026-11-30T23:59:59.999Z');
    }
  });
});

const stamps = ['2026-02-01T00:00:00Z', '2026-02-28T00:00:01Z', '2026-02-28T23:59:59.999Z', '2026-03-01T00:00:00Z'];
const purchases = stamps.map(
  (created_at, index): JsonObject => ({
    id: index + 1,
    created_at,
    purchase_amount: '10.0',
    currency: 'USD',
    cancelled: false,
    lead: person(9),
    affiliate: person(1),
  }),
);
const PERIOD = { from: '2026-02-01T00:00:00Z', before: '2026-03-01T00:00:00Z', time_zone: 'UTC' };

describe('since and until', () => {
  const connect = async () => {
    const upstream = await startAccount({ affiliates: [activeAffiliate(1)], purchases });
    return await startHarnessAt(upstream.url, { clock: () => Date.parse('2026-03-05T00:00:00Z') }).connect('modern');
  };
  const days = { since: '2026-02-01', until: '2026-02-28' };

  it('hold both days whole, and the answer says which moments those are', async () => {
    const { call } = await connect();
    const ranked = await call('rank_affiliates', { ...days, by: 'purchases' });
    expect(rowsOf(ranked, 'ranking')).toMatchObject([{ affiliate_id: 1, value: 3 }]);
    expect(ranked.data.period).toEqual(PERIOD);
    expect((await call('export_records', { ...days, records: 'purchases' })).data).toMatchObject({
      rows: 3,
      period: PERIOD,
    });
  });

  it('of one and the same day are that day', async () => {
    const { call } = await connect();
    const day = { since: '2026-02-28', until: '2026-02-28' };
    expect((await call('export_records', { ...day, records: 'purchases' })).data).toMatchObject({ rows: 2 });
  });

  it('of a moment are that moment', async () => {
    const { call } = await connect();
    const moments = { since: '2026-02-01T00:00:00Z', until: '2026-02-28T00:00:01Z' };
    expect((await call('export_records', { ...moments, records: 'purchases' })).data).toMatchObject({ rows: 1 });
  });

  it('since alone is the start of the day', async () => {
    const { call } = await connect();
    const { data } = await call('changes_since', { since: '2026-02-28' });
    expect(data).toMatchObject({ since: '2026-02-28T00:00:00Z', purchases: { not_cancelled: 3, cancelled: 0 } });
  });
});
