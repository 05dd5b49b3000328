import { ANN, type Examples, NINA, ORDER } from './example.ts';

const everything = {
  email: 'jürgen@bücher.example',
  tracking_code: 'visit 2',
  code: ANN.code,
  affiliate: ANN.email,
  first_name: 'Jürgen',
  last_name: '',
  address1: 'Hauptstraße 1',
  address2: 'Hinterhof',
  city: 'Köln',
  state: 'NRW',
  zipcode: '50667',
  country: 'DE',
  phone: '+49 221 1234',
  custom_status: 'warm',
};

export const leads: Examples = {
  create_lead: [
    {
      input: { email: 'first.contact@example.org' },
      method: 'POST',
      path: '/leads',
      body: { email: 'first.contact@example.org' },
      answer: 'lead',
      shows: { id: 20_122, affiliate: null },
    },
    {
      input: everything,
      method: 'POST',
      path: '/leads',
      body: everything,
      answer: 'lead',
      shows: { id: 20_123, city: 'Köln', custom_status: 'warm', affiliate: { id: ANN.id, email: ANN.email } },
    },
  ],
  list_leads: [
    { input: {}, method: 'GET', path: '/leads', query: { page: '1' }, answer: 'leads', shows: { id: 20_123 } },
    { input: { page: 2 }, method: 'GET', path: '/leads', query: { page: '2' }, answer: 'leads', shows: {} },
  ],
  count_leads: [{ input: {}, method: 'GET', path: '/leads/count', answer: 'count' }],
  get_lead: [
    {
      input: { lead_id: NINA.id },
      method: 'GET',
      path: '/leads/20121',
      answer: 'lead',
      shows: { id: NINA.id, email: NINA.email, tracking_code: NINA.trackingCode },
    },
  ],
  find_lead_by_email: [
    {
      input: { email: 'jürgen@bücher.example' },
      method: 'GET',
      path: '/leads/by_email',
      query: { email: 'jürgen@bücher.example' },
      answer: 'lead',
      shows: { id: 20_123 },
    },
  ],
  update_lead: [
    {
      input: { lead_id: NINA.id, email: NINA.email },
      method: 'PUT',
      path: '/leads/20121',
      body: { email: NINA.email },
      answer: 'lead',
      shows: { id: NINA.id },
    },
    {
      input: {
        lead_id: NINA.id,
        email: 'nina@example.org',
        first_name: 'Nina',
        last_name: 'Berg',
        code: 'jose10',
        tracking_code: 'visit-3',
      },
      method: 'PUT',
      path: '/leads/20121',
      body: {
        email: 'nina@example.org',
        first_name: 'Nina',
        last_name: 'Berg',
        code: 'jose10',
        tracking_code: 'visit-3',
      },
      answer: 'lead',
      shows: { email: 'nina@example.org', last_name: 'Berg', affiliate: { email: 'jose.alvarez@example.net' } },
    },
  ],
  list_lead_purchases: [
    {
      input: { lead_id: NINA.id },
      method: 'GET',
      path: '/leads/20121/purchases',
      answer: 'purchases',
      shows: { purchase_code: ORDER.code },
    },
    {
      input: { lead_id: NINA.id, include_line_items: true },
      method: 'GET',
      path: '/leads/20121/purchases',
      query: { include_line_items: 'true' },
      answer: 'purchases',
      shows: { line_items: [{ sku: 'MAT-01' }] },
    },
  ],
};
