import { ANN, ID, NINA, ORDER, PAGE, type Table } from './entry.ts';
import { ANN_AS_ASKED, affiliateOf, customerOf, renameAffiliate, unownedLead } from './simulated.ts';

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

export const leads: Table = {
  create_lead: {
    codes: ['L1'],
    route: 'POST /leads',
    unverified: true,
    parameters: {
      email: 'required string',
      tracking_code: 'string',
      code: 'string',
      affiliate: 'string',
      first_name: 'string',
      last_name: 'string',
      address1: 'string',
      address2: 'string',
      city: 'string',
      state: 'string',
      zipcode: 'string',
      country: 'string',
      phone: 'string',
      custom_status: 'string',
    },
    answer: 'lead',
    effect: 'create',
    existing: { by: 'email', find: 'find_lead_by_email', change: 'update_lead' },
    asks: ['tracking_code', 'code', 'affiliate'],
    examples: [
      {
        input: { email: 'first.contact@example.org' },
        body: { email: 'first.contact@example.org' },
        shows: { id: 20_122, affiliate: null },
      },
      {
        input: everything,
        body: everything,
        shows: { id: 20_123, city: 'Köln', custom_status: 'warm', affiliate: { id: ANN.id, email: ANN.email } },
      },
    ],
    call: () => ({ email: 'lead@example.com', first_name: 'Lea', code: 'nobody-has-it' }),
    questions: [
      {
        which: 'with a code',
        args: () => ({ email: 'lead@example.com', code: 'ann', city: 'Graz' }),
        state: ({ programme }) => programme.leads.rows.length,
        meddle: renameAffiliate(ANN.id),
        otherwise: { email: 'lead@example.com', code: 'carla' },
        says: () => ['"lead@example.com"', `${ANN_AS_ASKED} (by the code "ann")`, 'city "Graz"'],
      },
      {
        which: 'with an address',
        args: () => ({ email: 'lead@example.com', affiliate: ANN.email }),
        state: ({ programme }) => programme.leads.rows.length,
        meddle: (programme) => {
          affiliateOf(programme, ANN.id).lastName = 'Arbour';
        },
        otherwise: { email: 'other@example.com', affiliate: ANN.email },
        says: () => ['"lead@example.com"', ANN_AS_ASKED, `(by the address "${ANN.email}")`],
      },
    ],
  },
  list_leads: {
    codes: ['L2'],
    route: 'GET /leads',
    unverified: true,
    parameters: { page: PAGE },
    answer: 'leads',
    examples: [
      { input: {}, query: { page: '1' }, shows: { id: 20_123 } },
      { input: { page: 2 }, query: { page: '2' }, shows: {} },
    ],
    call: () => ({ detail: 'full' }),
  },
  count_leads: {
    codes: ['L3'],
    route: 'GET /leads/count',
    parameters: {},
    answer: 'count',
    examples: [{ input: {} }],
    call: () => ({}),
  },
  get_lead: {
    codes: ['L4'],
    route: 'GET /leads/{id}',
    unverified: true,
    parameters: { lead_id: ID },
    answer: 'lead',
    examples: [
      { input: { lead_id: NINA.id }, shows: { id: NINA.id, email: NINA.email, tracking_code: NINA.trackingCode } },
    ],
    call: (programme) => ({ lead_id: customerOf(programme)?.id }),
  },
  find_lead_by_email: {
    codes: ['L5'],
    route: 'GET /leads/by_email',
    unverified: true,
    parameters: { email: 'required string' },
    answer: 'lead',
    examples: [
      { input: { email: 'jürgen@bücher.example' }, query: { email: 'jürgen@bücher.example' }, shows: { id: 20_123 } },
    ],
    call: (programme) => ({ email: customerOf(programme)?.email }),
  },
  update_lead: {
    codes: ['L6'],
    route: 'PUT /leads/{id}',
    unverified: true,
    parameters: {
      lead_id: ID,
      email: 'required string',
      first_name: 'string',
      last_name: 'string',
      code: 'string',
      tracking_code: 'string',
    },
    answer: 'lead',
    effect: 'update',
    asks: ['code', 'tracking_code'],
    examples: [
      { input: { lead_id: NINA.id, email: NINA.email }, body: { email: NINA.email }, shows: { id: NINA.id } },
      {
        input: {
          lead_id: NINA.id,
          email: 'nina@example.org',
          first_name: 'Nina',
          last_name: 'Berg',
          code: 'jose10',
          tracking_code: 'visit-3',
        },
        body: {
          email: 'nina@example.org',
          first_name: 'Nina',
          last_name: 'Berg',
          code: 'jose10',
          tracking_code: 'visit-3',
        },
        shows: { email: 'nina@example.org', last_name: 'Berg', affiliate: { email: 'jose.alvarez@example.net' } },
      },
    ],
    call: (programme) => ({ lead_id: programme.leads.rows[0]?.id, email: 'lead@example.com' }),
    questions: [
      {
        args: (programme) => ({
          lead_id: unownedLead(programme)?.id,
          email: unownedLead(programme)?.email,
          code: 'ann',
        }),
        state: ({ programme }) => programme.leads.rows.filter(({ affiliateId }) => affiliateId === ANN.id).length,
        meddle: renameAffiliate(ANN.id),
        otherwise: { lead_id: 20_001, email: 'lead@example.com', code: 'carla' },
        says: (programme) => [`id ${unownedLead(programme)?.id}`, ANN_AS_ASKED, 'the code "ann"', 'no affiliate now'],
      },
    ],
  },
  list_lead_purchases: {
    codes: ['L7'],
    route: 'GET /leads/{id}/purchases',
    unverified: true,
    parameters: { lead_id: ID, include_line_items: 'boolean' },
    answer: 'purchases',
    examples: [
      { input: { lead_id: NINA.id }, shows: { purchase_code: ORDER.code } },
      {
        input: { lead_id: NINA.id, include_line_items: true },
        query: { include_line_items: 'true' },
        shows: { line_items: [{ sku: 'MAT-01' }] },
      },
    ],
    call: (programme) => ({ lead_id: customerOf(programme)?.id, detail: 'full' }),
  },
};
