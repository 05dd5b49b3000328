import { Decimal } from 'decimal.js';
import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { type JsonObject, rowsIn } from '../../src/json.ts';
import { startHarnessAt } from '../support/harness.ts';
import { type Account, type AccountSetup, activeAffiliate, person, startAccount } from '../support/scripted-account.ts';

const NOW = Date.parse('2026-05-20T12:00:00Z');
const DAY = 24 * 3_600_000;
const at = (daysAgo: number) => new Date(NOW - daysAgo * DAY).toISOString();

const purchase = (id: number, who: number | null, daysAgo: number, more: JsonObject = {}): JsonObject => ({
  id,
  purchase_code: `o-${id}`,
  purchase_amount: '100.00',
  currency: 'USD',
  cancelled: false,
  created_at: at(daysAgo),
  lead: { id, email: `c${id}@example.com` },
  affiliate: who === null ? null : person(who),
  ...more,
});

const commission = (id: number, who: number, daysAgo: number, amount: string, more: JsonObject = {}): JsonObject => ({
  id,
  amount,
  currency: 'USD',
  date: at(daysAgo).slice(0, 10),
  due_at: at(daysAgo - 30),
  paid: false,
  cancelled: false,
  payment_type: 'cash',
  affiliate: person(who),
  purchase: null,
  ...more,
});

async function ask(account: Account, args: JsonObject = {}, setup: AccountSetup = {}) {
  const upstream = await startAccount(account, setup);
  const { client } = await startHarnessAt(upstream.url, { clock: () => NOW }).connect('modern');
  const result = await client.callTool({ name: 'program_health', arguments: args });
  const data = (result.structuredContent ?? {}) as JsonObject;
  const figures = new Map(
    rowsIn(data, 'figures').map((one) => [[one.figure, one.currency].filter(Boolean).join(' '), one]),
  );
  return { result, data, figures, bytes: JSON.stringify(data).length };
}

const joined = (id: number, daysAgo: number, more: JsonObject = {}) =>
  activeAffiliate(id, { created_at: at(daysAgo), ...more });

