import { isObject, type JsonObject } from '../../json.ts';
import { LeadDynoError } from '../../leaddyno/errors.ts';
import type { Operation } from '../../operations/operation.ts';
import { hasId, identityOf } from '../../operations/read-list.ts';
import { concise } from '../../operations/returns.ts';
import { numberOf } from '../../records/values.ts';
import type { Collection } from './collections.ts';
import { undocumentedIn } from './undocumented.ts';

/** One page as it was read: its records cut down to what is kept, and whether LeadDyno may have more behind it. */
export interface PageRead {
  readonly rows: readonly JsonObject[];
  /** Rows as they were sent, those among them that are no records. */
  readonly sent: number;
  /** Whether the page is full, or LeadDyno says that another follows. */
  readonly more: boolean;
}

/** A collection on its way into memory; plain JSON, so that another call can go on with it. */
export interface PagesState {
  /** Epoch milliseconds when reading began. */
  readonly readAt: number;
  /** Rows a page that LeadDyno was found to send. */
  size: number | undefined;
  /** How many records LeadDyno says there are. */
  total: number | undefined;
  readonly pages: [page: number, read: PageRead][];
  /** Why reading stopped before the end; absent where it did not. */
  stopped?: string | undefined;
  /** Whether the list was read a second time, because it moved. */
  rechecked?: boolean;
  /** LeadDyno sends the same page for every number: there may be more, but no call shows it. */
  stuck?: boolean;
}

export interface PagesIo {
  read(operation: Operation, args: JsonObject): Promise<JsonObject>;
  timeLeft(): number;
  progress(done: number, total: number | undefined, message: string): void;
  readonly signal: AbortSignal;
  /** Whether other lists of this call were read already: a limit then ends the reading, not the call. */
  begun?(): boolean;
  /** The largest page of this list that LeadDyno was found to send. */
  readonly largest?: number | undefined;
}

/** How many pages are asked for at the same time: the pace decides the rest. */
const WIDTH = 4;
/** A page that is not begun with this much time left would only be cut off. */
const LEAST_MS = 250;
/** How much longer than for the first page a count is waited for. */
const COUNT_MS = 2_000;

export function startPages(now: number): PagesState {
  return { readAt: now, size: undefined, total: undefined, pages: [] };
}

/** Above this no source claims that LeadDyno sends so many (API reference 4.6). */
const MOST_ROWS = 200;
/** LeadDyno's size where none is asked for. */
const UNASKED_ROWS = 100;

/**
 * Rows a page to ask for, the best first; undefined: no size. What was found stands in front, for nothing above it is
 * sent; the smaller ones stay behind it, because it may hold no longer.
 */
function sizesToAsk({ sizes }: Collection, largest: number | undefined): readonly (number | undefined)[] | undefined {
  if (largest === undefined || !Number.isInteger(largest) || largest < 1 || largest > MOST_ROWS) return sizes;
  // Where no size is documented, one is worth asking for only if it brings more than asking for none.
  if (!sizes) return largest > UNASKED_ROWS ? [largest, undefined] : undefined;
  const documented = sizes.at(-1);
  return [...new Set([largest, ...sizes.filter((size) => size < largest), documented])];
}

