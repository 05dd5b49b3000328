import {
  approveAffiliate,
  archiveAffiliate,
  rejectAffiliate,
  unarchiveAffiliate,
} from '../../operations/affiliates.ts';
import type { Operation } from '../../operations/operation.ts';
import type { Standing } from '../../records/people.ts';

/** One decision about affiliates. */
export interface Action {
  readonly operation: Operation;
  readonly verb: string;
  /** The outcome in a result. */
  readonly done: string;
  /** What the record should say afterwards. */
  readonly to: Standing;
  /** What it means for one person, in the question; and whether and how it can be undone. */
  readonly consequence: string;
  readonly undo: string;
  /** Why those are passed over for whom it makes no sense; whoever is not named here is acted upon. */
  readonly passes: Partial<Record<Standing, string>>;
}

export const ACTIONS = {
  approve: {
    operation: approveAffiliate,
    verb: 'Approve',
    done: 'approved',
    to: 'active',
    consequence: 'They become active and can earn, and LeadDyno may send each of them a mail.',
    undo: 'Cannot be turned back into pending; archive_affiliate (or action archive) takes them out of the programme.',
    passes: {
      active: 'already active',
      archived: 'archived, and a rejection is final; unarchive is for those who were archived',
      unknown: 'whether they wait for approval could not be told',
    },
  },
  reject: {
    operation: rejectAffiliate,
    verb: 'Reject',
    done: 'rejected',
    to: 'archived',
    consequence: 'They land in the archive without notice and cannot be approved later.',
    undo: 'A rejection is final; the person must apply again with another address.',
    passes: {
      archived: 'already archived',
      active: 'not waiting for approval; archive is for those who are active',
      unknown: 'whether they wait for approval could not be told',
    },
  },
  archive: {
    operation: archiveAffiliate,
    verb: 'Archive',
    done: 'archived',
    to: 'archived',
    consequence: 'They become inactive and earn no more; their data is kept.',
    undo: 'Can be undone with unarchive_affiliate (or action unarchive).',
    passes: { archived: 'already archived', unknown: 'whether they are active could not be told' },
  },
  unarchive: {
    operation: unarchiveAffiliate,
    verb: 'Unarchive',
    done: 'unarchived',
    to: 'active',
    consequence:
      'They can earn again and count towards the plan. Whether LeadDyno brings a rejected one back this way is not known.',
    undo: 'Can be undone with archive_affiliate (or action archive).',
    passes: {
      active: 'not archived',
      pending: 'not archived, but waiting for approval',
      unknown: 'whether they are archived could not be told',
    },
  },
} satisfies Record<string, Action>;

export type ActionName = keyof typeof ACTIONS;

export const actionNames = ['approve', 'reject', 'archive', 'unarchive'] as const satisfies readonly ActionName[];