describe('program_health', () => {
  it('compares every figure with the 30 days before, ready-made', async () => {
    const { data, figures, bytes } = await ask({
      affiliates: [joined(1, 400), joined(2, 50), joined(3, 45), joined(4, 5), joined(5, 80)],
      purchases: [
        purchase(1, 1, 3, { purchase_amount: '300.00' }),
        purchase(2, 2, 25),
        purchase(3, 1, 40),
        purchase(4, 1, 4, { cancelled: true }),
        purchase(5, null, 5),
        purchase(6, 3, 6, { currency: 'EUR', purchase_amount: '50.00' }),
      ],
      commissions: [
        commission(1, 1, 3, '40.00'),
        commission(2, 1, 40, '30.00'),
        commission(3, 1, 3, '99.00', { cancelled: true }),
        commission(4, 1, 3, '500', { payment_type: 'points', custom_plural: 'points' }),
      ],
      visitors: [1, 2, 3, 4].map((id) => ({ id, created_at: at(3), affiliate: id < 4 ? person(1) : null })),
    });
    expect(data).toMatchObject({
      period: { from: '2026-04-20T00:00:00Z', before: '2026-05-20T00:00:00Z' },
      compared_with: { from: '2026-03-21T00:00:00Z', before: '2026-04-20T00:00:00Z' },
      complete: true,
      rewards: [{ name: 'points', amount: '500', count: 1 }],
    });
    const expected: Record<string, JsonObject> = {
      new_affiliates: { value: 1, before: 2, difference: -1, percent: '-50.0%' },
      // The first 30 days of 2 and 3 ended in the period: 2 sold within them, 3 too late.
      activation_rate: { value: '50.0%', before: '0.0%', difference: '50.0 points', of: '1 of 2', of_before: '0 of 1' },
      active_affiliates: { value: 3, before: 1, difference: 2, percent: '200.0%' },
      active_share: { value: '60.0%', before: '25.0%', of: '3 of 5', of_before: '1 of 4' },
      days_to_first_sale: { value: 32, before: 360, difference: -328, of: '2 first sales' },
      refund_rate: { value: '25.0%', before: '0.0%', of: '1 of 4' },
      'revenue USD': { value: '400.00', before: '100.00', difference: '300.00', percent: '300.0%' },
      'credited_share USD': { value: '80.0%', before: '100.0%' },
      'revenue_per_active USD': { value: '200.00', before: '100.00' },
      'payout_ratio USD': { value: '10.0%', before: '30.0%', difference: '-20.0 points' },
      'earnings_per_visitor USD': { value: '13.3333', before: null, difference: null, of: '3 visitors' },
      'top_ten_share USD': { value: '100.0%', of: '2 sellers' },
      'revenue EUR': { value: '50.00', before: '0.00', percent: null },
    };
    for (const [name, figure] of Object.entries(expected)) expect(figures.get(name), name).toMatchObject(figure);
    const definitions = Object.keys(data.definitions as JsonObject);
    expect(rowsIn(data, 'figures').every(({ figure }) => definitions.includes(String(figure)))).toBe(true);
    expect(data.better).toContain('revenue USD');
    // From so few nothing is called better or worse.
    expect(data.better).not.toContain('activation_rate');
    expect(bytes).toBeLessThan(6_000);
  });

  it('shows who joined in which month, and whether they sell', async () => {
    const { data } = await ask({
      affiliates: [
        joined(1, 60),
        joined(2, 61, { status: 'Archived', archived: true }),
        joined(3, 2),
        activeAffiliate(4, { created_at: null }),
      ],
      purchases: [purchase(1, 1, 50), purchase(2, 1, 1)],
    });
    const cohorts = rowsIn(data, 'cohorts');
    expect(cohorts.map(({ month }) => month)).toEqual([
      '2025-12',
      '2026-01',
      '2026-02',
      '2026-03',
      '2026-04',
      '2026-05',
    ]);
    expect(cohorts[3]).toEqual({
      month: '2026-03',
      joined: 2,
      approved: 1,
      activated: 1,
      activation: '50.0%',
      sold: 1,
      still_active: 1,
      revenue: [{ currency: 'USD', amount: '200.00' }],
    });
    expect(cohorts[5]).toMatchObject({ joined: 1, activated: 0, so_far: true });
    expect(data.affiliates_without_readable_date).toBe(1);
  });

  it.each([
    [{ since: '2026-04-01', until: '2026-04-30' }, '2026-03-01T00:00:00Z', '2026-04-01T00:00:00Z'],
    [{ since: '2026-01-01', until: '2026-03-31' }, '2025-10-01T00:00:00Z', '2026-01-01T00:00:00Z'],
    // A month that is not over, with as much of the one before.
    [{ since: '2026-05-01' }, '2026-04-01T00:00:00Z', '2026-04-20T12:00:00Z'],
    [{ since: '2026-05-01', until: '2026-05-31' }, '2026-04-01T00:00:00Z', '2026-04-20T12:00:00Z'],
    [{ since: '2026-05-10', until: '2026-05-12' }, '2026-05-07T00:00:00Z', '2026-05-10T00:00:00Z'],
  ])('compares %o with what lies before', async (args, from, before) => {
    const { data } = await ask({ affiliates: [joined(1, 400)] }, args);
    expect(data.compared_with).toMatchObject({ from, before });
  });

  it('refuses a period that is none', async () => {
    for (const args of [{ since: '2026-06-01' }, { since: '2026-05-10', until: '2026-05-01' }]) {
      expect((await ask({}, args)).result.isError).toBe(true);
    }
  });

  it('gives what it can where a list fails, and says what is missing', async () => {
    const fails = (path: string) => ({
      instead: (asked: string) => (asked === path ? { status: 500, json: {} } : undefined),
    });
    const account = { affiliates: [joined(1, 400)], purchases: [purchase(1, 1, 3)], visitors: [] };
    const { figures, data } = await ask(account, {}, fails('/commissions'));
    expect(figures.get('revenue USD')).toMatchObject({ value: '100.00' });
    expect(figures.has('payout_ratio USD')).toBe(false);
    expect(data.not_read).toMatchObject([{ what: 'commissions' }]);
  });

  it('marks figures of a list that was read in part', async () => {
    const setup: AccountSetup = {
      instead: (path) => (path === '/purchases/count' ? { status: 200, json: { count: 400 } } : undefined),
    };
    const { figures, data } = await ask({ affiliates: [joined(1, 400)], purchases: [purchase(1, 1, 3)] }, {}, setup);
    expect(data).toMatchObject({ preliminary: true, complete: false });
    expect(figures.get('revenue USD')).toMatchObject({ preliminary: true });
  });

  it('does not read very many visitors unless it is asked to', async () => {
    const instead: AccountSetup['instead'] = (path) =>
      path === '/visitors/count' ? { status: 200, json: { count: 250_000 } } : undefined;
    const { figures, data } = await ask(
      { affiliates: [joined(1, 400)], purchases: [purchase(1, 1, 3)] },
      {},
      { instead },
    );
    expect(data.not_read).toEqual([{ what: 'visitors', why: '250000 visitors: set long_lists: true to read them' }]);
    expect(figures.has('earnings_per_visitor USD')).toBe(false);
  });

  it('stays small with many currencies, and shows the one that is asked for', async () => {
    const codes = ['USD', 'EUR', 'GBP', 'JPY', 'CHF', 'SEK', 'KWD'];
    const account = {
      affiliates: [joined(1, 400)],
      purchases: codes.map((currency, index) => purchase(index, 1, 3, { currency, purchase_amount: '1000' })),
    };
    const { data, bytes } = await ask(account);
    expect(data.currencies_left_off).toHaveLength(4);
    expect(bytes).toBeLessThan(6_000);
    const { figures } = await ask(account, { currency: 'JPY' });
    expect(figures.get('revenue JPY')).toMatchObject({ value: '1000', before: '0' });
    expect((await ask(account, { currency: 'NOK' })).data.currency_note).toMatch(/No purchase or commission in NOK/);
  });

  it('says what a child would count', async () => {
    const sale = fc.record({
      who: fc.option(fc.integer({ min: 1, max: 14 })),
      cents: fc.integer({ min: 0, max: 100_000 }),
      currency: fc.constantFrom('USD', 'EUR'),
      cancelled: fc.boolean(),
      day: fc.integer({ min: 1, max: 59 }),
    });
    await fc.assert(
      fc.asyncProperty(fc.array(sale, { maxLength: 40 }), async (sales) => {
        const people = Array.from({ length: 13 }, (_, index) => joined(index + 1, 100 + index));
        const rows = sales.map(({ who, cents, currency, cancelled, day }, index) =>
          purchase(index + 1, who, day, { purchase_amount: (cents / 100).toFixed(2), currency, cancelled }),
        );
        const { figures, bytes } = await ask({ affiliates: people, purchases: rows });
        const from = Date.parse('2026-04-20T00:00:00Z');
        const inPeriod = sales.filter(
          ({ day, who }) => who !== null && NOW - day * DAY >= from && NOW - day * DAY < Date.parse('2026-05-20'),
        );
        const live = inPeriod.filter(({ cancelled }) => !cancelled);
        expect(figures.get('active_affiliates')?.value).toBe(new Set(live.map(({ who }) => who)).size);
        const refunds = inPeriod.length - live.length;
        expect(figures.get('refund_rate')?.of).toBe(`${refunds} of ${inPeriod.length}`);
        for (const currency of ['USD', 'EUR']) {
          const own = new Map<number | null, number>();
          for (const one of live.filter((other) => other.currency === currency)) {
            own.set(one.who, (own.get(one.who) ?? 0) + one.cents);
          }
          const sums = [...own.values()].sort((a, b) => b - a);
          const all = sums.reduce((sum, one) => sum + one, 0);
          const top = sums.slice(0, 10).reduce((sum, one) => sum + one, 0);
          const figure = figures.get(`revenue ${currency}`);
          expect(figure?.value ?? '0.00').toBe((all / 100).toFixed(2));
          if (figure) {
            const share = all === 0 ? null : `${new Decimal(top).div(all).times(100).toFixed(1)}%`;
            expect(figures.get(`top_ten_share ${currency}`)?.value ?? null).toBe(share);
          }
        }
        expect(bytes).toBeLessThan(6_000);
      }),
      { numRuns: 25 },
    );
  }, 60_000);
});
