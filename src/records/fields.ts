import type { JsonObject } from '../json.ts';
import { cutText } from '../text.ts';
import { isSaid } from './values.ts';

/*
 * The records of the LeadDyno API, one row a field (API reference, section 3). From this table come the shapes of the
 * catalogue, the columns that scans keep and exports write, the payloads of the sandbox and what the doctor expects: a
 * new field is one row here. Nothing of it was checked against a live account, so no row makes a field required.
 */

/** How LeadDyno writes a value; `?`: may be null, `any`: not established. */
export type Form =
  | 'integer'
  | 'text'
  | 'boolean'
  | 'timestamp'
  | 'date'
  | 'decimal'
  | 'object'
  | 'list'
  | 'any'
  | 'integer?'
  | 'text?'
  | 'timestamp?'
  | 'object?';

/**
 * Where a field is kept: `concise` in every row, `scan` in what whole lists are read into (workflows, exports) as well,
 * `full` where every field was asked for alone.
 */
export type Level = 'concise' | 'scan' | 'full';

export interface Field {
  readonly name: string;
  readonly form: Form;
  readonly level: Level;
  /** What the list of tools says of it. Absent: its name says it. */
  readonly meaning?: string;
  /** Fields of the record inside that concise rows and scans keep; absent: all of it. */
  readonly inner?: { readonly concise: readonly string[]; readonly scan: readonly string[] };
  /** Seen in newer or third-party samples alone: its absence is no difference. */
  readonly undocumented?: true;
}

export type RecordName = 'affiliate' | 'commission' | 'purchase' | 'lead' | 'visitor' | 'campaign';

type More = Partial<Pick<Field, 'inner' | 'undocumented'>>;

const field = (name: string, form: Form, level: Level, meaning?: string, more?: More): Field => ({
  name,
  form,
  level,
  ...(meaning !== undefined && { meaning }),
  ...more,
});

/** Somebody inside another record; the names only in old samples. */
const PERSON = { inner: { concise: ['id', 'email'], scan: ['id', 'email', 'first_name', 'last_name'] } };
const CAMPAIGN = { inner: { concise: ['id', 'code'], scan: ['id', 'code'] } };
const BOUGHT = {
  inner: {
    concise: ['id', 'purchase_code', 'purchase_amount', 'currency', 'cancelled'],
    scan: ['id', 'created_at', 'purchase_code', 'purchase_amount', 'currency', 'cancelled', 'cancellation', 'lead'],
  },
};
const UNDOCUMENTED = { undocumented: true } as const;

