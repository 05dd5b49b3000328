import { type Collection, createdAt } from './collections.ts';
import { type PagesIo, type PagesState, startPages } from './pages.ts';
import { CACHE_MS, type RecordCache } from './record-cache.ts';
import { type Finished, type Scan, scanAll, scanWindow, type Window } from './scan.ts';

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
  /** Reads everything anew. */
  readonly fresh: boolean;
  readonly resumed: JobState;
  readonly now: () => number;
  readonly io: PagesIo;
}

export function createJob({ account, cache, fresh, resumed, now, io }: JobOptions): Job {
  const states = new Map<string, PagesState>(resumed.map(([name, state]) => [name, { ...state, stopped: undefined }]));
  const finished = new Map<string, Promise<Scan>>();
  const scanned: string[] = [];
  let complete = true;

  function once(name: string, read: (state: PagesState) => Promise<Finished>): Promise<Scan> {
    const running = finished.get(name) ?? perform(name, read);
    finished.set(name, running);
    return running;
  }

  async function perform(name: string, read: (state: PagesState) => Promise<Finished>): Promise<Scan> {
    const cached = fresh || states.has(name) ? undefined : cache?.get(account, name);
    if (cached) {
      scanned.push(`${cached.covered}, read ${Math.max(0, Math.round((now() - cached.readAt) / 1000))} s ago`);
      return { rows: cached.rows, complete: true, readAt: cached.readAt };
    }
    const state: PagesState = states.get(name) ?? startPages(now());
    states.set(name, state);
    const scan = await read(state);
    complete &&= scan.complete;
    scanned.push(scan.complete ? `${scan.covered}, read now` : scan.covered);
    if (scan.complete) cache?.put(account, name, { rows: scan.rows, readAt: state.readAt, covered: scan.covered });
    return { rows: scan.rows, complete: scan.complete, readAt: state.readAt };
  }

  return {
    scan: (collection) => once(collection.name, (state) => scanAll(collection, state, io)),
    async scanWindow(collection, window) {
      // A whole collection that is at hand holds every window of it.
      if (finished.has(collection.name) || (!fresh && cache?.get(account, collection.name))) {
        const { rows, ...scan } = await once(collection.name, (state) => scanAll(collection, state, io));
        const inside = (time: number) => time >= window.since && time < (window.until ?? Number.POSITIVE_INFINITY);
        return { ...scan, rows: rows.filter((row) => inside(createdAt(row))) };
      }
      const until = window.until === undefined ? '' : ` until ${new Date(window.until).toISOString()}`;
      const name = `${collection.name} since ${new Date(window.since).toISOString()}${until}`;
      return await once(name, (state) => scanWindow(collection, window, state, io));
    },
    summary: () => ({ scanned, complete }),
    unfinished: () => (complete ? undefined : [...states]),
  };
}

/** How long what was read is used again, in words for descriptions. */
export const CACHE_MINUTES = CACHE_MS / 60_000;
