import { SIGN_IN_LINK } from './privacy.ts';

/** A field to keep in a concise row: by name, or a nested record cut down to some of its own fields. */
export type Kept = string | readonly [name: string, fields: readonly string[]];

/** What is known of one kind of record: what it is called, what its fields mean, what a concise row keeps. */
export interface RecordShape {
  readonly singular: string;
  readonly plural: string;
  /** Field meanings (API reference, section 3). Descriptions only: a real answer must never fail its own schema. */
  readonly fields: Readonly<Record<string, string>>;
  /** Fields that are secret in any other answer and that this record exists to show. */
  readonly reveals?: readonly string[];
  /** Absent where LeadDyno's fields are not established: a concise row then keeps every plain value. */
  readonly concise?: readonly Kept[];
}

const MINIMAL = ['id', 'email'] as const;

export const affiliate: RecordShape = {
  singular: 'affiliate',
  plural: 'affiliates',
  fields: {
    id: "LeadDyno's id",
    email: 'Address of the affiliate',
    affiliate_code: 'Code in referral links, doubles as coupon code',
    status: 'Active, Pending Approval or Archived',
    pending_approval: 'Waits for approve_affiliate or reject_affiliate',
    archived: 'Archived (also after a rejection)',
    paypal_email: 'Payout address; null or empty when unset',
    compensation_tier_code: 'The affiliate group (affiliate_type when writing)',
    referring_affiliate_id: 'Who recruited them (multi-level programmes)',
    affiliate_url: 'Referral link',
    affiliate_dashboard_url: 'Logs its bearer in; masked unless the operator allows it',
    custom_fields: 'Field name to value, typed by the applicant',
    total_leads: 'Lifetime count; may be null',
    total_visitors: 'Lifetime count; may be null',
    total_purchases: 'Lifetime count; may be null',
  },
  concise: [
    'id',
    'email',
    'first_name',
    'last_name',
    'affiliate_code',
    'status',
    'created_at',
    'total_leads',
    'total_visitors',
    'total_purchases',
  ],
};

export const commission: RecordShape = {
  singular: 'commission',
  plural: 'commissions',
  fields: {
    id: "LeadDyno's id",
    amount: 'Decimal string in currency',
    currency: 'ISO code',
    date: 'Day it was earned',
    due_at: 'When it becomes payable (UTC)',
    paid: 'Recorded as paid',
    cancelled: 'Cancelled by a refund or by the merchant',
    note: 'Free text',
    purchase: 'The purchase beneath; null for a manual commission',
    affiliate: 'Who earns it',
  },
  concise: [
    'id',
    'amount',
    'currency',
    'date',
    'due_at',
    'paid',
    'cancelled',
    'note',
    ['affiliate', MINIMAL],
    ['purchase', ['id', 'purchase_code', 'purchase_amount', 'cancelled']],
  ],
};

export const purchase: RecordShape = {
  singular: 'purchase',
  plural: 'purchases',
  fields: {
    id: "LeadDyno's id",
    purchase_code: "The merchant's order code",
    purchase_amount: 'Order value, decimal string in currency',
    currency: 'ISO code',
    cancelled: 'Cancelled or refunded',
    cancellation: 'When and how it was cancelled',
    commission_amount_override: 'Fixed commission in place of the plan',
    lead: 'The customer',
    affiliate: 'Who is credited; null when nobody is',
    plan: 'Commission plan',
    line_items: 'Only when asked for',
    created_at: 'UTC',
  },
  concise: [
    'id',
    'purchase_code',
    'purchase_amount',
    'currency',
    'cancelled',
    'created_at',
    ['lead', MINIMAL],
    ['affiliate', MINIMAL],
    'line_items',
  ],
};

export const lead: RecordShape = {
  singular: 'lead',
  plural: 'leads',
  fields: {
    id: "LeadDyno's id",
    email: 'Address of the customer or prospect',
    status: 'Registered, Cancelled and others',
    custom_status: 'Free label',
    affiliate: 'Who referred them; null when nobody did',
    campaign: 'Tracking campaign',
    tracking_code: 'Ties the lead to a visitor',
    created_at: 'UTC',
  },
  concise: [
    'id',
    'email',
    'first_name',
    'last_name',
    'status',
    'created_at',
    ['affiliate', MINIMAL],
    ['campaign', ['id', 'code']],
  ],
};

export const visitor: RecordShape = {
  singular: 'visitor',
  plural: 'visitors',
  fields: {
    id: "LeadDyno's id",
    tracking_code: 'Identifies the visitor',
    affiliate: 'Whose link brought them',
    campaign: 'Tracking campaign',
    lead: 'The lead they became',
    latest_click: 'Last click (UTC)',
  },
  concise: [
    'id',
    'tracking_code',
    'created_at',
    'latest_click',
    ['affiliate', MINIMAL],
    ['lead', MINIMAL],
    ['campaign', ['id', 'code']],
  ],
};

export const campaign: RecordShape = {
  singular: 'campaign',
  plural: 'campaigns',
  fields: { id: "LeadDyno's id", code: 'Campaign code in links' },
};

export const subId: RecordShape = {
  singular: 'sub_id',
  plural: 'sub_ids',
  fields: {},
};

export const customField: RecordShape = {
  singular: 'custom_field',
  plural: 'custom_fields',
  fields: {},
};

export const affiliateTotals: RecordShape = {
  singular: 'totals',
  plural: 'totals',
  fields: {
    currency: "The account's default currency; sums cover it alone",
    due: 'Payable now, decimal string',
    pending: 'Not yet payable, decimal string',
    paid: 'Paid so far, decimal string',
    total: 'due + pending + paid',
  },
};

export const accountTotals: RecordShape = {
  singular: 'totals',
  plural: 'totals',
  fields: {
    total_count: 'Commissions',
    total_cost: 'Decimal string',
    total_due_count: 'Payable now',
    total_due_cost: 'Decimal string',
    total_paid_count: 'Paid',
    total_paid_cost: 'Decimal string',
    total_cancelled_count: 'Cancelled',
  },
};

export const signInLink: RecordShape = {
  singular: 'sign_in_link',
  plural: 'sign_in_links',
  fields: {
    [SIGN_IN_LINK]: 'Logs its bearer in as the affiliate: a secret',
    expires_at: 'UTC',
    expires_in_seconds: 'Seconds',
  },
  reveals: [SIGN_IN_LINK],
};
