import * as z from 'zod';
import { affiliateId, UNVERIFIED } from './fields.ts';
import { type Group, operation } from './operation.ts';
import { many } from './returns.ts';
import * as shapes from './shapes.ts';

/** B1 `GET /affiliates/{id}/subids`, official-current; parameters, paging and fields are not established. */
export const listAffiliateSubIds = operation({
  name: 'list_affiliate_sub_ids',
  title: 'List Sub IDs of an affiliate',
  description: `The Sub IDs of one affiliate: custom links by which they tell their marketing channels apart. Whether LeadDyno pages them is not known. ${UNVERIFIED}`,
  method: 'GET',
  path: '/affiliates/{affiliate_id}/subids',
  input: () => ({
    affiliate_id: affiliateId(),
    page: z.int().min(1).optional().describe('Page, from 1; sent only when given'),
  }),
  returns: many(shapes.subId, 100),
  effect: 'read',
});

export const subIds: Group = {
  name: 'sub_ids',
  description: 'Custom links of affiliates',
  operations: [listAffiliateSubIds],
};
