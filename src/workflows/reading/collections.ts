import { countAffiliates, listAffiliates } from '../../operations/affiliates.ts';
import { listCommissions } from '../../operations/commissions.ts';
import { countLeads, listLeads } from '../../operations/leads.ts';
import type { Operation } from '../../operations/operation.ts';
import { countPurchases, listPurchases } from '../../operations/purchases.ts';
import type { Kept } from '../../operations/shapes.ts';
import { countVisitors, listVisitors } from '../../operations/visitors.ts';

/** One of LeadDyno's lists, to be read whole. */
export interface Collection {
  readonly name: 'affiliates' | 'purchases' | 'commissions' | 'leads' | 'visitors';
  readonly list: Operation;
  /** How many there are; absent where the list itself says so (commissions come in an envelope). */
  readonly count?: Operation;
  /** Rows a page to ask for, the largest first; absent where LeadDyno documents no size (API reference 4.6). */
  readonly sizes?: readonly number[];
  /** What of a row is kept in memory. */
  readonly kept: readonly Kept[];
}

/** 200 is a client's claim, 100 LeadDyno's documented size. */
const SIZES = [200, 100] as const;
const MINIMAL = ['id', 'email', 'first_name', 'last_name'] as const;

export const affiliates: Collection = {
  name: 'affiliates',
  list: listAffiliates,
  count: countAffiliates,
  sizes: SIZES,
  kept: [
    'id',
    'email',
    'first_name',
    'last_name',
    'affiliate_code',
    'status',
    'archived',
    'pending_approval',
    'paypal_email',
    'unsubscribed',
    'compensation_tier_code',
    'referring_affiliate_id',
    'referring_affiliate',
    'referrer_domain',
    'custom_fields',
    'affiliate_url',
    'created_at',
    'updated_at',
    'total_leads',
    'total_visitors',
    'total_purchases',
  ],
};

export const purchases: Collection = {
  name: 'purchases',
  list: listPurchases,
  count: countPurchases,
  sizes: SIZES,
  kept: [
    'id',
    'created_at',
    'cancelled',
    'currency',
    'purchase_code',
    'purchase_amount',
    'commission_amount_override',
    'note',
    ['cancellation', ['effective_date', 'source']],
    ['lead', MINIMAL],
    ['affiliate', MINIMAL],
    ['plan', ['code']],
  ],
};

export const commissions: Collection = {
  name: 'commissions',
  list: listCommissions,
  sizes: SIZES,
  kept: [
    'id',
    'date',
    'due_at',
    'created_at',
    'amount',
    'currency',
    'payment_type',
    'custom_singular',
    'custom_plural',
    'cancelled',
    'paid',
    'note',
    ['affiliate', MINIMAL],
    ['purchase', ['id', 'created_at', 'purchase_code', 'purchase_amount', 'currency', 'cancelled']],
  ],
};

export const leads: Collection = {
  name: 'leads',
  list: listLeads,
  count: countLeads,
  kept: [
    'id',
    'email',
    'first_name',
    'last_name',
    'status',
    'custom_status',
    'created_at',
    'tracking_code',
    ['latest_visitor', ['id', 'tracking_code']],
    ['affiliate', MINIMAL],
    ['campaign', ['id', 'code']],
  ],
};

export const visitors: Collection = {
  name: 'visitors',
  list: listVisitors,
  count: countVisitors,
  kept: [
    'id',
    'tracking_code',
    'created_at',
    'latest_click',
    ['affiliate', MINIMAL],
    ['lead', ['id', 'email']],
    ['campaign', ['id', 'code']],
  ],
};

export const collections = { affiliates, purchases, commissions, leads, visitors } as const;
