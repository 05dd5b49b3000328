import { describe, expect, it } from 'vitest';
import type { JsonObject } from '../../src/json.ts';
import { startHarnessAt } from '../support/harness.ts';
import { owed, payee, startPayoutUpstream } from '../support/payout-upstream.ts';
import { at, rowsOf } from '../support/protocol-json.ts';
import { activeAffiliate, person, startAccount } from '../support/scripted-account.ts';

/*
 * Flags of another type than the documented one mean the same in every tool, and what cannot be read counts neither as
 * revenue nor as owed: it is counted apart.
 */

const NOW = Date.parse('2026-05-20T12:00:00Z');

/** Of 1 each, so that a sum is a count: three that are live, four that are cancelled, two that cannot be read. */
const CANCELLED = [false, 'false', null, true, 'true', 1, 'YES', 'perhaps', 2];
const purchases = CANCELLED.map((cancelled, index) => ({
  id: index + 1,
  created_at: '2026-05-10T00:00:00Z',
  purchase_code: 1000 + index,
  purchase_amount: '1.0',
  currency: 'USD',
  cancelled,
  lead: person(1),
  affiliate: person(1),
}));
const commissions = CANCELLED.map((cancelled, index) => ({
  id: index + 1,
  created_at: '2026-05-10T00:00:00Z',
  date: '2026-05-10',
  due_at: '2026-05-15T00:00:00Z',
  amount: '1.0',
  currency: 'USD',
  paid: 'false',
  cancelled,
  affiliate: person(1),
}));

async function connect() {
  const upstream = await startAccount(
    { affiliates: [activeAffiliate(1, { total_purchases: 9 })], purchases, commissions },
    {
      instead: (path) => (path === '/affiliates/1/commissions' ? { status: 200, json: commissions } : undefined),
    },
  );
  return await startHarnessAt(upstream.url, { clock: () => NOW }).connect('modern');
}

/** What the answer says of the last two. */
const UNREAD = (name: string, of = 9) =>
  `2 of ${of} ${name} could not be read: cancelled (2); ids 8, 9. Not in these figures.`;

describe('cancelled', () => {
  const sum = [{ currency: 'USD', amount: '3.00', count: 3 }];

  it('is read the same by the overview', async () => {
    const { call } = await connect();
    const { data } = await call('program_overview', { series: true });
    expect(at(data, 'month', 'this')).toMatchObject({
      purchases_not_cancelled: 3,
      purchases_cancelled: 4,
      revenue: sum,
      commissions_not_cancelled: 3,
      commissions_cancelled: 4,
      commissions_earned: sum,
    });
    expect(data.unreadable).toHaveLength(2);
    expect(data.unreadable).toEqual(expect.arrayContaining([UNREAD('purchases'), UNREAD('commissions')]));
  });

  it.each(['revenue', 'commission'])('and the ranking by %s', async (by) => {
    const { call } = await connect();
    const result = await call('rank_affiliates', { by });
    expect(rowsOf(result, 'ranking')).toMatchObject([{ affiliate_id: 1, value: '3.00' }]);
    // Purchases say when each sold last, whatever they are ranked by.
    const unread = by === 'revenue' ? [UNREAD('purchases')] : [UNREAD('purchases'), UNREAD('commissions')];
    expect(result.data.unreadable).toEqual(unread);
  });

  it('and the changes', async () => {
    const { call } = await connect();
    const { data } = await call('changes_since', { since: '2026-05-01', limit: 0 });
    const counted = { not_cancelled: 3, cancelled: 4, sums_not_cancelled: sum };
    expect(data.purchases).toMatchObject(counted);
    expect(data.commissions).toMatchObject(counted);
    expect(data.cancellations).toMatchObject({ count: 4 });
    expect(data.unreadable).toEqual([UNREAD('purchases'), UNREAD('commissions')]);
  });

  it('and the profile', async () => {
    const { call } = await connect();
    const { data } = await call('affiliate_profile', { affiliate_id: 1 });
    expect(data.purchases).toMatchObject({ read: 9, not_cancelled: 3, cancelled: 4, revenue: sum });
    expect(data.commissions).toMatchObject({ unpaid: 3, due: sum });
    expect(data.unreadable).toHaveLength(2);
    expect(data.unreadable).toContain(UNREAD('purchases'));
    expect(data.unreadable).toContain(UNREAD('commissions', 5));
  });

  it('and the search for those who sell no more', async () => {
    const affiliates = [1, 2, 3].map((id) => activeAffiliate(id, { total_purchases: 1 }));
    const bought = ['false', 'true', 'perhaps'].map((cancelled, index) => ({
      ...purchases[0],
      id: index + 1,
      cancelled,
      affiliate: person(index + 1),
    }));
    const upstream = await startAccount({ affiliates, purchases: bought });
    const { call } = await startHarnessAt(upstream.url, { clock: () => NOW }).connect('modern');
    const result = await call('rank_affiliates', { segment: 'dormant', days: 30 });
    expect(rowsOf(result, 'ranking')).toMatchObject([{ affiliate_id: 2 }]);
    expect(result.data.not_known_whether_in_segment).toBe(1);
  });

  it('and the question before a purchase is cancelled', async () => {
    const upstream = await startAccount(
      {},
      {
        instead: (_, { purchase_code: code }) => ({
          status: 200,
          json: purchases.find((row) => String(row.purchase_code) === code) ?? null,
        }),
      },
    );
    const { call } = await startHarnessAt(upstream.url).connect('modern');
    const ask = async (purchase_code: string) =>
      String(at((await call('cancel_purchase', { purchase_code })).data, 'confirmation', 'question'));
    expect(await ask('1004')).toContain('purchase "1004" (id 5) of 1.00 USD');
    expect(await ask('1004')).toContain('already cancelled');
    expect(await ask('1001')).not.toContain('already cancelled');
  });
});