/** Reads numbered pages of one collection into a state. */
export function createPageReader(collection: Collection, state: PagesState, io: PagesIo) {
  const done = new Map(state.pages);
  const sizes = sizesToAsk(collection, io.largest);

  /** @returns the page, or undefined where reading has stopped (then `state.stopped` says why) */
  async function page(number: number): Promise<PageRead | undefined> {
    const known = done.get(number);
    if (known) return known;
    return await readAgain(number);
  }

  async function readAgain(number: number): Promise<PageRead | undefined> {
    io.signal.throwIfAborted();
    if (state.stopped !== undefined) return undefined;
    if (io.timeLeft() < LEAST_MS) return stop('stopped at the time limit');
    try {
      const ask = () => fetchPage(number).then(keep, (error: unknown) => beyondTheEnd(number, error));
      let read = await ask();
      // LeadDyno answers `null` where it means nothing, and perhaps where something went wrong.
      if (read.sent === 0 && isCounted(number)) read = await ask();
      if (!done.has(number)) state.pages.push([number, read]);
      done.set(number, read);
      io.progress(recordsRead(), state.total, `${recordsRead()} ${collection.name} read`);
      return read;
    } catch (error) {
      io.signal.throwIfAborted();
      return stopFor(error);
    }
  }

  /** Whether LeadDyno counts records that should be on a page. */
  function isCounted(number: number): boolean {
    const { total, size } = state;
    return total !== undefined && (number === 1 ? total > 0 : size !== undefined && number <= Math.ceil(total / size));
  }

  function replace(number: number, read: PageRead): PageRead {
    state.pages.splice(
      state.pages.findIndex(([other]) => other === number),
      1,
      [number, read],
    );
    done.set(number, read);
    return read;
  }

  /** A page past the last one may be refused instead of being empty. */
  function beyondTheEnd(number: number, error: unknown): PageRead {
    if (number > 1 && error instanceof LeadDynoError && error.reason === 'not_found')
      return { rows: [], sent: 0, more: false };
    throw error;
  }

  const recordsRead = () => [...done.values()].reduce((sum, { rows }) => sum + rows.length, 0);

  function stop(why: string): undefined {
    state.stopped ??= why;
    return undefined;
  }

  /** What the first page fails with is the call's failure; later, what was read counts. */
  function stopFor(error: unknown): undefined {
    if (!(error instanceof LeadDynoError)) throw error;
    const isLimit = error.reason === 'rate_limited' || error.reason === 'timeout';
    const nothingYet = done.size === 0 && !(isLimit && io.begun?.());
    if (nothingYet || error.reason === 'auth') throw error;
    if (error.reason === 'rate_limited') {
      const wait =
        error.retryAfterSeconds === undefined ? '' : ` (free again in ${Math.ceil(error.retryAfterSeconds)} s)`;
      return stop(`stopped at the request limit${wait}`);
    }
    return stop(
      error.reason === 'timeout' ? 'stopped at the time limit' : `stopped because LeadDyno failed (${error.reason})`,
    );
  }

  async function fetchPage(number: number): Promise<JsonObject> {
    const { list } = collection;
    const ask = (size: number | undefined) =>
      io.read(list, { page: number, skip: 0, detail: 'full', ...(size !== undefined && { per_page: size }) });
    if (!sizes) return await ask(undefined);
    if (state.size !== undefined) return await ask(isUnasked(state.size) ? undefined : state.size);
    for (const size of sizes.slice(0, -1)) {
      try {
        return await ask(size);
      } catch (error) {
        // Whether LeadDyno takes this size is not established.
        if (!(error instanceof LeadDynoError) || error.reason !== 'invalid') throw error;
      }
    }
    return await ask(sizes.at(-1));
  }

  function keep(shaped: JsonObject): PageRead {
    const rows = shaped[collection.list.returns.record.plural];
    if (!Array.isArray(rows)) {
      throw new LeadDynoError('unexpected', `LeadDyno answered with something that is no list of ${collection.name}`, {
        fate: 'refused',
      });
    }
    state.total ??= numberOf(shaped.total);
    state.size ??= pageSize(rows.length, numberOf(shaped.per_page));
    const records = rows.filter(isObject);
    return {
      rows: records.map((row) => ({
        ...undocumentedIn(row, collection.known),
        ...(concise(row, collection.kept) as JsonObject),
      })),
      sent: rows.length,
      // A full page may have another behind it, whatever an envelope says of the total.
      more: rows.length > 0 && (rows.length >= state.size || (shaped.total !== undefined && shaped.next_page !== null)),
    };
  }

  /** Whether such pages come without a size: none is sent then, where it is not established that one is taken. */
  const isUnasked = (size: number) => size <= UNASKED_ROWS && sizes?.at(-1) === undefined;

  /** A server may keep to its own size although a larger one was asked for. */
  function pageSize(rows: number, said: number | undefined): number {
    const asked = said ?? rows;
    const documented = sizes ? (sizes.at(-1) ?? UNASKED_ROWS) : asked;
    return rows < asked && rows === documented ? documented : asked;
  }

  /** Asks how many there are; without an answer the end of the list is found by reading. */
  async function count(): Promise<void> {
    if (!collection.count || state.total !== undefined) return;
    try {
      state.total = numberOf((await io.read(collection.count, {})).count);
    } catch (error) {
      io.signal.throwIfAborted();
      if (!(error instanceof LeadDynoError) || error.reason === 'auth') throw error;
    }
  }

  const rowsSent = () => [...done.values()].reduce((sum, { sent }) => sum + sent, 0);

  /**
   * Whether another page may follow. A page that is not full is no proof of the end, because servers keep to smaller
   * ones than they were asked for; that all there are have been sent is one, and so is an empty page.
   */
  function goesOn({ more, sent }: PageRead, number: number): boolean {
    const { total, size = 0 } = state;
    if (more || sent === 0 || total === undefined) return more || sent > 0;
    return Math.max(rowsSent(), (number - 1) * size + sent) < total;
  }

  return {
    page,
    readAgain,
    goesOn,
    /** The first page, and how many records there are, if LeadDyno says so in time. */
    async first(): Promise<PageRead | undefined> {
      const counted = count();
      counted.catch(() => undefined);
      const read = await page(1);
      await withinTime(counted, Math.min(COUNT_MS, io.timeLeft() / 4));
      const { total } = state;
      if (read?.sent === 0 && isCounted(1)) {
        state.pages.length = 0;
        state.size = undefined;
        done.clear();
        return await page(1);
      }
      if (!read || read.sent === 0 || total === undefined || total <= read.sent) return read;
      // Fewer than were asked for, and yet not all: LeadDyno may keep to smaller pages than it or any source says.
      if (state.size === undefined || read.sent < state.size) state.size = read.sent;
      return replace(1, { ...read, more: true });
    },
    /** Several pages at once; stops asking where reading stops or the list ends. */
    async pages(numbers: readonly number[]): Promise<void> {
      const left = numbers.filter((number) => !done.has(number));
      const reader = async () => {
        for (let number = left.shift(); number !== undefined; number = left.shift()) {
          const read = await page(number);
          if (!read || !goesOn(read, number) || (number > 1 && repeats(read, done.get(1)))) left.length = 0;
        }
      };
      const readers = await Promise.allSettled(Array.from({ length: WIDTH }, reader));
      const failed = readers.find((one) => one.status === 'rejected');
      if (failed) throw failed.reason;
    },
  };
}

