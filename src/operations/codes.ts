import type { JsonObject } from './operation.ts';
import { isObject } from './returns.ts';

/** A code as text, as it is given to a tool: one of digits may come as a number. Empty where there is none. */
export function codeOf(value: unknown): string {
  if (typeof value === 'number') return Number.isFinite(value) ? String(value) : '';
  return typeof value === 'string' && value.trim() !== '' ? value : '';
}

/** The code of the purchase beneath a commission; empty for one added by hand. */
export const purchaseCodeOf = ({ purchase }: JsonObject): string =>
  codeOf(isObject(purchase) ? purchase.purchase_code : undefined);
