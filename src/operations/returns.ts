import { isObject, type JsonObject } from '../json.ts';
import { saysNotFound } from '../leaddyno/answer.ts';
import { LeadDynoError } from '../leaddyno/errors.ts';
import type { Kept } from '../records/fields.ts';
import { numberOf } from '../records/values.ts';
import { checkAskedFor, type Key } from './asked-for.ts';
import { findRows, nextPage, type Rows, restOf } from './paging.ts';
import type { RecordShape } from './shapes.ts';

/**
 * How an answer becomes a result: always an object; unknown fields are kept, and every shape LeadDyno sends is accepted
 * (API reference, section 5: array or envelope, null or 404 for a miss). Anything else becomes `{ result }`.
 */
export interface Returns {
  readonly kind: 'one' | 'many' | 'either' | 'count';
  readonly record: RecordShape;
  /** For look-ups: what finds the record. */
  readonly key?: Key | undefined;
  /** For paged lists: LeadDyno's default page size. */
  readonly size?: number | undefined;
  /**
   * @param body the parsed answer
   * @param args the checked arguments, including our own (`detail`, `skip`)
   * @param now epoch milliseconds
   * @throws LeadDynoError `not_found` if a record was asked for and none came, `unexpected` if another one came
   */
  readonly shape: (body: unknown, args: JsonObject, now: number) => JsonObject;
}

/** A filter applied here, by the content of each row. */
export interface Narrow {
  readonly judge: (row: JsonObject, args: JsonObject, now: number) => Verdict;
  /** Whether LeadDyno was also asked to filter. */
  readonly isSent: boolean;
  /** Says how many rows were left out, and why LeadDyno did not do it. */
  readonly note: (leftOut: number, rows: number) => string;
}

/** `told`: the row shows that LeadDyno did not filter. If no row of a page does, the page is left unchanged. */
export interface Verdict {
  readonly keep: boolean;
  readonly told: boolean;
}

const isEmpty = (body: unknown) =>
  body === null || body === undefined || body === '' || (isObject(body) && Object.keys(body).length === 0);

const isNothing = (value: unknown) => isEmpty(value) || (Array.isArray(value) && value.length === 0);

/** Success flags of a wrapper, which do not count as content. */
const saysFine = (name: string, value: unknown) =>
  (name === 'success' && value === true) || (name === 'error' && value === false);

/** Whether a look-up found nothing, in any form: `null`, `{ data: null }`, `{ message: "Affiliate not found" }`. */
function isMiss(body: unknown, key: Key): boolean {
  if (typeof body === 'string') return saysNotFound(body);
  if (!isObject(body) || 'id' in body || key.field in body) return isNothing(body);
  const said = Object.entries(body).filter(([name, value]) => !saysFine(name, value));
  if (said.length > 0 && said.every(([, value]) => isNothing(value))) return true;
  return typeof body.message === 'string' && saysNotFound(body.message);
}

/** Whether it says in so many words that nothing was found; an empty object or list, or none at all, says nothing. */
function isClearMiss(body: unknown): boolean {
  if (body === null) return true;
  if (typeof body === 'string') return saysNotFound(body);
  if (!isObject(body)) return false;
  const said = Object.entries(body).filter(([name, value]) => !saysFine(name, value));
  if (said.length > 0 && said.every(([, value]) => value === null)) return true;
  return typeof body.message === 'string' && saysNotFound(body.message);
}

/** The same record, but what is neither it nor a clear miss is an error. For what must not be taken for a miss. */
export const orClearMiss = (returns: Returns): Returns => ({
  ...returns,
  shape(body, args, now) {
    try {
      return returns.shape(body, args, now);
    } catch (error) {
      if (!(error instanceof LeadDynoError) || error.reason !== 'not_found' || isClearMiss(body)) throw error;
      const what = `LeadDyno's answer to the look-up of the ${returns.record.singular} could not be understood`;
      throw new LeadDynoError('unexpected', what, { fate: 'refused' });
    }
  },
});

function notFound(record: RecordShape): LeadDynoError {
  return new LeadDynoError('not_found', `LeadDyno has no such ${record.singular.replaceAll('_', ' ')}`, {
    fate: 'refused',
  });
}

/**
 * One record under its name: `{ affiliate: {…} }`. `null`, an empty object or an empty array is a miss.
 * @param key for a look-up: an empty wrapper is also a miss; another record than the one asked for is an error if the
 * key is `judged` always
 */
export function one(record: RecordShape, key?: Key): Returns {
  return {
    kind: 'one',
    record,
    key,
    shape(body, args) {
      if (isNothing(body)) throw notFound(record);
      const only = Array.isArray(body) && body.length === 1 ? body[0] : body;
      if (key && isMiss(only, key)) throw notFound(record);
      if (!isObject(only)) return { result: only };
      const wrapped = only[record.singular];
      const isWrapped = !('id' in only) && isObject(wrapped);
      const found = isWrapped ? wrapped : only;
      if (key?.judged === 'always') checkAskedFor(key, record, found, args);
      const rest = isWrapped ? restOf(only, [record.singular]) : undefined;
      return { [record.singular]: found, ...(rest && { result: rest }) };
    },
  };
}