export type PageReader = ReturnType<typeof createPageReader>;

/** Waits for something that is good to have, but not for long. */
async function withinTime(wanted: Promise<void>, ms: number): Promise<void> {
  let timer: NodeJS.Timeout | undefined;
  const late = new Promise<void>((resolve) => {
    timer = setTimeout(resolve, ms);
  });
  await Promise.race([wanted, late]).finally(() => clearTimeout(timer));
}

/** Whether a page holds nothing but what another held. */
export function repeats(page: PageRead, other: PageRead | undefined): boolean {
  if (page.rows.length === 0) return false;
  const known = new Set(other?.rows.map(identityOf));
  return page.rows.every((row) => known.has(identityOf(row)));
}

/** The records of all pages read, in their order, each once. Rows that moved between pages while they were read count once. */
export function recordsOf(state: PagesState): { rows: JsonObject[]; moved: number } {
  const seen = new Map<string, JsonObject>();
  let read = 0;
  for (const [, page] of [...state.pages].sort(([a], [b]) => a - b)) {
    // Without ids, rows of one page that look the same are several records all the same.
    const alike = new Map<string, number>();
    for (const row of page.rows) {
      read += 1;
      const plain = identityOf(row);
      const nth = hasId(row) ? 0 : (alike.get(plain) ?? 0);
      alike.set(plain, nth + 1);
      const id = `${nth} ${plain}`;
      if (!seen.has(id)) seen.set(id, row);
    }
  }
  return { rows: [...seen.values()], moved: read - seen.size };
}

/** How many of the rows read are no records. */
export function unreadableIn({ pages }: PagesState): number {
  return pages.reduce((sum, [, { sent, rows }]) => sum + sent - rows.length, 0);
}
