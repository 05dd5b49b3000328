import { createdAt } from '../../records/values.ts';
import type { Collection } from './collections.ts';
import { createPageReader, identityOf, type PageReader, type PagesIo, type PagesState, recordsOf } from './pages.ts';
import { count, type Finished, lastPage, scanAll } from './scan.ts';

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
