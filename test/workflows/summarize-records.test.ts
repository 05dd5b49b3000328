import { Decimal } from 'decimal.js';
import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { type JsonObject, rowsIn } from '../../src/json.ts';
import { startHarness, startHarnessAt } from '../support/harness.ts';

import { activeAffiliate, person, startAccount } from '../support/scripted-account.ts';

const NOW = Date.parse('2026-05-20T12:00:00Z');
const GROUPS = ['Gold', 'Silver', ''];

interface Sale {
  readonly who: number | null;
  readonly cents: number;
  readonly currency: string;
  readonly cancelled: boolean;
  readonly day: number;
  readonly customer: number;
}

const sale = fc.record({
  who: fc.option(fc.integer({ min: 1, max: 5 })),
  cents: fc.integer({ min: -500, max: 1_000_000 }),
  currency: fc.constantFrom('USD', 'EUR', 'JPY'),
  cancelled: fc.boolean(),
  day: fc.integer({ min: 0, max: 139 }),
  customer: fc.integer({ min: 1, max: 4 }),
});

const amountOf = ({ cents, currency }: Sale) => (currency === 'JPY' ? String(cents) : (cents / 100).toFixed(2));
const timeOf = ({ day }: Sale) => new Date(Date.UTC(2026, 0, 1 + day, 6)).toISOString();

const purchaseRow = (one: Sale, index: number): JsonObject => ({
  id: index + 1,
  purchase_code: `o-${index + 1}`,
  purchase_amount: amountOf(one),
  currency: one.currency,
  cancelled: one.cancelled,
  created_at: timeOf(one),
  lead: { id: one.customer, email: `c${one.customer}@example.com` },
  affiliate: one.who === null ? null : person(one.who),
});

const people = (): JsonObject[] =>
  [1, 2, 3, 4].map((id) =>
    activeAffiliate(id, {
      compensation_tier_code: GROUPS[id % 3],
      referring_affiliate_id: id === 4 ? 1 : null,
      created_at: '2025-01-01T00:00:00Z',
    }),
  );

/** Affiliate 5 is in no list. */
const groupOf = ({ who }: Sale) =>
  who === null
    ? 'not credited'
    : who === 5
      ? 'affiliate not in the list'
      : GROUPS[who % 3] === ''
        ? 'no group'
        : `=${GROUPS[who % 3]}`;

/** What a child would add up: sums and counts by key. */
function naive(sales: readonly Sale[], keyOf: (one: Sale) => string) {
  const sums = new Map<string, { count: number; amount: Decimal }>();
  for (const one of sales) {
    const key = `${one.currency} ${keyOf(one)}`;
    const known = sums.get(key) ?? { count: 0, amount: new Decimal(0) };
    sums.set(key, { count: known.count + 1, amount: known.amount.plus(amountOf(one)) });
  }
  return sums;
}

const digits = (currency: unknown) => (currency === 'JPY' ? 0 : 2);

function figures(sums: ReturnType<typeof naive>) {
  return Object.fromEntries(
    [...sums].map(([key, { count, amount }]) => {
      const places = digits(key.slice(0, 3));
      return [key, [count, amount.toFixed(places), amount.div(count).toFixed(places)]];
    }),
  );
}

const shown = (rows: readonly JsonObject[], keyOf: (row: JsonObject) => string) =>
  Object.fromEntries(rows.map((row) => [`${row.currency} ${keyOf(row)}`, [row.count, row.amount, row.average]]));

async function summarize(account: Parameters<typeof startAccount>[0], ...calls: JsonObject[]) {
  const upstream = await startAccount(account);
  const harness = startHarnessAt(upstream.url, { clock: () => NOW });
  const { client } = await harness.connect('modern');
  const answers: JsonObject[] = [];
  for (const args of calls) {
    const { structuredContent } = await client.callTool({ name: 'summarize_records', arguments: args });
    answers.push(structuredContent as JsonObject);
  }
  await harness.close();
  await upstream.close();
  return answers;
}

const groupIn = (row: JsonObject) => (row.group === null ? String(row.no_group_because) : `=${row.group}`);

