import type { Workflow } from './workflow.ts';

/** The workflows, in the order of the tool list. What a list does not need is loaded on the first call. */
export const workflows: readonly Workflow[] = [
  {
    name: 'list_pending_affiliates',
    title: 'Show the approval queue',
    description:
      'Everybody who waits for approval (LeadDyno has no such filter: all affiliates are read), oldest first: name, e-mail, age in days, group, referrer, custom fields, and red flags with their reason. Decide with review_affiliates.',
    effect: 'read',
    scans: true,
    rows: 'applicants',
    load: () => import('./list-pending-affiliates.ts'),
  },
];
