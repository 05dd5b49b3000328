import { ANN, type Example, type Examples, ORDER } from './example.ts';

const listed = (status: string): Example => ({
  input: { affiliate_id: ANN.id, status },
  method: 'GET',
  path: '/affiliates/1001/commissions',
  query: { status, page: '1', per_page: '20' },
  answer: 'commissions',
});

export const commissions: Examples = {
  list_affiliate_commissions: [
    {
      input: { affiliate_id: ANN.id },
      method: 'GET',
      path: '/affiliates/1001/commissions',
      query: { page: '1', per_page: '20' },
      answer: 'commissions',
      shows: { affiliate: { id: ANN.id, email: ANN.email } },
    },
    {
      input: { affiliate_id: ANN.id, status: 'unpaid', page: 1, per_page: 200, detail: 'full', skip: 0 },
      method: 'GET',
      path: '/affiliates/1001/commissions',
      query: { status: 'unpaid', page: '1', per_page: '200' },
      answer: 'commissions',
      shows: { paid: false, cancelled: false },
    },
    ...['cancelled', 'paid', 'pending', 'due', 'unpaid', 'live'].map(listed),
  ],
  create_commission: [
    {
      input: { affiliate_id: ANN.id, amount: 25 },
      method: 'POST',
      path: '/affiliates/1001/commissions',
      body: { amount: 25 },
      answer: 'commission',
      shows: { amount: '25.0', currency: 'USD', paid: false, cancelled: false, purchase: null },
    },
    {
      input: { affiliate_id: ANN.id, amount: 0.1, currency: 'CHF', note: 'bonus for May', due_at: '2026-04-30' },
      method: 'POST',
      path: '/affiliates/1001/commissions',
      body: { amount: 0.1, currency: 'CHF', note: 'bonus for May', due_at: '2026-04-30' },
      answer: 'commission',
      shows: { amount: '0.1', currency: 'CHF', note: 'bonus for May', due_at: '2026-04-30T00:00:00Z' },
    },
  ],
  list_commissions: [
    {
      input: {},
      method: 'GET',
      path: '/commissions',
      query: { page: '1', per_page: '100' },
      answer: 'commissions',
      shows: { note: 'bonus for May' },
    },
    {
      input: { page: 3, per_page: 2 },
      method: 'GET',
      path: '/commissions',
      query: { page: '3', per_page: '2' },
      answer: 'commissions',
      shows: {},
    },
  ],
  get_commission_totals: [
    { input: {}, method: 'GET', path: '/commissions/totals', answer: 'accountTotals' },
    {
      input: { affiliate_id: ANN.id, currency: 'CHF' },
      method: 'GET',
      path: '/commissions/totals',
      query: { affiliate_id: '1001', currency: 'CHF' },
      answer: 'accountTotals',
      shows: { total_count: 1, total_cost: '0.1' },
    },
  ],
  mark_commissions_paid: [
    {
      input: { affiliate_email: ANN.email, purchase_code: ORDER.code, confirmation_token: 'never-travels' },
      method: 'POST',
      path: '/commissions/mark_as_paid',
      body: { affiliate_email: ANN.email, purchase_code: ORDER.code },
      answer: 'commissions',
      shows: { paid: true, purchase: { purchase_code: ORDER.code } },
    },
  ],
};
