import { describe, expect, test } from 'vitest';
import type { JsonObject } from '../../src/json.ts';
import { checked, operationNamed, operations, refusal } from './catalogue-access.ts';
import { entryOf } from './table/index.ts';

const EMAILS = {
  accepted: [
    'ann@example.org',
    'jürgen@bücher.example',
    'ann+tag@sub.example.co.uk',
    "o'neil@example.org",
    '用户@例子.广告',
    'a@b',
  ],
  refused: [
    '',
    ' ',
    'ann',
    '@',
    '@example.org',
    'ann@',
    'ann@@example.org',
    'ann@ex@mple.org',
    'ann @example.org',
    'ann@exam ple.org',
    ' ann@example.org',
    'ann@example.org\n',
    'ann\u00a0@example.org',
    `${'a'.repeat(400)}@example.org`,
    null,
    7,
    ['ann@example.org'],
  ],
};

const CODES = {
  accepted: ['ann', 'zoe 10%', '0', '../x', 'ä/b?c=d&e#f', '  padded  '],
  refused: ['', ' ', '\t\n', '\u00a0', '\u3000', null, 7, true, 'x'.repeat(100_000)],
};

const IDS = {
  accepted: [1, 17, 9_007_199_254_740_991],
  refused: [0, -1, 1.5, '17', '1', null, Number.NaN, Number.POSITIVE_INFINITY, 2 ** 53, true, [1]],
};

const FREE_TEXT = { accepted: ['', ' ', 'Öztürk & Söhne', 'a\nb'], refused: [null, 7, false, {}] };
const FLAGS = { accepted: [true, false], refused: ['true', 1, 0, null, ''] };
const CURRENCIES = {
  accepted: ['USD', 'EUR', 'JPY', 'CHF'],
  refused: ['', 'US', 'ſek', 'USDD', 'XXY', 'U$D', '840', ' USD', 'USD ', null, 840],
};

const AMOUNTS = {
  accepted: [0, 0.01, 0.1, 49, 123.45, 1e9],
  refused: [-0.01, -1, 'NaN', '49', '', Number.NaN, Number.POSITIVE_INFINITY, Number.NEGATIVE_INFINITY, null],
};

const DAYS = {
  accepted: ['2026-01-31', '2024-02-29', '2026-12-01'],
  refused: [
    '2026-02-30',
    '2026-02-29',
    '2026-13-01',
    '2026-00-10',
    '2026-01-00',
    '2026-1-31',
    '26-01-31',
    '31.01.2026',
    '01/31/2026',
    '2026-01-31 ',
    'tomorrow',
    '',
    null,
    20260131,
  ],
};

const MOMENTS = {
  accepted: [
    ...DAYS.accepted,
    '2026-01-31T00:00:00Z',
    '2026-01-31T23:59Z',
    '2026-01-31T10:00:00.123Z',
    '2026-01-31T10:00:00+02:00',
    '2026-01-31T10:00:00-0530',
  ],
  refused: [
    ...DAYS.refused,
    '2026-02-30T00:00:00Z',
    '2026-01-31T24:00:00Z',
    '2026-01-31T10:60:00Z',
    '2026-01-31T10:00:00',
    '2026-01-31T10Z',
    '2026-01-31 10:00:00Z',
    '2026-01-31T10:00:00ZT',
    'T10:00:00Z',
    '1769850000',
  ],
};

/** Of a filter that LeadDyno applies: a bare day is taken, and sent as a moment of it. */
const TIMES = { ...MOMENTS, accepted: MOMENTS.accepted.filter((value) => value.includes('T')) };

const TABLE: readonly (readonly [tool: string, field: string, values: { accepted: unknown[]; refused: unknown[] }])[] =
  [
    ...(['get_affiliate', 'archive_affiliate', 'list_affiliate_leads'] as const).map(
      (tool) => [tool, 'affiliate_id', IDS] as const,
    ),
    ['get_purchase', 'purchase_id', IDS],
    ['get_lead', 'lead_id', IDS],
    ['get_campaign', 'campaign_id', IDS],
    ['get_commission_totals', 'affiliate_id', IDS],
    ['list_affiliates', 'page', IDS],
    ['list_affiliates', 'per_page', { accepted: [1, 100, 200], refused: [0, 201, -1, 1.5, '100', null] }],
    ['list_affiliate_commissions', 'per_page', { accepted: [1, 20, 200], refused: [0, 201, '20'] }],
    ['list_affiliates', 'skip', { accepted: [0, 1, 500], refused: [-1, 0.5, '0', null] }],
    ['list_affiliates', 'detail', { accepted: ['concise', 'full'], refused: ['Full', '', 'brief', null] }],
    ['list_affiliate_commissions', 'status', { accepted: ['due', 'live'], refused: ['open', 'Due', '', null] }],
    ['create_affiliate', 'email', EMAILS],
    ['create_affiliate', 'paypal_email', EMAILS],
    ['create_affiliate', 'referring_affiliate', EMAILS],
    ['find_affiliate_by_email', 'email', EMAILS],
    ['find_lead_by_email', 'email', EMAILS],
    ['update_affiliate', 'email', EMAILS],
    ['update_lead', 'email', EMAILS],
    ['create_lead', 'affiliate', EMAILS],
    ['mark_commissions_paid', 'affiliate_email', EMAILS],
    ['cancel_customer_purchases', 'email', EMAILS],
    ['find_affiliate_by_code', 'affiliate_code', CODES],
    ['find_purchase_by_code', 'purchase_code', CODES],
    ['cancel_purchase', 'purchase_code', CODES],
    ['mark_commissions_paid', 'purchase_code', CODES],
    ['find_visitor_by_tracking_code', 'tracking_code', CODES],
    ['create_purchase', 'purchase_code', CODES],
    ['create_purchase', 'code', CODES],
    ['update_affiliate', 'affiliate_code', CODES],
    ['delete_custom_field', 'name', CODES],
    ['create_custom_field', 'name', CODES],
    ['create_visitor', 'url', CODES],
    ['list_affiliates', 'query', { ...CODES, accepted: CODES.accepted.filter((value) => !/^\s/.test(String(value))) }],
    ['create_affiliate', 'first_name', FREE_TEXT],
    ['update_purchase', 'description', FREE_TEXT],
    ['create_commission', 'note', FREE_TEXT],
    ['create_affiliate', 'override_approval', FLAGS],
    ['create_purchase', 'reassign_affiliate', FLAGS],
    ['list_purchases', 'include_line_items', FLAGS],
    ['create_purchase', 'currency', CURRENCIES],
    ['create_commission', 'currency', CURRENCIES],
    ['get_commission_totals', 'currency', CURRENCIES],
    ['update_purchase', 'currency', CURRENCIES],
    ['create_purchase', 'purchase_amount', AMOUNTS],
    ['create_purchase', 'commission_amount_override', AMOUNTS],
    ['update_purchase', 'purchase_amount', AMOUNTS],
    ['create_commission', 'amount', { accepted: [0.01, 25, 1e6], refused: [...AMOUNTS.refused, 0, 0.001] }],
    ['create_commission', 'due_at', DAYS],
    ['list_purchases', 'created_after', TIMES],
    ['list_purchases', 'created_before', TIMES],
  ];