export const FIELDS: Readonly<Record<RecordName, readonly Field[]>> = {
  affiliate: [
    field('id', 'integer', 'concise', "LeadDyno's id"),
    field('email', 'text', 'concise', 'Address of the affiliate'),
    field('first_name', 'text?', 'concise'),
    field('last_name', 'text?', 'concise'),
    field('affiliate_code', 'text', 'concise', 'Code in referral links, doubles as coupon code'),
    field('status', 'text', 'concise', 'Active, Pending Approval or Archived'),
    field('archived', 'boolean', 'scan', 'Archived (also after a rejection)'),
    field('pending_approval', 'boolean', 'scan', 'Waiting for approve_affiliate or reject_affiliate'),
    field('paypal_email', 'text?', 'scan', 'Payout address; null or empty when unset'),
    field('unsubscribed', 'boolean', 'scan'),
    field('compensation_tier_code', 'text', 'scan', 'The affiliate group (affiliate_type when writing)'),
    field('referring_affiliate_id', 'integer?', 'scan', 'Who recruited them (multi-level programmes)'),
    field('referring_affiliate', 'any', 'scan'),
    field('referrer_domain', 'text', 'scan', undefined, UNDOCUMENTED),
    field('company', 'text?', 'scan', undefined, UNDOCUMENTED),
    field('website', 'text?', 'scan', undefined, UNDOCUMENTED),
    field('notes', 'text?', 'scan', undefined, UNDOCUMENTED),
    field('custom_fields', 'object', 'scan', 'Field name to value, typed by the applicant'),
    field('affiliate_url', 'text', 'scan', 'Referral link'),
    field(
      'affiliate_dashboard_url',
      'text',
      'full',
      'Logs in anyone who opens it; masked unless the operator allows it',
    ),
    field('created_at', 'timestamp', 'concise'),
    field('updated_at', 'timestamp', 'scan'),
    field('total_leads', 'integer?', 'concise', 'Lifetime count; may be null'),
    field('total_visitors', 'integer?', 'concise', 'Lifetime count; may be null'),
    field('total_purchases', 'integer?', 'concise', 'Lifetime count; may be null'),
  ],
  // There is no field for paid, due or pending: `cancelled` and `paid` are flags, the rest follows from `due_at`.
  commission: [
    field('id', 'integer', 'concise', "LeadDyno's id"),
    field('amount', 'decimal', 'concise', 'Decimal string in currency; see payment_type'),
    field('currency', 'text', 'concise', 'ISO code'),
    field('date', 'date', 'concise', 'Day it was earned'),
    field('due_at', 'timestamp', 'concise', 'When it becomes payable (UTC)'),
    field('created_at', 'timestamp', 'scan', undefined, UNDOCUMENTED),
    field('paid', 'boolean', 'concise', 'Recorded as paid'),
    field('cancelled', 'boolean', 'concise', 'Cancelled by a refund or by the merchant'),
    field(
      'payment_type',
      'text',
      'concise',
      'cash; anything else is a reward that is not money, so amount is in no currency',
    ),
    field('custom_singular', 'text', 'scan'),
    field('custom_plural', 'text', 'concise', 'Unit of such a reward, such as points; empty for cash'),
    field('note', 'text?', 'concise', 'Free text'),
    field('affiliate', 'object?', 'concise', 'Who earns it', PERSON),
    field('purchase', 'object?', 'concise', 'The purchase it is for; null for a manual commission', BOUGHT),
  ],
  purchase: [
    field('id', 'integer', 'concise', "LeadDyno's id"),
    field('purchase_code', 'text', 'concise', "The merchant's order code"),
    field('purchase_amount', 'decimal', 'concise', 'Order value, decimal string in currency'),
    field('currency', 'text', 'concise', 'ISO code'),
    field('cancelled', 'boolean', 'concise', 'Cancelled or refunded'),
    field('cancellation', 'object?', 'scan', 'When and how it was cancelled', {
      inner: { concise: [], scan: ['effective_date', 'source'] },
    }),
    field('commission_amount_override', 'any', 'scan', 'Fixed commission instead of the plan'),
    field('note', 'text?', 'scan'),
    field('created_at', 'timestamp', 'concise', 'UTC'),
    field('updated_at', 'timestamp', 'full'),
    field('lead', 'object', 'concise', 'The customer', PERSON),
    field('affiliate', 'object?', 'concise', 'Who is credited; null when nobody is', PERSON),
    field('plan', 'object?', 'scan', 'Commission plan', { inner: { concise: [], scan: ['code'] } }),
    field('line_items', 'list', 'concise', 'Only when asked for', UNDOCUMENTED),
  ],
  lead: [
    field('id', 'integer', 'concise', "LeadDyno's id"),
    field('email', 'text', 'concise', 'Address of the customer or prospect'),
    field('first_name', 'text?', 'concise'),
    field('last_name', 'text?', 'concise'),
    field('status', 'text', 'concise', 'Registered, Cancelled and others'),
    field('custom_status', 'text?', 'scan', 'Free label'),
    field('address1', 'text?', 'full'),
    field('address2', 'text?', 'full'),
    field('city', 'text?', 'full'),
    field('state', 'text?', 'full'),
    field('zipcode', 'text?', 'full'),
    field('country', 'text?', 'scan'),
    field('affiliate', 'object?', 'concise', 'Who referred them; null when nobody did', PERSON),
    field('campaign', 'object?', 'concise', 'Tracking campaign', CAMPAIGN),
    field('tracking_code', 'text?', 'scan', 'Ties the lead to a visitor'),
    field('latest_visitor', 'object?', 'scan', undefined, { inner: { concise: [], scan: ['id', 'tracking_code'] } }),
    field('url', 'any', 'full'),
    field('referrer', 'any', 'full'),
    field('search_term', 'any', 'full'),
    field('crm_data', 'object', 'full'),
    field('created_at', 'timestamp', 'concise', 'UTC'),
    field('updated_at', 'timestamp', 'full'),
  ],
  visitor: [
    field('id', 'integer', 'concise', "LeadDyno's id"),
    field('tracking_code', 'text', 'concise', 'Identifies the visitor'),
    field('affiliate', 'object?', 'concise', 'Whose link brought them', PERSON),
    field('campaign', 'object?', 'concise', 'Tracking campaign', CAMPAIGN),
    field('lead', 'object?', 'concise', 'The lead they became', {
      inner: { concise: ['id', 'email'], scan: ['id', 'email'] },
    }),
    field('latest_click', 'timestamp?', 'concise', 'Last click (UTC)'),
    field('url', 'object?', 'full'),
    field('referrer', 'any', 'full'),
    field('search_term', 'any', 'full'),
    field('created_at', 'timestamp', 'concise'),
    field('updated_at', 'timestamp', 'full'),
  ],
  // Name, description and group exist in the product; whether the API returns them is not established.
  campaign: [
    field('id', 'integer', 'concise', "LeadDyno's id"),
    field('code', 'text', 'concise', 'Campaign code in links'),
    field('created_at', 'timestamp', 'concise'),
    field('updated_at', 'timestamp', 'concise'),
  ],
};

/** A field to keep in a row: by name, or a record inside cut down to some of its own fields. */
export type Kept = string | readonly [name: string, fields: readonly string[]];

/** What a row keeps at a level. */
export function keptAt(record: RecordName, level: 'concise' | 'scan'): readonly Kept[] {
  return (
    FIELDS[record]
      // Lists are only in what was asked for with them, which a scan never does.
      .filter((one) => one.level === level || (one.level === 'concise' && !(level === 'scan' && one.form === 'list')))
      .map(({ name, inner }): Kept => (inner ? [name, inner[level]] : name))
  );
}

/** What each field means, as the list of tools tells it. */
export function meaningsOf(record: RecordName): Readonly<Record<string, string>> {
  const told = FIELDS[record].flatMap(({ name, meaning }) => (meaning === undefined ? [] : [[name, meaning] as const]));
  return Object.fromEntries(told);
}

/*
 * What LeadDyno sends under names that no documentation has: kept for a look, a few of a row and cut short, because one
 * of them may say what nothing documented does.
 */

const MOST = 5;
const LONGEST = 60;

/** A value in a word of its own; of a record or a list only that it is one. */
export function wordOf(value: unknown): string {
  if (typeof value === 'object') return Array.isArray(value) ? 'a list' : 'an object';
  return cutText(String(value), LONGEST);
}

/** The fields of a row that are not among the known ones and say something; none if it is not told which are known. */
export function undocumentedIn(row: JsonObject, known: ReadonlySet<string> | undefined): JsonObject {
  if (!known) return {};
  const others = Object.entries(row).filter(([name, value]) => !known.has(name) && isSaid(value));
  return Object.fromEntries(others.slice(0, MOST).map(([name, value]) => [name, wordOf(value)]));
}
