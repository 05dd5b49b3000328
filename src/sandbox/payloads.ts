import type { JsonObject } from '../json.ts';
import { FIELDS, type Form, type RecordName } from '../records/fields.ts';
import { iso } from '../records/period.ts';
import type { Programme } from './programme.ts';
import type { Affiliate, Campaign, Commission, Lead, Purchase, SubId, Visitor } from './records.ts';
import { formatCents, formatDay } from './wire-values.ts';

/* Records as the API shows them: exactly the documented fields, in the order of the table of fields. */

interface Rows {
  readonly affiliate: Affiliate;
  readonly commission: Commission;
  readonly purchase: Purchase;
  readonly lead: Lead;
  readonly visitor: Visitor;
  readonly campaign: Campaign;
}

/** Where a field comes from: a property of the record, or a computed value. */
type Source<Row> = (keyof Row & string) | ((row: Row, programme: Programme) => unknown);

type Sources<Row> = Readonly<Record<string, Source<Row>>>;

/** The samples show null, never 0, for what has not happened yet. */
const counter = (rows: readonly unknown[]): number | null => rows.length || null;

/** Page addresses come as objects with their own `url` (seen in visitors, assumed for leads). */
const page = (url: string | null) => (url === null ? null : { url });

/** The affiliate as it appears inside leads, purchases, commissions and visitors. */
function affiliateInside({ affiliateId }: { readonly affiliateId: number | null }, programme: Programme) {
  const affiliate = programme.affiliates.get(affiliateId);
  return affiliate === undefined ? null : { id: affiliate.id, email: affiliate.email };
}

function leadInside({ leadId }: { readonly leadId: number | null }, programme: Programme) {
  const lead = programme.leads.get(leadId);
  return lead === undefined ? null : { id: lead.id, email: lead.email };
}

function campaignInside({ campaignId }: { readonly campaignId: number | null }, programme: Programme) {
  const campaign = programme.campaigns.get(campaignId);
  return campaign === undefined ? null : { id: campaign.id, code: campaign.code };
}

/** The described type is "the name of the referring affiliate"; every sample has null. */
function recruiterName({ recruiterId }: Affiliate, programme: Programme): string | null {
  const recruiter = programme.affiliates.get(recruiterId);
  if (recruiter === undefined) return null;
  return [recruiter.firstName, recruiter.lastName].filter(Boolean).join(' ') || recruiter.email;
}