const show = (value: unknown) => (typeof value === 'string' ? JSON.stringify(value).slice(0, 40) : String(value));

describe.each(TABLE)('%s %s', (tool, field, { accepted, refused }) => {
  const operation = operationNamed(tool);
  const input = entryOf(tool).examples[0]?.input ?? {};

  test.each(accepted.map((value) => [show(value), value]))('takes %s', (_, value) => {
    expect(checked(operation, { ...input, [field]: value })).toMatchObject({ [field]: value });
  });

  test.each(refused.map((value) => [show(value), value]))('refuses %s and names the field', (_, value) => {
    expect(refusal(operation, { ...input, [field]: value })).toMatch(new RegExp(`^${field}: \\S`));
  });
});

test.each([
  ['created_after', '2026-02-28T00:00:00Z'],
  ['created_before', '2026-02-28T23:59:59Z'],
])('%s takes a bare day for its start or its end', (field, moment) => {
  expect(checked(operationNamed('list_purchases'), { [field]: '2026-02-28' })).toMatchObject({ [field]: moment });
});

const each = test.each(operations.map(({ name }) => name));

describe('an unknown argument', () => {
  const unknown = ['unheard_of', '__proto__', 'constructor', 'toString', 'affiliateId', 'Page', ''];

  each('is refused by %s with its name and the known ones', (name) => {
    const input = entryOf(name).examples[0]?.input ?? {};
    for (const field of unknown) {
      const given: JsonObject = JSON.parse(
        `{${JSON.stringify(field)}: 1, ${JSON.stringify(input).slice(1)}`.replace(', }', '}'),
      );
      expect(Object.keys(given)).toContain(field);
      const message = refusal(operationNamed(name), given);
      expect(message).toContain(`"${field}"`);
      for (const known of Object.keys(entryOf(name).parameters)) expect(message).toContain(known);
    }
  });

  test('of enormous length is not repeated in full', () => {
    expect(refusal(operationNamed('get_lead'), { lead_id: 1, ['x'.repeat(100_000)]: 1 })?.length).toBeLessThan(1_000);
  });

  test('inside a line item is refused with its name and the known ones', () => {
    for (const field of ['price', '__proto__']) {
      const line_items = JSON.parse(`[{"sku": "S1"}, {${JSON.stringify(field)}: 1}]`);
      const message = refusal(operationNamed('create_purchase'), { email: 'a@example.org', line_items });
      expect(message).toContain(field);
      for (const known of ['sku', 'description', 'quantity', 'amount']) expect(message).toContain(known);
    }
  });
});

describe('arguments as a whole', () => {
  each('of %s are an object', (name) => {
    for (const value of [undefined, null, [], 'x', 7])
      expect(refusal(operationNamed(name), value)).toMatch(/must be an object/);
  });

  test.each(['update_affiliate', 'update_purchase'])('must change something in %s', (name) => {
    const id = name === 'update_affiliate' ? { affiliate_id: 1 } : { purchase_id: 1 };
    const message = refusal(operationNamed(name), { ...id, confirmation_token: 'x' });
    expect(message).toMatch(/nothing to send: give at least one of/);
  });

  test('must hold something for create_visitor', () => {
    expect(refusal(operationNamed('create_visitor'), {})).toMatch(/url, tracking_code/);
  });

  test('may be none where the path says it all', () => {
    expect(checked(operationNamed('approve_affiliate'), { affiliate_id: 1 })).toEqual({ affiliate_id: 1 });
  });

  test('take a line item of strings only', () => {
    const check = (item: unknown) =>
      refusal(operationNamed('create_purchase'), { email: 'a@example.org', line_items: [item] });
    expect(check({ sku: 'S1', quantity: '2.0', amount: '9.52' })).toBeUndefined();
    expect(check({})).toBeUndefined();
    for (const item of [{ quantity: 2 }, { amount: 9.52 }, null, 'S1', [{}]])
      expect(check(item)).toMatch(/^line_items\.0/);
  });

  test('with very much wrong are answered in a few words', () => {
    const line_items = Array.from({ length: 10_000 }, () => ({ quantity: 2 }));
    const message = refusal(operationNamed('create_purchase'), { email: 'a@example.org', line_items });
    expect(message?.length).toBeLessThan(5_000);
  });
});
