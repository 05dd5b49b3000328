import { ANN, ID, NINA, ORDER, PAGE, type Table } from './entry.ts';
import {
  ANN_AS_ASKED,
  cancelledCount,
  customerOfAnn,
  inUnits,
  newestPurchase,
  oldestPurchase,
  orderAsAsked,
  orderOf,
  purchasesOf,
  raiseAmount,
  renameAffiliate,
  rowCount,
} from './simulated.ts';

const CUSTOMER = 'omar.haddad@example.org';
const LINE_ITEMS = 'array of { sku: string, description: string, quantity: string, amount: string }';

const everything = {
  email: NINA.email,
  purchase_code: 'order 8/ä&b=c',
  purchase_amount: 123.45,
  currency: 'EUR',
  plan_code: 'annual',
  code: ANN.code,
  commission_amount_override: 0,
  description: 'Phone order',
  reassign_affiliate: false,
  line_items: [
    { sku: 'TENT-2P', description: 'Two-person tent', quantity: '1', amount: '113.93' },
    { sku: 'SOCK-3', quantity: '2.0', amount: '9.52' },
  ],
};

export const purchases: Table = {
  create_purchase: {
    codes: ['P1'],
    route: 'POST /purchases',
    parameters: {
      email: 'required string',
      purchase_code: 'string',
      purchase_amount: 'number 0..',
      currency: 'string',
      plan_code: 'string',
      code: 'string',
      commission_amount_override: 'number 0..',
      description: 'string',
      reassign_affiliate: 'boolean',
      line_items: LINE_ITEMS,
    },
    answer: 'purchase',
    effect: 'create',
    existing: { by: 'purchase_code', find: 'find_purchase_by_code', change: 'update_purchase' },
    asks: 'by_record',
    examples: [
      {
        input: { email: 'walk.in@example.net' },
        body: { email: 'walk.in@example.net' },
        shows: { id: 300_092, purchase_amount: '0.0', currency: 'USD', affiliate: null },
      },
      {
        input: everything,
        body: everything,
        shows: {
          id: 300_093,
          purchase_code: 'order 8/ä&b=c',
          purchase_amount: '123.45',
          currency: 'EUR',
          plan: { code: 'annual' },
          affiliate: { id: ANN.id, email: ANN.email },
        },
      },
    ],
    call: () => ({ email: 'buyer@example.com', purchase_amount: 10 }),
    questions: [
      {
        which: 'of a customer of an affiliate',
        args: (programme) => ({ email: customerOfAnn(programme)?.email, purchase_amount: 80 }),
        state: rowCount('purchases'),
        meddle: renameAffiliate(1001),
        otherwise: { email: 'buyer@example.com', purchase_amount: 800, code: 'ann' },
        says: () => [
          "80.00 USD (the account's currency)",
          '"ann.arbor@example.com", id 1001, who earns on it',
          'not known here',
        ],
      },
      {
        which: 'with a code',
        args: () => ({ email: 'buyer@example.com', purchase_amount: 80, code: 'ann' }),
        state: rowCount('purchases'),
        meddle: renameAffiliate(1001),
        otherwise: { email: 'buyer@example.com', purchase_amount: 800, code: 'ann' },
        says: () => [
          "80.00 USD (the account's currency)",
          `crediting the affiliate ${ANN_AS_ASKED}`,
          'cancel_purchase',
        ],
      },
      {
        which: 'with a fixed commission',
        args: () => ({
          email: 'buyer@example.com',
          purchase_amount: 80,
          currency: 'USD',
          commission_amount_override: 70.25,
        }),
        state: rowCount('purchases'),
        otherwise: { email: 'buyer@example.com', purchase_amount: 80, commission_amount_override: 7 },
        says: () => ['80.00 USD', 'a fixed commission of 70.25 USD', 'cancel_purchase'],
      },
    ],
  },
  list_purchases: {
    codes: ['P2'],
    route: 'GET /purchases',
    parameters: {
      page: PAGE,
      per_page: 'integer 1..200 = 100',
      created_after: 'string',
      created_before: 'string',
      without_affiliate: 'boolean',
      include_line_items: 'boolean',
    },
    answer: 'purchases',
    examples: [
      { input: {}, query: { page: '1', per_page: '100' }, shows: {} },
      { input: { without_affiliate: true }, query: { page: '1', per_page: '100' }, shows: {} },
      {
        input: {
          page: 1,
          per_page: 7,
          created_after: '2026-03-15',
          created_before: '2026-03-15T23:59:59+01:00',
          include_line_items: true,
        },
        query: {
          page: '1',
          per_page: '7',
          created_after: '2026-03-15T00:00:00Z',
          created_before: '2026-03-15T23:59:59+01:00',
          include_line_items: 'true',
        },
        shows: { line_items: [{ sku: 'TENT-2P', quantity: '1.0', amount: '113.93' }, { sku: 'SOCK-3' }] },
      },
    ],
    call: () => ({ per_page: 200, detail: 'full', include_line_items: true }),
  },
  count_purchases: {
    codes: ['P3'],
    route: 'GET /purchases/count',
    parameters: {},
    answer: 'count',
    examples: [{ input: {} }],
    call: () => ({}),
  },
  get_purchase: {
    codes: ['P4'],
    route: 'GET /purchases/{id}',
    parameters: { purchase_id: ID, include_line_items: 'boolean' },
    answer: 'purchase',
    examples: [
      {
        input: { purchase_id: ORDER.id },
        shows: { id: ORDER.id, purchase_code: ORDER.code, lead: { id: NINA.id, email: NINA.email } },
      },
      {
        input: { purchase_id: ORDER.id, include_line_items: true },
        query: { include_line_items: 'true' },
        shows: { line_items: [{ sku: 'MAT-01', description: 'Sleeping mat', quantity: '1.0', amount: '49.9' }] },
      },
    ],
    call: (programme) => ({ purchase_id: newestPurchase(programme)?.id }),
  },
  find_purchase_by_code: {
    codes: ['P5'],
    route: 'GET /purchases/by_purchase_code',
    parameters: { purchase_code: 'required string', include_line_items: 'boolean' },
    answer: 'purchase',
    examples: [
      { input: { purchase_code: 'order 8/ä&b=c' }, query: { purchase_code: 'order 8/ä&b=c' }, shows: { id: 300_093 } },
      {
        input: { purchase_code: ORDER.code, include_line_items: false },
        query: { purchase_code: ORDER.code, include_line_items: 'false' },
        shows: { id: ORDER.id },
      },
    ],
    call: (programme) => ({ purchase_code: newestPurchase(programme)?.code }),
  },
  list_purchase_commissions: {
    codes: ['P6'],
    route: 'GET /purchases/{id}/commissions',
    parameters: { purchase_id: ID },
    answer: 'commissions',
    examples: [
      {
        input: { purchase_id: ORDER.id },
        shows: { purchase: { purchase_code: ORDER.code }, affiliate: { id: ANN.id, email: ANN.email } },
      },
    ],
    call: (programme) => ({ purchase_id: newestPurchase(programme)?.id, detail: 'full' }),
  },
  update_purchase: {
    codes: ['P7'],
    route: 'PUT /purchases/{id}',
    unverified: true,
    parameters: { purchase_id: ID, purchase_amount: 'number 0..', currency: 'string', description: 'string' },
    empties: ['description'],
    answer: 'purchase',
    effect: 'update',
    asks: ['purchase_amount', 'currency'],
    examples: [
      {
        input: { purchase_id: ORDER.id, description: 'Gift' },
        body: { description: 'Gift' },
        shows: { purchase_amount: '49.9' },
      },
      {
        input: { purchase_id: ORDER.id, purchase_amount: 0, currency: 'EUR', description: 'Replaced' },
        body: { purchase_amount: 0, currency: 'EUR', description: 'Replaced' },
        shows: { purchase_amount: '0.0', currency: 'EUR' },
      },
    ],
    call: (programme) => ({ purchase_id: oldestPurchase(programme)?.id, description: 'gift' }),
    questions: [
      {
        which: 'of the amount',
        args: (programme) => ({ purchase_id: orderOf(programme).id, purchase_amount: 1.5 }),
        state: ({ programme }) => orderOf(programme).amount,
        meddle: raiseAmount,
        otherwise: { purchase_id: 300_001, purchase_amount: 1.5 },
        says: (programme) => [...orderAsAsked(programme), `to 1.5`, 'update_purchase'],
      },
      {
        which: 'of the currency',
        args: (programme) => ({ purchase_id: orderOf(programme).id, currency: 'JPY' }),
        state: ({ programme }) => orderOf(programme).currency,
        meddle: raiseAmount,
        otherwise: { purchase_id: 300_001, currency: 'JPY' },
        says: (programme) => [...orderAsAsked(programme), 'the currency from', 'to "JPY"', 'update_purchase'],
      },
    ],
  },
  approve_purchase: {
    codes: ['P8'],
    route: 'POST /purchases/{id}/approve',
    unverified: true,
    parameters: { purchase_id: ID },
    answer: 'purchase',
    effect: 'enable',
    asks: 'always',
    examples: [{ input: { purchase_id: ORDER.id }, shows: { id: ORDER.id } }],
    questions: [
      {
        args: (programme) => ({ purchase_id: orderOf(programme).id }),
        state: ({ requests }) => requests.filter(({ path }) => path.endsWith('/approve')).length,
        meddle: raiseAmount,
        otherwise: { purchase_id: 300_001 },
        says: (programme) => [...orderAsAsked(programme), 'is released', 'cancel_purchase'],
      },
    ],
  },
  reject_purchase: {
    codes: ['P9'],
    route: 'POST /purchases/{id}/reject',
    unverified: true,
    parameters: { purchase_id: ID },
    answer: 'purchase',
    effect: 'destroy',
    asks: 'always',
    examples: [{ input: { purchase_id: 300_092 }, shows: { id: 300_092, cancelled: true } }],
    questions: [
      {
        args: (programme) => ({ purchase_id: orderOf(programme).id }),
        state: cancelledCount,
        meddle: raiseAmount,
        otherwise: { purchase_id: 300_001 },
        says: (programme) => [...orderAsAsked(programme), 'cannot be undone'],
      },
    ],
  },
  cancel_purchase: {
    codes: ['P10'],
    route: 'DELETE /purchases',
    parameters: { purchase_code: 'required string' },
    answer: 'purchase',
    effect: 'destroy',
    asks: 'always',
    examples: [
      {
        input: { purchase_code: 'order 8/ä&b=c', confirmation_token: 'never-travels' },
        query: { purchase_code: 'order 8/ä&b=c' },
        shows: { id: 300_093, cancelled: true },
      },
    ],
    questions: [
      {
        args: (programme) => ({ purchase_code: orderOf(programme).code }),
        state: cancelledCount,
        meddle: raiseAmount,
        otherwise: { purchase_code: 'another-order' },
        says: (programme) => [
          ...orderAsAsked(programme),
          'unpaid commissions are cancelled with it',
          'cannot be undone',
        ],
      },
    ],
  },
  cancel_customer_purchases: {
    codes: ['P10'],
    route: 'DELETE /purchases',
    parameters: { email: 'required string' },
    answer: 'purchases',
    effect: 'destroy',
    asks: 'always',
    examples: [
      {
        input: { email: NINA.email },
        query: { email: NINA.email },
        shows: { cancelled: true, lead: { id: NINA.id, email: NINA.email } },
      },
    ],
    questions: [
      {
        args: () => ({ email: CUSTOMER }),
        state: cancelledCount,
        meddle: (programme) => {
          for (const purchase of purchasesOf(programme, CUSTOMER).slice(0, 1)) purchase.cancelled = true;
        },
        otherwise: { email: 'lena.hofer@example.net' },
        says: (programme) => [
          'EVERY purchase',
          `"${CUSTOMER}"`,
          ...purchasesOf(programme, CUSTOMER).map(
            ({ code, amount, currency }) => `${inUnits(amount)} ${currency} "${code}"`,
          ),
          'cannot be undone',
        ],
      },
    ],
  },
};
