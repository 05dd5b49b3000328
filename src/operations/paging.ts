import type { JsonObject } from '../json.ts';
import { numberOf } from '../records/values.ts';

export interface Rows {
  readonly rows: readonly unknown[];
  readonly page?: number | undefined;
  readonly perPage?: number | undefined;
  readonly total?: number | undefined;
  /** What else the envelope held. */
  readonly rest?: JsonObject | undefined;
}

const ENVELOPE_FIELDS = ['page', 'per_page', 'total_entries'];
/** Where other envelopes than LeadDyno's documented one say such things. */
const PAGING_OBJECTS = ['meta', 'pagination', 'paging'];

/** What an envelope says of its pages, in LeadDyno's words or in other usual ones. */
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

/** Lists that an answer may hold beside its rows, and in their place: never the rows themselves. */
const REMARKS: ReadonlySet<string> = new Set(['errors', 'messages', 'warnings']);

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

/** Sizes that servers keep to whatever larger one is asked for; 100 and 20 are documented (API reference 4.6). */
const OWN_SIZES = [20, 25, 30, 50, 100];

/** Whether so few rows may be a full page of a server that keeps to its own size. */
export const isOwnSize = (rows: number): boolean => OWN_SIZES.includes(rows);

/**
 * The page after this one, or null at the end. A bare list has no total: a full page means that there may be more, and
 * so does one that is as large as servers make theirs, although a larger one was asked for.
 * @param perPage as LeadDyno says, else as it was asked for
 */
export function nextPage(rows: number, page: number, perPage: number, total: number | undefined): number | null {
  if (rows === 0) return null;
  if (total === undefined) return rows >= perPage || isOwnSize(rows) ? page + 1 : null;
  // Rows where there would be none by that size: pages are smaller than LeadDyno says.
  const size = (page - 1) * perPage >= total ? rows : perPage;
  return (page - 1) * size + rows < total ? page + 1 : null;
}

/**
 * The page after one that was read, undefined at the end. Where LeadDyno gives no total, an empty page is the end and
 * nothing else: for lists of which nothing may be missed, whatever size their pages are.
 * @param list as `returns` shaped it
 */
export function pageAfter(list: JsonObject, page: number, plural: string): number | undefined {
  if (typeof list.next_page === 'number') return list.next_page;
  const rows = list[plural];
  return list.total === undefined && Array.isArray(rows) && rows.length > 0 ? page + 1 : undefined;
}
