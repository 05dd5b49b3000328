import type { JsonObject } from '../json.ts';
import { affiliates, getAffiliate } from './affiliates.ts';
import { campaigns, subIds } from './campaigns-and-sub-ids.ts';
import { commissions } from './commissions.ts';
import { customFields } from './custom-fields.ts';
import { getLead, leads } from './leads.ts';
import type { Group, Operation } from './operation.ts';
import { findPurchaseByCode, getPurchase, purchases } from './purchases.ts';
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

/** The operation that reads the record a field addresses. */
const READERS: readonly (readonly [field: string, operation: Operation])[] = [
  ['affiliate_id', getAffiliate],
  ['purchase_id', getPurchase],
  ['lead_id', getLead],
  ['purchase_code', findPurchaseByCode],
];

/** The read that shows what a write is about to change; undefined if the write creates, or if no call shows it. */
export function readOfTarget(args: JsonObject): { operation: Operation; args: JsonObject } | undefined {
  const found = READERS.find(([field]) => args[field] !== undefined);
  return found && { operation: found[1], args: { [found[0]]: args[found[0]] } };
}
