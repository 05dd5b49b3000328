import { ANN, type Examples, NINA, ORDER } from './example.ts';

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

export const purchases: Examples = {
  create_purchase: [
    {
      input: { email: 'walk.in@example.net' },
      method: 'POST',
      path: '/purchases',
      body: { email: 'walk.in@example.net' },
      answer: 'purchase',
      shows: { id: 300_092, purchase_amount: '0.0', currency: 'USD', affiliate: null },
    },
    {
      input: everything,
      method: 'POST',
      path: '/purchases',
      body: everything,
      answer: 'purchase',
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
  list_purchases: [
    {
      input: {},
      method: 'GET',
      path: '/purchases',
      query: { page: '1', per_page: '100' },
      answer: 'purchases',
      shows: {},
    },
    {
      input: {
        page: 1,
        per_page: 7,
        created_after: '2026-03-15',
        created_before: '2026-03-15T23:59:59+01:00',
        include_line_items: true,
      },
      method: 'GET',
      path: '/purchases',
      query: {
        page: '1',
        per_page: '7',
        created_after: '2026-03-15',
        created_before: '2026-03-15T23:59:59+01:00',
        include_line_items: 'true',
      },
      answer: 'purchases',
      shows: { line_items: [{ sku: 'TENT-2P', quantity: '1.0', amount: '113.93' }, { sku: 'SOCK-3' }] },
    },
  ],
  count_purchases: [{ input: {}, method: 'GET', path: '/purchases/count', answer: 'count' }],
  get_purchase: [
    {
      input: { purchase_id: ORDER.id },
      method: 'GET',
      path: '/purchases/300091',
      answer: 'purchase',
      shows: { id: ORDER.id, purchase_code: ORDER.code, lead: { id: NINA.id, email: NINA.email } },
    },
    {
      input: { purchase_id: ORDER.id, include_line_items: true },
      method: 'GET',
      path: '/purchases/300091',
      query: { include_line_items: 'true' },
      answer: 'purchase',
      shows: { line_items: [{ sku: 'MAT-01', description: 'Sleeping mat', quantity: '1.0', amount: '49.9' }] },
    },
  ],
  find_purchase_by_code: [
    {
      input: { purchase_code: 'order 8/ä&b=c' },
      method: 'GET',
      path: '/purchases/by_purchase_code',
      query: { purchase_code: 'order 8/ä&b=c' },
      answer: 'purchase',
      shows: { id: 300_093 },
    },
    {
      input: { purchase_code: ORDER.code, include_line_items: false },
      method: 'GET',
      path: '/purchases/by_purchase_code',
      query: { purchase_code: ORDER.code, include_line_items: 'false' },
      answer: 'purchase',
      shows: { id: ORDER.id },
    },
  ],
  list_purchase_commissions: [
    {
      input: { purchase_id: ORDER.id },
      method: 'GET',
      path: '/purchases/300091/commissions',
      answer: 'commissions',
      shows: { purchase: { purchase_code: ORDER.code }, affiliate: { id: ANN.id, email: ANN.email } },
    },
  ],
  update_purchase: [
    {
      input: { purchase_id: ORDER.id, description: '' },
      method: 'PUT',
      path: '/purchases/300091',
      body: { description: '' },
      answer: 'purchase',
      shows: { purchase_amount: '49.9' },
    },
    {
      input: { purchase_id: ORDER.id, purchase_amount: 0, currency: 'EUR', description: 'Replaced' },
      method: 'PUT',
      path: '/purchases/300091',
      body: { purchase_amount: 0, currency: 'EUR', description: 'Replaced' },
      answer: 'purchase',
      shows: { purchase_amount: '0.0', currency: 'EUR' },
    },
  ],
  approve_purchase: [
    {
      input: { purchase_id: ORDER.id },
      method: 'POST',
      path: '/purchases/300091/approve',
      answer: 'purchase',
      shows: { id: ORDER.id },
    },
  ],
  reject_purchase: [
    {
      input: { purchase_id: 300_092 },
      method: 'POST',
      path: '/purchases/300092/reject',
      answer: 'purchase',
      shows: { id: 300_092, cancelled: true },
    },
  ],
  cancel_purchase: [
    {
      input: { purchase_code: 'order 8/ä&b=c', confirmation_token: 'never-travels' },
      method: 'DELETE',
      path: '/purchases',
      query: { purchase_code: 'order 8/ä&b=c' },
      answer: 'purchase',
      shows: { id: 300_093, cancelled: true },
    },
  ],
  cancel_customer_purchases: [
    {
      input: { email: NINA.email },
      method: 'DELETE',
      path: '/purchases',
      query: { email: NINA.email },
      answer: 'purchases',
      shows: { cancelled: true, lead: { id: NINA.id, email: NINA.email } },
    },
  ],
};
