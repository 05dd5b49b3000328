import { Decimal } from 'decimal.js';
import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import type { JsonObject } from '../../src/json.ts';
import type { Result } from '../support/clients.ts';
import { startHarnessAt } from '../support/harness.ts';
import { FUTURE, owed, PAST, payee, startPayoutUpstream } from '../support/payout-upstream.ts';
import { at, rowsOf } from '../support/protocol-json.ts';
import { readCsv } from '../support/read-csv.ts';

/* One rule: what payout_report calls ready, settle_payouts marks, to the cent, and nothing else. */

const plain = (value: unknown) => String(value).normalize('NFKC').trim().toLowerCase();

/** A LeadDyno that minds neither case nor blanks: it marks whatever the mark may mean. */
async function startLenient(people: readonly JsonObject[], commissions: readonly JsonObject[]) {
  const upstream = await startPayoutUpstream(people, commissions, {
    meddle: ({ path, body }) => {
      if (path !== '/commissions/mark_as_paid') return undefined;
      const given = body as JsonObject;
      const owners = upstream.people.filter(({ email }) => plain(email) === plain(given.affiliate_email));
      const hit = upstream.rows.filter(
        (row) =>
          owners.some(({ id }) => id === (row.affiliate as JsonObject).id) &&
          plain((row.purchase as JsonObject | null)?.purchase_code) === plain(given.purchase_code) &&
          row.paid !== true &&
          row.cancelled !== true,
      );
      for (const row of hit) row.paid = true;
      return { json: hit };
    },
  });
  return upstream;
}

const codes = fc.constantFrom(
  'ORD-1',
  'ord-1',
  'ord-1 ',
  'ＯＲＤ-1',
  'sub-71',
  'Sub-71',
  '',
  ' ',
  'Straße',
  'STRASSE',
  '9',
);

const commission = fc.record({
  affiliate: fc.integer({ min: 1, max: 4 }),
  purchase: fc.option(fc.record({ id: fc.integer({ min: 70, max: 76 }), code: codes }), { freq: 6 }),
  currency: fc.constantFrom('USD', 'USD', 'EUR', 'usd'),
  amount: fc.constantFrom('10.0', '0.005', '0.004', '3.335', '12', '-2.5', '-11', 'ten'),
  due: fc.constantFrom(PAST, PAST, FUTURE, null),
  paid: fc.constantFrom(false, false, false, true, null),
});

const person = fc.record({
  email: fc.constantFrom(
    'jane@example.com',
    'JANE@example.com',
    ' jane@example.com',
    'max@example.com',
    'ann@example.com',
    'bob@example.com',
    'eve@example.com',
    'x@example.com',
  ),
  paypal_email: fc.constantFrom('pay@example.com', '', null, 'nowhere'),
  archived: fc.constantFrom(false, false, false, true),
});

const programme = fc.record({
  people: fc.array(person, { minLength: 4, maxLength: 4 }),
  commissions: fc.array(commission, { minLength: 1, maxLength: 14 }),
  args: fc.record(
    {
      currency: fc.constantFrom('USD', 'EUR'),
      minimum: fc.constantFrom(5, 20),
      require_payout_address: fc.boolean(),
    },
    { requiredKeys: [] },
  ),
  chosen: fc.boolean(),
  byReport: fc.boolean(),
});

const sumsOf = (result: Result, field: string) =>
  Object.fromEntries(
    rowsOf(result, 'totals')
      .map((row) => [String(row.currency), new Decimal(String(row[field])).toFixed()])
      .filter(([, amount]) => amount !== '0'),
  );

/** What is due to an affiliate in a currency; what may be owed to us counts, what may be owed by us does not. */
const owedTo = (rows: readonly JsonObject[], key: string) =>
  rows
    .filter((row) => `${(row.affiliate as JsonObject).id} ${String(row.currency).toUpperCase()}` === key)
    .filter((row) => row.amount !== 'ten' && row.paid !== true && row.due_at !== FUTURE)
    .filter((row) => (row.paid === false && row.due_at !== null) || String(row.amount).startsWith('-'))
    .reduce((sum, { amount }) => sum.plus(String(amount)), new Decimal(0));

async function settle(call: (name: string, args: JsonObject) => Promise<Result>, args: JsonObject) {
  const asked = await call('settle_payouts', args);
  const { confirmation } = asked.data as { confirmation?: JsonObject };
  if (!confirmation) return asked;
  return await call('settle_payouts', { ...args, confirmation_token: confirmation.confirmation_token });
}

