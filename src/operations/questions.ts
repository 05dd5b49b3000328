import { Decimal } from 'decimal.js';
import { LeadDynoError } from '../leaddyno/errors.ts';
import { cleanText, quote } from '../leaddyno/text.ts';
import type { JsonObject } from './operation.ts';
import { isObject } from './returns.ts';

/*
 * The pieces that questions are made of. Whatever a stranger typed goes through `quote`, so that it stays one short
 * quoted piece of the sentence whatever it says.
 */

export const NO_UNDO = 'This cannot be undone.';

/** The field of a shaped answer as an object, or an empty one. */
export function recordIn(shaped: unknown, name: string): JsonObject {
  const record = isObject(shaped) ? shaped[name] : undefined;
  return isObject(record) ? record : {};
}

/** The rows of a shaped list. */
export function rowsIn(shaped: unknown, name: string): JsonObject[] {
  const rows = isObject(shaped) ? shaped[name] : undefined;
  return Array.isArray(rows) ? rows.filter(isObject) : [];
}

/** The answer of a read that a question cannot do without. */
export function required(shaped: JsonObject | undefined, what: string): JsonObject {
  if (shaped) return shaped;
  throw new LeadDynoError('not_found', `LeadDyno has no ${what}`, { fate: 'refused' });
}

/** Who an affiliate is: name, e-mail, id and status, as far as LeadDyno shows them. */
export function describeAffiliate(affiliate: JsonObject): string {
  const name = [affiliate.first_name, affiliate.last_name].filter(isFilled).join(' ');
  const parts = [
    ...(name ? [quote(name)] : []),
    ...(isFilled(affiliate.email) ? [quote(affiliate.email)] : []),
    ...(affiliate.id === undefined ? [] : [`id ${plainNumber(affiliate.id)}`]),
    ...(isFilled(affiliate.status) ? [`status ${quote(affiliate.status)}`] : []),
    ...(name || isFilled(affiliate.email) ? [] : ['whose name and e-mail could not be read']),
  ];
  return `affiliate ${parts.join(', ')}`;
}

/** One purchase: code, amount, customer and whether it is cancelled already, as far as LeadDyno shows them. */
export function describePurchase(purchase: JsonObject): string {
  const lead = recordIn(purchase, 'lead');
  const affiliate = recordIn(purchase, 'affiliate');
  const id = purchase.id === undefined ? '' : ` (id ${plainNumber(purchase.id)})`;
  return [
    `purchase ${quote(purchase.purchase_code)}${id} of ${money(purchase.purchase_amount, purchase.currency)}`,
    isFilled(lead.email) ? `customer ${quote(lead.email)}` : 'customer unknown',
    isFilled(affiliate.email) ? `affiliate ${quote(affiliate.email)}` : 'no affiliate credited',
    ...(purchase.cancelled === true ? ['already cancelled'] : []),
  ].join(', ');
}

const isFilled = (value: unknown): boolean => typeof value === 'string' && value.trim() !== '';

/** An amount with its currency as LeadDyno wrote them; quoted where they are not what they should be. */
export function money(amount: unknown, currency: unknown): string {
  if (amount === null || amount === undefined) return 'an unknown amount';
  const number = /^-?\d{1,15}(\.\d{1,10})?$/.test(String(amount)) ? String(amount) : quote(amount, 20);
  const unit =
    typeof currency === 'string' && currency !== ''
      ? ` ${/^[A-Z]{3}$/.test(currency) ? currency : quote(currency, 10)}`
      : '';
  return `${number}${unit}`;
}

/** Sums per currency, never across: `12.5 USD + 3 EUR`. Amounts that are no numbers are counted, not added. */
export function sumByCurrency(rows: readonly JsonObject[], field: string): string {
  const sums = new Map<string, Decimal>();
  let unreadable = 0;
  for (const row of rows) {
    const amount = row[field];
    const currency = typeof row.currency === 'string' ? row.currency : '';
    if (!/^-?\d{1,15}(\.\d{1,10})?$/.test(String(amount))) unreadable += 1;
    else sums.set(currency, (sums.get(currency) ?? new Decimal(0)).plus(String(amount)));
  }
  const parts = [...sums].map(([currency, sum]) => money(sum.toString(), currency));
  if (unreadable > 0) parts.push(`${unreadable} unreadable`);
  return parts.join(' + ') || 'nothing';
}

/** The same amount, however it is written (`49`, `"49.0"`). */
export function sameAmount(a: unknown, b: unknown): boolean {
  try {
    return new Decimal(String(a)).equals(new Decimal(String(b)));
  } catch {
    return false;
  }
}

export function sameText(a: unknown, b: unknown): boolean {
  return cleanText(String(a ?? '')) === cleanText(String(b ?? ''));
}

/** `email from "a" to "b"`, quoted. */
export function change(name: string, from: unknown, to: unknown): string {
  return `${name} from ${from === null || from === undefined || from === '' ? 'nothing' : quote(from)} to ${to === '' ? 'nothing' : quote(to)}`;
}

/** At most `max` pieces, the rest counted. */
export function listed(pieces: readonly string[], max = 20): string {
  const shown = pieces.slice(0, max).join('; ');
  return pieces.length > max ? `${shown}; and ${pieces.length - max} more` : shown;
}

export function plainNumber(value: unknown): string {
  return typeof value === 'number' ? String(value) : quote(value, 20);
}
