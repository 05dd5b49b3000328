import { readdirSync, readFileSync } from 'node:fs';
import { describe, expect, test } from 'vitest';
import type { JsonObject } from '../../src/json.ts';
import { LeadDynoError } from '../../src/leaddyno/errors.ts';
import { operationNamed } from './catalogue-access.ts';
import { entries } from './table/index.ts';

/* The samples of LeadDyno's own documentation of affiliates, as they stand there, one file per operation. */
const folder = new URL('../fixtures/affiliates/', import.meta.url);
const sample = (name: string): unknown => JSON.parse(readFileSync(new URL(`${name}.json`, folder), 'utf8'));
const samples = readdirSync(folder).map((file) => file.replace(/\.json$/, ''));

/** What A16 answers is not on that page. */
const onThePage = Array.from({ length: 15 }, (_, index) => `A${index + 1}`);
const documented = Object.entries(entries)
  .filter(([, { codes }]) => codes.some((code) => onThePage.includes(code)))
  .map(([name]) => name);

const PAGE = { page: 1, detail: 'full', skip: 0 };

function shape(name: string, body: unknown, args: JsonObject = {}): JsonObject {
  return operationNamed(name).returns.shape(body, args, Date.now());
}

describe('the official samples', () => {
  test('cover every affiliate operation of the page', () => {
    expect(samples.toSorted()).toEqual(documented.toSorted());
  });

  const single = samples.filter((name) => !name.startsWith('list_') && !/count|totals/.test(name));

  test.each(single)('of %s comes through whole', (name) => {
    const body = sample(name);
    const before = structuredClone(body);
    const shaped = shape(name, body);
    expect(shaped).toStrictEqual({ affiliate: before });
    expect(JSON.stringify(shaped.affiliate), 'in LeadDyno’s own order').toBe(JSON.stringify(before));
    expect(body, 'the answer is left as it was').toStrictEqual(before);
  });

  test('of get_affiliate_commission_totals comes through whole', () => {
    expect(shape('get_affiliate_commission_totals', sample('get_affiliate_commission_totals'))).toStrictEqual({
      totals: { currency: 'USD', due: '8.0', pending: '0.0', paid: '3956.67', total: '3964.67' },
    });
  });

  test('of count_affiliates is a number', () => {
    expect(shape('count_affiliates', sample('count_affiliates'))).toStrictEqual({ count: 41 });
  });

  test.each(['list_affiliates', 'list_affiliate_leads', 'list_affiliate_purchases'])(
    'of %s comes through whole in full detail',
    (name) => {
      const body = sample(name);
      const plural = operationNamed(name).returns.record.plural;
      expect(shape(name, body, { ...PAGE, per_page: 100 })).toStrictEqual({
        [plural]: body,
        page: 1,
        per_page: 100,
        next_page: null,
      });
    },
  );

  test('of list_affiliate_commissions comes through whole in full detail, with its total', () => {
    const body = sample('list_affiliate_commissions') as JsonObject;
    expect(shape('list_affiliate_commissions', body, { ...PAGE, per_page: 20 })).toStrictEqual({
      commissions: body.commissions,
      page: 1,
      per_page: 20,
      // The sample shows one of two: rather one call too many than a row lost.
      next_page: 2,
      total: 2,
    });
  });
});