describe('what payout_report calls ready', () => {
  it('settle_payouts marks, to the cent, and the next report has none of it', async () => {
    await fc.assert(
      fc.asyncProperty(programme, async ({ people, commissions, args, chosen, byReport }) => {
        const everybody = people.map((one, index) => payee(index + 1, one));
        const rows = commissions.map(({ affiliate, purchase, due, ...row }, index) =>
          owed(index + 1, affiliate, {
            ...row,
            due_at: due,
            affiliate: { id: affiliate, email: people[affiliate - 1]?.email },
            purchase: purchase && { id: purchase.id, purchase_code: purchase.code, cancelled: false },
          }),
        );
        const upstream = await startLenient(everybody, rows);
        const { call, client } = await startHarnessAt(upstream.url).connect('modern');
        const affiliate_ids = [1, 2, 3, 4];
        const report = await call('payout_report', { ...args, ...(chosen && { affiliate_ids }) });
        const before = upstream.rows.map(({ paid }) => paid);
        // Nobody is paid more than their commissions of the currency come to, negative ones included.
        const paid: Record<string, Decimal> = {};
        for (const { name, uri } of report.data.files ? rowsOf(report, 'files').slice(1) : []) {
          expect(String(name)).toMatch(/^paypal-payout-(USD|EUR)-/);
          const text = String(at(await client.readResource({ uri: String(uri) }), 'contents', 0, 'text'));
          for (const [, amount, currency, reference] of readCsv(text)) {
            const key = `${/^LD-(\d+)-/.exec(String(reference))?.[1]} ${currency}`;
            expect(new Decimal(String(amount)).gt(0)).toBe(true);
            paid[key] = (paid[key] ?? new Decimal(0)).plus(String(amount));
          }
        }
        for (const [key, sum] of Object.entries(paid))
          expect(sum.minus(owedTo(upstream.rows, key)).lte('0.01'), key).toBe(true);
        // A report with nothing ready has no id.
        const { report: id } = report.data;
        expect(id !== undefined).toBe(rowsOf(report, 'lines').some(({ state }) => state === 'ready'));
        const said =
          byReport && id !== undefined ? { report: id } : { ...args, affiliate_ids, due_by: report.data.due_by };
        const result = await settle(call, said);
        expect(result.isError, result.text).toBe(false);
        expect(result.data).not.toHaveProperty('changed_since_report');

        // What LeadDyno holds as paid now, by its own records.
        const marked: Record<string, Decimal> = {};
        upstream.rows.forEach((row, index) => {
          if (row.paid === before[index]) return;
          const currency = String(row.currency).toUpperCase();
          marked[currency] = (marked[currency] ?? new Decimal(0)).plus(String(row.amount));
        });
        const written = Object.fromEntries(
          Object.entries(marked)
            .map(([currency, sum]) => [currency, sum.toFixed()])
            .filter(([, sum]) => sum !== '0'),
        );
        expect(written).toEqual(sumsOf(report, 'ready'));
        expect(sumsOf(result, 'marked')).toEqual(sumsOf(report, 'ready'));
        // By its id alone, those who have nothing ready are not looked at.
        if (!('report' in said)) {
          expect(sumsOf(result, 'unmarkable_here')).toEqual(sumsOf(report, 'unmarkable_here'));
        }
        expect(JSON.stringify(result.data)).not.toContain('beyond_plan');
        const after = await call('payout_report', { ...args, fresh: true, due_by: report.data.due_by });
        expect(sumsOf(after, 'ready')).toEqual({});
      }),
      { numRuns: 60 },
    );
  }, 120_000);

  it('has nothing of a due commission whose purchase has another that is not due', async () => {
    const purchase = { id: 71, purchase_code: 'sub-71', cancelled: false };
    const upstream = await startLenient(
      [payee(1)],
      [owed(1, 1, { purchase, paid: true }), owed(2, 1, { purchase }), owed(3, 1, { purchase, due_at: FUTURE })],
    );
    const { call } = await startHarnessAt(upstream.url).connect('modern');
    const report = await call('payout_report', {});
    expect(report.data).toMatchObject({
      lines: [],
      totals: [{ ready: '0.00', unmarkable_here: '10.00' }],
      unmarkable_here: [
        { commission_ids: [2], purchase_code: 'sub-71', reason: expect.stringContaining('not due yet') },
      ],
    });
  });

  it.each([
    [
      [{ email: 'jane@example.com' }, { email: 'JANE@example.com' }],
      ['a', 'b'],
      'another affiliate has the same e-mail',
    ],
    [[{}, {}], ['ORD-1', 'ord-1 '], 'several purchases have this code with different case or spaces'],
    [[{}, {}], ['STRASSE', 'Straße'], 'several purchases have this code with different case or spaces'],
    ...['ORD\u200b-1', 'ORD\u00ad-1', 'ORD-1\u2800', 'ORD\u20101'].map((other): [JsonObject[], string[], string] => [
      [{}, {}],
      ['ORD-1', other],
      'several purchases have codes that differ only in characters that look alike or are invisible',
    ]),
  ])('has nothing that a mark would not single out: %j %j', async (people, [one, other], reason) => {
    const upstream = await startLenient(
      people.map((more, index) => payee(index + 1, more)),
      [
        owed(1, 1, { purchase: { id: 1, purchase_code: one, cancelled: false } }),
        owed(2, 1, { purchase: { id: 2, purchase_code: other, cancelled: false } }),
      ],
    );
    const { call } = await startHarnessAt(upstream.url, { confirm: 'off' }).connect('modern');
    for (const more of [{}, { affiliate_ids: [1] }]) {
      const report = await call('payout_report', more);
      expect(rowsOf(report, 'totals')).toMatchObject([{ ready: '0.00', unmarkable_here: '20.00' }]);
      for (const row of rowsOf(report, 'unmarkable_here')) expect(row.reason).toContain(reason);
    }
    const settled = await call('settle_payouts', { affiliate_ids: [1], due_by: '2026-03-01T00:00:00Z' });
    expect(settled.data).toMatchObject({ marked: 0, totals: [{ marked: '0.00', unmarkable_here: '20.00' }] });
    expect(settled.data.note).toContain('Still open: commissions that only LeadDyno itself can mark: 2 (left_out)');
    expect(upstream.rows.map(({ paid }) => paid)).toEqual([false, false]);
  });
});
