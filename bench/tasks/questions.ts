import { approvalQueue, approveSome } from './approvals.ts';
import { attribution } from './attribution.ts';
import { duplicates } from './duplicates.ts';
import { exportPurchases } from './export.ts';
import { sinceMonday, thisMonth } from './news.ts';
import { payout, settle } from './payouts.ts';
import { profile } from './profile.ts';
import type { Question } from './question.ts';
import { dormant, topSellers, trafficWithoutSales } from './ranking.ts';
import { changedToday } from './recent-changes.ts';
import { groups, soldByRecruiter } from './sums.ts';

/** What an affiliate manager asks in the course of a week. */
export const questions: readonly Question[] = [
  thisMonth,
  approvalQueue,
  approveSome,
  payout,
  settle,
  profile,
  topSellers,
  trafficWithoutSales,
  dormant,
  attribution,
  duplicates,
  sinceMonday,
  exportPurchases,
  changedToday,
  soldByRecruiter,
  groups,
];