const SOURCES: { readonly [Name in RecordName]: Sources<Rows[Name]> } = {
  affiliate: {
    id: 'id',
    email: 'email',
    first_name: 'firstName',
    last_name: 'lastName',
    affiliate_code: 'code',
    status: 'status',
    archived: ({ status }) => status === 'Archived',
    pending_approval: ({ status }) => status === 'Pending Approval',
    paypal_email: 'paypalEmail',
    unsubscribed: 'unsubscribed',
    compensation_tier_code: 'group',
    referring_affiliate_id: 'recruiterId',
    referring_affiliate: recruiterName,
    custom_fields: 'customFields',
    affiliate_url: ({ code }, { shopUrl }) => `${shopUrl}?afmc=${encodeURIComponent(code)}`,
    affiliate_dashboard_url: ({ dashboardToken }, { dashboardUrl }) => `${dashboardUrl}/p/${dashboardToken}`,
    created_at: 'createdAt',
    updated_at: 'updatedAt',
    total_leads: ({ id }, programme) => counter(programme.leadsOf(id)),
    total_visitors: ({ id }, programme) => counter(programme.visitorsOf(id)),
    total_purchases: ({ id }, programme) => counter(programme.purchasesOf(id)),
  },
  commission: {
    id: 'id',
    amount: 'amount',
    currency: 'currency',
    date: 'earnedAt',
    due_at: 'dueAt',
    paid: 'paid',
    cancelled: 'cancelled',
    payment_type: ({ paymentType = 'cash' }) => paymentType,
    note: 'note',
    affiliate: affiliateInside,
    // Without affiliate and plan, as in the only official sample.
    purchase: ({ purchaseId }, programme) => {
      const purchase = programme.purchases.get(purchaseId);
      return purchase === undefined
        ? null
        : { ...payloadOf(programme, 'purchase', purchase), affiliate: null, plan: null };
    },
  },
  purchase: {
    id: 'id',
    purchase_code: 'code',
    purchase_amount: 'amount',
    currency: 'currency',
    cancelled: 'cancelled',
    cancellation: ({ cancellation: given }) =>
      given && {
        id: given.id,
        cancellation_code: given.code,
        effective_date: iso(given.effectiveAt),
        source: given.source,
      },
    commission_amount_override: ({ commissionOverride: cents }) => (cents === null ? null : formatCents(cents)),
    note: 'note',
    created_at: 'createdAt',
    updated_at: 'updatedAt',
    lead: leadInside,
    affiliate: affiliateInside,
    plan: 'plan',
    line_items: ({ lineItems }) =>
      lineItems.map(({ sku, description, quantity, amount }) => ({
        sku,
        description,
        quantity: formatCents(quantity),
        amount: formatCents(amount),
      })),
  },
  lead: {
    id: 'id',
    email: 'email',
    first_name: 'firstName',
    last_name: 'lastName',
    status: 'status',
    custom_status: 'customStatus',
    address1: 'address1',
    address2: 'address2',
    city: 'city',
    state: 'state',
    zipcode: 'zipcode',
    country: 'country',
    affiliate: affiliateInside,
    campaign: campaignInside,
    tracking_code: 'trackingCode',
    latest_visitor: ({ visitorId }, programme) => {
      const visitor = programme.visitors.get(visitorId);
      return visitor === undefined ? null : { id: visitor.id, tracking_code: visitor.trackingCode };
    },
    url: ({ url }) => page(url),
    referrer: ({ referrer }) => page(referrer),
    search_term: 'searchTerm',
    created_at: 'createdAt',
    updated_at: 'updatedAt',
  },
  visitor: {
    id: 'id',
    tracking_code: 'trackingCode',
    affiliate: affiliateInside,
    campaign: campaignInside,
    lead: leadInside,
    latest_click: 'latestClickAt',
    url: ({ url }) => page(url),
    referrer: ({ referrer }) => page(referrer),
    search_term: 'searchTerm',
    created_at: 'createdAt',
    updated_at: 'updatedAt',
  },
  campaign: { id: 'id', code: 'code', created_at: 'createdAt', updated_at: 'updatedAt' },
};

/** The value of a documented field that has no source. */
const NEUTRAL: Readonly<Record<Form, unknown>> = {
  integer: 0,
  text: '',
  boolean: false,
  timestamp: iso(0),
  date: formatDay(0),
  decimal: formatCents(0),
  object: {},
  list: [],
  any: null,
  'integer?': null,
  'text?': null,
  'timestamp?': null,
  'object?': null,
};

/** Forms stored as a number but sent as text. */
const WRITTEN: Partial<Readonly<Record<Form, (value: number) => string>>> = {
  timestamp: iso,
  'timestamp?': iso,
  date: formatDay,
  decimal: formatCents,
};

/**
 * A record as the API shows it; null if there is none, as when a look-up finds nothing. `also`: the field that is sent
 * only on request.
 */
export function payloadOf<Name extends RecordName>(
  programme: Programme,
  record: Name,
  row: Rows[Name] | undefined,
  also?: 'line_items',
): JsonObject | null {
  if (row === undefined) return null;
  const sources: Sources<Rows[Name]> = SOURCES[record];
  const shown: JsonObject = {};
  for (const { name, form, undocumented } of FIELDS[record]) {
    if (undocumented && name !== also) continue;
    const source = sources[name];
    const value = typeof source === 'function' ? source(row, programme) : source && row[source];
    const write = WRITTEN[form];
    shown[name] = value === undefined ? NEUTRAL[form] : write && typeof value === 'number' ? write(value) : value;
  }
  return shown;
}

/** An invented shape: the reference does not establish the fields of a Sub ID. */
export function subIdPayload({ id, name, url, createdAt }: SubId): JsonObject {
  return { id, name, url, created_at: iso(createdAt) };
}
