import type { JsonObject } from '../json.ts';
import { numberOf } from '../records/values.ts';

export interface Rows {
  readonly rows: readonly unknown[];
  readonly page?: number | undefined;
  readonly perPage?: number | undefined;
  readonly total?: number | undefined;
  /** The envelope's other fields. */
  readonly rest?: JsonObject | undefined;
}

const ENVELOPE_FIELDS = ['page', 'per_page', 'total_entries'];
/** Where envelopes other than LeadDyno's documented one put these fields. */
const PAGING_OBJECTS = ['meta', 'pagination', 'paging'];

/** What an envelope says about its pages, under LeadDyno's field names or other common ones. */
function pagingOf(envelope: JsonObject): Pick<Rows, 'page' | 'perPage' | 'total'> {
  const places = [envelope, ...PAGING_OBJECTS.map((name) => envelope[name])].filter(
    (place): place is JsonObject => typeof place === 'object' && place !== null,
  );
  const find = (...names: string[]) =>
    places.flatMap((place) => names.map((name) => numberOf(place[name]))).find((number) => number !== undefined);
  return {
    page: find('page', 'current_page'),
    perPage: find('per_page', 'page_size') || undefined,
    total: find('total_entries', 'total_count'),
  };
}

/** Lists that an answer may hold beside its rows or instead of them. They are never the rows. */
const REMARKS: ReadonlySet<string> = new Set(['errors', 'messages', 'warnings']);

/** The fields of an answer that were not taken out of it; undefined if none are left. */
export function restOf(body: JsonObject, taken: readonly string[]): JsonObject | undefined {
  const rest = Object.entries(body).filter(([name]) => !taken.includes(name));
  return rest.length === 0 ? undefined : Object.fromEntries(rest);
}

/**
 * The rows of a list answer: a bare array, LeadDyno's envelope `{page, per_page, total_entries, <plural>: […]}`, an
 * envelope with another field name, one record, or `null` for none. Undefined if none of these fits.
 */
export function findRows(body: unknown, plural: string): Rows | undefined {
  if (Array.isArray(body)) return { rows: body };
  if (body === null || body === undefined) return { rows: [] };
  if (typeof body !== 'object') return undefined;
  const envelope = body as JsonObject;
  const arrays = Object.keys(envelope).filter((name) => !REMARKS.has(name) && Array.isArray(envelope[name]));
  const name = arrays.includes(plural) ? plural : 'id' in envelope || arrays.length !== 1 ? undefined : arrays[0];
  const rows = name === undefined ? undefined : envelope[name];
  if (name !== undefined && Array.isArray(rows)) {
    return {
      rows,
      ...pagingOf(envelope),
      rest: restOf(envelope, [name, ...ENVELOPE_FIELDS]),
    };
  }
  if ('id' in envelope) return { rows: [envelope] };
  return undefined;
}

/** Page sizes that servers may use even if more is asked for; 100 and 20 are documented (API reference 4.6). */
const OWN_SIZES = [20, 25, 30, 50, 100];

/** Whether this number of rows may be a full page of a server that uses its own size. */
export const isOwnSize = (rows: number): boolean => OWN_SIZES.includes(rows);

/**
 * The page after this one, or null at the end. A bare list has no total: there may be more after a full page, and after
 * a smaller one that has a size servers use by themselves.
 * @param perPage as LeadDyno says, otherwise as asked for
 */
export function nextPage(rows: number, page: number, perPage: number, total: number | undefined): number | null {
  if (rows === 0) return null;
  if (total === undefined) return rows >= perPage || isOwnSize(rows) ? page + 1 : null;
  // With pages of that size this one would be empty, so pages are smaller than LeadDyno says.
  const size = (page - 1) * perPage >= total ? rows : perPage;
  return (page - 1) * size + rows < total ? page + 1 : null;
}

/**
 * The page after one that was read; undefined at the end. If LeadDyno gives no total, only an empty page is the end.
 * For lists of which nothing may be missed, whatever the page size.
 * @param list as `returns` shaped it
 */
export function pageAfter(list: JsonObject, page: number, plural: string): number | undefined {
  if (typeof list.next_page === 'number') return list.next_page;
  const rows = list[plural];
  return list.total === undefined && Array.isArray(rows) && rows.length > 0 ? page + 1 : undefined;
}
