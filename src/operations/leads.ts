import { isObject, type JsonObject, recordIn } from '../json.ts';
import { quote } from '../text.ts';
import { findAffiliateByCode, findAffiliateByEmail } from './affiliates.ts';
import { byEmail, byId, remarkOnCredit } from './asked-for.ts';
import { code, email, includeLineItems, leadId, page, text } from './inputs.ts';
import { type Found, lookUp, lookUpInAnyCase, ownerOf } from './look-up.ts';
import { type Group, operation, type Read } from './operation.ts';
import { address, nameAffiliate, required } from './questions.ts';
import { count, many, one } from './returns.ts';
import * as shapes from './shapes.ts';
import { findVisitorByTrackingCode } from './visitors.ts';

/** L4 `GET /leads/{id}`, official-current / path third-party. */
export const getLead = operation({
  name: 'get_lead',
  title: 'Get a lead',
  description: 'One lead by id, with contact data, affiliate and campaign.',
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
  description: 'The lead (customer or prospect) with exactly this e-mail address.',
  method: 'GET',
  path: '/leads/by_email',
  input: () => ({ email: email('Full address') }),
  returns: one(shapes.lead, byEmail),
  effect: 'read',
});

/** What may credit a lead to an affiliate. */
interface Credit {
  readonly code?: string | undefined;
  readonly affiliate?: string | undefined;
  readonly tracking_code?: string | undefined;
}

/** Who each of them stands for. The remark on the answer looks for the affiliate under this name. */
interface Credited {
  readonly affiliate?: Found;
  /** The one found by address, if a code was given as well. */
  readonly other?: Found;
  readonly visitor?: Found;
}

async function readCredited({ code, affiliate, tracking_code }: Credit, read: Read): Promise<Credited> {
  const byCode =
    code === undefined ? undefined : await lookUpInAnyCase(read, findAffiliateByCode, 'affiliate_code', code);
  const byEmail =
    affiliate === undefined ? undefined : await lookUpInAnyCase(read, findAffiliateByEmail, 'email', affiliate);
  const visitor =
    tracking_code === undefined ? undefined : await lookUp(read, findVisitorByTrackingCode, { tracking_code });
  const named = byCode ?? byEmail;
  return {
    ...(named !== undefined && { affiliate: named }),
    ...(byCode !== undefined && byEmail !== undefined && { other: byEmail }),
    ...(visitor !== undefined && { visitor }),
  };
}

/** Who would be credited with a lead, and why; empty if nobody would be. */
function describeCredited({ code, affiliate, tracking_code }: Credit, credited: Credited): string[] {
  const byAddress = `the address ${address(affiliate)}`;
  const ways: [string, Found | undefined][] = [
    [code !== undefined ? `the code ${quote(code)}` : byAddress, credited.affiliate],
    [byAddress, credited.other],
    [`the tracking code ${quote(tracking_code)}`, credited.visitor && ownerOf(credited.visitor)],
  ];
  return ways.flatMap(([way, who]) => {
    if (who === undefined || who === 'none') return [];
    return [
      who === 'failed' ? `an affiliate who could not be read (by ${way})` : `the ${nameAffiliate(who)} (by ${way})`,
    ];
  });
}

const givesCredit = (args: Credit) =>
  args.code !== undefined || args.affiliate !== undefined || args.tracking_code !== undefined;