describe('summarize_records', () => {
  it('adds up what a naive model adds up, by group, month and affiliate, never across currencies', async () => {
    await fc.assert(
      fc.asyncProperty(fc.array(sale, { maxLength: 40 }), async (sales) => {
        const live = sales.filter(({ cancelled }) => !cancelled);
        const april = live.filter(({ day }) => day >= 90 && day < 120);
        // April is a whole month, so it is compared with the whole of March.
        const march = live.filter(({ day }) => day >= 59 && day < 90);
        const [byGroup = {}, byBoth = {}, byMonth = {}, whole = {}, compared = {}] = await summarize(
          { affiliates: people(), purchases: sales.map(purchaseRow) },
          { records: 'purchases', by: ['group'], limit: 100 },
          { records: 'purchases', by: ['affiliate', 'status'], status: 'all', limit: 100 },
          { records: 'purchases', by: ['month'], limit: 100 },
          { records: 'purchases', status: 'all', credited: false },
          { records: 'purchases', by: ['group'], since: '2026-04-01', until: '2026-04-30', compare: 'previous' },
        );
        expect(shown(rowsIn(byGroup, 'rows'), groupIn)).toEqual(figures(naive(live, groupOf)));
        expect(
          shown(rowsIn(byBoth, 'rows'), (row) => {
            const affiliate = row.affiliate as JsonObject | null;
            return `${affiliate?.affiliate_id ?? row.no_affiliate_because} ${row.status}`;
          }),
        ).toEqual(
          figures(naive(sales, (one) => `${one.who ?? 'not credited'} ${one.cancelled ? 'cancelled' : 'live'}`)),
        );
        const months = rowsIn(byMonth, 'rows').filter(({ count }) => count !== 0);
        expect(shown(months, ({ month }) => String(month))).toEqual(
          figures(naive(live, (one) => timeOf(one).slice(0, 7))),
        );
        const nobody = rowsIn(whole, 'totals').map((line) => ({ ...line, ...(line.everything as JsonObject) }));
        expect(shown(nobody, () => '')).toEqual(
          figures(
            naive(
              sales.filter(({ who }) => who === null),
              () => '',
            ),
          ),
        );
        const [now, before] = [naive(april, groupOf), naive(march, groupOf)];
        for (const row of rowsIn(compared, 'rows')) {
          const key = `${row.currency} ${groupIn(row)}`;
          const [value, past] = [now, before].map((sums) => sums.get(key)?.amount ?? new Decimal(0));
          const places = digits(row.currency);
          expect([row.amount, row.before, row.difference]).toEqual(
            [value, past, value?.minus(past ?? 0)].map((one) => one?.toFixed(places)),
          );
        }
      }),
      { numRuns: 25 },
    );
  });

  it('says what it cannot find, where an empty answer would look like no sales', async () => {
    const one = { who: 1, cents: 100, currency: 'USD', cancelled: false, day: 3, customer: 1 };
    const answers = await summarize(
      { affiliates: people(), purchases: [purchaseRow(one, 1), purchaseRow({ ...one, currency: 'EUR' }, 2)] },
      { records: 'purchases', affiliate_ids: [1, 999, 998] },
      { records: 'purchases', recruiter_id: 999 },
      { records: 'purchases', recruiter_id: 2 },
      { records: 'purchases', currency: 'GBP' },
      { records: 'purchases', affiliate_ids: [1], recruiter_id: 1, currency: 'USD' },
    );
    expect(answers.map(({ note }) => note)).toEqual([
      'No affiliate has the id 999; 998: list_affiliates with query finds ids.',
      'No affiliate has the id 999: list_affiliates with query finds ids.',
      'The affiliate 2 recruited nobody.',
      'No purchases are in GBP; there are EUR; USD.',
      undefined,
    ]);
    expect(rowsIn(answers[0], 'totals')).toHaveLength(2);
  });

  it('of all purchases it says how many were cancelled, by month, in per cent', async () => {
    const at = (created_at: string, cents: number, cancelled: boolean): JsonObject => ({
      ...purchaseRow({ who: 1, cents, currency: 'USD', cancelled, day: 0, customer: 1 }, cents),
      created_at,
    });
    const [all = {}, live = {}, split = {}] = await summarize(
      {
        affiliates: people(),
        purchases: [
          at('2026-03-02T12:00:00Z', 1_000, false),
          at('2026-03-03T12:00:00Z', 2_000, true),
          at('2026-03-04T12:00:00Z', 3_001, true),
          at('2026-04-01T12:00:00Z', 4_000, false),
        ],
      },
      { records: 'purchases', by: ['month'], status: 'all', until: '2026-04-30' },
      { records: 'purchases', by: ['month'] },
      { records: 'purchases', by: ['month', 'status'], status: 'all' },
    );
    expect(rowsIn(all, 'rows')).toEqual([
      expect.objectContaining({ month: '2026-04', count: 1, cancelled: 0, cancelled_percent: '0.0%' }),
      expect.objectContaining({
        month: '2026-03',
        count: 3,
        amount: '60.01',
        cancelled: 2,
        cancelled_amount: '50.01',
        cancelled_percent: '66.7%',
      }),
    ]);
    expect(rowsIn(all, 'totals')).toEqual([
      expect.objectContaining({
        everything: expect.objectContaining({ count: 4, cancelled: 2, cancelled_percent: '50.0%' }),
      }),
    ]);
    for (const row of [...rowsIn(live, 'rows'), ...rowsIn(split, 'rows')]) expect(row).not.toHaveProperty('cancelled');
  });

  it('compares a month that is not over with as much of the one before', async () => {
    const at = (created_at: string, cents: number): JsonObject => ({
      ...purchaseRow({ who: 1, cents, currency: 'USD', cancelled: false, day: 0, customer: 1 }, cents),
      created_at,
    });
    const [answer = {}] = await summarize(
      {
        purchases: [
          at('2026-03-30T00:00:00Z', 100),
          at('2026-04-02T00:00:00Z', 200),
          at('2026-04-25T00:00:00Z', 400),
          at('2026-05-03T00:00:00Z', 300),
        ],
      },
      { records: 'purchases', by: ['month'], compare: 'previous' },
    );
    expect(rowsIn(answer, 'rows')).toMatchObject([
      { month: '2026-05', amount: '3.00', before: '2.00', difference: '1.00', percent: '50.0%', so_far: true },
      { month: '2026-04', amount: '6.00', before: '1.00', difference: '5.00', percent: '500.0%' },
      { month: '2026-03', amount: '1.00', before: '0.00', percent: null },
    ]);
  });

  it('tells new from returning customers, and what each recruiter line sold', async () => {
    const buy = (who: number | null, customer: number, day: number, cancelled = false): Sale => ({
      who,
      customer,
      day,
      cancelled,
      cents: 1000,
      currency: 'USD',
    });
    const sales = [buy(4, 1, 1, true), buy(4, 1, 2), buy(4, 1, 3), buy(1, 2, 4), buy(null, 3, 5)];
    const account = { affiliates: people(), purchases: sales.map(purchaseRow) };
    const [customers = {}, lines = {}, late = {}] = await summarize(
      account,
      { records: 'purchases', by: ['customer'] },
      { records: 'purchases', by: ['recruiter', 'affiliate'] },
      { records: 'purchases', by: ['recruiter'], since: '2026-01-05' },
    );
    expect(shown(rowsIn(customers, 'rows'), ({ customer }) => String(customer))).toEqual({
      'USD new': [3, '30.00', '10.00'],
      'USD returning': [1, '10.00', '10.00'],
    });
    expect(rowsIn(lines, 'rows')).toMatchObject([
      { recruiter: { affiliate_id: 1 }, affiliate: { affiliate_id: 4 }, count: 2, amount: '20.00' },
    ]);
    expect(rowsIn(lines, 'totals')).toMatchObject([{ without_recruiter: { count: 2, amount: '20.00' } }]);
    expect(late.recruited_with_none).toMatchObject({ count: 1, affiliates: [{ affiliate_id: 4, recruiter_id: '1' }] });
  });

  it('keeps rewards apart, minimums out, and says that there is no date of payment', async () => {
    const earned = (id: number, more: JsonObject): JsonObject => ({
      id,
      amount: '400.5',
      currency: 'USD',
      date: '2026-02-01',
      due_at: '2026-04-01T00:00:00Z',
      created_at: '2026-02-01T00:00:00Z',
      paid: true,
      cancelled: false,
      payment_type: 'cash',
      affiliate: person(1),
      ...more,
    });
    const account = {
      affiliates: people(),
      commissions: [
        earned(1, {}),
        earned(2, {}),
        earned(3, { affiliate: person(2) }),
        earned(4, { payment_type: 'points', custom_plural: 'points' }),
        earned(5, { cancelled: true }),
      ],
    };
    const [answer = {}, due = {}] = await summarize(
      account,
      { records: 'commissions', by: ['affiliate'], status: 'paid', since: '2026-01-01', minimum: 600 },
      { records: 'commissions', status: 'paid', since: '2026-03-01', date_field: 'due_at' },
    );
    expect(rowsIn(answer, 'rows')).toMatchObject([{ affiliate: { affiliate_id: 1 }, amount: '801.00' }]);
    expect(rowsIn(answer, 'totals')).toMatchObject([{ below_minimum: { rows: 1, count: 1, amount: '400.50' } }]);
    expect(answer.rewards).toEqual([{ name: 'points', amount: '400.5', count: 1 }]);
    expect(answer.basis).toMatch(/no payment date.*due_at/);
    expect(answer.includes).toMatchObject({ status: 'paid', date_field: 'date', credited: 'all' });
    expect(rowsIn(due, 'totals')).toMatchObject([{ everything: { count: 3, amount: '1201.50' } }]);
  });

  it('refuses what makes no sense, and a group that nobody is in with those that there are', async () => {
    const upstream = await startAccount({ affiliates: people() });
    const call = async (args: JsonObject, precheck = true) => {
      const { client } = await startHarnessAt(upstream.url, { clock: () => NOW, precheck }).connect('modern');
      return JSON.stringify(await client.callTool({ name: 'summarize_records', arguments: args }));
    };
    expect(await call({ records: 'purchases', group: 'Golld' })).toMatch(/Gold.*Silver.*Nothing was sent/);
    expect(await call({ records: 'purchases', group: 'Golld' }, false)).toContain('"complete":true');
    expect(await call({ records: 'purchases', group: 'gold' })).toContain('"complete":true');
    expect(await call({ records: 'visitors', by: ['plan'] })).toMatch(/by plan is for purchases, commissions/);
    expect(await call({ records: 'purchases', compare: 'previous' })).toMatch(/compare needs since/);
    expect(await call({ records: 'leads', date_field: 'due_at' })).toMatch(/date_field due_at is for commissions/);
  });

  it('shows no name where people are masked, and gives the whole table as a file', async () => {
    const purchases = [purchaseRow({ who: 4, cents: 1, currency: 'USD', cancelled: false, day: 1, customer: 1 }, 1)];
    const upstream = await startAccount({ affiliates: people(), purchases });
    const { client } = await startHarnessAt(upstream.url, { clock: () => NOW, maskPii: true }).connect('modern');
    const { structuredContent } = await client.callTool({
      name: 'summarize_records',
      arguments: { records: 'purchases', by: ['recruiter', 'affiliate'], file: true },
    });
    const answer = structuredContent as JsonObject;
    const [file] = rowsIn(answer, 'files');
    const { contents } = await client.readResource({ uri: String(file?.uri) });
    expect(rowsIn(answer, 'rows')).toHaveLength(1);
    for (const text of [JSON.stringify(answer), JSON.stringify(contents)]) {
      expect(text).not.toMatch(/First|Last\d|a\d@example/);
    }
    expect(JSON.stringify(contents)).toContain('recruiter_affiliate_id');
  });

  it('says that figures of a part are of a part, and names a list that cannot be read', async () => {
    const upstream = await startAccount(
      { affiliates: people(), purchases: [] },
      { instead: (path) => (path === '/affiliates' ? { status: 500, json: {} } : undefined) },
    );
    const { client } = await startHarnessAt(upstream.url, { clock: () => NOW }).connect('modern');
    const failed = await client.callTool({
      name: 'summarize_records',
      arguments: { records: 'purchases', by: ['group'] },
    });
    expect(failed.isError).toBe(true);
    const fine = await client.callTool({ name: 'summarize_records', arguments: { records: 'purchases' } });
    expect(fine.isError).not.toBe(true);
  });

  it.each([
    { records: 'purchases', by: ['group'] },
    { records: 'purchases', by: ['recruiter', 'affiliate'] },
    { records: 'commissions', by: ['affiliate'], since: '2026-01-01', minimum: 600 },
    { records: 'purchases', by: ['month'], since: '2026-01-01', compare: 'previous' },
    { records: 'purchases', by: ['customer'], since: '2026-01-01' },
    { records: 'purchases', credited: false },
  ])('answers %j within 6 kB', async (args) => {
    const { client } = await (
      await startHarness({ sandbox: { affiliates: 250, leads: 600, purchases: 1200, visitors: 400 } })
    ).connect('modern');
    const { structuredContent } = await client.callTool({ name: 'summarize_records', arguments: args });
    expect(Buffer.byteLength(JSON.stringify(structuredContent))).toBeLessThanOrEqual(6_000);
  });
});

