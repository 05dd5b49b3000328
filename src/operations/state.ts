import { isObject } from '../json.ts';

/**
 * What a confirmation is bound to besides the words of its question: who and what the record is, its flags, amounts
 * and affected ids. Never counters or `updated_at`, which move without anybody having changed the record.
 */
const STATE_FIELDS = new Set([
  'id',
  'email',
  'affiliate_code',
  'paypal_email',
  'status',
  'archived',
  'pending_approval',
  'cancelled',
  'paid',
  'amount',
  'currency',
  'purchase_amount',
  'purchase_code',
  'commission_amount_override',
  'compensation_tier_code',
  'referring_affiliate_id',
]);

/** The state of a record (or of several), comparable by its JSON. */
export function stateOf(record: unknown): unknown {
  if (Array.isArray(record)) {
    return record.map(stateOf).sort((a, b) => (JSON.stringify(a) < JSON.stringify(b) ? -1 : 1));
  }
  if (!isObject(record)) return null;
  const state: [string, unknown][] = [];
  for (const name of Object.keys(record).sort()) {
    const value = record[name];
    if (typeof value === 'object' && value !== null) state.push([name, stateOf(value)]);
    else if (STATE_FIELDS.has(name)) state.push([name, value]);
  }
  return state;
}