describe('a concise row', () => {
  const concise = { page: 1, per_page: 100, detail: 'concise', skip: 0 };
  const first = (name: string) => {
    const shaped = shape(name, sample(name), concise);
    return (shaped[operationNamed(name).returns.record.plural] as JsonObject[])[0];
  };

  test('of affiliates', () => {
    expect(first('list_affiliates')).toStrictEqual({
      id: 17175,
      email: 'affiliate@email.com',
      first_name: 'Johnny',
      last_name: 'Doe',
      affiliate_code: '1h',
      status: 'Active',
      created_at: '2024-08-05T13:40:01Z',
      total_leads: 2,
      total_visitors: null,
      total_purchases: 1,
    });
  });

  test('of leads', () => {
    expect(first('list_affiliate_leads')).toStrictEqual({
      id: 2152,
      email: 'lead@email.com',
      first_name: 'Test',
      last_name: 'Ruby',
      status: 'Cancelled',
      created_at: '2024-10-07T18:24:53Z',
      affiliate: { id: 17175, email: 'affiliate@email.com' },
      campaign: null,
    });
  });

  test('of purchases', () => {
    expect(first('list_affiliate_purchases')).toStrictEqual({
      id: 1104,
      purchase_code: '0b01832c-cd02-4120-a698-1c2cd752f587',
      purchase_amount: '123.5',
      currency: 'USD',
      cancelled: true,
      created_at: '2024-10-07T03:00:00Z',
      lead: { id: 2152, email: 'lead@email.com' },
      affiliate: { id: 17175, email: 'affiliate@email.com' },
    });
  });

  test('of purchases keeps the line items that were asked for', () => {
    const line_items = [{ sku: 'S1', description: 'Plan', quantity: '1.0', amount: '49.0' }];
    const shaped = shape('list_purchases', [{ id: 1, note: 'x', line_items }], concise);
    expect(shaped.purchases).toStrictEqual([{ id: 1, line_items }]);
  });

  test('of commissions', () => {
    expect(first('list_affiliate_commissions')).toStrictEqual({
      id: 1,
      amount: '100.0',
      currency: 'USD',
      date: '2022-05-19',
      due_at: '2022-05-19T18:01:24Z',
      paid: true,
      cancelled: false,
      payment_type: 'cash',
      custom_plural: '',
      note: null,
      affiliate: { id: 1, email: 'affiliate1@example.com' },
      purchase: { id: 1, purchase_code: 'x11', purchase_amount: '100.0', currency: 'USD', cancelled: false },
    });
  });

  test('of visitors', () => {
    const visitor = {
      id: 4455,
      tracking_code: '6f1e',
      created_at: '2026-01-01T10:00:00Z',
      updated_at: '2026-01-01T10:00:00Z',
      url: { url: 'https://shop.example.com' },
      affiliate: { id: 501, email: 'ann@example.org', first_name: 'Ann' },
      campaign: null,
      lead: null,
      latest_click: '2026-01-01T10:00:00Z',
    };
    expect(shape('list_visitors', [visitor], concise).visitors).toStrictEqual([
      {
        id: 4455,
        tracking_code: '6f1e',
        created_at: '2026-01-01T10:00:00Z',
        latest_click: '2026-01-01T10:00:00Z',
        affiliate: { id: 501, email: 'ann@example.org' },
        lead: null,
        campaign: null,
      },
    ]);
  });

  test.each(['list_campaigns', 'list_affiliate_sub_ids'])('of %s keeps every plain value', (name) => {
    const plural = operationNamed(name).returns.record.plural;
    const row = { id: 12, code: 'newsletter', active: true, note: null, nested: { a: 1 }, list: [1] };
    expect(shape(name, [row], concise)[plural]).toStrictEqual([
      { id: 12, code: 'newsletter', active: true, note: null },
    ]);
  });

  test('stays whole where nothing of it is known, or it is no record', () => {
    const rows = [{ surprise: { of: 'LeadDyno' } }, 'text', 7, null, []];
    expect(shape('list_affiliates', rows, concise).affiliates).toStrictEqual(rows);
    expect(shape('list_campaigns', [{ nested: { a: 1 } }], concise).campaigns).toStrictEqual([{ nested: { a: 1 } }]);
  });
});

describe('amounts', () => {
  const amounts = [
    '8.0',
    '0.0',
    '123.5',
    '3956.67',
    '0.1000',
    '1e3',
    '12345678901234567890.123456789',
    '-5',
    '',
    null,
    49,
  ];

  test.each(['concise', 'full'])('come through letter by letter in %s detail', (detail) => {
    const rows = amounts.map((purchase_amount, id) => ({ id, purchase_amount, currency: 'JPY' }));
    const shaped = shape('list_purchases', rows, { ...PAGE, detail });
    expect((shaped.purchases as JsonObject[]).map((row) => row.purchase_amount)).toStrictEqual(amounts);
    const commissions = amounts.map((amount, id) => ({ id, amount, purchase: { id, purchase_amount: amount } }));
    const listed = shape('list_commissions', { commissions }, { ...PAGE, detail });
    expect(listed.commissions).toStrictEqual(commissions);
  });

  test('come through in single records and totals', () => {
    for (const amount of amounts) {
      const body = { id: 1, amount, purchase_amount: amount, due: amount, total_cost: amount };
      expect(shape('get_purchase', body)).toStrictEqual({ purchase: body });
      const note = expect.stringMatching(/^No currency was given, so these sums may mix currencies/);
      expect(shape('get_commission_totals', body)).toStrictEqual({ totals: body, note });
      expect(shape('get_commission_totals', body, { currency: 'USD' })).toStrictEqual({ totals: body });
      expect(shape('get_affiliate_commission_totals', body)).toStrictEqual({ totals: body });
    }
  });
});

describe('a record that is not there', () => {
  const lookups = [
    'find_affiliate_by_email',
    'find_purchase_by_code',
    'find_lead_by_email',
    'get_affiliate',
    'get_campaign',
  ];
  const misses: readonly unknown[] = [null, undefined, {}, [], ''];

  test.each(lookups)('is not found by %s', (name) => {
    for (const miss of misses) {
      expect(() => shape(name, miss)).toThrow(
        expect.objectContaining({ name: 'LeadDynoError', reason: 'not_found', fate: 'refused' }),
      );
    }
    expect(() => shape(name, null)).toThrow(LeadDynoError);
    expect(() => shape(name, null)).toThrow(/^LeadDyno has no such [a-z ]+$/);
  });
});
