import { describe, expect, it } from 'vitest';
import type { JsonObject } from '../../src/json.ts';
import { startHarnessAt } from '../support/harness.ts';
import { owed, payee, startPayoutUpstream } from '../support/payout-upstream.ts';
import { at, rowsOf } from '../support/protocol-json.ts';
import { activeAffiliate, person, startAccount } from '../support/scripted-account.ts';

/* A LeadDyno that has the same totals for every currency: its sum over all is never taken for one of them. */

const mixed = { total_count: 99, total_cost: '157578.0', total_due_count: 99, total_due_cost: '157578.0' };

async function reconciled(totals: (query: Readonly<Record<string, string>>) => JsonObject, commissions: JsonObject[]) {
  const upstream = await startPayoutUpstream([payee(1)], commissions, {
    meddle: ({ path, query }) => (path === '/commissions/totals' ? { json: totals(query) } : undefined),
  });
  const { call } = await startHarnessAt(upstream.url).connect('modern');
  const rows = rowsOf(await call('payout_report'), 'reconciliation');
  return { rows, asked: upstream.requests.filter(({ path }) => path === '/commissions/totals').length };
}

describe('the reconciliation', () => {
  const not = { leaddyno: null, difference: null, agrees: null };

  it('does not compare one of several currencies with their sum', async () => {
    const { rows } = await reconciled(() => mixed, [owed(1, 1), owed(2, 1, { currency: 'EUR' })]);
    expect(rows).toMatchObject([
      { currency: 'EUR', ours: '10.00', ...not },
      { currency: 'USD', ours: '10.00', ...not },
    ]);
    for (const { likely_reasons } of rows) {
      expect(likely_reasons).toEqual([expect.stringMatching(/ignores the currency.*cannot be compared/)]);
    }
  });

  it('nor the only one that is owed', async () => {
    const { rows } = await reconciled(() => mixed, [owed(1, 1, { currency: 'JPY', amount: '1000.0' })]);
    expect(rows).toMatchObject([{ currency: 'JPY', ours: '1000', ...not }]);
  });

  it('takes the same answer for two currencies for right where all together is another', async () => {
    const { rows } = await reconciled(
      ({ currency }) =>
        currency === undefined
          ? { total_count: 2, total_due_cost: '30.0' }
          : { total_count: 1, total_due_cost: '15.0' },
      [owed(1, 1), owed(2, 1, { currency: 'EUR' })],
    );
    expect(rows).toMatchObject([
      { difference: '-5.00', agrees: false },
      { difference: '-5.00', agrees: false },
    ]);
  });

  it('compares a currency that LeadDyno heeds', async () => {
    const { rows, asked } = await reconciled(
      ({ currency }) =>
        currency === 'USD' ? { total_count: 1, total_due_cost: '12.0' } : { total_count: 0, total_due_cost: '0.0' },
      [owed(1, 1)],
    );
    expect(rows).toMatchObject([{ leaddyno: '12.00', difference: '-2.00', agrees: false }]);
    expect(asked).toBe(2);
  });

  it('asks nothing more where the sums agree', async () => {
    const { rows, asked } = await reconciled(() => ({ total_count: 1, total_due_cost: '10.0' }), [owed(1, 1)]);
    expect(rows).toMatchObject([{ agrees: true }]);
    expect(asked).toBe(1);
  });
});

it('the overview of a programme that lately sold in one currency shows no sum of all', async () => {
  const commission = {
    id: 1,
    created_at: '2026-05-10T00:00:00Z',
    date: '2026-05-10',
    amount: '1.0',
    currency: 'EUR',
    cancelled: false,
    affiliate: person(1),
  };
  const upstream = await startAccount(
    { affiliates: [activeAffiliate(1)], commissions: [commission] },
    { instead: (path) => (path === '/commissions/totals' ? { status: 200, json: mixed } : undefined) },
  );
  const { call } = await startHarnessAt(upstream.url, { clock: () => Date.parse('2026-05-20T00:00:00Z') }).connect(
    'modern',
  );
  const { data, text } = await call('program_overview');
  expect(at(data, 'commissions')).toMatchObject({ by_currency: [], remark: expect.stringContaining('ignores') });
  expect(text).not.toContain('157578');
});
