import type { Programme } from './programme.ts';
import type { Affiliate, SubId } from './records.ts';
import { formatTimestamp } from './timestamps.ts';

/** The affiliate as it appears inside leads, purchases, commissions and visitors. */
export function minimalAffiliate(programme: Programme, id: number | null) {
  const affiliate = id === null ? undefined : programme.affiliates.get(id);
  return affiliate === undefined ? null : { id: affiliate.id, email: affiliate.email };
}

/** The samples show null, never 0, for what has not happened yet. */
function counter(count: number): number | null {
  return count === 0 ? null : count;
}

/** The described type is "the name of the referring affiliate"; every sample has null. */
function recruiterName(programme: Programme, affiliate: Affiliate): string | null {
  const recruiter = affiliate.recruiterId === null ? undefined : programme.affiliates.get(affiliate.recruiterId);
  if (recruiter === undefined) return null;
  const name = [recruiter.firstName, recruiter.lastName].filter((part) => part !== null && part !== '').join(' ');
  return name === '' ? recruiter.email : name;
}

/** The field set of the current official sample; older sources add a `referrer_domain`, which it lacks. */
export function affiliatePayload(programme: Programme, affiliate: Affiliate) {
  return {
    id: affiliate.id,
    email: affiliate.email,
    first_name: affiliate.firstName,
    last_name: affiliate.lastName,
    affiliate_code: affiliate.code,
    referring_affiliate_id: affiliate.recruiterId,
    created_at: formatTimestamp(affiliate.createdAt),
    updated_at: formatTimestamp(affiliate.updatedAt),
    status: affiliate.status,
    paypal_email: affiliate.paypalEmail,
    unsubscribed: affiliate.unsubscribed,
    archived: affiliate.status === 'Archived',
    pending_approval: affiliate.status === 'Pending Approval',
    affiliate_url: `${programme.shopUrl}?afmc=${encodeURIComponent(affiliate.code)}`,
    affiliate_dashboard_url: `${programme.dashboardUrl}/p/${affiliate.dashboardToken}`,
    compensation_tier_code: affiliate.group,
    custom_fields: affiliate.customFields,
    referring_affiliate: recruiterName(programme, affiliate),
    total_leads: counter(programme.leadsOf(affiliate.id).length),
    total_visitors: counter(programme.visitorsOf(affiliate.id).length),
    total_purchases: counter(programme.purchasesOf(affiliate.id).length),
  };
}

/** An invented shape: the reference does not establish the fields of a Sub ID. */
export function subIdPayload(subId: SubId) {
  return { id: subId.id, name: subId.name, url: subId.url, created_at: formatTimestamp(subId.createdAt) };
}
