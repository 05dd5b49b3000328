/** Names of the tools in a selection. */
type Profile = readonly string[];

/**
 * Named selections of single tools, which `--toolsets` accepts as well: for hosts that take few tools and models with
 * little room. `manager`: an affiliate manager's week, without tools that create or end one record at a time.
 */
export const profiles: Readonly<Record<string, Profile>> = {
  manager: [
    'program_overview',
    'list_pending_affiliates',
    'review_affiliates',
    'payout_report',
    'settle_payouts',
    'affiliate_profile',
    'rank_affiliates',
    'summarize_records',
    'trace_attribution',
    'changes_since',
    'list_recent_changes',
    'read_export',
    'get_affiliate',
    'update_affiliate',
    'find_purchase_by_code',
  ],
};
