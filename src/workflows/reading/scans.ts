import { Refusal } from '../../operations/operation.ts';
import type { Parsed } from '../../records/parse.ts';
import { afterDay, startOfDay } from '../../records/period.ts';
import type { Collection } from './collections.ts';
import type { RecordList } from './packed-pages.ts';
import { inTurn } from './parallel.ts';
import type { Follower, ListReading } from './reading.ts';
import type { ReadingSetup, Readings } from './readings.ts';
import type { RecordCache } from './record-cache.ts';
import type { Unread } from './unread.ts';

/** The records of a collection that were read. */
export interface Scan<Record extends Parsed = Parsed> {
  readonly records: readonly Record[];
  /** Whether the evidence shows that these are all records (`evidence.ts`). */
  readonly complete: boolean;
  /** Epoch milliseconds when reading began. */
  readonly readAt: number;
}

/** From `since` (included) to `until` (excluded); epoch milliseconds. */
export interface Window {
  readonly since: number;
  readonly until?: number;
}

/** The window that two arguments give; undefined for all time. @throws Refusal if it ends before it begins */
export function windowBetween(since: string | undefined, until: string | undefined): Window | undefined {
  if (since === undefined && until === undefined) return undefined;
  const from = since === undefined ? 0 : startOfDay(since);
  const window = { since: from, ...(until !== undefined && { until: afterDay(until) }) };
  if (window.until !== undefined && window.until <= from) throw new Refusal('until must be after since');
  return window;
}

/** The scans of one call, which may continue those of an earlier call. */
export interface Scans {
  scan<Record extends Parsed>(collection: Collection<Record>): Promise<Scan<Record>>;
  /**
   * The records that were created in a window of time. This reads the whole list: the order of LeadDyno's lists is not
   * established, so newer records may follow older ones.
   */
  scanWindow<Record extends Parsed>(collection: Collection<Record>, window: Window): Promise<Scan<Record>>;
  /** What was scanned, one sentence per list, and whether every list is complete. */
  summary(): { readonly scanned: readonly string[]; readonly complete: boolean };
  /** The readings that another call can follow; undefined if nothing is left to read. */
  unfinished(): readonly ListReading[] | undefined;
}

export interface ScansOptions {
  readonly account: string;
  /** Absent: complete lists are not kept between calls. */
  readonly cache: RecordCache | undefined;
  readonly readings: Readings;
  /** How many writes the account had seen when this call began; absent if not known: then nothing kept is used. */
  readonly writes?: number | undefined;
  /** Whether to read everything anew. */
  readonly fresh: boolean;
  /** Readings that an earlier call left unfinished. */
  readonly resumed: readonly ListReading[];
  /** The largest page that LeadDyno was found to send, by the name of the list. */
  readonly pageSizes?: Readonly<Record<string, number>> | undefined;
  readonly unread: Unread;
  readonly io: ScanIo;
}

export interface ScanIo
  extends Pick<Follower, 'timeLeft' | 'progress' | 'signal'>,
    Pick<ReadingSetup, 'read' | 'now'> {}

/** How many requests may be under way at the same time, for all lists of a call together. */
const AT_ONCE = 4;

const isUndated = ({ createdAt }: Parsed): boolean => Number.isNaN(createdAt);

/** A list that was read, not yet turned into records. */
interface Found extends Omit<Scan, 'records'> {
  readonly list: RecordList;
}

export function createScans(options: ScansOptions): Scans {
  const { account, cache, readings, writes, fresh, resumed, pageSizes, unread, io } = options;
  const { now, signal, timeLeft } = io;
  const read = inTurn(io.read, AT_ONCE);
  const lists = new Map<string, Promise<Found>>();
  const windows = new Map<string, Required<Window> & { readonly records: Promise<readonly Parsed[]> }>();
  const followed = new Map<string, ListReading>();
  const scanned: string[] = [];
  const progress = progressOfAll(io);
  let complete = true;
  let hasRecords = false;
  let unfinished = false;

  function find(collection: Collection): Promise<Found> {
    const known = lists.get(collection.name) ?? findOne(collection);
    lists.set(collection.name, known);
    return known;
  }

  async function findOne(collection: Collection): Promise<Found> {
    const { name } = collection;
    const left = resumed.find((one) => one.collection.name === name);
    const cached = fresh || left || writes === undefined ? undefined : cache?.get(account, name, writes);
    if (cached) {
      scanned.push(`${cached.covered}, read ${age(cached.readAt)} s ago`);
      return { list: cached.list, complete: true, readAt: cached.readAt };
    }
    const reading =
      left ??
      readings.open({ collection, read, now, largest: pageSizes?.[name] }, writes, fresh || cache === undefined);
    followed.set(name, reading);
    const begunBefore = left !== undefined || reading.isUnderWay();
    const canDoWithout = () => hasRecords;
    const found = await reading.follow({ timeLeft, signal, progress: progress(name), canDoWithout });
    hasRecords ||= found.list.length > 0;
    complete &&= found.complete;
    unfinished ||= found.goesOn;
    const { covered, list } = found;
    const { readAt } = reading;
    const when = begunBefore ? `read between ${age(readAt)} s ago and now` : 'read now';
    scanned.push(found.complete ? `${covered}, ${when}` : covered);
    if (found.complete && writes !== undefined) cache?.put(account, name, { list, readAt, writes, covered });
    return { list, complete: found.complete, readAt };
  }

  /** Records created in a window, and those without a readable creation date. */
  function readWindow(name: string, list: RecordList, since: number, until: number): Promise<readonly Parsed[]> {
    const known = windows.get(name);
    if (known && known.since <= since && known.until >= until) return known.records;
    const records = list.some((one) => isUndated(one) || (one.createdAt >= since && one.createdAt < until));
    windows.set(name, { since, until, records });
    return records;
  }

  const age = (at: number) => Math.max(0, Math.round((now() - at) / 1000));

  return {
    async scan<Record extends Parsed>(collection: Collection<Record>) {
      const { list, ...found } = await find(collection);
      // The collection's own `parse` made these records, so they have its type.
      return { ...found, records: (await list.records()) as readonly Record[] };
    },
    async scanWindow<Record extends Parsed>(collection: Collection<Record>, { since, until = Infinity }: Window) {
      const { list, ...found } = await find(collection);
      const read = (await readWindow(collection.name, list, since, until)) as readonly Record[];
      unread.leaveOut(collection.name, read.filter(isUndated), list.length, 'created_at');
      return { ...found, records: read.filter(({ createdAt }) => createdAt >= since && createdAt < until) };
    },
    summary: () => ({ scanned, complete }),
    // Another call is worth it only if a list can be read further.
    unfinished: () => (complete || !unfinished ? undefined : [...followed.values()]),
  };
}

/** Reports one progress for all lists of a call; it never goes backwards. */
function progressOfAll(io: Pick<ScanIo, 'progress'>) {
  const lists = new Map<string, { readonly done: number; readonly total: number | undefined }>();
  let last = 0;
  return (name: string): ScanIo['progress'] =>
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
