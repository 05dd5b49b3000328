import { describe, expect, it } from 'vitest';
import type { JsonObject } from '../../src/json.ts';
import { startHarnessAt } from '../support/harness.ts';
import { at, rowsOf } from '../support/protocol-json.ts';
import { activeAffiliate, person, startAccount } from '../support/scripted-account.ts';

/* Rewards in points or credit are no money, whatever currency stands beside them: no tool adds them to any. */

const NOW = Date.parse('2026-05-20T12:00:00Z');

const KINDS: readonly JsonObject[] = [
  {},
  { payment_type: 'Cash ', custom_singular: ' ', custom_plural: null },
  { payment_type: 'points', custom_singular: 'point', custom_plural: 'points' },
  { payment_type: 'cash', custom_plural: 'points' },
  { payment_type: 'credit' },
  { payment_type: 'custom', custom_singular: 'gift card', custom_plural: 'gift cards' },
];

const commissions = KINDS.map((kind, index) => ({
  id: index + 1,
  created_at: '2026-05-10T00:00:00Z',
  date: '2026-05-10',
  due_at: '2026-05-15T00:00:00Z',
  amount: index < 2 ? '1.5' : '1000.0',
  currency: 'USD',
  paid: false,
  cancelled: false,
  affiliate: person(index < 2 ? 1 : 2),
  purchase: { id: 5, purchase_code: 'ord-5', purchase_amount: '30.0', currency: 'USD', cancelled: false },
  ...kind,
}));

const MONEY = [{ currency: 'USD', amount: '3.00', count: 2 }];
const REWARDS = [
  { name: 'credit', amount: '1000', count: 1 },
  { name: 'gift cards', amount: '1000', count: 1 },
  { name: 'points', amount: '2000', count: 2 },
];

async function connect() {
  const upstream = await startAccount(
    {
      affiliates: [activeAffiliate(1), activeAffiliate(2)],
      commissions,
      purchases: [
        {
          id: 5,
          purchase_code: 'ord-5',
          purchase_amount: '30.0',
          currency: 'USD',
          cancelled: false,
          created_at: '2026-05-09T00:00:00Z',
          lead: person(9),
          affiliate: person(2),
        },
      ],
    },
    {
      instead: (path) =>
        path === '/affiliates/2/commissions'
          ? { status: 200, json: commissions.slice(2) }
          : path === '/affiliates/by_email'
            ? { status: 200, json: activeAffiliate(2) }
            : undefined,
    },
  );
  return await startHarnessAt(upstream.url, { clock: () => NOW }).connect('modern');
}

describe('rewards that are not money', () => {
  it('stand beside the money of the overview and its months', async () => {
    const { data } = await (await connect()).call('program_overview', { series: true });
    const figures = {
      commissions_not_cancelled: 6,
      commissions_cancelled: 0,
      commissions_earned: MONEY,
      rewards_earned: REWARDS,
    };
    expect(at(data, 'month', 'this')).toMatchObject(figures);
    expect(at(data, 'commissions', 'not_only_money')).toMatch(/rewards that are not money/);
  });

  it('and of the changes', async () => {
    const { data } = await (await connect()).call('changes_since', { since: '2026-05-01' });
    expect(data.commissions).toMatchObject({
      not_cancelled: 6,
      cancelled: 0,
      sums_not_cancelled: MONEY,
      rewards: REWARDS,
    });
    const shown = (at(data, 'commissions', 'newest') as JsonObject[]).map(({ reward, currency }) => [reward, currency]);
    expect(shown).toContainEqual([{ name: 'gift cards', amount: '1000' }, undefined]);
  });

  it('put nobody into a ranking of money', async () => {
    const result = await (await connect()).call('rank_affiliates', { by: 'commission' });
    expect(rowsOf(result, 'ranking')).toMatchObject([{ affiliate_id: 1, currency: 'USD', value: '3.00' }]);
    expect(result.data.rewards).toEqual(REWARDS);
  });

  it('are no unpaid money of a profile', async () => {
    const { data } = await (await connect()).call('affiliate_profile', { affiliate_id: 2 });
    expect(data.commissions).toMatchObject({ unpaid: 4, due: [], pending: [], rewards: REWARDS });
  });

  it('are named as what they are in a trace', async () => {
    const { data, text } = await (await connect()).call('trace_attribution', { purchase_code: 'ord-5' });
    const rows = at(data, 'chain', 'commissions', 'rows') as JsonObject[];
    expect(rows[0]).toMatchObject({ amount: '1.50', currency: 'USD' });
    expect(rows[2]).toMatchObject({ reward: { name: 'points', amount: '1000' } });
    expect(rows[2]).not.toHaveProperty('currency');
    expect(text).toContain('a reward that is not money');
  });

  it('are of no currency in an export, and counted there', async () => {
    const { call } = await connect();
    expect((await call('export_records', { records: 'commissions', currency: 'USD' })).data).toMatchObject({ rows: 2 });
    const all = await call('export_records', { records: 'commissions' });
    expect(all.data).toMatchObject({ rows: 6, not_money: 4, columns: expect.arrayContaining(['payment_type']) });
  });

  it('are told from money in the concise rows of a list', async () => {
    const result = await (await connect()).call('list_commissions', { detail: 'concise' });
    expect(rowsOf(result, 'commissions')[2]).toMatchObject({ payment_type: 'points', custom_plural: 'points' });
  });

  it('are no USD in the question before a mark', async () => {
    const { call } = await connect();
    const args = { affiliate_email: 'a2@example.com', purchase_code: 'ord-5' };
    const question = String(at((await call('mark_commissions_paid', args)).data, 'confirmation', 'question'));
    expect(question).toContain('id 3 of 1000 "points"');
    expect(question).toContain('together 2000 "points" + 1000 "credit" + 1000 "gift cards"');
    expect(question).not.toContain('USD');
  });
});
