import { minimalAffiliate } from './payload-affiliate.ts';
import { minimalLead } from './payload-purchase.ts';
import type { Programme } from './programme.ts';
import type { Campaign, Lead, Visitor } from './records.ts';
import { formatTimestamp } from './timestamps.ts';

function minimalCampaign(programme: Programme, id: number | null) {
  const campaign = id === null ? undefined : programme.campaigns.get(id);
  return campaign === undefined ? null : { id: campaign.id, code: campaign.code };
}

/** Page addresses come as objects with their own `url` (seen in visitors, assumed for leads). */
function page(url: string | null) {
  return url === null ? null : { url };
}

export function leadPayload(programme: Programme, lead: Lead) {
  const visitor = lead.visitorId === null ? undefined : programme.visitors.get(lead.visitorId);
  return {
    id: lead.id,
    email: lead.email,
    created_at: formatTimestamp(lead.createdAt),
    updated_at: formatTimestamp(lead.updatedAt),
    status: lead.status,
    custom_status: lead.customStatus,
    first_name: lead.firstName,
    last_name: lead.lastName,
    address1: lead.address1,
    address2: lead.address2,
    city: lead.city,
    state: lead.state,
    zipcode: lead.zipcode,
    country: lead.country,
    latest_visitor: visitor === undefined ? null : { id: visitor.id, tracking_code: visitor.trackingCode },
    url: page(lead.url),
    referrer: page(lead.referrer),
    search_term: lead.searchTerm,
    affiliate: minimalAffiliate(programme, lead.affiliateId),
    campaign: minimalCampaign(programme, lead.campaignId),
    tracking_code: lead.trackingCode,
    crm_data: {},
  };
}

/** Put together from several partial sources: the full field list of a visitor is not established. */
export function visitorPayload(programme: Programme, visitor: Visitor) {
  return {
    id: visitor.id,
    tracking_code: visitor.trackingCode,
    created_at: formatTimestamp(visitor.createdAt),
    updated_at: formatTimestamp(visitor.updatedAt),
    latest_click: formatTimestamp(visitor.latestClickAt),
    url: page(visitor.url),
    referrer: page(visitor.referrer),
    search_term: visitor.searchTerm,
    affiliate: minimalAffiliate(programme, visitor.affiliateId),
    campaign: minimalCampaign(programme, visitor.campaignId),
    lead: minimalLead(programme, visitor.leadId),
  };
}

export function campaignPayload(campaign: Campaign) {
  return {
    id: campaign.id,
    code: campaign.code,
    created_at: formatTimestamp(campaign.createdAt),
    updated_at: formatTimestamp(campaign.updatedAt),
  };
}
