import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { type JsonObject, rowsIn } from '../../src/json.ts';
import { startHarnessAt } from '../support/harness.ts';
import {
  type Account,
  type AccountSetup,
  activeAffiliate,
  HOSTILE,
  person,
  startAccount,
} from '../support/scripted-account.ts';

const NOW = Date.parse('2026-05-20T12:00:00Z');
const DAY = 24 * 3_600_000;
const at = (daysAgo: number) => new Date(NOW - daysAgo * DAY).toISOString();

const purchase = (id: number, who: number | null, more: JsonObject = {}): JsonObject => ({
  id,
  purchase_code: `o-${id}`,
  purchase_amount: '100.00',
  currency: 'USD',
  cancelled: false,
  created_at: at(1 + id / 1000),
  lead: { id, email: `c${id}@example.com` },
  affiliate: who === null ? null : person(who),
  plan: { code: 'default' },
  ...more,
});

const commission = (id: number, who: number, bought: number | null, amount = '10.00', more: JsonObject = {}) => ({
  id,
  amount,
  currency: 'USD',
  date: at(1).slice(0, 10),
  due_at: at(-30),
  paid: false,
  cancelled: false,
  payment_type: 'cash',
  affiliate: person(who),
  purchase: bought === null ? null : { id: bought, purchase_code: `o-${bought}`, cancelled: false },
  ...more,
});

async function ask(account: Account, args: JsonObject = {}, setup: AccountSetup = {}) {
  const upstream = await startAccount(account, setup);
  const { client } = await startHarnessAt(upstream.url, { clock: () => NOW }).connect('modern');
  const result = await client.callTool({ name: 'audit_tracking', arguments: args });
  const data = (result.structuredContent ?? {}) as JsonObject;
  const findings = Object.fromEntries(rowsIn(data, 'findings').map((one) => [String(one.check), one]));
  const flows = Object.fromEntries(rowsIn(data, 'flows').map((one) => [String(one.what), one]));
  return { result, data, findings, flows, bytes: JSON.stringify(data).length };
}

/** 1 recruited 2, who recruited 3; nobody recruited 4. */
const affiliates = [
  activeAffiliate(1),
  activeAffiliate(2, { referring_affiliate_id: 1 }),
  activeAffiliate(3, { referring_affiliate_id: 2 }),
  activeAffiliate(4),
];

/** One record every `hours`, from so many days ago until others. */
const every = (hours: number, from: number, until: number) =>
  Array.from({ length: Math.floor(((from - until) * 24) / hours) + 1 }, (_, index) => ({
    id: index + 1,
    email: `v${index}@example.com`,
    created_at: at(from - (index * hours) / 24),
    affiliate: person(1),
  }));

describe('audit_tracking: what should come in every day', () => {
  it('raises the alarm when visits stop, and not over a usual week-end', async () => {
    const weekdays = every(4, 60, 0).filter(({ created_at }) => ![0, 6].includes(new Date(created_at).getUTCDay()));
    const { data, flows } = await ask({ visitors: every(6, 40, 3), leads: weekdays });
    expect(data.alarm).toBe(true);
    expect(flows.visitors).toMatchObject({ alarm: 'silent', quiet_hours: 72, longest_pause_hours: 6, normal_a_day: 4 });
    expect(flows.leads).toMatchObject({ alarm: 'none' });
    expect(flows.purchases).toMatchObject({ alarm: null, why: 'No record at all' });
  });

  it('raises the alarm when far fewer come than usual', async () => {
    const { flows } = await ask({ visitors: [...every(6, 40, 7.5), { ...every(6, 1, 1)[0], id: 900 }] });
    expect(flows.visitors).toMatchObject({ alarm: 'low', last_7_days: 1, usual_7_days: expect.closeTo(28, 0) });
  });

  it.each([
    ['too few', every(72, 20, 5), 'Too few records to say what is normal'],
    ['dates that cannot be read', [{ id: 1, created_at: 'yesterday' }], 'No record at all'],
  ])('judges nothing from %s', async (_, leads, why) => {
    const { data, flows } = await ask({ leads });
    expect(flows.leads).toMatchObject({ alarm: null, why });
    expect(data.alarm).toBe(false);
  });

  it('is not alarmed by a part of a list', async () => {
    const instead: AccountSetup['instead'] = (path) =>
      path === '/leads/count' ? { status: 200, json: { count: 4_000 } } : undefined;
    const { data, flows } = await ask({ leads: every(6, 40, 3) }, {}, { instead });
    expect(flows.leads).toMatchObject({ alarm: null, why: 'Not fully read', preliminary: true });
    expect(data).toMatchObject({ alarm: false, preliminary: 'leads' });
  });
});

