import { affiliates } from './affiliates.ts';
import { campaigns } from './campaigns.ts';
import { commissions } from './commissions.ts';
import { customFields } from './custom-fields.ts';
import { leads } from './leads.ts';
import type { Group } from './operation.ts';
import { purchases } from './purchases.ts';
import { subIds } from './sub-ids.ts';
import { visitors } from './visitors.ts';

/** The catalogue, in the order of the tool list. */
export const groups: readonly Group[] = [
  affiliates,
  commissions,
  purchases,
  leads,
  visitors,
  campaigns,
  customFields,
  subIds,
];