/** L1 `POST /leads`, official-current / path third-party; the fields after `tracking_code` are third-party evidence. */
const createLead = operation({
  name: 'create_lead',
  title: 'Create a lead',
  description:
    'Record a customer or prospect. If the e-mail is known, nothing is sent and the existing lead is returned with already_existed. May trigger e-mails or a lead commission; leads cannot be deleted. Unverified.',
  method: 'POST',
  path: '/leads',
  input: () => ({
    email: email("Lead's e-mail"),
    tracking_code: code('Ties the lead to a visitor; default: generated').optional(),
    code: code("Referring affiliate's code").optional(),
    affiliate: email("Referring affiliate's e-mail").optional(),
    first_name: text('First name').optional(),
    last_name: text('Last name').optional(),
    address1: text('Street').optional(),
    address2: text('Street, second line').optional(),
    city: text('City').optional(),
    state: text('State or region').optional(),
    zipcode: text('Postal code').optional(),
    country: text('Country').optional(),
    phone: text('Phone').optional(),
    custom_status: text('Label').optional(),
  }),
  returns: one(shapes.lead),
  effect: 'create',
  existing: { find: findLeadByEmail, by: 'email', change: 'update_lead' },
  confirm: {
    asks: 'if code, affiliate or tracking_code credits an affiliate, as they may earn on the lead, or if that cannot be checked',
    shows: 'who is credited',
    names: ['email'],
    when: givesCredit,
    read: readCredited,
    question: (args, record) => {
      const credited = describeCredited(args, record as Credited);
      if (credited.length === 0) return undefined;
      return `Record the lead ${address(args.email)}, credited to ${credited.join(' and to ')}? They may earn a commission on the lead and on what it buys. This cannot be undone.`;
    },
  },
  remark: remarkOnCredit('lead'),
  undo: 'A lead cannot be deleted through the API.',
  check: 'find_lead_by_email',
});

/** L2 `GET /leads`, official-current / path third-party. */
export const listLeads = operation({
  name: 'list_leads',
  title: 'List leads',
  description:
    "The account's leads, 100 per page, in no documented order, with no filter. One affiliate's: list_affiliate_leads.",
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

/** Those credited besides the affiliate the customer already belongs to. */
function dropOwner(credited: Credited, owner: Found): Credited {
  const id = isObject(owner) ? owner.id : undefined;
  const isSame = (who: Found | undefined) => id !== undefined && isObject(who) && String(who.id) === String(id);
  return {
    ...(credited.affiliate && !isSame(credited.affiliate) && { affiliate: credited.affiliate }),
    ...(credited.visitor && !isSame(ownerOf(credited.visitor)) && { visitor: credited.visitor }),
  };
}

/** L6 `PUT /leads/{id}`, official-current / path third-party; the derived reference requires `email`. */
const updateLead = operation({
  name: 'update_lead',
  title: 'Update a lead',
  description: 'Change fields of one lead. LeadDyno always needs email: repeat the current one to keep it. Unverified.',
  method: 'PUT',
  path: '/leads/{lead_id}',
  input: () => ({
    lead_id: leadId(),
    email: email('New or current e-mail'),
    first_name: text('First name').optional(),
    last_name: text('Last name').optional(),
    code: code('Affiliate code; may move the lead').optional(),
    tracking_code: code('Ties the lead to a visitor').optional(),
  }),
  returns: one(shapes.lead),
  effect: 'update',
  confirm: {
    asks: 'if code or tracking_code may move the customer to another affiliate, or if that cannot be checked',
    shows: 'the lead, the affiliate it belongs to now and who would be credited',
    names: ['lead_id', 'email'],
    when: givesCredit,
    read: async ({ lead_id, code, tracking_code }, read) => ({
      lead: recordIn(required(await read(getLead, { lead_id }), `lead with the id ${lead_id}`), 'lead'),
      ...(await readCredited({ code, tracking_code }, read)),
    }),
    question: (args, record) => {
      const { lead, ...credited } = record as Credited & { lead: JsonObject };
      const owner = ownerOf(lead);
      const others = describeCredited(args, dropOwner(credited, owner));
      if (others.length === 0) return undefined;
      const now =
        owner === 'none'
          ? 'They belong to no affiliate now.'
          : owner === 'failed'
            ? 'The affiliate they belong to now could not be read.'
            : `They belong to the ${nameAffiliate(owner)} now, who would no longer earn on what they buy.`;
      return `Credit the lead ${address(lead.email)}, id ${args.lead_id}, sent with the e-mail ${address(args.email)}, to ${others.join(' and to ')}? ${now} The old values can be written back with update_lead.`;
    },
  },
  remark: remarkOnCredit('lead'),
  undo: 'Write the old values back with update_lead.',
  check: 'get_lead',
});

/** L7 `GET /leads/{id}/purchases`, official-current / path third-party; presumably a bare array. */
export const listLeadPurchases = operation({
  name: 'list_lead_purchases',
  title: 'List purchases of a lead',
  description: 'All purchases of one customer.',
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
