/*
 * Every parameter the API reference names, tool by tool, written by hand. A field reads `required string`, `integer
 * 1..200 = 100` (bounds, default), `one of a|b` or `boolean`.
 */

const ID = 'required integer 1..';
const PAGE = 'integer 1.. = 1';
const LINE_ITEMS = 'array of { sku: string, description: string, quantity: string, amount: string }';
const STATES = 'one of cancelled|paid|pending|due|unpaid|live';

export const PARAMETERS: Readonly<Record<string, Readonly<Record<string, string>>>> = {
  create_affiliate: {
    email: 'required string',
    first_name: 'string',
    last_name: 'string',
    affiliate_code: 'string',
    paypal_email: 'string',
    unsubscribed: 'boolean',
    affiliate_type: 'string',
    override_approval: 'boolean',
    referring_affiliate: 'string',
  },
  list_affiliates: { query: 'string', page: PAGE, per_page: 'integer 1..200 = 100' },
  count_affiliates: {},
  get_affiliate: { affiliate_id: ID },
  find_affiliate_by_email: { email: 'required string' },
  find_affiliate_by_code: { affiliate_code: 'required string' },
  update_affiliate: {
    affiliate_id: ID,
    email: 'string',
    first_name: 'string',
    last_name: 'string',
    affiliate_code: 'string',
    paypal_email: 'string',
    unsubscribed: 'boolean',
    affiliate_type: 'string',
    referring_affiliate: 'string',
  },
  archive_affiliate: { affiliate_id: ID },
  unarchive_affiliate: { affiliate_id: ID },
  approve_affiliate: { affiliate_id: ID },
  reject_affiliate: { affiliate_id: ID },
  list_affiliate_leads: { affiliate_id: ID, page: PAGE },
  list_affiliate_purchases: { affiliate_id: ID, page: PAGE },
  get_affiliate_commission_totals: { affiliate_id: ID },
  create_affiliate_sign_in_link: { affiliate_id: ID },

  list_affiliate_commissions: { affiliate_id: ID, status: STATES, page: PAGE, per_page: 'integer 1..200 = 20' },
  create_commission: {
    affiliate_id: ID,
    amount: 'required number 0.01..',
    currency: 'string',
    note: 'string',
    due_at: 'string',
  },
  list_commissions: { page: PAGE, per_page: 'integer 1..200 = 100' },
  get_commission_totals: { affiliate_id: 'integer 1..', currency: 'string' },
  mark_commissions_paid: { affiliate_email: 'required string', purchase_code: 'required string' },

  create_purchase: {
    email: 'required string',
    purchase_code: 'string',
    purchase_amount: 'number 0..',
    currency: 'string',
    plan_code: 'string',
    code: 'string',
    commission_amount_override: 'number 0..',
    description: 'string',
    reassign_affiliate: 'boolean',
    line_items: LINE_ITEMS,
  },
  list_purchases: {
    page: PAGE,
    per_page: 'integer 1..200 = 100',
    created_after: 'string',
    created_before: 'string',
    include_line_items: 'boolean',
  },
  count_purchases: {},
  get_purchase: { purchase_id: ID, include_line_items: 'boolean' },
  find_purchase_by_code: { purchase_code: 'required string', include_line_items: 'boolean' },
  list_purchase_commissions: { purchase_id: ID },
  update_purchase: { purchase_id: ID, purchase_amount: 'number 0..', currency: 'string', description: 'string' },
  approve_purchase: { purchase_id: ID },
  reject_purchase: { purchase_id: ID },
  cancel_purchase: { purchase_code: 'required string' },
  cancel_customer_purchases: { email: 'required string' },

  create_lead: {
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
  list_leads: { page: PAGE },
  count_leads: {},
  get_lead: { lead_id: ID },
  find_lead_by_email: { email: 'required string' },
  update_lead: {
    lead_id: ID,
    email: 'required string',
    first_name: 'string',
    last_name: 'string',
    code: 'string',
    tracking_code: 'string',
  },
  list_lead_purchases: { lead_id: ID, include_line_items: 'boolean' },

  create_visitor: { url: 'string', tracking_code: 'string' },
  list_visitors: { page: PAGE },
  count_visitors: {},
  find_visitor_by_tracking_code: { tracking_code: 'required string' },

  list_campaigns: {},
  get_campaign: { campaign_id: ID },

  create_custom_field: { name: 'required string', type: 'string', required: 'boolean' },
  delete_custom_field: { name: 'required string' },

  list_affiliate_sub_ids: { affiliate_id: ID, page: 'integer 1..' },
};

/** Ours, on top: every list, and every tool that asks first. No request carries them. */
export const LIST_FIELDS = { detail: 'one of concise|full = concise', skip: 'integer 0.. = 0' } as const;
export const CONFIRMATION_FIELD = { confirmation_token: 'string' } as const;
