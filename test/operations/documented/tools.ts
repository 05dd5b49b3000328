/*
 * The tools as the design names them, with the codes of the API reference. Written by hand: this is what the catalogue
 * is held against.
 */

/** Group, tools in their order, and the operation of the API reference behind each. */
export const GROUPS: Readonly<Record<string, Readonly<Record<string, readonly string[]>>>> = {
  affiliates: {
    create_affiliate: ['A1'],
    list_affiliates: ['A2'],
    count_affiliates: ['A3'],
    get_affiliate: ['A4'],
    find_affiliate_by_email: ['A5'],
    find_affiliate_by_code: ['A6'],
    update_affiliate: ['A7'],
    archive_affiliate: ['A8'],
    unarchive_affiliate: ['A9'],
    approve_affiliate: ['A10'],
    reject_affiliate: ['A11'],
    list_affiliate_leads: ['A12'],
    list_affiliate_purchases: ['A13'],
    get_affiliate_commission_totals: ['A14'],
    create_affiliate_sign_in_link: ['A16'],
  },
  commissions: {
    list_affiliate_commissions: ['A15', 'C2'],
    create_commission: ['C1'],
    list_commissions: ['C3'],
    get_commission_totals: ['C4'],
    mark_commissions_paid: ['C5'],
  },
  purchases: {
    create_purchase: ['P1'],
    list_purchases: ['P2'],
    count_purchases: ['P3'],
    get_purchase: ['P4'],
    find_purchase_by_code: ['P5'],
    list_purchase_commissions: ['P6'],
    update_purchase: ['P7'],
    approve_purchase: ['P8'],
    reject_purchase: ['P9'],
    cancel_purchase: ['P10'],
    cancel_customer_purchases: ['P10'],
  },
  leads: {
    create_lead: ['L1'],
    list_leads: ['L2'],
    count_leads: ['L3'],
    get_lead: ['L4'],
    find_lead_by_email: ['L5'],
    update_lead: ['L6'],
    list_lead_purchases: ['L7'],
  },
  visitors: {
    create_visitor: ['V1'],
    list_visitors: ['V2'],
    count_visitors: ['V3'],
    find_visitor_by_tracking_code: ['V4'],
  },
  campaigns: { list_campaigns: ['K1'], get_campaign: ['K2'] },
  custom_fields: { create_custom_field: ['F1'], delete_custom_field: ['F2'] },
  sub_ids: { list_affiliate_sub_ids: ['B1'] },
};

/** Whose method, path or parameters the reference has on less than "official-current". */
export const BELOW_OFFICIAL: readonly string[] = [
  'A3',
  'A14',
  'A15',
  'A16',
  'P7',
  'P8',
  'P9',
  'C5',
  'L1',
  'L2',
  'L4',
  'L5',
  'L6',
  'L7',
  'V3',
  'V4',
  'F1',
  'F2',
  'B1',
];

/** What moves money, ends something or hands out a login: every call asks, or the calls with one of these fields. */
export const ASKS_FIRST: Readonly<Record<string, 'always' | readonly string[]>> = {
  archive_affiliate: 'always',
  reject_affiliate: 'always',
  cancel_purchase: 'always',
  cancel_customer_purchases: 'always',
  reject_purchase: 'always',
  mark_commissions_paid: 'always',
  create_commission: 'always',
  delete_custom_field: 'always',
  create_affiliate_sign_in_link: 'always',
  create_purchase: ['commission_amount_override', 'code'],
  update_affiliate: ['email', 'paypal_email', 'affiliate_code', 'affiliate_type', 'referring_affiliate'],
  update_purchase: ['purchase_amount', 'currency'],
};

/** Creations with a natural key: the key, the look-up that takes it, the tool that changes what is there. */
export const NATURAL_KEYS: Readonly<Record<string, { by: string; find: string; change: string }>> = {
  create_affiliate: { by: 'email', find: 'find_affiliate_by_email', change: 'update_affiliate' },
  create_purchase: { by: 'purchase_code', find: 'find_purchase_by_code', change: 'update_purchase' },
  create_lead: { by: 'email', find: 'find_lead_by_email', change: 'update_lead' },
};

/** What each write does, and with it the hints a host sees. Everything else reads. */
export const WRITES: Readonly<Record<string, 'create' | 'enable' | 'update' | 'destroy'>> = {
  create_affiliate: 'create',
  create_affiliate_sign_in_link: 'create',
  create_commission: 'create',
  create_purchase: 'create',
  create_lead: 'create',
  create_visitor: 'create',
  create_custom_field: 'create',
  unarchive_affiliate: 'enable',
  approve_affiliate: 'enable',
  approve_purchase: 'enable',
  update_affiliate: 'update',
  update_purchase: 'update',
  update_lead: 'update',
  archive_affiliate: 'destroy',
  reject_affiliate: 'destroy',
  mark_commissions_paid: 'destroy',
  reject_purchase: 'destroy',
  cancel_purchase: 'destroy',
  cancel_customer_purchases: 'destroy',
  delete_custom_field: 'destroy',
};
