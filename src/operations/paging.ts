import type { JsonObject } from './operation.ts';

export interface Rows {
  readonly rows: readonly unknown[];
  readonly page?: number | undefined;
  readonly perPage?: number | undefined;
  readonly total?: number | undefined;
  /** What else the envelope held. */
  readonly rest?: JsonObject | undefined;
}

/** A whole number, sent as a number or as digits. */
export function numberOf(value: unknown): number | undefined {
  if (typeof value === 'number') return Number.isSafeInteger(value) ? value : undefined;
  return typeof value === 'string' && /^\d{1,15}$/.test(value) ? Number(value) : undefined;
}

const ENVELOPE_FIELDS = ['page', 'per_page', 'total_entries'];

/** What an answer holds besides the fields that were taken out of it; undefined where nothing is left. */
export function restOf(body: JsonObject, taken: readonly string[]): JsonObject | undefined {
  const rest = Object.entries(body).filter(([name]) => !taken.includes(name));
  return rest.length === 0 ? undefined : Object.fromEntries(rest);
}

/**
 * The rows of a list answer: a bare array, LeadDyno's envelope `{page, per_page, total_entries, <plural>: […]}`, an
 * envelope under another name, one record, or `null` for none. Undefined where none of these fits.
 */
export function findRows(body: unknown, plural: string): Rows | undefined {
  if (Array.isArray(body)) return { rows: body };
  if (body === null || body === undefined) return { rows: [] };
  if (typeof body !== 'object') return undefined;
  const envelope = body as JsonObject;
  const arrays = Object.keys(envelope).filter((name) => Array.isArray(envelope[name]));
  const name = arrays.includes(plural) ? plural : 'id' in envelope || arrays.length !== 1 ? undefined : arrays[0];
  const rows = name === undefined ? undefined : envelope[name];
  if (name !== undefined && Array.isArray(rows)) {
    return {
      rows,
      page: numberOf(envelope.page),
      perPage: numberOf(envelope.per_page) || undefined,
      total: numberOf(envelope.total_entries),
      rest: restOf(envelope, [name, ...ENVELOPE_FIELDS]),
    };
  }
  if ('id' in envelope) return { rows: [envelope] };
  return undefined;
}

/** LeadDyno's documented page size where none is asked for (API reference 4.6). */
const DOCUMENTED_SIZE = 100;

/**
 * The page after this one, or null at the end. A bare list has no total: a full page means that there may be more. A
 * server that keeps to its own size although a larger one was asked for (whether 200 is accepted is not established)
 * is not taken for the end.
 */
export function nextPage(rows: number, page: number, perPage: number, total: number | undefined): number | null {
  if (rows === 0) return null;
  if (total !== undefined) return (page - 1) * perPage + rows < total ? page + 1 : null;
  if (rows >= perPage) return page + 1;
  return perPage > DOCUMENTED_SIZE && rows === DOCUMENTED_SIZE ? page + 1 : null;
}
