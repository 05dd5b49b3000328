import * as z from 'zod';
import { byId } from './asked-for.ts';
import { affiliateId, id } from './inputs.ts';
import { type Group, operation } from './operation.ts';
import { many, one } from './returns.ts';
import * as shapes from './shapes.ts';

/** K1 `GET /campaigns`, official-current. */
const listCampaigns = operation({
  name: 'list_campaigns',
  title: 'List campaigns',
  description: "The account's tracking campaigns: where visitors and leads came from.",
  method: 'GET',
  path: '/campaigns',
  input: () => ({}),
  returns: many(shapes.campaign),
  effect: 'read',
});

/** K2 `GET /campaigns/{id}`, official-current. */
const getCampaign = operation({
  name: 'get_campaign',
  title: 'Get a campaign',
  description: 'One tracking campaign by id.',
  method: 'GET',
  path: '/campaigns/{campaign_id}',
  input: () => ({ campaign_id: id('Campaign id') }),
  returns: one(shapes.campaign, byId('campaign_id')),
  effect: 'read',
});

export const campaigns: Group = {
  name: 'campaigns',
  description: 'Tracking campaigns',
  operations: [listCampaigns, getCampaign],
};

/** B1 `GET /affiliates/{id}/subids`, official-current; parameters, paging and fields are not established. */
export const listAffiliateSubIds = operation({
  name: 'list_affiliate_sub_ids',
  title: 'List sub IDs of an affiliate',
  description: "One affiliate's sub IDs: custom links that tell their marketing channels apart.",
  method: 'GET',
  path: '/affiliates/{affiliate_id}/subids',
  input: () => ({
    affiliate_id: affiliateId(),
    page: z.int().min(1).optional().describe('From 1'),
  }),
  returns: many(shapes.subId, 100),
  effect: 'read',
});

export const subIds: Group = {
  name: 'sub_ids',
  description: 'Custom links of affiliates',
  operations: [listAffiliateSubIds],
};
