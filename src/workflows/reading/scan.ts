import type { JsonObject } from '../../json.ts';
import { isOwnSize } from '../../operations/paging.ts';
import { identityOf } from '../../operations/read-list.ts';
import type { Parsed } from '../../records/parse.ts';
import { createdAt } from '../../records/values.ts';
import type { Collection } from './collections.ts';
import {
  createPageReader,
  type PageReader,
  type PagesIo,
  type PagesState,
  recordsOf,
  repeats,
  unreadableIn,
} from './pages.ts';

/** The records of a collection, as far as they were read. */
export interface Scan<Record extends Parsed = Parsed> {
  readonly records: readonly Record[];
  /** Whether the list was read to its end (or to the edge of the window). */
  readonly complete: boolean;
  /** Epoch milliseconds when reading began. */
  readonly readAt: number;
}

/** From `since` on, up to and without `until`; epoch milliseconds. */
export interface Window {
  readonly since: number;
  readonly until?: number;
}

export interface Finished {
  readonly rows: readonly JsonObject[];
  readonly complete: boolean;
  /** What was read, in words: `1,200 of 1,200 purchases, complete`. */
  readonly covered: string;
  /** Whether it is the whole collection and not the part of it that a window needs. */
  readonly whole: boolean;
}

/** A list that moved while it was read is read once more, unless that would take longer than it is worth. */
const RECHECKED_PAGES = 25;

/** Reads a collection to its end, several pages at a time where its length is known. */
export async function scanAll(collection: Collection, state: PagesState, io: PagesIo): Promise<Finished> {
  const reader = createPageReader(collection, state, io);
  const first = await reader.first();
  if (first && reader.goesOn(first, 1)) {
    await reader.pages(range(2, lastPage(state)));
    await readOn(reader, state);
    await recheck(reader, state);
  }
  const { rows, moved } = recordsOf(state);
  const complete = state.stopped === undefined && !isCutOff(state, rows.length);
  return { rows, complete, covered: describe(collection, state, rows.length, moved), whole: true };
}

/** The number of the last page, by the count; 1 where that is not known. */
export function lastPage({ total, size }: PagesState): number {
  return total === undefined || !size ? 1 : Math.ceil(total / size);
}

const range = (from: number, to: number) =>
  Array.from({ length: Math.max(0, to - from + 1) }, (_, index) => from + index);

/** Page by page from the start, over those that were read, while the one before says that there may be more. */
async function readOn(reader: PageReader, state: PagesState): Promise<void> {
  let before = await reader.page(1);
  for (let number = 2; before && reader.goesOn(before, number - 1); number += 1) {
    const page = await reader.page(number);
    if (page && repeats(page, before)) {
      state.stuck = true;
      return;
    }
    before = page;
  }
}

/** A list whose pages are all the same page was read whole only where that page holds all that there are. */
function isCutOff(state: PagesState, records: number): boolean {
  const { stuck, total, size, pages } = state;
  if (!stuck) return false;
  const first = pages.find(([number]) => number === 1)?.[1];
  const { sent = 0 } = first ?? {};
  // A list that is shorter than a page can be, whatever number it is asked by, is all there is.
  if (total === undefined) return sent === size || isOwnSize(sent);
  return records + unreadableIn(state) < total;
}

/** Fewer records than LeadDyno counts: one may have slipped onto a page that was read already. */
async function recheck(reader: PageReader, state: PagesState): Promise<void> {
  const { rows } = recordsOf(state);
  const pages = state.pages.filter(([, page]) => page.rows.length > 0).length;
  if (
    state.stopped !== undefined ||
    state.stuck ||
    state.total === undefined ||
    rows.length + unreadableIn(state) >= state.total
  )
    return;
  // More than one a page do not slip away while a list is read: LeadDyno counts what it does not list.
  if (state.rechecked || pages < 2 || pages > RECHECKED_PAGES || state.total - rows.length > pages) return;
  state.rechecked = true;
  const known = new Set(rows.map(identityOf));
  const late: JsonObject[] = [];
  for (let number = 1; number <= pages; number += 1) {
    const page = await reader.readAgain(number);
    for (const row of page?.rows ?? []) {
      if (known.has(identityOf(row))) continue;
      known.add(identityOf(row));
      late.push(row);
    }
  }
  const free = Math.max(...state.pages.map(([number]) => number)) + 1;
  if (late.length > 0) state.pages.push([free, { rows: late, sent: late.length, more: false }]);
  // The first reading was whole: a second one that was cut short takes nothing away.
  state.stopped = undefined;
}

const count = (number: number) => number.toLocaleString('en-US');

function describe({ name }: Collection, state: PagesState, records: number, moved: number): string {
  const { total, stopped, size, pages } = state;
  const unreadable = unreadableIn(state);
  const asides = [
    ...(moved > 0 ? [`${count(moved)} rows moved between pages while they were read and count once`] : []),
    ...(unreadable > 0 ? [`${count(unreadable)} rows that are no records were left out`] : []),
  ];
  const more = asides.length === 0 ? '' : `; ${asides.join('; ')}`;
  const of = total === undefined ? '' : ` of ${count(total)}`;
  if (stopped !== undefined) {
    const ofPages = total === undefined || !size ? '' : ` of ${count(Math.ceil(total / size))}`;
    return `${count(records)}${of} ${name}: ${stopped} after ${count(pages.length)}${ofPages} pages${more}`;
  }
  if (isCutOff(state, records)) {
    return `${count(records)}${of} ${name}: LeadDyno sends the same page for every page number, so more cannot be read`;
  }
  if (total === undefined) return `${count(records)} ${name}, to the end of the list${more}`;
  if (records === total) return `${count(records)} of ${count(total)} ${name}, complete${more}`;
  return `${count(records)} ${name}, to the end of the list (LeadDyno counts ${count(total)})${more}`;
}

