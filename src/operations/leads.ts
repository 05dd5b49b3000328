import { byEmail, byId, remarkOnCredit } from './asked-for.ts';
import { code, email, includeLineItems, leadId, page, text, UNVERIFIED } from './inputs.ts';
import { type Group, operation } from './operation.ts';
import { count, many, one } from './returns.ts';
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

/** L1 `POST /leads`, official-current / path third-party; fields past `tracking_code` are third-party evidence. */
const createLead = operation({
  name: 'create_lead',
  title: 'Create a lead',
  description: `Record a customer or prospect. The e-mail is the key: where it is known already, nothing is sent and the existing lead comes back with already_existed. May trigger mails or lead commissions; a lead cannot be deleted. ${UNVERIFIED}`,
  method: 'POST',
  path: '/leads',
  input: () => ({
    email: email('Address of the lead'),
    tracking_code: code('Ties the lead to a visitor; generated when absent').optional(),
    code: code('Code of the affiliate who referred them').optional(),
    affiliate: email('E-mail of the affiliate who referred them').optional(),
    first_name: text('First name').optional(),
    last_name: text('Last name').optional(),
    address1: text('Street').optional(),
    address2: text('Street, second line').optional(),
    city: text('City').optional(),
    state: text('State or region').optional(),
    zipcode: text('Postal code').optional(),
    country: text('Country').optional(),
    phone: text('Phone').optional(),
    custom_status: text('Free label').optional(),
  }),
  returns: one(shapes.lead),
  effect: 'create',
  existing: { find: findLeadByEmail, by: 'email', change: 'update_lead' },
  remark: remarkOnCredit('lead'),
  undo: 'A lead cannot be deleted through the API.',
  check: 'find_lead_by_email',
});

/** L2 `GET /leads`, official-current / path third-party. */
export const listLeads = operation({
  name: 'list_leads',
  title: 'List leads',
  description: `Leads of the whole account, 100 a page; sort order is not documented and there is no filter. For one affiliate use list_affiliate_leads. ${UNVERIFIED}`,
  method: 'GET',
  path: '/leads',
  input: () => ({ page: page() }),
  returns: many(shapes.lead, 100),
  effect: 'read',
});

/** L3 `GET /leads/count`, official-current. */
export const countLeads = operation({
  name: 'count_leads',
  title: 'Count leads',
  description: 'How many leads the account has.',
  method: 'GET',
  path: '/leads/count',
  input: () => ({}),
  returns: count(shapes.lead),
  effect: 'read',
});

/** L6 `PUT /leads/{id}`, official-current / path third-party; `email` is required, says the docs' copy. */
const updateLead = operation({
  name: 'update_lead',
  title: 'Update a lead',
  description: `Change fields of one lead. LeadDyno requires email every time: repeat the present one to keep it. ${UNVERIFIED}`,
  method: 'PUT',
  path: '/leads/{lead_id}',
  input: () => ({
    lead_id: leadId(),
    email: email('Address, the present one to keep it'),
    first_name: text('First name').optional(),
    last_name: text('Last name').optional(),
    code: code('Affiliate code; may move the lead to that affiliate').optional(),
    tracking_code: code('Ties the lead to a visitor').optional(),
  }),
  returns: one(shapes.lead),
  effect: 'update',
  remark: remarkOnCredit('lead'),
  undo: 'Write the old values back with update_lead.',
  check: 'get_lead',
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

export const leads: Group = {
  name: 'leads',
  description: 'The customers and prospects affiliates refer',
  operations: [createLead, listLeads, countLeads, getLead, findLeadByEmail, updateLead, listLeadPurchases],
};
