import type { JsonObject } from '../../src/json.ts';

/** One good call of every workflow on the default programme, in an order in which they work one after the other. */
export const workflowCalls: Readonly<Record<string, JsonObject>> = {
  program_overview: {},
  list_pending_affiliates: { limit: 2 },
  review_affiliates: { action: 'approve', affiliate_ids: [1002, 1229] },
  payout_report: { limit: 2 },
  settle_payouts: { affiliate_ids: [1001], due_by: '2026-06-01T12:00:00Z' },
  affiliate_profile: { affiliate_code: 'ann' },
  rank_affiliates: { by: 'revenue', currency: 'USD', limit: 3 },
  trace_attribution: { email: 'lena.hofer@example.net' },
  find_duplicate_affiliates: { limit: 1 },
  changes_since: { since: '2026-05-31', limit: 1 },
  export_records: { records: 'purchases', since: '2026-05-01', until: '2026-06-01' },
  list_recent_changes: { limit: 2 },
};
