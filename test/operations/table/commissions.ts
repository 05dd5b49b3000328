import { ANN, type Example, ID, ORDER, PAGE, type Table } from './entry.ts';
import { ANN_AS_ASKED, inUnits, openOrder, orderOf, renameAffiliate, rowCount } from './simulated.ts';

const STATES = 'one of cancelled|paid|pending|due|unpaid|live';

const listed = (status: string): Example => ({
  input: { affiliate_id: ANN.id, status },
  query: { status, page: '1', per_page: '20' },
});

export const commissions: Table = {
  list_affiliate_commissions: {
    codes: ['A15', 'C2'],
    route: 'GET /affiliates/{id}/commissions',
    unverified: true,
    parameters: { affiliate_id: ID, status: STATES, page: PAGE, per_page: 'integer 1..200 = 20' },
    answer: 'commissions',
    examples: [
      {
        input: { affiliate_id: ANN.id },
        query: { page: '1', per_page: '20' },
        shows: { affiliate: { id: ANN.id, email: ANN.email } },
      },
      {
        input: { affiliate_id: ANN.id, status: 'unpaid', page: 1, per_page: 200, detail: 'full', skip: 0 },
        query: { status: 'unpaid', page: '1', per_page: '200' },
        shows: { paid: false, cancelled: false },
      },
      ...['cancelled', 'paid', 'pending', 'due', 'unpaid', 'live'].map(listed),
    ],
    call: () => ({ affiliate_id: 1001, per_page: 200, detail: 'full' }),
  },
  create_commission: {
    codes: ['C1'],
    route: 'POST /affiliates/{id}/commissions',
    parameters: {
      affiliate_id: ID,
      amount: 'required number 0.01..',
      currency: 'string',
      note: 'string',
      due_at: 'string',
    },
    answer: 'commission',
    effect: 'create',
    asks: 'always',
    examples: [
      {
        input: { affiliate_id: ANN.id, amount: 25 },
        body: { amount: 25 },
        shows: { amount: '25.0', currency: 'USD', paid: false, cancelled: false, purchase: null },
      },
      {
        input: { affiliate_id: ANN.id, amount: 0.1, currency: 'CHF', note: 'bonus for May', due_at: '2026-04-30' },
        body: { amount: 0.1, currency: 'CHF', note: 'bonus for May', due_at: '2026-04-30' },
        shows: { amount: '0.1', currency: 'CHF', note: 'bonus for May', due_at: '2026-04-30T00:00:00Z' },
      },
    ],
    questions: [
      {
        args: () => ({ affiliate_id: 1001, amount: 12.5, currency: 'EUR', note: 'a "bonus"', due_at: '2030-01-31' }),
        state: rowCount('commissions'),
        meddle: renameAffiliate(1001),
        otherwise: { affiliate_id: 1001, amount: 125 },
        says: () => [
          '12.50 EUR',
          'due 2030-01-31',
          'note "a [U+0022 quotation mark]bonus[U+0022 quotation mark]"',
          ANN_AS_ASKED,
          'cannot be undone',
          'adds another',
        ],
      },
    ],
  },
  list_commissions: {
    codes: ['C3'],
    route: 'GET /commissions',
    parameters: { page: PAGE, per_page: 'integer 1..200 = 100' },
    answer: 'commissions',
    examples: [
      { input: {}, query: { page: '1', per_page: '100' }, shows: { note: 'bonus for May' } },
      { input: { page: 3, per_page: 2 }, query: { page: '3', per_page: '2' }, shows: {} },
    ],
    call: () => ({ per_page: 200, detail: 'full' }),
  },
  get_commission_totals: {
    codes: ['C4'],
    route: 'GET /commissions/totals',
    parameters: { affiliate_id: 'integer 1..', currency: 'string' },
    answer: 'accountTotals',
    examples: [
      { input: {} },
      {
        input: { affiliate_id: ANN.id, currency: 'CHF' },
        query: { affiliate_id: '1001', currency: 'CHF' },
        shows: { total_count: 1, total_cost: '0.1' },
      },
    ],
    call: () => ({}),
  },
  mark_commissions_paid: {
    codes: ['C5'],
    route: 'POST /commissions/mark_as_paid',
    unverified: true,
    parameters: { affiliate_email: 'required string', purchase_code: 'required string' },
    answer: 'commissions',
    effect: 'destroy',
    asks: 'always',
    examples: [
      {
        input: { affiliate_email: ANN.email, purchase_code: ORDER.code, confirmation_token: 'never-travels' },
        body: { affiliate_email: ANN.email, purchase_code: ORDER.code },
        shows: { paid: true, purchase: { purchase_code: ORDER.code } },
      },
    ],
    questions: [
      {
        args: (programme) => ({ affiliate_email: 'ann.arbor@example.com', purchase_code: orderOf(programme).code }),
        state: ({ programme }) => programme.commissions.rows.filter(({ paid }) => paid).length,
        meddle: (programme) => {
          openOrder(programme).commission.amount += 1;
        },
        otherwise: { affiliate_email: 'ann.arbor@example.com', purchase_code: 'another-order' },
        says: (programme) => {
          const { commission, purchase } = openOrder(programme);
          const amount = `${inUnits(commission.amount)} ${commission.currency}`;
          return [
            ANN_AS_ASKED,
            `"${purchase.code}"`,
            `1 found: id ${commission.id} of`,
            `together ${amount}`,
            'moves no money',
          ];
        },
      },
    ],
  },
};
