import type { JsonObject } from '../../src/json.ts';

/** Existing records, for tools that need one. */
export interface KnownRecords {
  readonly affiliate_id: number;
  /** Of a customer. */
  readonly email?: string | undefined;
  readonly purchase_code?: string | undefined;
}

export interface WorkflowCall {
  /** Absent: it reads. */
  readonly effect?: 'destroy' | 'create';
  /** A call for the default programme, shown in `docs/tools.md`. The calls work one after the other in this order. */
  readonly shown: JsonObject;
  /** A call that shows as much as possible, for the tests that sweep every tool. */
  readonly whole: (known: KnownRecords) => JsonObject;
}

/** One good call of every workflow, in the order of the tool list. */
export const workflowCalls: Readonly<Record<string, WorkflowCall>> = {
  program_overview: { shown: {}, whole: () => ({ series: true }) },
  list_pending_affiliates: { shown: { limit: 2 }, whole: () => ({ limit: 200 }) },
  review_affiliates: {
    effect: 'destroy',
    shown: { action: 'approve', affiliate_ids: [1002, 1229] },
    whole: () => ({ action: 'archive', affiliate_ids: [1004, 1005] }),
  },
  import_affiliates: {
    effect: 'create',
    shown: {
      csv: 'First name;E-mail;Instagram\nMia;mia@example.com;@mia\nNoah;noah@example.com;@noah',
      group: 'Default',
    },
    whole: () => ({
      rows: [
        { name: 'Nora Ash', email: 'nora.ash@example.com', recruiter: 'olaf.birk@example.com', code: 'nora' },
        { name: 'Olaf Birk', email: 'olaf.birk@example.com', paypal: 'olaf.pay@example.com' },
      ],
      approve: true,
    }),
  },
  payout_report: { shown: { limit: 2 }, whole: () => ({ limit: 200 }) },
  settle_payouts: {
    effect: 'destroy',
    shown: { affiliate_ids: [1001], due_by: '2026-06-01T12:00:00Z' },
    whole: () => ({ affiliate_ids: [1001, 1003], due_by: new Date().toISOString() }),
  },
  affiliate_profile: { shown: { affiliate_code: 'ann' }, whole: ({ affiliate_id }) => ({ affiliate_id }) },
  rank_affiliates: {
    shown: { by: 'revenue', currency: 'USD', limit: 3 },
    whole: () => ({ by: 'revenue', limit: 200, include_archived: true }),
  },
  summarize_records: {
    shown: { records: 'purchases', by: ['group'], currency: 'USD' },
    whole: () => ({ records: 'purchases', by: ['recruiter', 'affiliate'], more: true, file: true, limit: 200 }),
  },
  list_groups: { shown: {}, whole: () => ({}) },
  program_health: { shown: {}, whole: () => ({ since: '2026-01-01', long_lists: true }) },
  audit_tracking: { shown: { limit: 1 }, whole: () => ({ since: '2024-01-01', limit: 20, long_lists: true }) },
  trace_attribution: {
    shown: { email: 'lena.hofer@example.net' },
    whole: ({ affiliate_id, email, purchase_code }) => ({
      email,
      purchase_code,
      claimed_affiliate: String(affiliate_id),
    }),
  },
  find_duplicate_affiliates: {
    shown: { limit: 1 },
    whole: () => ({ minimum_confidence: 'low', check_leads: true, limit: 100 }),
  },
  changes_since: { shown: { since: '2026-05-31', limit: 1 }, whole: () => ({ since: '2024-01-01', limit: 25 }) },
  export_records: {
    shown: { records: 'purchases', since: '2026-05-01', until: '2026-05-31' },
    whole: () => ({ records: 'affiliates', sample: true }),
  },
  read_export: {
    shown: {},
    whole: () => ({}),
  },
  list_recent_changes: { shown: { limit: 2 }, whole: () => ({ detail: 'full', limit: 200 }) },
};
