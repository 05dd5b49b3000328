import type { JsonObject } from '../../json.ts';
import { isOwnSize } from '../../operations/paging.ts';
import { createdAt } from '../../records/values.ts';
import type { Collection } from './collections.ts';
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