describe('audit_tracking: what does not fit together', () => {
  it('finds a double credit, and takes recruiters and recurring months for none', async () => {
    const { data, findings, bytes } = await ask({
      affiliates,
      purchases: [purchase(1, 3), purchase(2, 1), purchase(3, 1), purchase(4, null), purchase(5, 1)],
      commissions: [
        // Three levels.
        ...[commission(11, 3, 1), commission(12, 2, 1, '2.00'), commission(13, 1, 1, '1.00')],
        // Three months.
        ...['2026-03-01', '2026-04-01', '2026-05-01'].map((date, index) =>
          commission(21 + index, 1, 2, '10.00', { date }),
        ),
        ...[commission(31, 1, 3), commission(32, 4, 3, '12.50')],
        // Nobody is credited, and one of the two recruited the other.
        ...[commission(41, 2, 4), commission(42, 1, 4)],
        ...[commission(51, 1, 5), commission(52, 4, 5, '10.00', { cancelled: true })],
      ],
    });
    expect(findings.double_credit).toMatchObject({
      count: 1,
      worth: [{ currency: 'USD', amount: '12.50', count: 1 }],
      next: expect.stringContaining('trace_attribution'),
      examples: [
        {
          purchase_id: 3,
          purchase_code: 'o-3',
          credited_affiliate_id: 1,
          commissions_of_others: [{ commission_id: 32, amount: '12.50', affiliate_id: 4 }],
        },
      ],
    });
    expect(Object.keys(findings)).toEqual(['double_credit']);
    expect(data.clear).toContain('credited_purchase_without_commission');
    expect(bytes).toBeLessThan(6_000);
  });

  it('finds credited purchases without a commission, and commissions without a purchase', async () => {
    const { findings } = await ask({
      affiliates: [...affiliates, activeAffiliate(5, { status: 'Archived', archived: true })],
      purchases: [
        purchase(1, 1),
        purchase(2, 5, { currency: 'EUR' }),
        purchase(3, null),
        purchase(4, 1, { cancelled: true }),
        purchase(5, 1, { commission_amount_override: '0' }),
        purchase(6, 1),
        purchase(7, 1),
        purchase(8, 1, { created_at: at(200) }),
        purchase(9, 2),
      ],
      commissions: [
        commission(1, 1, 6, '10.00', { cancelled: true }),
        commission(2, 1, 7, '200', { payment_type: 'points', custom_plural: 'points' }),
        commission(3, 1, null, '5.00'),
        commission(4, 1, 99, '7.00'),
        commission(5, 4, 9),
      ],
    });
    expect(findings.credited_purchase_without_commission).toMatchObject({
      count: 2,
      worth: [
        { currency: 'EUR', amount: '100.00' },
        { currency: 'USD', amount: '100.00' },
      ],
      examples: [{ purchase_id: 1 }, { purchase_id: 2, affiliate_id: 5, affiliate_status: 'archived' }],
    });
    expect(findings.commission_without_purchase).toMatchObject({ count: 1, worth: [{ amount: '5.00' }] });
    expect(findings.commission_of_a_purchase_that_is_not_listed).toMatchObject({
      count: 1,
      examples: [{ commission_id: 4, purchase_id: 99 }],
    });
    expect(findings.commission_of_another_affiliate).toMatchObject({ count: 1, examples: [{ purchase_id: 9 }] });
  });

  it('finds an unusual rate in a group, by rate or by fixed amount', async () => {
    const group = (id: number, code: string) => activeAffiliate(id, { compensation_tier_code: code });
    const sold = (first: number, who: number, amounts: readonly string[]) =>
      amounts.map((purchase_amount, index) => purchase(first + index, who, { purchase_amount }));
    const { data, findings } = await ask({
      affiliates: [group(1, 'Gold'), group(2, 'Flat'), group(3, 'Mixed')],
      purchases: [
        ...sold(10, 1, ['100.00', '200.00', '300.00', '400.00', '500.00', '60.00']),
        ...sold(20, 2, ['11.00', '22.00', '33.00', '44.00', '55.00', '66.00']),
        ...sold(30, 3, ['100.00', '100.00', '100.00', '100.00', '100.00']),
      ],
      commissions: [
        ...[10, 11, 12, 13].map((id) => commission(id, 1, id, `${(id - 9) * 10}.00`)),
        commission(14, 1, 14, '250.00'),
        // Two months of a recurring purchase.
        ...['2026-04-01', '2026-05-01'].map((date, index) => commission(15 + index, 1, 15, '6.00', { date })),
        ...[20, 21, 22, 23, 24].map((id) => commission(id, 2, id, '5.00')),
        commission(25, 2, 25, '1.00'),
        ...[30, 31, 32, 33, 34].map((id) => commission(id, 3, id, `${id}.00`)),
      ],
    });
    expect(rowsIn(data, 'rates')).toMatchObject([
      { group: 'Flat', usual: '5.00 each', purchases: 6, purchases_with_it: 5, outliers: 1 },
      { group: 'Gold', usual: '10.0%', purchases: 6, purchases_with_it: 5, highest: '50.0%', outliers: 1 },
      { group: 'Mixed', usual: null, outliers: 0 },
    ]);
    expect(findings.unusual_commission_rate).toMatchObject({
      count: 2,
      examples: [
        { purchase_id: 14, rate: '50.0%', usual: '10.0%', commission: '250.00', expected: '50.00' },
        { purchase_id: 25, commission: '1.00', expected: '5.00' },
      ],
    });
  });

  it('checks nothing that needs a list which was not read', async () => {
    const account = { affiliates, purchases: [purchase(1, 1)], commissions: [], leads: every(6, 30, 0) };
    const failing: AccountSetup['instead'] = (path) =>
      path === '/commissions' ? { status: 500, json: {} } : undefined;
    const failed = await ask(account, {}, { instead: failing });
    expect(failed.data.not_checked).toMatchObject([{ check: 'all' }]);
    expect(failed.data.not_read).toMatchObject([{ what: 'commissions' }]);
    expect(failed.flows.leads).toMatchObject({ alarm: 'none' });
    const part: AccountSetup['instead'] = (path, query) =>
      path === '/commissions'
        ? { status: 200, json: { commissions: query.page === '1' ? [commission(9, 1, null)] : [], total_entries: 50 } }
        : undefined;
    const partly = await ask(account, {}, { instead: part });
    expect(partly.data).toMatchObject({ preliminary: 'commissions', clear: [], complete: false });
    expect(JSON.stringify(partly.data.not_checked)).toContain('credited_purchase_without_commission');
    expect(partly.findings.commission_without_purchase).toMatchObject({ count: 1, preliminary: true });
  });

  it('traces the last three conversions, and keeps hostile text in its place', async () => {
    const { data, bytes } = await ask({
      affiliates: [activeAffiliate(1, { compensation_tier_code: HOSTILE.repeat(20) })],
      purchases: [
        purchase(1, 1),
        purchase(2, null, { purchase_code: '', lead: null }),
        purchase(3, 1, { purchase_code: HOSTILE.repeat(20) }),
        purchase(4, 1),
      ],
      commissions: [commission(1, 1, 1)],
      leads: [{ id: 1, email: 'c1@example.com', created_at: at(2), affiliate: person(1) }],
    });
    expect(rowsIn(data, 'last_conversions')).toMatchObject([
      { purchase_id: 1, lead: 'found', visitor: 'not_looked_for', credited_affiliate_id: 1, commissions: 1 },
      { purchase_id: 2, not_traced: expect.any(String) },
      { purchase_id: 3 },
    ]);
    expect(JSON.stringify(data)).not.toMatch(/[\u202e\u200b]/);
    expect(bytes).toBeLessThan(6_000);
  });

  it('stays within its size whatever is found', async () => {
    const many = Array.from({ length: 120 }, (_, index) => index + 1);
    const { bytes, data, findings } = await ask({
      affiliates: many.map((id) => activeAffiliate(id, { compensation_tier_code: `G${id % 40}` })),
      purchases: many.map((id) => purchase(id, id, { currency: id % 2 ? 'USD' : 'EUR' })),
      commissions: many.flatMap((id) => [
        ...(id % 3 ? [commission(id, id, id)] : []),
        ...(id % 4 ? [] : [commission(id + 500, id === 120 ? 1 : id + 1, id, '60.00')]),
        ...(id % 5 ? [] : [commission(id + 900, id, null)]),
        ...(id % 10 ? [] : [commission(id + 1_500, id, id + 7_000)]),
      ]),
      visitors: every(6, 40, 3),
      leads: every(6, 40, 3),
    });
    expect(Object.keys(findings).length).toBeGreaterThanOrEqual(5);
    expect(data.rates_left_off).toBeGreaterThan(0);
    expect(bytes).toBeLessThan(6_000);
  });

  it('finds exactly the double credits that were planted', async () => {
    const planted = fc.array(fc.constantFrom('plain', 'level', 'recurring', 'double', 'cancelled'), { maxLength: 25 });
    await fc.assert(
      fc.asyncProperty(planted, async (kinds) => {
        const extra = {
          plain: [],
          level: [commission(1, 1, 0, '1.00')],
          recurring: [commission(2, 2, 0, '10.00', { date: '2026-04-01' })],
          double: [commission(3, 4, 0, '3.00')],
          cancelled: [commission(4, 4, 0, '4.00', { cancelled: true })],
        };
        const { findings } = await ask({
          affiliates,
          purchases: kinds.map((_, index) => purchase(index + 1, 2)),
          commissions: kinds.flatMap((kind, index) =>
            [commission(0, 2, 0), ...extra[kind]].map((one, nth) => ({
              ...one,
              id: index * 10 + nth + 1,
              purchase: { id: index + 1, purchase_code: `o-${index + 1}`, cancelled: false },
            })),
          ),
        });
        const expected = kinds.filter((kind) => kind === 'double').length;
        expect(findings.double_credit?.count ?? 0).toBe(expected);
        expect(Object.keys(findings).length).toBe(Math.min(1, expected));
      }),
      { numRuns: 20 },
    );
  }, 60_000);
});
