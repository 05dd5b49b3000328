import { hasRows, type JsonObject, rowsIn } from '../json.ts';
import { numberOf } from '../records/values.ts';

/* Lists: the rows in one answer, which page comes next, and reading a whole list page by page. */

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

/** One page: the shaped list, `missing` if LeadDyno has no such page, `failed` if it could not be read. */
export type PageAnswer = JsonObject | 'missing' | 'failed';

/** A list, as far as it was read. */
export interface ListRead {
  /** Each record once. */
  readonly rows: readonly JsonObject[];
  /** Whether the list was read to its end, without rows that are no records, and LeadDyno counts no more. */
  readonly complete: boolean;
  /** The first page that was not read; absent if the end was reached. */
  readonly nextPage?: number;
  /** How many LeadDyno says there are. */
  readonly total: number | undefined;
}

export interface ListReading {
  /** The name of the rows in a shaped answer. */
  readonly plural: string;
  readonly mostPages: number;
}

/**
 * Reads a list page by page. A page after the last one may be missing instead of empty. A page without anything new is
 * the end as well: LeadDyno then sends the same page for every number.
 * @returns undefined if the first page is missing or not such a list
 */
export async function readList(
  ask: (page: number) => Promise<PageAnswer>,
  { plural, mostPages }: ListReading,
): Promise<ListRead | undefined> {
  const seen = new Map<string, JsonObject>();
  let total: number | undefined;
  let unreadable = 0;
  let isUnfiltered = false;
  let page: number | undefined = 1;
  for (let read = 0; page !== undefined && read < mostPages; read += 1) {
    const list = await ask(page);
    if (list === 'failed') break;
    if (list === 'missing' || !hasRows(list, plural)) {
      if (read === 0) return undefined;
      page = list === 'missing' ? undefined : page;
      break;
    }
    total ??= numberOf(list.total);
    // Rows that LeadDyno should have left out were left out here, so its count is not of these.
    isUnfiltered ||= list.total === undefined && list.note !== undefined;
    const rows = rowsIn(list, plural);
    unreadable += (list[plural] as unknown[]).length - rows.length;
    const before = seen.size;
    for (const row of rows) seen.set(identityOf(row), row);
    page = rows.length > 0 && seen.size === before ? undefined : pageAfter(list, page, plural);
  }
  const rows = [...seen.values()];
  if (page !== undefined) return { rows, complete: false, nextPage: page, total };
  const isShort = !isUnfiltered && (total ?? 0) > rows.length;
  return { rows, complete: !isShort && unreadable === 0, total };
}

/** Tells records apart: by id, or by their whole content if there is none. */
export const identityOf = (row: JsonObject): string => (hasId(row) ? `id ${row.id}` : JSON.stringify(row));

export const hasId = ({ id }: JsonObject): boolean => typeof id === 'number' || (typeof id === 'string' && id !== '');