/** A count as `{ count: 41 }`, whether LeadDyno sent a bare number, text or an object. */
export function count(record: RecordShape): Returns {
  return {
    kind: 'count',
    record,
    shape(body) {
      if (numberOf(body) !== undefined) return { count: numberOf(body) };
      if (isObject(body) && 'count' in body) {
        const { count: number, ...rest } = body;
        return { count: numberOf(number) ?? number, ...(Object.keys(rest).length > 0 && { result: rest }) };
      }
      return { result: body ?? null };
    },
  };
}

/** For a write whose answer is not established: one record, several, or something else. */
export function either(record: RecordShape): Returns {
  return {
    kind: 'either',
    record,
    shape(body) {
      if (isObject(body) && 'id' in body) return { [record.singular]: body };
      const listed = Array.isArray(body) || (isObject(body) && Array.isArray(body[record.plural]));
      const found = listed ? findRows(body, record.plural) : undefined;
      if (found) return { [record.plural]: found.rows, ...(found.rest && { result: found.rest }) };
      return { result: body ?? null };
    },
  };
}

/**
 * A list: `{ <plural>: […], page, per_page, next_page, total? }`, whether LeadDyno sent a bare array or an envelope.
 * @param size LeadDyno's default page size; absent if it documents no paging
 */
export function many(record: RecordShape, size?: number, narrow?: Narrow): Returns {
  return {
    kind: 'many',
    record,
    size,
    shape(body, args, now) {
      const found = findRows(body, record.plural);
      if (!found) return { result: body };
      const page = found.page ?? numberOf(args.page) ?? 1;
      const perPage = found.perPage ?? numberOf(args.per_page) ?? size ?? found.rows.length;
      const narrowed = applyNarrow(found.rows, args, now, narrow);
      const skip = numberOf(args.skip) ?? 0;
      const rows = narrowed.rows.slice(skip);
      const nextPage =
        size === undefined ? null : next(found, page, perPage, narrowed.note !== undefined && narrow?.isSent === true);
      const note = narrowed.note && nextPage !== null ? `${narrowed.note}. ${MORE_MAY_FIT}` : narrowed.note;
      return {
        [record.plural]: args.detail === 'concise' ? rows.map((row) => concise(row, record.concise)) : rows,
        page,
        per_page: perPage,
        next_page: nextPage,
        ...(found.total !== undefined && !narrowed.note && { total: found.total }),
        ...(skip > 0 && { skipped: Math.min(skip, narrowed.rows.length) }),
        ...noteOf(note, size === undefined ? found : undefined),
        ...(found.rest && { result: found.rest }),
      };
    },
  };
}

/**
 * The next page, or null at the end.
 * @param filtered whether rows were left out that LeadDyno should have left out itself: without a total, the size of
 * such a page does not tell whether it is the last
 */
function next({ rows, total }: Rows, page: number, perPage: number, filtered: boolean): number | null {
  if (filtered && total === undefined && rows.length > 0) return page + 1;
  return nextPage(rows.length, page, perPage, total);
}

const MORE_MAY_FIT =
  'Other pages may have matching rows even if this one has none: read on until next_page is null before saying how many there are';

/** Notes what is not as asked for: rows left out here, or a list without documented paging that is incomplete. */
function noteOf(narrowed: string | undefined, unpaged: Rows | undefined): JsonObject {
  const { rows = [], total = 0 } = unpaged ?? {};
  const cut = `LeadDyno counts ${total} and sent ${rows.length}; how to get the rest is not documented`;
  const notes = [...(narrowed ? [narrowed] : []), ...(total > rows.length ? [cut] : [])];
  return notes.length === 0 ? {} : { note: notes.join('. ') };
}

function applyNarrow(
  rows: readonly unknown[],
  args: JsonObject,
  now: number,
  narrow: Narrow | undefined,
): { rows: readonly unknown[]; note?: string } {
  if (!narrow) return { rows };
  const verdicts = rows.map((row) => (isObject(row) ? narrow.judge(row, args, now) : { keep: true, told: false }));
  if (!verdicts.some(({ told }) => told)) return { rows };
  const kept = rows.filter((_, index) => verdicts[index]?.keep);
  return { rows: kept, note: narrow.note(rows.length - kept.length, rows.length) };
}

/** A row reduced to what matters. If that would leave nothing (an unexpected shape), the whole row is kept. */
export function concise(row: unknown, kept: readonly Kept[] | undefined): unknown {
  if (!isObject(row)) return row;
  if (!kept) {
    const plain = Object.entries(row).filter(([, value]) => !isObject(value) && !Array.isArray(value));
    return plain.length === 0 ? row : Object.fromEntries(plain);
  }
  const short: JsonObject = {};
  for (const field of kept) {
    const [name, inner] = typeof field === 'string' ? [field, undefined] : field;
    if (!(name in row)) continue;
    const value = row[name];
    short[name] = inner && isObject(value) ? concise(value, inner) : value;
  }
  return Object.keys(short).length === 0 ? row : short;
}
