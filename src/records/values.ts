import { isObject, type JsonObject } from '../json.ts';

/*
 * Single values as LeadDyno, or something between it and here, may write them. What cannot be read is undefined, NaN for
 * a time and empty for a text: nothing is guessed.
 */

const TRUE: ReadonlySet<unknown> = new Set(['true', '1', 'yes', 't']);
const FALSE: ReadonlySet<unknown> = new Set(['false', '0', 'no', 'f']);

/** A flag; undefined if the value is not one. */
export function flagOf(value: unknown): boolean | undefined {
  if (typeof value !== 'boolean' && typeof value !== 'number' && typeof value !== 'string') return undefined;
  const text = String(value).trim().toLowerCase();
  return TRUE.has(text) ? true : FALSE.has(text) ? false : undefined;
}

/** A whole number, sent as a number or as digits. */
export function numberOf(value: unknown): number | undefined {
  if (typeof value === 'number') return Number.isSafeInteger(value) ? value : undefined;
  return typeof value === 'string' && /^\d{1,15}$/.test(value) ? Number(value) : undefined;
}

/** Text of a field, trimmed; empty where there is none. */
export const textOf = (value: unknown): string => (typeof value === 'string' ? value.trim() : '');

/** Whether a field says anything, be it understood or not. */
export const isSaid = (value: unknown): boolean =>
  value !== undefined && value !== null && (typeof value !== 'string' || value.trim() !== '');

/** A code as text, as it is given to a tool: one of digits may come as a number. Empty where there is none. */
export function codeOf(value: unknown): string {
  if (typeof value === 'number') return Number.isFinite(value) ? String(value) : '';
  return typeof value === 'string' && value.trim() !== '' ? value : '';
}

/** The code of the purchase beneath a commission; empty for one added by hand. */
export const purchaseCodeOf = ({ purchase }: JsonObject): string =>
  codeOf(isObject(purchase) ? purchase.purchase_code : undefined);

/** The id of a record as text; empty where it has none. 7 and "7" are one id, "007" is another. */
export const idTextOf = ({ id }: { readonly id?: unknown }): string =>
  typeof id === 'number' ? String(id) : textOf(id);

/** The id as tools take it; undefined where it is none of LeadDyno's whole numbers, so that no tool can act on it. */
export function numericIdOf(row: { readonly id?: unknown }): number | undefined {
  const text = idTextOf(row);
  const number = numberOf(text);
  return String(number) === text ? number : undefined;
}

/** The id as it leaves: a number where tools take it, whatever text it is otherwise, null for none. */
export const shownIdOf = (row: { readonly id?: unknown }): number | string | null =>
  numericIdOf(row) ?? (idTextOf(row) || null);

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

/** ISO 8601: a day, or a day and a time (with a space for the T as well) with or without a zone. */
const ISO =
  /^(\d{4}-\d{2}-\d{2})(?:[T ](\d{2}:\d{2})(?::(\d{2})(?:[.,](\d+))?)?(?:\s*(?:Z|UTC|GMT|([+-])(\d{2})(?::?(\d{2}))?))?)?$/i;

const MINUTE_MS = 60_000;

/**
 * A time that LeadDyno sent, in epoch milliseconds; NaN where it is none, or none that leaves no doubt (`03/12/2026`).
 * What names no zone is UTC, wherever this server runs; a plain day counts as its start.
 */
export function timeOf(value: unknown): number {
  const found = typeof value === 'string' ? ISO.exec(value.trim()) : null;
  if (!found) return Number.NaN;
  const [, day = '', time = '00:00', seconds = '00', fraction = '', sign, hours = '00', minutes = '00'] = found;
  const at = Date.parse(`${day}T${time}:${seconds}.${fraction.slice(0, 3).padEnd(3, '0')}Z`);
  // Date would turn a day or hour that does not exist into another one.
  const exists = !Number.isNaN(at) && new Date(at).toISOString().startsWith(`${day}T${time}:${seconds}`);
  if (!exists || Number(hours) > 23 || Number(minutes) > 59) return Number.NaN;
  const offset = (Number(hours) * 60 + Number(minutes)) * MINUTE_MS;
  return sign === '-' ? at + offset : at - offset;
}

/**
 * The day a commission was earned, or when it was created if no day can be read; a plain day stands for its start, UTC
 * (API reference, Commission).
 */
export function earnedAt({ date, created_at }: JsonObject): number {
  const day = timeOf(date);
  return Number.isNaN(day) ? timeOf(created_at) : day;
}

/** When a record came to be, in epoch milliseconds; NaN where it does not say. A plain date counts as its start (UTC). */
export function createdAt({ created_at, date }: JsonObject): number {
  return timeOf(!isSaid(created_at) ? date : created_at);
}
