/**
 * The records of the simulated account. Amounts are integer cents, times are milliseconds; records refer to
 * each other by id. `payloads.ts` and `wire-values.ts` turn them into what is sent.
 */

export type AffiliateStatus = 'Active' | 'Pending Approval' | 'Archived';

export interface Affiliate {
  readonly id: number;
  email: string;
  firstName: string | null;
  lastName: string | null;
  code: string;
  recruiterId: number | null;
  readonly createdAt: number;
  updatedAt: number;
  status: AffiliateStatus;
  /** Declined applicants look archived but cannot be unarchived; the API has no field for it. */
  rejected: boolean;
  /** null and '' both mean "none"; the official sample even has "te". */
  paypalEmail: string | null;
  unsubscribed: boolean;
  dashboardToken: string;
  group: string;
  customFields: Record<string, string>;
}

export interface Lead {
  readonly id: number;
  email: string;
  readonly createdAt: number;
  updatedAt: number;
  /** "Customer" is a guess: the reference shows only "Registered" and "Cancelled". */
  status: 'Registered' | 'Customer' | 'Cancelled';
  customStatus: string;
  firstName: string | null;
  lastName: string | null;
  address1: string | null;
  address2: string | null;
  city: string | null;
  state: string | null;
  zipcode: string | null;
  country: string | null;
  visitorId: number | null;
  url: string | null;
  referrer: string | null;
  searchTerm: string | null;
  affiliateId: number | null;
  campaignId: number | null;
  trackingCode: string | null;
}

export interface Cancellation {
  readonly id: number;
  readonly code: string;
  readonly effectiveAt: number;
  readonly source: string | null;
}

export interface LineItem {
  readonly sku: string;
  readonly description: string;
  /** In hundredths, because "2.5" occurs. */
  readonly quantity: number;
  readonly amount: number;
}

export interface Plan {
  readonly id: number;
  readonly code: string;
}

export interface Purchase {
  readonly id: number;
  readonly createdAt: number;
  updatedAt: number;
  cancelled: boolean;
  /** Internal: the API has no field for it. */
  pendingApproval: boolean;
  currency: string;
  code: string;
  note: string | null;
  amount: number;
  readonly commissionOverride: number | null;
  cancellation: Cancellation | null;
  readonly leadId: number;
  readonly affiliateId: number | null;
  readonly plan: Plan | null;
  readonly lineItems: readonly LineItem[];
}

export interface Commission {
  readonly id: number;
  readonly earnedAt: number;
  dueAt: number;
  amount: number;
  currency: string;
  cancelled: boolean;
  paid: boolean;
  note: string | null;
  /** null for a commission added by hand. */
  readonly purchaseId: number | null;
  readonly affiliateId: number;
  /** What it is paid in, if not money. */
  readonly paymentType?: string;
}

export interface Visitor {
  readonly id: number;
  readonly trackingCode: string;
  readonly createdAt: number;
  updatedAt: number;
  latestClickAt: number;
  affiliateId: number | null;
  campaignId: number | null;
  leadId: number | null;
  url: string | null;
  referrer: string | null;
  searchTerm: string | null;
}

export interface Campaign {
  readonly id: number;
  readonly code: string;
  readonly createdAt: number;
  readonly updatedAt: number;
}

export interface CommissionGroup {
  readonly code: string;
  readonly basisPoints: number;
}

export interface CustomField {
  readonly id: number;
  readonly name: string;
  readonly type: string;
  readonly required: boolean;
}

export interface SubId {
  readonly id: number;
  readonly name: string;
  readonly url: string;
  readonly createdAt: number;
}