describe('the list of one state', () => {
  it.each<[string, number[]]>([
    ['paid', [2, 5]],
    ['unpaid', [1, 5]],
    ['cancelled', [3, 4, 5]],
  ])('is filtered by flags of any type: %s', async (status, expected) => {
    const rows = [
      { paid: 'false', cancelled: 0 },
      { paid: 1, cancelled: 'no' },
      { paid: 0, cancelled: 'true' },
      { paid: 'yes', cancelled: 1 },
      { paid: 'partly', cancelled: false },
    ].map((flags, index) => owed(index + 1, 1, flags));
    const upstream = await startPayoutUpstream([payee(1)], rows, { ignoresFilter: true });
    const { call } = await startHarnessAt(upstream.url).connect('modern');
    const result = await call('list_affiliate_commissions', { affiliate_id: 1, status });
    // What does not say how it stands is never filtered away.
    expect(rowsOf(result, 'commissions').map(({ id }) => id)).toEqual(expected);
  });
});

describe('the question before a payment mark', () => {
  const ask = async (commission: JsonObject, code: string) => {
    const upstream = await startPayoutUpstream([payee(1)], [owed(1, 1, commission)], {
      ignoresFilter: true,
      meddle: ({ path }) => (path === '/affiliates/by_email' ? { json: payee(1) } : undefined),
    });
    const { call } = await startHarnessAt(upstream.url).connect('modern');
    const args = { affiliate_email: 'person-1@example.com', purchase_code: code };
    return String(at((await call('mark_commissions_paid', args)).data, 'confirmation', 'question'));
  };
  const numeric = { purchase: { id: 9, purchase_code: 1007, cancelled: false } };

  it('finds a purchase whose code is a number', async () => {
    expect(await ask(numeric, '1007')).toContain('Unpaid, 1 found: id 1 of 10.00 USD');
    expect(await ask(numeric, '01007')).toContain('No unpaid commission');
  });

  it.each([{ paid: 'true' }, { paid: 1 }, { cancelled: 'yes' }])('leaves out what is settled: %j', async (settled) => {
    expect(await ask({ ...numeric, ...settled }, '1007')).toContain('No unpaid commission');
  });

  it('says what may be settled already', async () => {
    const question = await ask({ ...numeric, paid: 'partly' }, '1007');
    expect(question).toContain('Unpaid, 1 found');
    expect(question).toContain('Of these, 1 may already be paid or cancelled: the records do not say.');
    expect(await ask(numeric, '1007')).not.toContain('may be paid');
  });
});

it.each<[unknown, boolean]>([
  [true, true],
  ['true', true],
  [1, true],
  [undefined, true],
  ['partly', false],
])('a mark whose answer says paid: %j is confirmed: %j', async (paid, confirmed) => {
  const upstream = await startPayoutUpstream([payee(1)], [owed(1, 1)], {
    meddle: ({ path }) => (path === '/commissions/mark_as_paid' ? { json: [{ ...owed(1, 1), paid }] } : undefined),
  });
  const { call } = await startHarnessAt(upstream.url, { confirm: 'off' }).connect('modern');
  const result = await call('settle_payouts', { affiliate_ids: [1], due_by: '2026-03-01T00:00:00Z' });
  const [done] = rowsOf(result, 'done');
  expect(done).toMatchObject({ affiliate_id: 1 });
  expect(done?.unconfirmed_ids).toEqual(confirmed ? undefined : [1]);
});

it.each([false, 'false', 0])('a mark whose answer says paid: %j may not have happened', async (paid) => {
  const upstream = await startPayoutUpstream([payee(1)], [owed(1, 1)], {
    meddle: ({ path }) => (path === '/commissions/mark_as_paid' ? { json: [{ ...owed(1, 1), paid }] } : undefined),
  });
  const { call } = await startHarnessAt(upstream.url, { confirm: 'off' }).connect('modern');
  const result = await call('settle_payouts', { affiliate_ids: [1], due_by: '2026-03-01T00:00:00Z' });
  expect(result.data).toMatchObject({ marked: 0, unknown: [{ affiliate_id: 1, purchase_code: 'order-1' }] });
});