it('says of a recruiter how deep they stand, and no depth where the line has no end', async () => {
  const recruited: Readonly<Record<number, number | null>> = {
    1: null,
    2: 1,
    3: 2,
    4: 3,
    5: 6,
    6: 5,
    7: 99,
    8: 7,
    9: 5,
  };
  const affiliates = Object.entries(recruited).map(([id, by]) =>
    activeAffiliate(Number(id), { referring_affiliate_id: by }),
  );
  const purchases = affiliates.map(({ id }, index) => ({
    id: index + 1,
    affiliate: person(Number(id)),
    purchase_amount: '1.00',
    currency: 'USD',
    cancelled: false,
  }));
  const upstream = await startAccount({ affiliates, purchases });
  const { call } = await startHarnessAt(upstream.url).connect('modern');
  const { data } = await call('summarize_records', { records: 'purchases', by: ['recruiter'], limit: 20 });
  const depths = rowsIn(data, 'rows').map(({ recruiter }) => {
    const { affiliate_id, depth, recruited_by } = recruiter as JsonObject;
    return [affiliate_id, depth, recruited_by];
  });
  expect(depths.toSorted(([a], [b]) => Number(a) - Number(b))).toEqual([
    [1, 0, undefined],
    [2, 1, '1'],
    [3, 2, '2'],
    [5, null, '6'],
    [6, null, '5'],
    [7, null, '99'],
    [99, undefined, undefined],
  ]);
});

it('calls figures of lists that were not all read preliminary', async () => {
  const affiliates = [activeAffiliate(1)];
  const purchases = Array.from({ length: 450 }, (_, index) => ({
    id: index + 1,
    affiliate: person(1),
    purchase_amount: '1.00',
    currency: 'USD',
    cancelled: false,
  }));
  const instead = (path: string, query: Readonly<Record<string, string>>) =>
    path === '/purchases' && query.page === '2' ? { status: 500, json: null } : undefined;
  const ask = async (setup: Parameters<typeof startAccount>[1]) => {
    const upstream = await startAccount({ affiliates, purchases }, setup);
    const { call } = await startHarnessAt(upstream.url).connect('modern');
    return (await call('summarize_records', { records: 'purchases', by: ['affiliate'] })).data;
  };
  const part = await ask({ instead });
  expect(part).toMatchObject({ preliminary: true, complete: false });
  const whole = await ask({});
  expect(whole).toMatchObject({ complete: true, totals: [{ everything: { count: 450, amount: '450.00' } }] });
  expect(whole).not.toHaveProperty('preliminary');
});
