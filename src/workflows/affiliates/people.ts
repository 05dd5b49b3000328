import type { JsonObject } from '../../operations/operation.ts';

/** Text of a field, trimmed; empty where there is none. */
export const textOf = (value: unknown): string => (typeof value === 'string' ? value.trim() : '');

/** Whether a field says anything, be it understood or not. */
export const isSaid = (value: unknown): boolean =>
  value !== undefined && value !== null && (typeof value !== 'string' || value.trim() !== '');

/** First and last name as one line; empty where both are missing. */
export const fullName = (person: JsonObject): string =>
  [person.first_name, person.last_name].map(textOf).filter(Boolean).join(' ').replace(/\s+/g, ' ');

/** Providers that ignore dots in the part before the @. */
const DOTLESS = new Set(['gmail.com', 'googlemail.com']);

/**
 * The mailbox behind an address, for comparison alone: case, a `+tag` and (where the provider ignores them) dots make
 * no difference. Empty for what is no address.
 */
export function mailboxOf(email: unknown): string {
  const address = textOf(email).toLowerCase();
  const at = address.lastIndexOf('@');
  if (at < 1 || at === address.length - 1) return '';
  const domain = address.slice(at + 1) === 'googlemail.com' ? 'gmail.com' : address.slice(at + 1);
  const local = address.slice(0, at).split('+')[0] ?? '';
  return `${DOTLESS.has(domain) ? local.replaceAll('.', '') : local}@${domain}`;
}

/** A name for comparison alone: letters and digits, without accents or case. */
export const nameKey = (person: JsonObject): string =>
  fullName(person)
    .normalize('NFKD')
    .replace(/\p{M}/gu, '')
    .toLowerCase()
    .replace(/[^\p{L}\p{N}]+/gu, ' ')
    .trim();

/** Rows by a key; rows without one (an empty key) are left out. */
export function groupBy<Row>(rows: readonly Row[], keyOf: (row: Row) => string): Map<string, Row[]> {
  const groups = new Map<string, Row[]>();
  for (const row of rows) {
    const key = keyOf(row);
    if (key === '') continue;
    const group = groups.get(key);
    if (group) group.push(row);
    else groups.set(key, [row]);
  }
  return groups;
}
