import type { Parsed } from '../../records/parse.ts';
import type { Collection } from './collections.ts';
import { type PagesIo, type PagesState, startPages } from './pages.ts';
import { inTurn } from './parallel.ts';
import type { RecordCache } from './record-cache.ts';
import { type Finished, type Scan, scanAll, scanSince, type Window } from './scan.ts';
import type { Unread } from './unread.ts';

/** The scans of one call, or of several calls that continue each other's. */
export interface Scans {
  scan<Record extends Parsed>(collection: Collection<Record>): Promise<Scan<Record>>;
  scanWindow<Record extends Parsed>(collection: Collection<Record>, window: Window): Promise<Scan<Record>>;
  /** What was scanned, one sentence each, and whether all of it was read to its end. */
  summary(): { readonly scanned: readonly string[]; readonly complete: boolean };
  /** What another call needs to continue; undefined if nothing is left to read. */
  unfinished(): UnfinishedScans | undefined;
}

export type UnfinishedScans = readonly (readonly [name: string, state: PagesState])[];

export interface ScansOptions {
  readonly account: string;
  /** Absent: nothing is kept between calls. */
  readonly cache: RecordCache | undefined;
  /** How many writes the account had seen as this call began; absent: not known, so nothing kept is used. */
  readonly writes?: number | undefined;
  /** Reads everything anew. */
  readonly fresh: boolean;
  readonly resumed: UnfinishedScans;
  /** The largest page that LeadDyno was found to send, by the name of the list. */
  readonly pageSizes?: Readonly<Record<string, number>> | undefined;
  readonly unread: Unread;
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

export function createScans(options: ScansOptions): Scans {
  const { account, cache, writes, fresh, resumed, pageSizes, unread, now } = options;
  const io = { ...options.io, read: inTurn(options.io.read, AT_ONCE) };
  // Pages belong to the collection, whatever part of it was asked for: any reading continues where another ended.
  const states = new Map<string, PagesState>(resumed.map(([name, state]) => [name, { ...state, stopped: undefined }]));
  const readings = new Map<string, readonly Reading[]>();
  const scanned: string[] = [];
  const progress = progressOfAll(io);
  let complete = true;

  /** A reading that covers what is wanted; a new one waits for those before it, because they share their pages. */
  function reading(collection: Collection, since: number): Promise<Scan> {
    const { name } = collection;
    const earlier = readings.get(name) ?? [];
    const known = earlier.find((one) => one.since <= since);
    if (known) return known.scan;
    const before = earlier.at(-1)?.scan ?? Promise.resolve();
    const perform = () => readOne(collection, since);
    const scan = before.then(perform, perform);
    readings.set(name, [...earlier, { since, scan }]);
    return scan;
  }

  async function readOne(collection: Collection, since: number): Promise<Scan> {
    const { name } = collection;
    const mayUse = !fresh && !states.has(name) && writes !== undefined;
    const cached = mayUse ? cache?.get(account, name, since, writes) : undefined;
    if (cached) {
      scanned.push(`${cached.covered}, read ${age(cached.readAt)} s ago`);
      return { records: cached.records, complete: true, readAt: cached.readAt };
    }
    const state: PagesState = states.get(name) ?? startPages(now());
    const begunBefore = resumed.some(([other]) => other === name);
    states.set(name, state);
    const finished = await scanOne(collection, since, state);
    complete &&= finished.complete;
    const when = begunBefore ? `read between ${age(state.readAt)} s ago and now` : 'read now';
    scanned.push(finished.complete ? `${finished.covered}, ${when}` : finished.covered);
    const { covered, whole } = finished;
    const records = finished.rows.map(collection.parse);
    if (finished.complete && writes !== undefined)
      cache?.put(account, name, { records, readAt: state.readAt, writes, covered, since: whole ? ALL : since });
    return { records, complete: finished.complete, readAt: state.readAt };
  }

  function scanOne(collection: Collection, since: number, state: PagesState): Promise<Finished> {
    const own: PagesIo = {
      ...io,
      progress: progress(collection.name),
      largest: pageSizes?.[collection.name],
      begun: () => [...states.values()].some(({ pages }) => pages.length > 0),
    };
    return since === ALL ? scanAll(collection, state, own) : scanSince(collection, since, state, own);
  }

  const age = (at: number) => Math.max(0, Math.round((now() - at) / 1000));

  return {
    // What a collection's own `parse` made is of its own kind.
    scan: <Record extends Parsed>(collection: Collection<Record>) => reading(collection, ALL) as Promise<Scan<Record>>,
    async scanWindow<Record extends Parsed>(collection: Collection<Record>, { since, until = Infinity }: Window) {
      const scan = (await reading(collection, since)) as Scan<Record>;
      const undated = scan.records.filter(({ createdAt }) => Number.isNaN(createdAt));
      unread.leaveOut(collection.name, undated, scan.records.length, 'created_at');
      return { ...scan, records: scan.records.filter(({ createdAt }) => createdAt >= since && createdAt < until) };
    },
    summary: () => ({ scanned, complete }),
    unfinished() {
      // What LeadDyno cannot be made to show is not worth another call.
      const stopped = [...states.values()].some((state) => state.stopped !== undefined);
      return complete || !stopped ? undefined : [...states];
    },
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
