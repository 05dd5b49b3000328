import type { JsonObject } from '../../operations/operation.ts';
import { type Collection, createdAt } from './collections.ts';
import {
  createPageReader,
  identityOf,
  type PageReader,
  type PagesIo,
  type PagesState,
  recordsOf,
  repeats,
  unreadableIn,
} from './pages.ts';

/** The records of a collection, as far as they were read. */
export interface Scan {
  readonly rows: readonly JsonObject[];
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
  if (first?.more) {
    await reader.pages(range(2, lastPage(state)));
    await readOn(reader, state);
    await recheck(reader, state);
  }
  const { rows, moved } = recordsOf(state);
  const complete = state.stopped === undefined && !isCutOff(state, rows.length);
  return { rows, complete, covered: describe(collection, state, rows.length, moved), whole: true };
}

function lastPage({ total, size }: PagesState): number {
  return total === undefined || !size ? 1 : Math.ceil(total / size);
}

const range = (from: number, to: number) =>
  Array.from({ length: Math.max(0, to - from + 1) }, (_, index) => from + index);

/** Page by page from the start, over those that were read, while the one before says that there may be more. */
async function readOn(reader: PageReader, state: PagesState): Promise<void> {
  let before = await reader.page(1);
  for (let number = 2; before?.more; number += 1) {
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
  return total === undefined ? (first?.sent ?? 0) <= (size ?? 0) : records + unreadableIn(state) < total;
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
  const order = first?.more ? await findOrder(reader, first.rows) : undefined;
  const reached = order && (await readUntil(reader, order, since, order === 'oldest first' ? lastPage(state) : 1));
  if (!reached) return later(await scanAll(collection, state, io), since);

  const { rows } = recordsOf(state);
  const complete = state.stopped === undefined;
  const read = `${count(rows.length)} ${collection.name} read, ${order} as LeadDyno lists them`;
  const edge = new Date(since).toISOString();
  const covered = complete ? `${read}, back to ${edge}: complete` : `${read}: ${state.stopped} before ${edge}`;
  return later({ rows, complete, covered, whole: false }, since);
}

type Order = 'newest first' | 'oldest first';

/** The order of a list by its first pages; that of LeadDyno's lists is not established (API reference, section 5). */
async function findOrder(reader: PageReader, first: readonly JsonObject[]): Promise<Order | undefined> {
  const times = first.map(createdAt);
  const spread = times.some((time) => time !== times[0]);
  return orderOf(spread ? times : [...times, ...((await reader.page(2))?.rows ?? []).map(createdAt)]);
}

function orderOf(times: readonly number[]): Order | undefined {
  if (times[0] === times.at(-1)) return undefined;
  if (isOrdered(times, 'newest first')) return 'newest first';
  return isOrdered(times, 'oldest first') ? 'oldest first' : undefined;
}

function isOrdered(times: readonly number[], order: Order): boolean {
  if (times.some(Number.isNaN)) return false;
  const steps = times.slice(1).map((time, index) => time - (times[index] ?? time));
  return steps.every((step) => (order === 'newest first' ? step <= 0 : step >= 0));
}

/** Empty pages at the end of a list: LeadDyno counts more than it lists. */
const EMPTY_PAGES = 2;

/** @returns whether a page that lies wholly before `since` was reached in an unbroken order, or reading stopped */
async function readUntil(reader: PageReader, order: Order, since: number, from: number): Promise<boolean> {
  const step = order === 'newest first' ? 1 : -1;
  if (step === -1) {
    // Without a count the end has to be found by reading all that lies before it.
    if (from === 1) return false;
    // Records that came while this was counted stand behind the last page.
    for (let after = from + 1; (await reader.page(after - 1))?.more; after += 1) await reader.page(after);
  }
  const seen = new Set<string>();
  let newest = Number.POSITIVE_INFINITY;
  let empty = 0;
  for (let number = from; number >= 1; number += step) {
    const page = await reader.page(number);
    if (!page) return true;
    // Rows that moved on from the page before, because others came in front of them, say nothing about the order.
    const added = page.rows.filter((row) => !seen.has(identityOf(row)));
    for (const row of added) seen.add(identityOf(row));
    if (added.length === 0 && page.more) return false;
    const times = added.map(createdAt);
    const latest = Math.max(...times);
    if (!isOrdered(times, order) || latest > newest) return false;
    newest = Math.min(...times, newest);
    if (added.length > 0 && latest < since) return true;
    if (step === 1 && !page.more) return true;
    if (page.rows.length === 0) empty += 1;
    if (empty > EMPTY_PAGES) return false;
  }
  return true;
}

function later(finished: Finished, since: number): Finished {
  return finished.whole && finished.complete
    ? finished
    : { ...finished, rows: finished.rows.filter((row) => !(createdAt(row) < since)) };
}

/** The rows that were created in a window, and how many do not say when that was. */
export function inWindow(rows: readonly JsonObject[], { since, until = Number.POSITIVE_INFINITY }: Window) {
  const times = rows.map(createdAt);
  return {
    rows: rows.filter((_, index) => (times[index] ?? 0) >= since && (times[index] ?? 0) < until),
    undated: times.filter(Number.isNaN).length,
  };
}

export const count = (number: number) => number.toLocaleString('en-US');

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
