/** The tools of a selection, by their names. */
type Profile = readonly string[];

/**
 * Named selections of single tools, for `--toolsets` as well: what fits where a host takes few tools, or a model has
 * little room. `manager`: the week of an affiliate manager, without what is created or ended one by one.
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
