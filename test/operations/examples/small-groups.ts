import { ANN, type Example, type Examples, NINA } from './example.ts';

export const visitors: Examples = {
  create_visitor: [
    {
      input: { url: 'https://shop.example.com/?afmc=ann&x=ä' },
      method: 'POST',
      path: '/visitors',
      body: { url: 'https://shop.example.com/?afmc=ann&x=ä' },
      answer: 'visitor',
      shows: { id: 50_152, affiliate: { id: ANN.id, email: ANN.email } },
    },
    {
      input: { url: 'https://shop.example.com/', tracking_code: 'visit 4' },
      method: 'POST',
      path: '/visitors',
      body: { url: 'https://shop.example.com/', tracking_code: 'visit 4' },
      answer: 'visitor',
      shows: { id: 50_153, tracking_code: 'visit 4' },
    },
  ],
  list_visitors: [
    { input: {}, method: 'GET', path: '/visitors', query: { page: '1' }, answer: 'visitors', shows: { id: 50_153 } },
    { input: { page: 2 }, method: 'GET', path: '/visitors', query: { page: '2' }, answer: 'visitors', shows: {} },
  ],
  count_visitors: [{ input: {}, method: 'GET', path: '/visitors/count', answer: 'count' }],
  find_visitor_by_tracking_code: [
    {
      input: { tracking_code: NINA.trackingCode },
      method: 'GET',
      path: '/visitors/by_tracking_code',
      query: { tracking_code: NINA.trackingCode },
      answer: 'visitor',
      shows: { id: 50_151, lead: { id: NINA.id, email: NINA.email } },
    },
  ],
};

export const campaigns: Examples = {
  list_campaigns: [
    { input: {}, method: 'GET', path: '/campaigns', answer: 'campaigns', shows: { id: 11, code: 'newsletter' } },
    {
      input: { detail: 'full', skip: 1 },
      method: 'GET',
      path: '/campaigns',
      answer: 'campaigns',
      shows: { id: 12, code: 'spring-sale' },
    },
  ],
  get_campaign: [
    { input: { campaign_id: 12 }, method: 'GET', path: '/campaigns/12', answer: 'campaign', shows: { id: 12 } },
  ],
};

/** Every kind of value that the description of the field names. */
const ofType = (type: string): Example => ({
  input: { name: `A ${type} field`, type },
  method: 'POST',
  path: '/custom_fields',
  body: { name: `A ${type} field`, type },
  answer: 'customField',
});

export const customFields: Examples = {
  create_custom_field: [
    {
      input: { name: 'Shoe size' },
      method: 'POST',
      path: '/custom_fields',
      body: { name: 'Shoe size' },
      answer: 'customField',
    },
    {
      input: { name: 'Größe & "Form"', type: 'text', required: true },
      method: 'POST',
      path: '/custom_fields',
      body: { name: 'Größe & "Form"', type: 'text', required: true },
      answer: 'customField',
    },
    ...['text', 'boolean', 'date', 'email', 'number', 'website'].map(ofType),
  ],
  delete_custom_field: [
    {
      input: { name: 'Größe & "Form"', confirmation_token: 'never-travels' },
      method: 'DELETE',
      path: '/custom_fields',
      query: { name: 'Größe & "Form"' },
      answer: 'customField',
    },
  ],
};

export const subIds: Examples = {
  list_affiliate_sub_ids: [
    {
      input: { affiliate_id: ANN.id },
      method: 'GET',
      path: '/affiliates/1001/subids',
      answer: 'subIds',
      shows: {},
    },
    {
      input: { affiliate_id: ANN.id, page: 2 },
      method: 'GET',
      path: '/affiliates/1001/subids',
      query: { page: '2' },
      answer: 'subIds',
    },
  ],
};
