import { approvalQueue, approveSome } from './approvals.ts';
import { attribution } from './attribution.ts';
import { duplicates } from './duplicates.ts';
import { exportPurchases } from './export.ts';
import { sinceMonday, thisMonth } from './news.ts';
import { payout, settle } from './payouts.ts';
import { profile } from './profile.ts';
import { dormant, topSellers, trafficWithoutSales } from './ranking.ts';
import { changedToday } from './recent-changes.ts';
import type { Solved } from './solved.ts';
import { groups, soldByRecruiter } from './sums.ts';

/** What an affiliate manager asks over a week, answered by script. */
export const questions: readonly Solved[] = [
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
