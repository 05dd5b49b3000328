import type { JsonObject } from '../json.ts';
import { getAffiliate } from './affiliate-lookups.ts';
import { getLead } from './lead-lookups.ts';
import type { Operation } from './operation.ts';
import { findPurchaseByCode, getPurchase } from './purchase-lookups.ts';

/** Which reading operation shows the record that a field addresses. */
const READERS: readonly (readonly [field: string, operation: Operation])[] = [
  ['affiliate_id', getAffiliate],
  ['purchase_id', getPurchase],
  ['lead_id', getLead],
  ['purchase_code', findPurchaseByCode],
];

/** The read that shows what a write is about to change; undefined where it creates, or where no call shows it. */
export function readOfTarget(args: JsonObject): { operation: Operation; args: JsonObject } | undefined {
  const found = READERS.find(([field]) => args[field] !== undefined);
  return found && { operation: found[1], args: { [found[0]]: args[found[0]] } };
}
