import { Decimal } from 'decimal.js';
import * as fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import type { JsonObject } from '../../src/json.ts';
import { startHarness, startHarnessAt } from '../support/harness.ts';
import { owed, payee, startPayoutUpstream } from '../support/payout-upstream.ts';
import { at, rowsOf } from '../support/protocol-json.ts';
import { readCsv } from '../support/read-csv.ts';

/** One report of these records, with its files as texts. */
async function report(affiliates: readonly JsonObject[], commissions: readonly JsonObject[], args: JsonObject = {}) {
  const upstream = await startPayoutUpstream(affiliates, commissions);
  const { call, client } = await startHarnessAt(upstream.url).connect('modern');
  const result = await call('payout_report', { due_by: '2026-03-01T00:00:00Z', ...args });
  const files: { fact: JsonObject; name: string; text: string }[] = [];
  for (const fact of rowsOf(result, 'files')) {
    const text = String(at(await client.readResource({ uri: String(fact.uri) }), 'contents', 0, 'text'));
    files.push({ fact, name: String(fact.name), text });
  }
  const [full, ...payments] = files;
  return { result, full, payments, note: String(result.data.files_note ?? '') };
}

describe("PayPal's file", () => {
  it('has six columns, the wallet last, and neither header nor byte order mark', async () => {
    const { payments, full } = await report([payee(1)], [owed(1, 1, { amount: '12.5' })]);
    expect(payments.map(({ name }) => name)).toEqual(['paypal-payout-USD-2026-03-01.csv']);
    const [row, ...rest] = readCsv(payments[0]?.text ?? '');
    expect(rest).toEqual([]);
    expect(row).toHaveLength(6);
    expect([row?.[0], row?.[1], row?.[2], row?.[5]]).toEqual(['pay-1@example.com', '12.50', 'USD', 'PAYPAL']);
    expect(row?.[3]).toMatch(/^\S{1,30}$/);
    expect(payments[0]?.text.startsWith('\ufeff')).toBe(false);
    expect(full?.text.startsWith('\ufeffstate,')).toBe(true);
  });

  it('has the decimal sign that was asked for, a comma in quotes, and says what was assumed', async () => {
    const rows = [owed(1, 1, { currency: 'EUR', amount: '1234.5' })];
    const point = await report([payee(1)], rows);
    expect(readCsv(point.payments[0]?.text ?? '')[0]?.[1]).toBe('1234.50');
    expect(point.note).toContain('decimal point');
    expect(point.note).toContain('decimal: comma');
    const comma = await report([payee(1)], rows, { decimal: 'comma' });
    expect(comma.payments[0]?.text).toContain('"1234,50"');
    expect(comma.payments[0]?.fact.amount).toBe('1234.50');
    expect(comma.note).toContain('decimal: point');
  });

  it.each(['HUF', 'JPY', 'TWD'])('has whole units of %s, and nothing to assume of a sign', async (currency) => {
    const { payments, note } = await report([payee(1)], [owed(1, 1, { currency, amount: '1000.5' })], {
      decimal: 'comma',
    });
    expect(readCsv(payments[0]?.text ?? '')[0]?.[1]).toBe('1001');
    expect(payments[0]?.fact.amount).toBe('1001');
    expect(note).not.toContain('decimal');
  });

  it.each(['INR', 'TRY', 'ZAR', 'KRW', 'AED', 'RUB'])('is not there for %s, and the note says so', async (currency) => {
    const { payments, note, result } = await report([payee(1)], [owed(1, 1, { currency }), owed(2, 1)]);
    expect(payments.map(({ name }) => name)).toEqual(['paypal-payout-USD-2026-03-01.csv']);
    expect(note).toContain(`No PayPal file for ${currency}`);
    // They are owed all the same.
    expect(rowsOf(result, 'lines').map(({ state }) => state)).toEqual(['ready', 'ready']);
  });

  it('names the currencies that PayPal takes in their own country alone', async () => {
    const { payments, note } = await report([payee(1)], [owed(1, 1, { currency: 'BRL' })]);
    expect(payments).toHaveLength(1);
    expect(note).toContain('PayPal takes BRL only from accounts in that country');
  });

  it.each([
    ['paypal', 5_000, 0],
    ['wise', 1_000, 1],
  ] as const)('%s: is split at %d rows, every payment once', async (service, most, headers) => {
    const people = Array.from({ length: most + 3 }, (_, index) => payee(index + 1));
    const rows = people.map(({ id }, index) => owed(index + 1, Number(id), { amount: String(index + 1) }));
    const { payments } = await report(people, rows, { payment_service: service });
    const tables = payments.map(({ text }) => readCsv(text).slice(headers));
    expect(tables.map(({ length }) => length)).toEqual([most, 3]);
    expect(payments.map(({ fact }) => fact.rows)).toEqual([most, 3]);
    expect(payments.map(({ name }) => name.replace(/.*-part/, 'part'))).toEqual(['part-1.csv', 'part-2.csv']);
    const recipients = tables.flat().map((row) => row[headers]);
    expect(new Set(recipients).size).toBe(most + 3);
  });
});

