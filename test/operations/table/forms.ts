/*
 * What each answer looks like, by the API reference (sections 2 and 3): the name of the record in a result and the
 * fields that are documented for it. Fields only old or third-party sources have are left out.
 */

export interface Form {
  /** The key of the result that holds the record or the rows. */
  readonly key: string;
  readonly rows: boolean;
  readonly fields: readonly string[];
}

const AFFILIATE = [
  'id',
  'email',
  'first_name',
  'last_name',
  'affiliate_code',
  'referring_affiliate_id',
  'created_at',
  'updated_at',
  'status',
  'paypal_email',
  'unsubscribed',
  'archived',
  'pending_approval',
  'affiliate_url',
  'affiliate_dashboard_url',
  'compensation_tier_code',
  'custom_fields',
  'referring_affiliate',
  'total_leads',
  'total_visitors',
  'total_purchases',
];

const COMMISSION = [
  'id',
  'date',
  'due_at',
  'amount',
  'currency',
  'payment_type',
  'custom_singular',
  'custom_plural',
  'cancelled',
  'note',
  'paid',
  'purchase',
  'affiliate',
];

const PURCHASE = [
  'id',
  'created_at',
  'updated_at',
  'cancelled',
  'currency',
  'purchase_code',
  'note',
  'purchase_amount',
  'commission_amount_override',
  'cancellation',
  'lead',
  'affiliate',
  'plan',
];

const LEAD = [
  'id',
  'email',
  'created_at',
  'updated_at',
  'status',
  'custom_status',
  'first_name',
  'last_name',
  'address1',
  'address2',
  'city',
  'state',
  'zipcode',
  'country',
  'latest_visitor',
  'url',
  'referrer',
  'search_term',
  'affiliate',
  'campaign',
  'tracking_code',
  'crm_data',
];

const VISITOR = ['id', 'tracking_code', 'created_at', 'updated_at', 'affiliate', 'campaign', 'lead', 'latest_click'];

const CAMPAIGN = ['id', 'code', 'created_at', 'updated_at'];

export const FORMS = {
  affiliate: { key: 'affiliate', rows: false, fields: AFFILIATE },
  affiliates: { key: 'affiliates', rows: true, fields: AFFILIATE },
  commission: { key: 'commission', rows: false, fields: COMMISSION },
  commissions: { key: 'commissions', rows: true, fields: COMMISSION },
  purchase: { key: 'purchase', rows: false, fields: PURCHASE },
  purchases: { key: 'purchases', rows: true, fields: PURCHASE },
  lead: { key: 'lead', rows: false, fields: LEAD },
  leads: { key: 'leads', rows: true, fields: LEAD },
  visitor: { key: 'visitor', rows: false, fields: VISITOR },
  visitors: { key: 'visitors', rows: true, fields: VISITOR },
  campaign: { key: 'campaign', rows: false, fields: CAMPAIGN },
  campaigns: { key: 'campaigns', rows: true, fields: CAMPAIGN },
  affiliateTotals: { key: 'totals', rows: false, fields: ['currency', 'due', 'pending', 'paid', 'total'] },
  accountTotals: {
    key: 'totals',
    rows: false,
    fields: [
      'total_count',
      'total_due_count',
      'total_paid_count',
      'total_cancelled_count',
      'total_cost',
      'total_due_cost',
      'total_paid_cost',
    ],
  },
  signInLink: {
    key: 'sign_in_link',
    rows: false,
    fields: ['affiliate_id', 'sign_in_url', 'expires_at', 'expires_in_seconds'],
  },
  // Not established beyond there being an answer.
  customField: { key: 'custom_field', rows: false, fields: [] },
  subIds: { key: 'sub_ids', rows: true, fields: [] },
} as const satisfies Record<string, Form>;

export type FormName = keyof typeof FORMS;
