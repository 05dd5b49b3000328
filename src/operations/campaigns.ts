import { byId } from './asked-for.ts';
import { id } from './fields.ts';
import { type Group, operation } from './operation.ts';
import { many, one } from './returns.ts';
import * as shapes from './shapes.ts';

/** K1 `GET /campaigns`, official-current. */
const listCampaigns = operation({
  name: 'list_campaigns',
  title: 'List campaigns',
  description: 'The tracking campaigns of the account, which tell where visitors and leads came from.',
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
  input: () => ({ campaign_id: id("LeadDyno's id of the campaign") }),
  returns: one(shapes.campaign, byId('campaign_id')),
  effect: 'read',
});

export const campaigns: Group = {
  name: 'campaigns',
  description: 'Tracking campaigns',
  operations: [listCampaigns, getCampaign],
};
