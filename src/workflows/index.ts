import { groups } from '../operations/index.ts';
import { changesOfMonth } from './resources.ts';
import type { Toolset, Workflow } from './workflow.ts';

/** The workflows, in the order of the tool list. What the list does not need is loaded on the first call. */
export const workflows: readonly Workflow[] = [
  {
    name: 'program_overview',
    sideBySide: true,
    title: 'Show how the programme is doing',
    description:
      'The programme at a glance: counts, affiliates by status, commission totals per currency, the approval queue, the top five, and this month (UTC) against last month, to the same day and whole. Rankings: rank_affiliates; amounts owed: payout_report.',
    effect: 'read',
    scans: true,
    picture: { args: { series: true, page: true }, keys: ['series', 'page'] },
    load: () => import('./overview/program-overview.ts'),
  },
  {
    name: 'list_pending_affiliates',
    title: 'Show the approval queue',
    description:
      'Applicants waiting for approval, oldest first (reads all affiliates): age in days, group, recruiter, payout address, answers, red flags with reasons. Decide with review_affiliates.',
    effect: 'read',
    scans: true,
    rows: 'applicants',
    load: () => import('./approvals/list-pending-affiliates.ts'),
  },
  {
    name: 'review_affiliates',
    title: 'Review many affiliates',
    description:
      'Approve, reject, archive or unarchive up to 100 affiliates with one confirmation that names each. Skips unknown ids, those the action does not fit, and any that change before the yes. Choose from list_pending_affiliates.',
    effect: 'destroy',
    idempotent: true,
    scans: false,
    asks: { when: 'always', shows: 'each affiliate by name, e-mail, id and status, and who is skipped and why' },
    check: 'list_pending_affiliates',
    load: () => import('./approvals/review-affiliates.ts'),
  },
  {
    name: 'import_affiliates',
    title: 'Import a list of affiliates',
    description:
      'Create up to 500 affiliates from rows or a CSV after one question that shows the plan. Skips existing ones: to continue, call again with the same list.',
    effect: 'create',
    scans: false,
    makesFiles: true,
    asks: {
      when: 'always',
      shows:
        'how many would be created, the first ten with everything sent for them (and a digest of all), whether they are approved, groups, payout addresses other than the e-mail and whose they are, who is left out and why',
    },
    undo: 'An affiliate cannot be deleted; archive_affiliate takes them out of the programme.',
    check: 'list_affiliates',
    load: () => import('./imports/import-affiliates.ts'),
  },
  {
    name: 'payout_report',
    title: 'Report what affiliates are owed',
    description:
      "What is owed, now or by due_by, per affiliate and currency: ready, unmarkable_here or held, with reasons and risk hints; plus claw-backs (paid, then cancelled). Checks sums with LeadDyno's. Makes PayPal/Wise files. Pays nothing: then settle_payouts. One affiliate: list_affiliate_commissions.",
    effect: 'read',
    scans: true,
    rows: 'lines',
    picture: { args: { page: true }, keys: ['page'] },
    makesFiles: true,
    load: () => import('./payouts/payout-report.ts'),
  },
  {
    name: 'settle_payouts',
    title: 'Mark payouts as paid',
    description:
      'After sending the money, mark as paid what payout_report called ready. Moves no money; no undo. Lists what it cannot mark. One purchase: mark_commissions_paid.',
    effect: 'destroy',
    idempotent: true,
    moves: 'money',
    scans: false,
    asks: { when: 'always', shows: 'each affiliate with the sum to be marked, and what is left out and why' },
    undo: 'A payment mark cannot be undone; correct a wrong one with a manual commission (create_commission).',
    check: 'payout_report',
    load: () => import('./payouts/settle-payouts.ts'),
  },
  {
    name: 'affiliate_profile',
    title: 'Show one affiliate in full',
    description:
      'One affiliate by exactly one of affiliate_id, email, affiliate_code or name: record, lifetime commission totals, unpaid commissions, newest purchases and leads, revenue per currency, sub IDs, rank, recruiting, red flags. If a name fits several, returns candidates. Bare record: get_affiliate.',
    effect: 'read',
    scans: true,
    load: () => import('./profile/affiliate-profile.ts'),
  },
  {
    name: 'rank_affiliates',
    title: 'Rank affiliates',
    description:
      'The top affiliates, or a segment, by one figure, for all time or a period; money per currency. silent, falling, rising: against their own normal; free_seats: who to archive, what is lost. skip applies to each ranking. One affiliate: affiliate_profile.',
    effect: 'read',
    scans: true,
    rows: 'ranking',
    lists: 'currency',
    load: () => import('./rankings/rank-affiliates.ts'),
  },
  {
    name: 'summarize_records',
    title: 'Sum records by group, month …',
    description:
      'Counts, sums, averages, shares by up to two dimensions, per currency; refund rate: status all. Who recruited whom, sold what: recruiter, affiliate. LeadDyno has no payment date: commissions go by day earned, due.',
    effect: 'read',
    scans: true,
    rows: 'rows',
    lists: 'currency',
    makesFiles: true,
    load: () => import('./summaries/summarize-records.ts'),
  },
  {
    name: 'list_groups',
    title: 'Show the affiliate groups',
    description:
      'Every affiliate group: code, affiliates by status, revenue and observed commission rate per currency.',
    effect: 'read',
    scans: true,
    rows: 'groups',
    load: () => import('./groups/list-groups.ts'),
  },
  {
    name: 'program_health',
    title: "Check the programme's health",
    description:
      'Is the programme healthy, do new affiliates start selling? Activation, active share, refunds, revenue, earnings per visitor, payout ratio, top-ten share and cohorts: each defined, against the period before.',
    effect: 'read',
    scans: true,
    load: () => import('./health/program-health.ts'),
  },
  {
    name: 'audit_tracking',
    title: 'Check whether tracking works',
    description:
      'Is tracking broken? Alarm when visits, leads or purchases stop; the last three conversions traced; purchases without commission, double credit, odd rates: what each is worth and what to do. Changes nothing.',
    effect: 'read',
    scans: true,
    load: () => import('./tracking/audit-tracking.ts'),
  },
  {
    name: 'trace_attribution',
    title: 'Explain who gets the credit',
    description:
      'Why an affiliate was or was not credited for an order code, several or a customer: the chain from visitor to commission, what is missing or contradictory, and likely reasons with confidence (hypotheses). claimed_affiliate: checks their claim and names the repairs. Changes nothing.',
    effect: 'read',
    scans: true,
    load: () => import('./attribution/trace-attribution.ts'),
  },
  {
    name: 'find_duplicate_affiliates',
    title: 'Find duplicate affiliates',
    description:
      'Signs that one person holds several affiliate accounts, buys from themselves or recruits in a circle: groups of affiliates with matching fields and a confidence. Signs, not verdicts: a person decides.',
    effect: 'read',
    scans: true,
    rows: 'groups',
    load: () => import('./duplicates/find-duplicate-affiliates.ts'),
  },
  {
    name: 'changes_since',
    title: 'Show what is new',
    description:
      'What is new since a moment: affiliates (and how many are pending), leads, purchases and commissions with sums per currency, and cancellations, each with its newest rows. Pass next_since next time. Changes made through this server: list_recent_changes.',
    effect: 'read',
    scans: true,
    load: () => import('./overview/changes-since.ts'),
  },
  {
    name: 'export_records',
    title: 'Export records to a file',
    description:
      'All or matching records of a kind as a CSV or JSON Lines file: returns its place, columns and row count, not its rows (read_export). outreach: active affiliates for a mail merge, with e-mail, links, code, last sale, amount owed. Payouts: payout_report.',
    effect: 'read',
    scans: true,
    makesFiles: true,
    load: () => import('./exports/export-records.ts'),
  },
  {
    name: 'read_export',
    title: 'Read rows of an exported file',
    description:
      'Rows, as text, of a file that export_records or payout_report made for you in the last 30 minutes, with header and row count, if you cannot open its uri.',
    effect: 'read',
    scans: false,
    rows: 'rows',
    load: () => import('./exports/read-export.ts'),
  },
  {
    name: 'list_recent_changes',
    title: 'Show what was changed',
    description:
      'Changes made through this server, newest first: who, when (UTC), tool, record, fields before and after, how confirmed, outcome (unknown: may have happened). What is new in LeadDyno: changes_since.',
    effect: 'read',
    scans: false,
    rows: 'changes',
    resources: [changesOfMonth],
    load: () => import('./history/list-recent-changes.ts'),
  },
];

/** All tools, in the order of the tool list: those that finish a job come first. */
export const toolsets: readonly Toolset[] = [
  {
    name: 'workflows',
    description: "Tools that finish a manager's job in one call",
    tools: workflows,
  },
  ...groups.map(({ name, description, operations }) => ({ name, description, tools: operations })),
];
