import { groups } from '../operations/index.ts';
import { changesOfMonth } from './resources.ts';
import type { Toolset, Workflow } from './workflow.ts';

/** The workflows, in the order of the tool list. What a list does not need is loaded on the first call. */
export const workflows: readonly Workflow[] = [
  {
    name: 'program_overview',
    title: 'Show how the programme is doing',
    description:
      "The programme at a glance: counts, affiliates by status, LeadDyno's commission totals per currency, the approval queue, the top five, and this month (UTC) against the month before, both as many days and whole. Who ranks where: rank_affiliates; what is owed: payout_report.",
    effect: 'read',
    scans: true,
    picture: { args: { series: true }, keys: ['series'] },
    load: () => import('./overview/program-overview.ts'),
  },
  {
    name: 'list_pending_affiliates',
    title: 'Show the approval queue',
    description:
      'Everybody who waits for approval (LeadDyno has no such filter: all affiliates are read), oldest first: name, e-mail, age in days, group, referrer, custom fields, and red flags with their reason. Decide with review_affiliates.',
    effect: 'read',
    scans: true,
    rows: 'applicants',
    load: () => import('./approvals/list-pending-affiliates.ts'),
  },
  {
    name: 'review_affiliates',
    title: 'Decide about many affiliates',
    description:
      'Decide about up to 100 affiliates with one confirmation that names each of them. Reads them first: unknown ids and those for whom the action makes no sense are passed over, whoever changes before the yes too. The choice comes from list_pending_affiliates.',
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
      'Create up to 500 affiliates from rows or a CSV after one question that shows the plan. Skips who exists: call again with the same list to continue.',
    effect: 'create',
    scans: false,
    makesFiles: true,
    asks: {
      when: 'always',
      shows:
        'how many are created, the first ten with all that is sent for them (and a digest of all), whether they are approved, groups, payout addresses other than the e-mail and whose they are, who is left out and why',
    },
    undo: 'An affiliate cannot be deleted; archive_affiliate takes them out of the programme.',
    check: 'list_affiliates',
    load: () => import('./imports/import-affiliates.ts'),
  },
  {
    name: 'payout_report',
    title: 'Report what affiliates are owed',
    description:
      "What affiliates are owed now or by due_by, per affiliate and currency: ready, unmarkable_here or held, with reasons and risk hints; and claw-backs (paid, cancelled since). Sums compared with LeadDyno's. With files, also for PayPal or Wise. Pays nothing: after paying, settle_payouts. One affiliate: list_affiliate_commissions.",
    effect: 'read',
    scans: true,
    rows: 'lines',
    picture: { args: {}, keys: [] },
    makesFiles: true,
    load: () => import('./payouts/payout-report.ts'),
  },
  {
    name: 'settle_payouts',
    title: 'Mark payouts as paid',
    description:
      'After the money was sent: mark as paid what payout_report called ready. Moves no money, no undo. Says what cannot be marked cleanly. One purchase: mark_commissions_paid.',
    effect: 'destroy',
    idempotent: true,
    moves: 'money',
    scans: false,
    asks: { when: 'always', shows: 'each affiliate with the sum to be marked, and what is left out and why' },
    undo: 'A payment mark cannot be taken back; a wrong one is set right with a new manual commission (create_commission).',
    check: 'payout_report',
    load: () => import('./payouts/settle-payouts.ts'),
  },
  {
    name: 'affiliate_profile',
    title: 'Show one affiliate in full',
    description:
      'One affiliate by exactly one of affiliate_id, email, affiliate_code or name: record, lifetime commission totals, unpaid commissions, newest purchases and leads, revenue per currency, Sub IDs, rank by lifetime purchases, who recruited whom, red flags. A name that fits several gives candidates. For the bare record use get_affiliate.',
    effect: 'read',
    scans: true,
    load: () => import('./profile/affiliate-profile.ts'),
  },
  {
    name: 'rank_affiliates',
    title: 'Rank affiliates',
    description:
      'The best affiliates, or a segment, by one figure, of all time or a period; money per currency. silent, falling, rising: against their own normal; free_seats: who to archive, what is lost. skip skips rows of each ranking. For one affiliate: affiliate_profile.',
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
      'Exact counts, sums, averages and shares by one or two dimensions, per currency. Who recruited whom and sold what: purchases by recruiter, affiliate. LeadDyno has no payment date: commissions go by the day earned or due.',
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
      'Every affiliate group: code, affiliates by status, revenue, commission rate as observed, per currency.',
    effect: 'read',
    scans: true,
    rows: 'groups',
    load: () => import('./groups/list-groups.ts'),
  },
  {
    name: 'program_health',
    title: 'Judge how healthy the programme is',
    description:
      'Is the programme healthy, do new affiliates start selling, what part do the top ten sell: activation, active share, refunds, revenue, earnings per visitor, payout ratio, cohorts, each against the period before, with its definition.',
    effect: 'read',
    scans: true,
    load: () => import('./health/program-health.ts'),
  },
  {
    name: 'audit_tracking',
    title: 'Check whether tracking works',
    description:
      'Is tracking broken: alarm when visits, leads or purchases stop against normal; the last three conversions traced; purchases without commission, double credit, odd rates. Each with worth and what to do. Changes nothing.',
    effect: 'read',
    scans: true,
    load: () => import('./tracking/audit-tracking.ts'),
  },
  {
    name: 'trace_attribution',
    title: 'Explain who gets the credit',
    description:
      'Why an affiliate was or was not credited: the chain visitor, lead, purchase, commission, affiliate of one order code or customer address, what is missing or contradictory, and likely reasons with their confidence. Reasons are hypotheses: the account settings cannot be read. Changes nothing.',
    effect: 'read',
    scans: false,
    load: () => import('./attribution/trace-attribution.ts'),
  },
  {
    name: 'find_duplicate_affiliates',
    title: 'Find duplicate affiliates',
    description:
      'Signs that one person holds several affiliate accounts, is their own customer or recruited in a circle: groups of affiliates with the fields that agree and a confidence. Signs, not verdicts: a person decides.',
    effect: 'read',
    scans: true,
    rows: 'groups',
    load: () => import('./duplicates/find-duplicate-affiliates.ts'),
  },
  {
    name: 'changes_since',
    title: 'Show what is new',
    description:
      'What came since a moment (UTC): new affiliates (with those pending), leads, purchases and commissions with sums per currency, and cancellations, each with its newest rows. next_since is what to give the next time. For what was changed through this server use list_recent_changes.',
    effect: 'read',
    scans: true,
    load: () => import('./overview/changes-since.ts'),
  },
  {
    name: 'export_records',
    title: 'Export records to a file',
    description:
      'All records of a kind, or those that fit, as a CSV or JSON Lines file: gives where it is, columns and row count, not the rows (read_export). outreach: active affiliates for a mail merge: address, links, code, last sale, what is owed. For payouts: payout_report.',
    effect: 'read',
    scans: true,
    makesFiles: true,
    load: () => import('./exports/export-records.ts'),
  },
  {
    name: 'read_export',
    title: 'Read rows of an exported file',
    description:
      'Rows of a file that export_records or payout_report made for you in the last 30 minutes, as text, with its header row: for when its uri cannot be opened. Says how many rows there are; next_skip gives the next ones.',
    effect: 'read',
    scans: false,
    rows: 'rows',
    load: () => import('./exports/read-export.ts'),
  },
  {
    name: 'list_recent_changes',
    title: 'Show what was changed',
    description:
      'What was changed through this server, newest first: who, when (UTC), tool, record, fields before and after, how confirmed, outcome (unknown: may have happened). What is new in LeadDyno itself: changes_since.',
    effect: 'read',
    scans: false,
    rows: 'changes',
    resources: [changesOfMonth],
    load: () => import('./history/list-recent-changes.ts'),
  },
];

/** Everything there is, in the order of the tool list: what finishes a job first. */
export const toolsets: readonly Toolset[] = [
  {
    name: 'workflows',
    description: "Tools that finish a manager's job in one call",
    tools: workflows,
  },
  ...groups.map(({ name, description, operations }) => ({ name, description, tools: operations })),
];
