import { randomBytes } from 'node:crypto';
import type { Memory } from '../../ports/memory.ts';
import { type Collection, collections } from './collections.ts';
import { createListReading } from './list-reading.ts';
import type { PageRead, ReadOperation } from './page-source.ts';
import type { ListReading, ReadingOutline, SavedReading } from './reading.ts';

/** How long a reading that a call left unfinished can be gone on with. */
export const KEPT_MS = 10 * 60_000;

/** What a reading is made with by the call that begins it, or goes on with it first. */
export interface ReadingSetup {
  readonly collection: Collection;
  readonly read: ReadOperation;
  readonly now: () => number;
  /** The largest page that LeadDyno was found to send. */
  readonly largest?: number | undefined;
}

/** The lists of one account that are being read, each once, whoever asks for it. */
export interface Readings {
  /**
   * A reading of the list that began as the account had seen so many writes; a new one if there is none.
   * @param fresh only one that begins now
   */
  open(setup: ReadingSetup, writes: number | undefined, fresh: boolean): ListReading;
  /** One that an earlier call left unfinished; undefined if it is not known any more. @throws Unavailable */
  find(id: string, setup: Omit<ReadingSetup, 'collection'>): Promise<ListReading | undefined>;
  /** Lets it go on between calls, and keeps it for the call that comes back to it. @throws Unavailable */
  keep(reading: ListReading, now: () => number): Promise<void>;
  /** Forgets them all, because the account was written to. Who follows one is served, and nobody after. */
  forget(): void;
}

/** A reading as other processes find it; its pages are kept one by one. */
interface Index extends ReadingOutline {
  readonly name: Collection['name'];
}

interface Known {
  readonly reading: ListReading;
  /** Epoch milliseconds. */
  until: number;
  /** Whether a call was told that it can come back to it. */
  isKept: boolean;
  readonly now: () => number;
  /** Pages that other processes have already. */
  readonly shared: Set<string>;
}

/** @param memory where replicas find each other's readings; absent: this process serves alone */
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
      // What was read whole is in the record cache.
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
        // One that is gone is asked for again, unless it belongs to a pass that ended.
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
      // What cannot be shared later can be read again by whoever needs it.
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
