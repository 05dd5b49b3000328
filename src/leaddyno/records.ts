/**
 * The records of the LeadDyno API as the API reference (section 3) knows them. Nothing of it was checked against a
 * live account: every field may be missing, and none is relied on to be of its type before it was looked at.
 *
 * Timestamps are UTC, `YYYY-MM-DDTHH:MM:SSZ`; plain dates `YYYY-MM-DD`. Amounts are decimal strings without a fixed
 * scale ("8.0", "3956.67"), so their number of decimals says nothing about the currency.
 */

/** An amount: a decimal string, in some old samples a number. */
export type Amount = string | number;

/** An affiliate as it stands inside a lead, purchase, commission or visitor; the names only in old samples. */
export interface MinimalAffiliate {
  readonly id?: number;
  readonly email?: string;
  readonly first_name?: string | null;
  readonly last_name?: string | null;
}

/** A lead as it stands inside a purchase or visitor. */
export interface MinimalLead {
  readonly id?: number;
  readonly email?: string;
}

/** A visitor as it stands inside a lead. */
export interface MinimalVisitor {
  readonly id?: number;
  readonly tracking_code?: string;
}

/** A campaign as it stands inside a lead or visitor. */
export interface MinimalCampaign {
  readonly id?: number;
  readonly code?: string;
}

export interface Affiliate {
  readonly id?: number;
  readonly email?: string;
  readonly first_name?: string | null;
  readonly last_name?: string | null;
  /** In the affiliate's links, and a coupon code as well. */
  readonly affiliate_code?: string;
  /** The id of the recruiter. */
  readonly referring_affiliate_id?: number | null;
  readonly created_at?: string;
  readonly updated_at?: string;
  /** "Active", "Pending Approval" or "Archived". */
  readonly status?: string;
  /** The payout address; null or empty when unset. */
  readonly paypal_email?: string | null;
  /** Gets no mails from LeadDyno. */
  readonly unsubscribed?: boolean;
  /** True after a rejection as well. */
  readonly archived?: boolean;
  readonly pending_approval?: boolean;
  /** The referral link; a shortened one does not hold the code. */
  readonly affiliate_url?: string;
  /** Logs its bearer in: a secret. */
  readonly affiliate_dashboard_url?: string;
  /** The affiliate's group, called `affiliate_type` in requests (API reference 4.7). */
  readonly compensation_tier_code?: string;
  /** Field name to value; `{}` when there are none. */
  readonly custom_fields?: Readonly<Record<string, unknown>>;
  /** Null in every sample; in requests, the recruiter's e-mail. */
  readonly referring_affiliate?: unknown;
  /** Traffic from this domain is credited to the affiliate; empty when unset. */
  readonly referrer_domain?: string | null;
  /** Lifetime counters. */
  readonly total_leads?: number | null;
  readonly total_visitors?: number | null;
  readonly total_purchases?: number | null;
}

/** Paid, due and pending are no field: `cancelled` and `paid` are flags, the rest follows from `due_at`. */
export interface Commission {
  readonly id?: number;
  /** The plain date on which it was earned. */
  readonly date?: string;
  /** When it becomes payable. */
  readonly due_at?: string;
  readonly created_at?: string;
  readonly amount?: Amount;
  readonly currency?: string;
  /** "cash" in the only sample. */
  readonly payment_type?: string;
  /** Unit names of rewards that are no money; empty for cash. */
  readonly custom_singular?: string;
  readonly custom_plural?: string;
  readonly cancelled?: boolean;
  readonly paid?: boolean;
  readonly note?: string | null;
  /** Null for a commission added by hand. */
  readonly purchase?: Purchase | null;
  /** Who earns it. */
  readonly affiliate?: MinimalAffiliate | null;
}

