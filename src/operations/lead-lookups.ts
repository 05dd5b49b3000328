import { byEmail, byId } from './asked-for.ts';
import { email, includeLineItems, leadId, UNVERIFIED } from './fields.ts';
import { operation } from './operation.ts';
import { many, one } from './returns.ts';
import * as shapes from './shapes.ts';

/** L4 `GET /leads/{id}`, official-current / path third-party. */
export const getLead = operation({
  name: 'get_lead',
  title: 'Get a lead',
  description: `One lead by id, with contact data, affiliate and campaign. ${UNVERIFIED}`,
  method: 'GET',
  path: '/leads/{lead_id}',
  input: () => ({ lead_id: leadId() }),
  returns: one(shapes.lead, byId('lead_id')),
  effect: 'read',
});

/** L5 `GET /leads/by_email`, official-current / path third-party. */
export const findLeadByEmail = operation({
  name: 'find_lead_by_email',
  title: 'Find a lead by e-mail',
  description: `The one lead (customer or prospect) with exactly this e-mail address. ${UNVERIFIED}`,
  method: 'GET',
  path: '/leads/by_email',
  input: () => ({ email: email('Whole address of the lead') }),
  returns: one(shapes.lead, byEmail),
  effect: 'read',
});

/** L7 `GET /leads/{id}/purchases`, official-current / path third-party; presumably a bare array. */
export const listLeadPurchases = operation({
  name: 'list_lead_purchases',
  title: 'List purchases of a lead',
  description: `All purchases of one customer. ${UNVERIFIED}`,
  method: 'GET',
  path: '/leads/{lead_id}/purchases',
  input: () => ({ lead_id: leadId(), include_line_items: includeLineItems() }),
  returns: many(shapes.purchase),
  effect: 'read',
});
