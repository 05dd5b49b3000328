import { ANN, NINA, PAGE, type Table } from './entry.ts';
import { ANN_AS_ASKED, renameAffiliate } from './simulated.ts';

export const visitors: Table = {
  create_visitor: {
    codes: ['V1'],
    route: 'POST /visitors',
    parameters: { url: 'string', tracking_code: 'string' },
    answer: 'visitor',
    effect: 'create',
    asks: ['url'],
    examples: [
      {
        input: { url: 'https://shop.example.com/?afmc=ann&x=ä' },
        body: { url: 'https://shop.example.com/?afmc=ann&x=ä' },
        shows: { id: 50_152, affiliate: { id: ANN.id, email: ANN.email } },
      },
      {
        input: { url: 'https://shop.example.com/', tracking_code: 'visit 4' },
        body: { url: 'https://shop.example.com/', tracking_code: 'visit 4' },
        shows: { id: 50_153, tracking_code: 'visit 4' },
      },
    ],
    call: () => ({ url: 'https://shop.example.com/' }),
    questions: [
      {
        args: () => ({ url: 'https://shop.example.com/?afmc=ann' }),
        state: ({ programme }) => programme.visitors.rows.length,
        meddle: renameAffiliate(ANN.id),
        otherwise: { url: 'https://shop.example.com/?afmc=carla' },
        says: () => ['"https://shop.example.com/?afmc=ann"', ANN_AS_ASKED, 'may earn'],
      },
    ],
  },
  list_visitors: {
    codes: ['V2'],
    route: 'GET /visitors',
    parameters: { page: PAGE },
    answer: 'visitors',
    examples: [
      { input: {}, query: { page: '1' }, shows: { id: 50_153 } },
      { input: { page: 2 }, query: { page: '2' }, shows: {} },
    ],
    call: () => ({ detail: 'full' }),
  },
  count_visitors: {
    codes: ['V3'],
    route: 'GET /visitors/count',
    unverified: true,
    parameters: {},
    answer: 'count',
    examples: [{ input: {} }],
    call: () => ({}),
  },
  find_visitor_by_tracking_code: {
    codes: ['V4'],
    route: 'GET /visitors/by_tracking_code',
    unverified: true,
    parameters: { tracking_code: 'required string' },
    answer: 'visitor',
    examples: [
      {
        input: { tracking_code: NINA.trackingCode },
        query: { tracking_code: NINA.trackingCode },
        shows: { id: 50_151, lead: { id: NINA.id, email: NINA.email } },
      },
    ],
    call: (programme) => ({ tracking_code: programme.visitors.rows[0]?.trackingCode }),
  },
};
