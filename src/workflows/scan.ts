import type { JsonObject } from '../operations/operation.ts';
import { type Collection, createdAt } from './collections.ts';
import { createPageReader, identityOf, type PageReader, type PagesIo, type PagesState, recordsOf } from './pages.ts';

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
}

/** A list that moved while it was read is read once more, unless that would take longer than it is worth. */
const RECHECKED_PAGES = 25;

/** Reads a collection to its end, several pages at a time where its length is known. */
export async function scanAll(collection: Collection, state: PagesState, io: PagesIo): Promise<Finished> {
  const reader = createPageReader(collection, state, io);
  const [first] = await Promise.all([reader.page(1), reader.count()]);
  if (first?.more) {
    const known = lastPage(state);
    await reader.pages(range(2, known));
    await readOn(reader, state, Math.max(2, known + 1));
    await recheck(reader, state);
  }
  const { rows, moved } = recordsOf(state);
  return { rows, complete: state.stopped === undefined, covered: describe(collection, state, rows.length, moved) };
}

function lastPage({ total, size }: PagesState): number {
  return total === undefined || !size ? 1 : Math.ceil(total / size);
}

const range = (from: number, to: number) =>
  Array.from({ length: Math.max(0, to - from + 1) }, (_, index) => from + index);

/** Page by page while the one before says that there may be more. */
async function readOn(reader: PageReader, state: PagesState, from: number): Promise<void> {
  for (let number = from; ; number += 1) {
    const before = await reader.page(number - 1);
    if (!before?.more) return;
    const known = recordsOf(state).rows.length;
    const page = await reader.page(number);
    // Rows, but none of them new: LeadDyno sends the same page for every number.
    if (page && page.rows.length > 0 && recordsOf(state).rows.length === known) return;
  }
}

/** Fewer records than LeadDyno counts: one may have slipped onto a page that was read already. */
async function recheck(reader: PageReader, state: PagesState): Promise<void> {
  const { rows } = recordsOf(state);
  const pages = state.pages.length;
  if (state.stopped !== undefined || state.total === undefined || rows.length >= state.total) return;
  if (state.rechecked || pages < 2 || pages > RECHECKED_PAGES) return;
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
  if (late.length > 0) state.pages.push([pages + 1, { rows: late, more: false }]);
  // The first reading was whole: a second one that was cut short takes nothing away.
  state.stopped = undefined;
}

/** Reads the part of a collection that was created in a window, from its newest end, if the list is in order. */
export async function scanWindow(
  collection: Collection,
  window: Window,
  state: PagesState,
  io: PagesIo,
): Promise<Finished> {
  const reader = createPageReader(collection, state, io);
  const [first] = await Promise.all([reader.page(1), reader.count()]);
  const order = first?.more ? orderOf(first.rows) : 'short';
  const edge =
    order === 'newest first'
      ? await readUntil(reader, window.since, 1, 1)
      : order === 'oldest first' && lastPage(state) > 1
        ? await readUntil(reader, window.since, lastPage(state), -1)
        : undefined;
  if (!edge && order !== 'short') return within(await scanAll(collection, state, io), window);

  const { rows } = recordsOf(state);
  const complete = state.stopped === undefined;
  const read = `${count(rows.length)} ${collection.name} read`;
  const since = new Date(window.since).toISOString();
  const covered = complete
    ? order === 'short'
      ? `${read}, complete`
      : `${read}, ${order} as LeadDyno lists them, back to ${since}: complete`
    : `${read}, ${order}: ${state.stopped} before ${since} was reached`;
  return within({ rows, complete, covered }, window);
}

type Order = 'newest first' | 'oldest first' | 'none';

/** The order of the rows of one page by when they were created; the order of LeadDyno's lists is not established. */
function orderOf(rows: readonly JsonObject[]): Order {
  const times = rows.map(createdAt);
  if (times.some(Number.isNaN) || times[0] === times.at(-1)) return 'none';
  const steps = times.slice(1).map((time, index) => time - (times[index] ?? time));
  if (steps.every((step) => step <= 0)) return 'newest first';
  return steps.every((step) => step >= 0) ? 'oldest first' : 'none';
}

/** @returns whether a page that lies wholly before `since` was reached in an unbroken order, or reading stopped */
async function readUntil(reader: PageReader, since: number, from: number, step: 1 | -1): Promise<boolean> {
  let newest = Number.POSITIVE_INFINITY;
  if (step === -1) {
    // Records that came while this was counted stand behind the last page.
    for (let after = from + 1; (await reader.page(after - 1))?.more; after += 1) await reader.page(after);
  }
  for (let number = from; number >= 1; number += step) {
    const page = await reader.page(number);
    if (!page) return true;
    const times = page.rows.map(createdAt);
    if (times.some(Number.isNaN) || (page.rows.length > 1 && orderOf(page.rows) === 'none' && spread(times)))
      return false;
    const latest = Math.max(...times);
    if (latest > newest) return false;
    newest = Math.min(...times, newest);
    if (page.rows.length > 0 && latest < since) return true;
    if (step === 1 && !page.more) return true;
  }
  return true;
}

const spread = (times: readonly number[]) => times.some((time) => time !== times[0]);

function within(finished: Finished, { since, until = Number.POSITIVE_INFINITY }: Window): Finished {
  const rows = finished.rows.filter((row) => {
    const time = createdAt(row);
    return time >= since && time < until;
  });
  return { ...finished, rows };
}

export const count = (number: number) => number.toLocaleString('en-US');

function describe({ name }: Collection, state: PagesState, records: number, moved: number): string {
  const { total, stopped, size, pages, unreadable } = state;
  const asides = [
    ...(moved > 0 ? [`${count(moved)} rows moved between pages while they were read and count once`] : []),
    ...(unreadable > 0 ? [`${count(unreadable)} rows that are no records were left out`] : []),
  ];
  const more = asides.length === 0 ? '' : `; ${asides.join('; ')}`;
  if (stopped !== undefined) {
    const of = total === undefined ? '' : ` of ${count(total)}`;
    const ofPages = total === undefined || !size ? '' : ` of ${count(Math.ceil(total / size))}`;
    return `${count(records)}${of} ${name}: ${stopped} after ${count(pages.length)}${ofPages} pages${more}`;
  }
  if (total === undefined) return `${count(records)} ${name}, to the end of the list${more}`;
  if (records === total) return `${count(records)} of ${count(total)} ${name}, complete${more}`;
  return `${count(records)} ${name}, to the end of the list (LeadDyno counts ${count(total)})${more}`;
}
