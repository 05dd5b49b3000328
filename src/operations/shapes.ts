import { type Kept, keptAt, meaningsOf, type RecordName } from '../records/fields.ts';

/*
 * The records as results show them, and which of their fields are secret or personal (API reference, end of section 8).
 * The MCP side masks by these lists; it knows no field itself.
 */

/** Shown only if the operator asks for it. */
export const DASHBOARD_LINK = 'affiliate_dashboard_url';

/** Shown only by the tool that exists for it. */
export const SIGN_IN_LINK = 'sign_in_url';

/** One kind of record: its name, what its fields mean, and what a concise row keeps. */
export interface RecordShape {
  readonly singular: string;
  readonly plural: string;
  /** Field meanings (API reference, section 3). Descriptions only: a real answer must never fail its own schema. */
  readonly fields: Readonly<Record<string, string>>;
  /** Fields that are secret in every other answer, but shown in this one. */
  readonly reveals?: readonly string[];
  /** Absent if LeadDyno's fields are not established: a concise row then keeps every plain value. */
  readonly concise?: readonly Kept[];
}

/** The shape of a record whose fields are known. */
const known = (singular: RecordName): RecordShape => ({
  singular,
  plural: `${singular}s`,
  fields: meaningsOf(singular),
  concise: keptAt(singular, 'concise'),
});

export const affiliate = known('affiliate');
export const commission = known('commission');
export const purchase = known('purchase');
export const lead = known('lead');
export const visitor = known('visitor');
/** No `concise`: the fields that matter most in a campaign may be unknown to us, so all plain values are kept. */
export const campaign: RecordShape = {
  singular: 'campaign',
  plural: 'campaigns',
  fields: meaningsOf('campaign'),
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
    total_count: 'Commissions, including cancelled ones',
    total_cost: 'Decimal string; may include rewards that are not money',
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
    [SIGN_IN_LINK]: 'Logs anyone who opens it in as the affiliate: a secret',
    expires_at: 'UTC',
    expires_in_seconds: 'Seconds',
  },
  reveals: [SIGN_IN_LINK],
};

/** Replaced by stable pseudonyms with `--mask-pii`, at any depth. `EMAIL_FIELDS` keep the form of an address. */
export const PERSONAL_FIELDS: ReadonlySet<string> = new Set([
  'first_name',
  'last_name',
  'name',
  'full_name',
  'referring_affiliate',
  'address1',
  'address2',
  'city',
  'zipcode',
  'phone',
  'company',
  'website',
  'notes',
]);

export const EMAIL_FIELDS: ReadonlySet<string> = new Set(['email', 'paypal_email', 'affiliate_email']);

/** Objects in which every text was typed by the person, or comes from the merchant's records about them. */
export const PERSONAL_OBJECTS: ReadonlySet<string> = new Set(['custom_fields', 'crm_data']);

/** No real address ends like this, so it marks a pseudonym. */
export const PSEUDONYM_DOMAIN = 'masked.invalid';

/** Whether a server with `--mask-pii` made this address up: LeadDyno does not know it. */
export const isPseudonym = (address: string): boolean => address.trim().toLowerCase().endsWith(`@${PSEUDONYM_DOMAIN}`);
