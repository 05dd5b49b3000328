import { ANN, BEN, type Examples, NEW_AFFILIATES } from './example.ts';

const [plain, full] = NEW_AFFILIATES;

const everything = {
  email: 'zoe.oneil@example.net',
  first_name: 'Zoë',
  last_name: "O'Neil & daughters",
  affiliate_code: 'zoe 10%',
  paypal_email: 'pay+zoe@example.net',
  unsubscribed: true,
  affiliate_type: 'V.I.P.',
  override_approval: true,
  referring_affiliate: ANN.email,
};

const changes = {
  email: 'zoe@example.net',
  first_name: '',
  last_name: 'Öztürk',
  affiliate_code: 'zoe20',
  paypal_email: 'jürgen@bücher.example',
  unsubscribed: false,
  affiliate_type: 'Partners',
  referring_affiliate: 'ben.okafor@example.com',
};

export const affiliates: Examples = {
  create_affiliate: [
    {
      input: { email: 'new.partner@example.org' },
      method: 'POST',
      path: '/affiliates',
      body: { email: 'new.partner@example.org' },
      answer: 'affiliate',
      shows: { id: plain, status: 'Pending Approval', pending_approval: true },
    },
    {
      input: everything,
      method: 'POST',
      path: '/affiliates',
      body: everything,
      answer: 'affiliate',
      shows: { id: full, status: 'Active', compensation_tier_code: 'V.I.P.', referring_affiliate_id: ANN.id },
    },
  ],
  list_affiliates: [
    {
      input: {},
      method: 'GET',
      path: '/affiliates',
      query: { page: '1', per_page: '100' },
      answer: 'affiliates',
      shows: { id: ANN.id },
    },
    {
      input: { query: 'new.partner@', page: 1, per_page: 5, detail: 'full', skip: 0 },
      method: 'GET',
      path: '/affiliates',
      query: { query: 'new.partner@', page: '1', per_page: '5' },
      answer: 'affiliates',
      shows: { id: plain },
    },
    {
      input: { query: 'nobody & co', page: 2, per_page: 200, detail: 'concise', skip: 7 },
      method: 'GET',
      path: '/affiliates',
      query: { query: 'nobody & co', page: '2', per_page: '200' },
      answer: 'affiliates',
    },
  ],
  count_affiliates: [{ input: {}, method: 'GET', path: '/affiliates/count', answer: 'count' }],
  get_affiliate: [
    {
      input: { affiliate_id: ANN.id },
      method: 'GET',
      path: '/affiliates/1001',
      answer: 'affiliate',
      shows: { id: ANN.id, email: ANN.email },
    },
  ],
  find_affiliate_by_email: [
    {
      input: { email: 'zoe.oneil@example.net' },
      method: 'GET',
      path: '/affiliates/by_email',
      query: { email: 'zoe.oneil@example.net' },
      answer: 'affiliate',
      shows: { id: full },
    },
  ],
  find_affiliate_by_code: [
    {
      input: { affiliate_code: 'zoe 10%' },
      method: 'GET',
      path: '/affiliates/by_affiliate_code',
      query: { affiliate_code: 'zoe 10%' },
      answer: 'affiliate',
      shows: { id: full, affiliate_code: 'zoe 10%' },
    },
  ],
  update_affiliate: [
    {
      input: { affiliate_id: full, first_name: 'Zoe', confirmation_token: 'never-travels' },
      method: 'PUT',
      path: '/affiliates/1062',
      body: { first_name: 'Zoe' },
      answer: 'affiliate',
      shows: { id: full, first_name: 'Zoe', last_name: "O'Neil & daughters" },
    },
    {
      input: { affiliate_id: full, ...changes },
      method: 'PUT',
      path: '/affiliates/1062',
      body: changes,
      answer: 'affiliate',
      shows: { first_name: '', affiliate_code: 'zoe20', compensation_tier_code: 'Partners', unsubscribed: false },
    },
  ],
  archive_affiliate: [
    {
      input: { affiliate_id: full, confirmation_token: 'never-travels' },
      method: 'POST',
      path: '/affiliates/1062/archive',
      answer: 'affiliate',
      shows: { id: full, status: 'Archived', archived: true },
    },
  ],
  unarchive_affiliate: [
    {
      input: { affiliate_id: full },
      method: 'POST',
      path: '/affiliates/1062/unarchive',
      answer: 'affiliate',
      shows: { id: full, status: 'Active', archived: false },
    },
  ],
  approve_affiliate: [
    {
      input: { affiliate_id: BEN.id },
      method: 'POST',
      path: '/affiliates/1002/approve',
      answer: 'affiliate',
      shows: { id: BEN.id, status: 'Active', pending_approval: false },
    },
  ],
  reject_affiliate: [
    {
      input: { affiliate_id: plain },
      method: 'POST',
      path: '/affiliates/1061/reject',
      answer: 'affiliate',
      shows: { id: plain, status: 'Archived', archived: true },
    },
  ],
  list_affiliate_leads: [
    {
      input: { affiliate_id: ANN.id },
      method: 'GET',
      path: '/affiliates/1001/leads',
      query: { page: '1' },
      answer: 'leads',
      shows: { affiliate: { id: ANN.id, email: ANN.email } },
    },
    {
      input: { affiliate_id: ANN.id, page: 9 },
      method: 'GET',
      path: '/affiliates/1001/leads',
      query: { page: '9' },
      answer: 'leads',
    },
  ],
  list_affiliate_purchases: [
    {
      input: { affiliate_id: ANN.id },
      method: 'GET',
      path: '/affiliates/1001/purchases',
      query: { page: '1' },
      answer: 'purchases',
      shows: { affiliate: { id: ANN.id, email: ANN.email } },
    },
    {
      input: { affiliate_id: ANN.id, page: 9, skip: 2 },
      method: 'GET',
      path: '/affiliates/1001/purchases',
      query: { page: '9' },
      answer: 'purchases',
    },
  ],
  get_affiliate_commission_totals: [
    {
      input: { affiliate_id: ANN.id },
      method: 'GET',
      path: '/affiliates/1001/commissions_total',
      answer: 'affiliateTotals',
      shows: { currency: 'USD' },
    },
  ],
  create_affiliate_sign_in_link: [
    {
      input: { affiliate_id: ANN.id },
      method: 'POST',
      path: '/affiliates/1001/sign_in_link',
      answer: 'signInLink',
      shows: { affiliate_id: ANN.id },
    },
  ],
};