describe("Wise's file", () => {
  it('names its columns, pays by e-mail, and comes in place of that for PayPal', async () => {
    const { payments, note } = await report(
      [
        payee(1),
        payee(2, { first_name: ' =HYPERLINK("x")', last_name: '' }),
        payee(3, { first_name: '', last_name: '' }),
      ],
      [owed(1, 1), owed(2, 2, { amount: '3.5' }), owed(3, 3, { amount: '1' }), owed(4, 3, { currency: 'INR' })],
      { payment_service: 'wise' },
    );
    expect(payments.map(({ name }) => name)).toEqual([
      'wise-batch-INR-2026-03-01.csv',
      'wise-batch-USD-2026-03-01.csv',
    ]);
    const [header, ...rows] = readCsv(payments[1]?.text ?? '');
    expect(header?.slice(0, 2)).toEqual(['name', 'recipientEmail']);
    const cells = rows.map((row) => Object.fromEntries((header ?? []).map((name, index) => [name, row[index]])));
    expect(cells).toMatchObject([
      { name: 'First1 Last1', recipientEmail: 'pay-1@example.com', amount: '10.00', sourceCurrency: 'USD' },
      { name: 'HYPERLINK( x )', recipientEmail: 'pay-2@example.com', amount: '3.50', targetCurrency: 'USD' },
      { name: 'pay-3@example.com', amountCurrency: 'target', amount: '1.00', type: 'EMAIL', receiverType: 'PERSON' },
    ]);
    expect(payments[1]?.text.startsWith('name,')).toBe(true);
    expect(note).toContain('compare the first row with yours');
    expect(note).not.toContain('PayPal');
  });
});

const currencies = ['USD', 'EUR', 'GBP', 'JPY', 'HUF', 'INR', 'CHF'] as const;
const places = { JPY: 0, HUF: 0 } as Readonly<Record<string, number>>;

/** Commissions of few people in some currencies, some without a purchase code. */
const programmes = fc.array(
  fc.record({
    affiliate: fc.integer({ min: 1, max: 6 }),
    cents: fc.integer({ min: -500, max: 2_000_000 }),
    currency: fc.constantFrom(...currencies),
    coded: fc.boolean(),
  }),
  { minLength: 1, maxLength: 40 },
);
const names = fc.constantFrom('=1+1', 'Ann', '"Quo;te', 'two\nlines', '@x', "O'Neill", 'Zoë, Jr.', '+49');

describe('of any programme', () => {
  it.each(['paypal', 'wise'] as const)(
    '%s: the files hold what is ready, to the cent, and read back',
    async (service) => {
      await fc.assert(
        fc.asyncProperty(programmes, names, fc.constantFrom('point', 'comma'), async (drafts, name, decimal) => {
          const people = [1, 2, 3, 4, 5, 6].map((id) => payee(id, { first_name: name }));
          const rows = drafts.map(({ affiliate, cents, currency, coded }, index) => {
            const amount = new Decimal(cents).div(10 ** (places[currency] ?? 2)).toFixed();
            return owed(index + 1, affiliate, { amount, currency, ...(!coded && { purchase: null }) });
          });
          const { result, full, payments } = await report(people, rows, {
            payment_service: service,
            decimal,
            limit: 200,
          });
          const totals = rowsOf(result, 'totals');
          const sums = new Map<string, Decimal>();
          for (const { text, name: file, fact } of payments) {
            const table = readCsv(text).slice(service === 'wise' ? 1 : 0);
            const column = service === 'wise' ? 5 : 1;
            const currency = String(fact.currency);
            for (const row of table) {
              expect(row).toHaveLength(service === 'wise' ? 9 : 6);
              const cell = row[column] ?? '';
              const decimals = places[currency] ?? 2;
              expect(cell).toMatch(decimals === 0 ? /^\d+$/ : decimal === 'comma' ? /^\d+,\d{2}$/ : /^\d+\.\d{2}$/);
              const key = `${currency}${file.includes('mark-in-leaddyno') ? ' unmarkable' : ''}`;
              sums.set(key, (sums.get(key) ?? new Decimal(0)).plus(cell.replace(',', '.')));
            }
          }
          for (const { currency, ready, unmarkable_here } of totals) {
            const pays = service === 'wise' || currency !== 'INR';
            expect(sums.has(String(currency)), String(currency)).toBe(pays && Number(ready) > 0);
            if (pays)
              expect(
                (sums.get(String(currency)) ?? new Decimal(0)).eq(positive(result, String(currency), String(ready))),
              ).toBe(true);
            if (pays && !drafts.some(({ cents }) => cents < 0))
              expect((sums.get(`${currency} unmarkable`) ?? new Decimal(0)).eq(String(unmarkable_here))).toBe(true);
          }
          const table = readCsv((full?.text ?? '').slice(1));
          for (const row of table) expect(row).toHaveLength(table[0]?.length ?? 0);
        }),
        { numRuns: 25 },
      );
    },
  );
});

/** What is ready; the part of a line that comes to nothing or less is paid nothing. */
function positive(result: Parameters<typeof rowsOf>[0], currency: string, ready: string): Decimal {
  const lines = rowsOf(result, 'lines').filter((line) => line.currency === currency && line.state === 'ready');
  const less = lines.reduce((sum, { amount }) => sum.plus(Decimal.min(0, String(amount))), new Decimal(0));
  return new Decimal(ready).minus(less);
}

it('makes files for a whole sandbox whose payments are the ready totals', async () => {
  const harness = await startHarness({ sandbox: { purchases: 600, affiliates: 120 } });
  const { call, client } = await harness.connect('legacy');
  const result = await call('payout_report', {});
  for (const { currency, ready } of rowsOf(result, 'totals')) {
    const file = rowsOf(result, 'files').find((one) => one.currency === currency && !String(one.name).includes('hand'));
    const text = String(at(await client.readResource({ uri: String(file?.uri) }), 'contents', 0, 'text'));
    const sum = readCsv(text).reduce((total, row) => total.plus(row[1] ?? ''), new Decimal(0));
    expect(sum.toFixed(2)).toBe(ready);
  }
});
