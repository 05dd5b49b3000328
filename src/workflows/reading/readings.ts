import { randomBytes } from 'node:crypto';
import type { Memory } from '../../ports/memory.ts';
import { type Collection, collections } from './collections.ts';
import { createListReading } from './list-reading.ts';
import type { PageRead, ReadOperation } from './page-source.ts';
import type { ListReading, ReadingOutline, SavedReading } from './reading.ts';

/** How long a reading that a call left unfinished can be continued. */
export const KEPT_MS = 10 * 60_000;

/** What the call that begins a reading, or first continues one, creates it with. */
export interface ReadingSetup {
  readonly collection: Collection;
  readonly read: ReadOperation;
  readonly now: () => number;
  /** The largest page that LeadDyno was found to send. */
  readonly largest?: number | undefined;
}

/** The lists of one account that are being read. Calls that need the same list share one reading. */
export interface Readings {
  /**
   * The reading of the list that began after the same number of writes, or else a new one.
   * @param writes how many writes the account has seen; undefined if not known: then always a new one
   * @param fresh whether to begin a new one in any case
   */
  open(setup: ReadingSetup, writes: number | undefined, fresh: boolean): ListReading;
  /** A reading that an earlier call left unfinished; undefined if it is no longer known. @throws Unavailable */
  find(id: string, setup: Omit<ReadingSetup, 'collection'>): Promise<ListReading | undefined>;
  /** Lets a reading go on between calls, and keeps it for the call that continues it. @throws Unavailable */
  keep(reading: ListReading, now: () => number): Promise<void>;
  /** Forgets all of them, because the account was written to. Calls that follow one already still get it. */
  forget(): void;
}

/** What other processes find of a reading; its pages are stored separately. */
interface Index extends ReadingOutline {
  readonly name: Collection['name'];
}

interface Known {
  readonly reading: ListReading;
  /** Epoch milliseconds. */
  until: number;
  /** Whether a call was told that it can continue it. */
  isKept: boolean;
  readonly now: () => number;
  /** Pages that are stored for other processes already. */
  readonly shared: Set<string>;
}

/** @param memory where replicas find each other's readings; undefined if this process serves alone */
export function createReadings(account: string, memory: Memory | undefined): Readings {
  const byId = new Map<string, Known>();
  /** The latest reading of each list, and the writes counted when it began. */
  const current = new Map<string, { readonly reading: ListReading; readonly writes: number }>();

  const keyOf = (id: string, part: string) => `reading:${account}:${id}:${part}`;

  function note(reading: ListReading, now: () => number): Known {
    const known = { reading, until: now() + KEPT_MS, isKept: false, now, shared: new Set<string>() };
    byId.set(reading.id, known);
    return known;
  }

  function dropOld(): void {
    for (const [id, { reading, until, isKept, now }] of byId) {
      // Complete lists are in the record cache, so a finished reading is dropped unless a call may continue it.
      if (until > now() && (isKept || !reading.isOver())) continue;
      byId.delete(id);
      if (current.get(reading.collection.name)?.reading === reading) current.delete(reading.collection.name);
      if (!reading.isOver()) reading.retire();
    }
  }

  async function share({ reading, shared }: Known): Promise<void> {
    if (!memory) return;
    const outline = reading.outline();
    for (const [pass, numbers] of outline.passes.entries()) {
      for (const number of numbers) {
        const part = `${pass}:${number}`;
        if (shared.has(part)) continue;
        shared.add(part);
        await memory.put(keyOf(reading.id, part), JSON.stringify(reading.page(pass, number)), KEPT_MS);
      }
    }
    const index: Index = { name: reading.collection.name, ...outline };
    await memory.put(keyOf(reading.id, 'index'), JSON.stringify(index), KEPT_MS);
  }

  async function restore(id: string): Promise<{ name: Collection['name']; saved: SavedReading } | undefined> {
    const text = await memory?.get(keyOf(id, 'index'));
    if (!memory || text === undefined) return undefined;
    const { name, ...outline } = JSON.parse(text) as Index;
    const passes: [number, PageRead][][] = [];
    for (const [pass, numbers] of outline.passes.entries()) {
      const read: [number, PageRead][] = [];
      for (const number of numbers) {
        const page = await memory.get(keyOf(id, `${pass}:${number}`));
        // A missing page is requested again; but in a pass that has ended, the reading cannot be continued.
        if (page !== undefined) read.push([number, JSON.parse(page) as PageRead]);
        else if (pass < outline.passes.length - 1) return undefined;
      }
      passes.push(read);
    }
    return { name, saved: { ...outline, passes } };
  }

  return {
    open(setup, writes, fresh) {
      const { name } = setup.collection;
      dropOld();
      const known = current.get(name);
      if (!fresh && known && known.writes === writes && !known.reading.isOver()) return known.reading;
      const reading = createListReading({ ...setup, id: randomBytes(12).toString('base64url') });
      if (writes !== undefined) {
        current.set(name, { reading, writes });
        note(reading, setup.now);
      }
      return reading;
    },
    async find(id, setup) {
      dropOld();
      const known = byId.get(id);
      if (known && !known.reading.isStopped()) return known.reading;
      const found = await restore(id);
      if (!found) return undefined;
      const reading = createListReading({ ...setup, collection: collections[found.name], id, saved: found.saved });
      note(reading, setup.now);
      return reading;
    },
    async keep(reading, now) {
      const known = byId.get(reading.id) ?? note(reading, now);
      known.isKept = true;
      known.until = known.now() + KEPT_MS;
      // A page that cannot be stored later is no loss: whoever needs it can read it again.
      if (memory) reading.onPage = () => void share(known).catch(() => undefined);
      await share(known);
      if (!reading.isOver()) reading.keepGoing();
    },
    forget() {
      for (const { reading } of byId.values()) reading.retire();
      byId.clear();
      current.clear();
    },
  };
}
