import { expect, it } from 'vitest';
import { startHarnessAt } from '../support/harness.ts';
import { at, rowsOf } from '../support/protocol-json.ts';
import { activeAffiliate, person, startAccount } from '../support/scripted-account.ts';

/* What cannot be placed in a period is never dropped in silence. */

const NOW = Date.parse('2026-11-20T12:00:00Z');

const commissions = [20_261_105, '05-11-2026', '15/11/2026', '2026-11-05', '', '2026-10-05'].map((date, index) => ({
  id: index + 1,
  date,
  created_at: '2026-11-05T00:00:00Z',
  amount: '1.0',
  currency: 'USD',
  cancelled: false,
  paid: false,
  affiliate: person(1),
}));
const affiliates = [
  activeAffiliate(1, { created_at: '2026-11-02T00:00:00Z' }),
  activeAffiliate(2, { created_at: 1_794_000_000 }),
  activeAffiliate(3, { created_at: '1794000000' }),
  activeAffiliate(4, { created_at: '11/02/2026', status: 'Pending Approval', pending_approval: true }),
];

async function connect() {
  const upstream = await startAccount({ affiliates, commissions });
  return await startHarnessAt(upstream.url, { clock: () => NOW }).connect('modern');
}

it('a commission whose day cannot be read is earned when it was created', async () => {
  const { call } = await connect();
  const month = (await call('program_overview', {})).data.month;
  expect(at(month, 'this', 'commissions_earned')).toEqual([{ currency: 'USD', amount: '5.00', count: 5 }]);
  expect(at(month, 'whole_month_before', 'commissions_earned')).toMatchObject([{ amount: '1.00' }]);
  const ranked = await call('rank_affiliates', { by: 'commission', since: '2026-11-01' });
  expect(rowsOf(ranked, 'ranking')).toMatchObject([{ affiliate_id: 1, value: '5.00' }]);
});

it('affiliates who do not say readably when they joined are counted apart', async () => {
  const { call } = await connect();
  const { data } = await call('program_overview', {});
  expect(at(data, 'month', 'this')).toMatchObject({ new_affiliates: 1, affiliates_without_readable_date: 3 });
  expect(data.approval_queue).toEqual({ pending: 1, oldest_days: null, without_readable_date: 1 });
  const ranked = await call('rank_affiliates', { segment: 'new', days: 30 });
  expect(ranked.data.not_known_whether_in_segment).toBe(3);
});

it('a commission that says its day alone, be its time of creation empty or unreadable, is among the changes', async () => {
  const created = ['', null, undefined].map((created_at, index) => ({
    ...commissions[0],
    id: index + 1,
    date: '2026-11-19',
    created_at,
  }));
  const upstream = await startAccount({ commissions: created });
  const { call } = await startHarnessAt(upstream.url, { clock: () => NOW }).connect('modern');
  const { data } = await call('changes_since', { since: '2026-11-19T08:00:00Z', include: ['commissions'], limit: 0 });
  expect(data.commissions).toMatchObject({ not_cancelled: 3, of_the_day_of_since: 3 });
});
