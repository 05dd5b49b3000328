import { ANN, ID, type Table } from './entry.ts';

export const campaigns: Table = {
  list_campaigns: {
    codes: ['K1'],
    route: 'GET /campaigns',
    parameters: {},
    answer: 'campaigns',
    examples: [
      { input: {}, shows: { id: 11, code: 'newsletter' } },
      { input: { detail: 'full', skip: 1 }, shows: { id: 12, code: 'spring-sale' } },
    ],
    call: () => ({ detail: 'full' }),
  },
  get_campaign: {
    codes: ['K2'],
    route: 'GET /campaigns/{id}',
    parameters: { campaign_id: ID },
    answer: 'campaign',
    examples: [{ input: { campaign_id: 12 }, shows: { id: 12 } }],
    call: (programme) => ({ campaign_id: programme.campaigns.rows[0]?.id }),
  },
};

export const subIds: Table = {
  list_affiliate_sub_ids: {
    codes: ['B1'],
    route: 'GET /affiliates/{id}/subids',
    unverified: true,
    parameters: { affiliate_id: ID, page: 'integer 1..' },
    answer: 'subIds',
    examples: [
      { input: { affiliate_id: ANN.id }, shows: {} },
      { input: { affiliate_id: ANN.id, page: 2 }, query: { page: '2' } },
    ],
    call: () => ({ affiliate_id: 1001, detail: 'full' }),
  },
};
