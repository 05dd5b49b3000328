import type { JsonObject } from '../../src/json.ts';
import type { Programme } from '../../src/sandbox/index.ts';

const purchase = (programme: Programme) => programme.purchases.rows.at(-1);
const lead = (programme: Programme) => programme.leads.rows.find(({ status }) => status === 'Customer');

/** Arguments for every tool that reads, by the records of a simulated programme; lists whole and in full. */
export const exampleReads: Readonly<Record<string, (programme: Programme) => JsonObject>> = {
  program_overview: () => ({ series: true }),
  rank_affiliates: () => ({ by: 'revenue', limit: 200, include_archived: true }),
  trace_attribution: (programme) => ({ email: lead(programme)?.email, purchase_code: purchase(programme)?.code }),
  changes_since: () => ({ since: '2024-01-01', limit: 25 }),
  list_pending_affiliates: () => ({ limit: 200 }),
  affiliate_profile: () => ({ affiliate_id: 1001 }),
  find_duplicate_affiliates: () => ({ minimum_confidence: 'low', check_leads: true, limit: 100 }),
  list_recent_changes: () => ({ detail: 'full', limit: 200 }),
  payout_report: () => ({ limit: 200 }),
  export_records: () => ({ records: 'affiliates', sample: true }),
  list_affiliates: () => ({ per_page: 200, detail: 'full' }),
  count_affiliates: () => ({}),
  get_affiliate: () => ({ affiliate_id: 1002 }),
  find_affiliate_by_email: () => ({ email: 'ann.arbor@example.com' }),
  find_affiliate_by_code: () => ({ affiliate_code: 'carla' }),
  list_affiliate_leads: () => ({ affiliate_id: 1001, detail: 'full' }),
  list_affiliate_purchases: () => ({ affiliate_id: 1001, detail: 'full' }),
  get_affiliate_commission_totals: () => ({ affiliate_id: 1001 }),
  list_affiliate_commissions: () => ({ affiliate_id: 1001, per_page: 200, detail: 'full' }),
  list_commissions: () => ({ per_page: 200, detail: 'full' }),
  get_commission_totals: () => ({}),
  list_purchases: () => ({ per_page: 200, detail: 'full', include_line_items: true }),
  count_purchases: () => ({}),
  get_purchase: (programme) => ({ purchase_id: purchase(programme)?.id }),
  find_purchase_by_code: (programme) => ({ purchase_code: purchase(programme)?.code }),
  list_purchase_commissions: (programme) => ({ purchase_id: purchase(programme)?.id, detail: 'full' }),
  list_leads: () => ({ detail: 'full' }),
  count_leads: () => ({}),
  get_lead: (programme) => ({ lead_id: lead(programme)?.id }),
  find_lead_by_email: (programme) => ({ email: lead(programme)?.email }),
  list_lead_purchases: (programme) => ({ lead_id: lead(programme)?.id, detail: 'full' }),
  list_visitors: () => ({ detail: 'full' }),
  count_visitors: () => ({}),
  find_visitor_by_tracking_code: (programme) => ({ tracking_code: programme.visitors.rows[0]?.trackingCode }),
  list_campaigns: () => ({ detail: 'full' }),
  get_campaign: (programme) => ({ campaign_id: programme.campaigns.rows[0]?.id }),
  list_affiliate_sub_ids: () => ({ affiliate_id: 1001, detail: 'full' }),
};