export interface Purchase {
  readonly id?: number;
  readonly created_at?: string;
  readonly updated_at?: string;
  /** False in a sample that has a `cancellation`: neither can be told from the other. */
  readonly cancelled?: boolean;
  readonly currency?: string;
  /** The merchant's code, or one that LeadDyno made. */
  readonly purchase_code?: string;
  /** Perhaps what went in as `description` (not established). */
  readonly note?: string | null;
  readonly purchase_amount?: Amount;
  readonly commission_amount_override?: Amount | null;
  readonly cancellation?: Cancellation | null;
  readonly lead?: MinimalLead | null;
  /** Null when nobody is credited. */
  readonly affiliate?: MinimalAffiliate | null;
  readonly plan?: Plan | null;
  /** Only when asked for. */
  readonly line_items?: readonly LineItem[];
}

export interface Cancellation {
  readonly id?: number;
  readonly cancellation_code?: string;
  readonly effective_date?: string;
  /** Who cancelled: "api" for one made through the API. */
  readonly source?: string | null;
}

/** All strings, the numbers too: "2.0", "9.52". */
export interface LineItem {
  readonly sku?: string;
  readonly description?: string;
  readonly quantity?: string;
  readonly amount?: string;
}

/** A commission plan; the default one is called "Default" or "default". */
export interface Plan {
  readonly id?: number;
  readonly code?: string;
}

export interface Lead {
  readonly id?: number;
  readonly email?: string;
  readonly created_at?: string;
  readonly updated_at?: string;
  /** "Registered" and "Cancelled" were seen; the word for a buyer is not established. */
  readonly status?: string;
  /** Empty when unset. */
  readonly custom_status?: string | null;
  readonly first_name?: string | null;
  readonly last_name?: string | null;
  readonly address1?: string | null;
  readonly address2?: string | null;
  readonly city?: string | null;
  readonly state?: string | null;
  readonly zipcode?: string | null;
  readonly country?: string | null;
  readonly latest_visitor?: MinimalVisitor | null;
  /** Null in the samples; an object in visitors, so perhaps here too. */
  readonly url?: unknown;
  readonly referrer?: unknown;
  readonly search_term?: unknown;
  readonly affiliate?: MinimalAffiliate | null;
  readonly campaign?: MinimalCampaign | null;
  readonly tracking_code?: string | null;
  /** `{}` in the samples. */
  readonly crm_data?: Readonly<Record<string, unknown>>;
}

/** The field list is not complete. */
export interface Visitor {
  readonly id?: number;
  readonly tracking_code?: string;
  readonly created_at?: string;
  readonly updated_at?: string;
  readonly latest_click?: string | null;
  readonly affiliate?: MinimalAffiliate | null;
  readonly campaign?: MinimalCampaign | null;
  readonly lead?: MinimalLead | null;
  /** An object around the address itself. */
  readonly url?: { readonly url?: string } | null;
  /** An object of fields that are not established. */
  readonly referrer?: unknown;
  readonly search_term?: unknown;
}

/** Name, description and group exist in the product; whether the API returns them is not established. */
export interface Campaign {
  readonly id?: number;
  readonly code?: string;
  readonly created_at?: string;
  readonly updated_at?: string;
}

/** The answer of the `/count` paths. */
export interface Count {
  readonly count?: number;
}

/** Sums of one affiliate (A14), in the account's default currency alone. */
export interface AffiliateTotals {
  readonly currency?: string;
  readonly due?: string;
  readonly pending?: string;
  readonly paid?: string;
  /** Due, pending and paid together, in the one sample. */
  readonly total?: string;
}

/** Sums of the account (C4); there may be more. */
export interface AccountTotals {
  readonly total_count?: number;
  readonly total_cost?: string;
  readonly total_due_count?: number;
  readonly total_due_cost?: string;
  readonly total_paid_count?: number;
  readonly total_paid_cost?: string;
  readonly total_cancelled_count?: number;
}

/** A fresh login for an affiliate (A16). */
export interface SignInLink {
  readonly affiliate_id?: number;
  /** Logs its bearer in: a secret. */
  readonly sign_in_url?: string;
  readonly expires_at?: string;
  readonly expires_in_seconds?: number;
}

/** How commissions are listed (A15, C3), where other lists are bare arrays (API reference 4.6). */
export interface CommissionPage {
  readonly page?: number;
  readonly per_page?: number;
  readonly total_entries?: number;
  readonly commissions?: readonly Commission[];
}
