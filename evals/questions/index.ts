import { anyQuestion, type Question } from '../question.ts';
import { approvalQueue, approveSome } from './approvals.ts';
import { attribution } from './attribution.ts';
import { duplicates } from './duplicates.ts';
import { exportPurchases } from './export.ts';
import { sinceMonday, thisMonth } from './news.ts';
import { payout, settle } from './payouts.ts';
import { profile } from './profile.ts';
import { dormant, topSellers, trafficWithoutSales } from './ranking.ts';
import { changedToday } from './recent-changes.ts';
import { groups, soldByRecruiter } from './sums.ts';
import {
  alreadyPaid,
  cancelledLater,
  emptyPeriod,
  hostileApplicant,
  oneWithoutAddress,
  points,
  twoOfOneName,
  whatIf,
  whichJohn,
  yen,
} from './traps.ts';

/** What an affiliate manager asks over a week, and ten questions with a trap. */
export const questions: readonly Question[] = [
  anyQuestion(thisMonth),
  anyQuestion(approvalQueue),
  anyQuestion(approveSome),
  anyQuestion(payout),
  anyQuestion(settle),
  anyQuestion(profile),
  anyQuestion(topSellers),
  anyQuestion(trafficWithoutSales),
  anyQuestion(dormant),
  anyQuestion(attribution),
  anyQuestion(duplicates),
  anyQuestion(sinceMonday),
  anyQuestion(exportPurchases),
  anyQuestion(changedToday),
  anyQuestion(soldByRecruiter),
  anyQuestion(groups),
  anyQuestion(hostileApplicant),
  anyQuestion(twoOfOneName),
  anyQuestion(yen),
  anyQuestion(whatIf),
  anyQuestion(emptyPeriod),
  anyQuestion(points),
  anyQuestion(cancelledLater),
  anyQuestion(alreadyPaid),
  anyQuestion(whichJohn),
  anyQuestion(oneWithoutAddress),
];
