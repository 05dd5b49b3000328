import { hasRows, type JsonObject, rowsIn } from '../json.ts';
import { numberOf } from '../records/values.ts';
import { pageAfter } from './paging.ts';

/** One page: the shaped list, `missing` if LeadDyno has no such page, `failed` if it could not be read. */
export type PageAnswer = JsonObject | 'missing' | 'failed';

/** A list, as far as it was read. */
export interface ListRead {
  /** Each record once. */
  readonly rows: readonly JsonObject[];
  /** Whether the list was read to its end. */
  readonly complete: boolean;
  /** The first page that was not read. */
  readonly nextPage?: number;
  /** How many LeadDyno says there are. */
  readonly total: number | undefined;
}

export interface ListReading {
  /** The name of the rows in a shaped answer. */
  readonly plural: string;
  readonly mostPages: number;
  /**
   * The page after one that was read. By default nothing is missed: without a total, only an empty page is the end.
   */
  readonly next?: (list: JsonObject, page: number) => number | undefined;
}

/** Follows only `next_page` (see `nextPage`), so without a total a short page is the end. */
export const nextAsSaid = ({ next_page: next }: JsonObject): number | undefined =>
  typeof next === 'number' ? next : undefined;

/**
 * Reads a list page by page. A page after the last one may be missing instead of empty. A page without anything new is
 * the end as well: LeadDyno then sends the same page for every number.
 * @returns undefined if the first page is missing or not such a list
 */
export async function readList(
  ask: (page: number) => Promise<PageAnswer>,
  { plural, mostPages, next = (list, page) => pageAfter(list, page, plural) }: ListReading,
): Promise<ListRead | undefined> {
  const seen = new Map<string, JsonObject>();
  let total: number | undefined;
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
    const rows = rowsIn(list, plural);
    const before = seen.size;
    for (const row of rows) seen.set(identityOf(row), row);
    page = rows.length > 0 && seen.size === before ? undefined : next(list, page);
  }
  const rows = [...seen.values()];
  return page === undefined ? { rows, complete: true, total } : { rows, complete: false, nextPage: page, total };
}

/** Tells records apart: by id, or by their whole content if there is none. */
export const identityOf = (row: JsonObject): string => (hasId(row) ? `id ${row.id}` : JSON.stringify(row));

export const hasId = ({ id }: JsonObject): boolean => typeof id === 'number' || (typeof id === 'string' && id !== '');
