import type { Collection } from './collections.ts';
import { type PagesIo, type PagesState, startPages } from './pages.ts';
import type { RecordCache } from './record-cache.ts';
import { count, type Finished, inWindow, type Scan, scanAll, type Window } from './scan.ts';
import { scanSince } from './scan-since.ts';

/** The scans of one call, or of several calls that go on with each other's work. */
export interface Job {
  scan(collection: Collection): Promise<Scan>;
  scanWindow(collection: Collection, window: Window): Promise<Scan>;
  /** What was scanned, one sentence each, and whether all of it was read to its end. */
  summary(): { readonly scanned: readonly string[]; readonly complete: boolean };
  /** What another call needs to go on; undefined where nothing is left to read. */
  unfinished(): JobState | undefined;
}

export type JobState = readonly (readonly [name: string, state: PagesState])[];

export interface JobOptions {
  readonly account: string;
  /** Absent: nothing is kept between calls. */
  readonly cache: RecordCache | undefined;
  /** The writes counted as this call began; absent: not to be told, so nothing kept is used. */
  readonly generation?: number | undefined;
  /** Reads everything anew. */
  readonly fresh: boolean;
  readonly resumed: JobState;
  /** The largest page that LeadDyno was found to send, by the name of the list. */
  readonly pageSizes?: Readonly<Record<string, number>> | undefined;
  readonly now: () => number;
  readonly io: PagesIo;
}

/** What was read of a collection in this call: all of it, or what was created since a moment. */
interface Reading {
  readonly since: number;
  readonly scan: Promise<Scan>;
}

const ALL = Number.NEGATIVE_INFINITY;

/** How many requests are under way at the same time for all lists of a call together. */
const AT_ONCE = 4;

export function createJob({ account, cache, generation, fresh, resumed, pageSizes, now, io: given }: JobOptions): Job {
  const io = { ...given, read: inTurn(given.read, AT_ONCE) };
  // Pages belong to the collection, whatever part of it was asked for: any reading goes on where another ended.
  const states = new Map<string, PagesState>(resumed.map(([name, state]) => [name, { ...state, stopped: undefined }]));
  const readings = new Map<string, readonly Reading[]>();
  const scanned: string[] = [];
  const progress = progressOfAll(io);
  let complete = true;

  function reading({ name }: Collection, since: number, read: (state: PagesState) => Promise<Finished>): Promise<Scan> {
    const earlier = readings.get(name) ?? [];
    const known = earlier.find((one) => one.since <= since);
    if (known) return known.scan;
    // One after the other: they share their pages.
    const before = earlier.at(-1)?.scan ?? Promise.resolve();
    const perform = () => performOne(name, since, read);
    const scan = before.then(perform, perform);
    readings.set(name, [...earlier, { since, scan }]);
    return scan;
  }

  async function performOne(
    name: string,
    since: number,
    read: (state: PagesState) => Promise<Finished>,
  ): Promise<Scan> {
    const mayUse = !fresh && !states.has(name) && generation !== undefined;
    const cached = mayUse ? cache?.get(account, name, since, generation) : undefined;
    if (cached) {
      scanned.push(`${cached.covered}, read ${age(cached.readAt)} s ago`);
      return { rows: cached.rows, complete: true, readAt: cached.readAt };
    }
    const state: PagesState = states.get(name) ?? startPages(now());
    const begunBefore = resumed.some(([other]) => other === name);
    states.set(name, state);
    const scan = await read(state);
    complete &&= scan.complete;
    const when = begunBefore ? `read between ${age(state.readAt)} s ago and now` : 'read now';
    scanned.push(scan.complete ? `${scan.covered}, ${when}` : scan.covered);
    const { rows, covered, whole } = scan;
    if (scan.complete && generation !== undefined)
      cache?.put(account, name, { rows, readAt: state.readAt, generation, covered, since: whole ? ALL : since });
    return { rows, complete: scan.complete, readAt: state.readAt };
  }

  const age = (at: number) => Math.max(0, Math.round((now() - at) / 1000));

  const ioOf = ({ name }: Collection): PagesIo => ({
    ...io,
    progress: progress(name),
    largest: pageSizes?.[name],
    begun: () => [...states.values()].some(({ pages }) => pages.length > 0),
  });

  const undatedOf = new Set<string>();

  return {
    scan: (collection) => reading(collection, ALL, (state) => scanAll(collection, state, ioOf(collection))),
    async scanWindow(collection, window) {
      const { since } = window;
      const scan = await reading(collection, since, (state) => scanSince(collection, since, state, ioOf(collection)));
      const { rows, undated } = inWindow(scan.rows, window);
      if (undated > 0 && !undatedOf.has(collection.name)) {
        undatedOf.add(collection.name);
        scanned.push(`${count(undated)} ${collection.name} that do not say when they were created are left out`);
      }
      return { ...scan, rows };
    },
    summary: () => ({ scanned, complete }),
    unfinished() {
      // What LeadDyno cannot be made to show is not worth another call.
      const stopped = [...states.values()].some((state) => state.stopped !== undefined);
      return complete || !stopped ? undefined : [...states];
    },
  };
}

/** Reads so many at a time; the others wait. */
function inTurn(read: PagesIo['read'], atOnce: number): PagesIo['read'] {
  let free = atOnce;
  const waiting: (() => void)[] = [];
  return async (operation, args) => {
    if (free > 0) free -= 1;
    else await new Promise<void>((resolve) => waiting.push(resolve));
    try {
      return await read(operation, args);
    } finally {
      const next = waiting.shift();
      if (next) next();
      else free += 1;
    }
  };
}

/** Several lists at once count up together, and never backwards. */
function progressOfAll(io: PagesIo) {
  const lists = new Map<string, { readonly done: number; readonly total: number | undefined }>();
  let last = 0;
  return (name: string): PagesIo['progress'] =>
    (done, total, message) => {
      lists.set(name, { done, total: total === undefined ? undefined : Math.max(done, total) });
      const sums = [...lists.values()];
      const sum = sums.reduce((all, one) => all + one.done, 0);
      if (sum <= last) return;
      last = sum;
      const known = sums.every((one) => one.total !== undefined);
      io.progress(sum, known ? sums.reduce((all, one) => all + (one.total ?? 0), 0) : undefined, message);
    };
}