/**
 * How far out of order rows may stand: records that are written at the same time, or imported a little late, are no
 * reason to read everything.
 */
const TOLERANCE_MS = 24 * 60 * 60_000;

/**
 * Reads the part of a collection that was created from a moment on, from its newest end, if the list is in order.
 * Rows that do not say when they were created are left among the records.
 */
export async function scanSince(
  collection: Collection,
  since: number,
  state: PagesState,
  io: PagesIo,
): Promise<Finished> {
  // How much of the list a window takes is not known beforehand.
  const counting: PagesIo = { ...io, progress: (done, _, message) => io.progress(done, undefined, message) };
  const reader = createPageReader(collection, state, counting);
  const first = await reader.first();
  const order = first && reader.goesOn(first, 1) ? await findOrder(reader, lastPage(state)) : undefined;
  const reached = order && (await readUntil(reader, order, since, order === 'oldest first' ? lastPage(state) : 1));
  if (!reached) return later(await scanAll(collection, state, io), since);

  const { rows } = recordsOf(state);
  const complete = state.stopped === undefined;
  const read = `${count(rows.length)} ${collection.name} read, ${order}${reached.loosely ? ' to within a day' : ''}`;
  const edge = momentOf(since);
  // Pages are read one after the other, and no list is ever shown as of one moment.
  const covered = complete
    ? `${read}, back to ${edge}: complete as LeadDyno listed them page by page`
    : `${read}: ${state.stopped} before ${edge}`;
  return later({ rows, complete, covered, whole: false }, since);
}

/** A moment in a sentence: a day where it is the start of one, UTC; never with milliseconds. */
function momentOf(at: number): string {
  const [day, time = ''] = new Date(at).toISOString().split('T');
  return time === '00:00:00.000Z' ? `${day}` : `${day}T${time.slice(0, 8)}Z`;
}

const ORDERS = ['newest first', 'oldest first'] as const;
type Order = (typeof ORDERS)[number];

/**
 * The order of a list by its first pages, and by its last one where those are all of about the same time; that of
 * LeadDyno's lists is not established (API reference, section 5).
 */
async function findOrder(reader: PageReader, last: number): Promise<Order | undefined> {
  const times: number[] = [];
  for (const number of new Set([1, 2, Math.max(2, last)])) {
    times.push(...((await reader.page(number))?.rows ?? []).map(createdAt));
    const fitting = ORDERS.filter((order) => isOrdered(times, order));
    if (fitting.length === 0) return undefined;
    // Of rows that are all of one day or two, only an exact order says which way they run.
    const exact = fitting.length === 1 ? fitting : ORDERS.filter((order) => isOrdered(times, order, 0));
    if (exact.length === 1) return exact[0];
  }
  return undefined;
}

function isOrdered(times: readonly number[], order: Order, tolerance = TOLERANCE_MS): boolean {
  const falling = order === 'newest first' ? times : times.map((time) => -time);
  let least = Number.POSITIVE_INFINITY;
  return falling.every((time) => {
    const fits = time <= least + tolerance;
    least = Math.min(least, time);
    return fits;
  });
}

/** Empty pages at the end of a list: LeadDyno counts more than it lists. */
const EMPTY_PAGES = 2;

/**
 * @returns undefined where the order broke; otherwise a page that lies wholly before `since`, by more than the
 * tolerance, was reached, or the end of the list, or reading stopped
 */
async function readUntil(
  reader: PageReader,
  order: Order,
  since: number,
  from: number,
): Promise<{ readonly loosely: boolean } | undefined> {
  const step = order === 'newest first' ? 1 : -1;
  if (step === -1) {
    // Without a count the end has to be found by reading all that lies before it.
    if (from === 1) return undefined;
    // Records that came while this was counted stand behind the last page.
    let last = await reader.page(from);
    for (let after = from + 1; last && reader.goesOn(last, after - 1); after += 1) last = await reader.page(after);
  }
  const seen = new Set<string>();
  let newest = Number.POSITIVE_INFINITY;
  let loosely = false;
  let empty = 0;
  for (let number = from; number >= 1; number += step) {
    const page = await reader.page(number);
    if (!page) return { loosely };
    // Rows that moved on from the page before, because others came in front of them, say nothing about the order.
    const added = page.rows.filter((row) => !seen.has(identityOf(row)));
    for (const row of added) seen.add(identityOf(row));
    if (added.length === 0 && page.rows.length > 0) return undefined;
    const times = added.map(createdAt);
    const latest = Math.max(...times);
    if (!isOrdered(times, order) || latest > newest + TOLERANCE_MS) return undefined;
    loosely ||= !isOrdered(times, order, 0) || latest > newest;
    newest = Math.min(...times, newest);
    if (added.length > 0 && latest < since - TOLERANCE_MS) return { loosely };
    if (step === 1 && !reader.goesOn(page, number)) return { loosely };
    if (page.rows.length === 0) empty += 1;
    if (empty > EMPTY_PAGES) return undefined;
  }
  return { loosely };
}

function later(finished: Finished, since: number): Finished {
  return finished.whole && finished.complete
    ? finished
    : { ...finished, rows: finished.rows.filter((row) => !(createdAt(row) < since)) };
}
