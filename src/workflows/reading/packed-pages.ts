import { setImmediate as nextTurn } from 'node:timers/promises';
import { setFlagsFromString } from 'node:v8';
import { deflateRawSync, inflateRawSync } from 'node:zlib';
import { isObject, type JsonObject } from '../../json.ts';
import type { Parsed } from '../../records/parse.ts';
import type { PageSeen } from './evidence.ts';

/*
 * As compressed text, the pages of a list of 100,000 rows take a tenth of the memory that its records take. So lists
 * are kept as text, while they are read and afterwards; records are made for the calls that work with them.
 */

/** A page that was read. */
export interface PackedPage extends PageSeen {
  /** Its rows as JSON, compressed. */
  readonly packed: Uint8Array;
}

/** Makes a copy: what zlib returns is a view of a larger block, which would stay in memory with it. */
export const pack = (rows: readonly JsonObject[]): Uint8Array =>
  new Uint8Array(deflateRawSync(JSON.stringify(rows), { level: 1 }));

export const unpack = (packed: Uint8Array): readonly JsonObject[] =>
  JSON.parse(inflateRawSync(packed).toString()) as JsonObject[];

/** The records of a list, kept as text. */
export interface RecordList<Record extends Parsed = Parsed> {
  readonly length: number;
  /** Memory that it takes between calls. */
  readonly bytes: number;
  /** All records in order. Calls that work with them at the same time get the same objects. */
  records(): Promise<readonly Record[]>;
  /** Only the wanted records, without keeping the others in memory. */
  some(wanted: (record: Record) => boolean): Promise<readonly Record[]>;
}

/** How many pages are parsed before other work gets its turn. */
const AT_A_TIME = 5;
/** Approximate size of an identity. */
const IDENTITY_BYTES = 50;

/**
 * @param order the identities of the list's records
 * @param pages the pages with their rows; if a record is on two of them, the later row counts
 */
export function createRecordList(
  order: readonly string[],
  pages: readonly PackedPage[],
  parse: (row: JsonObject) => Parsed,
): RecordList {
  let made = new WeakRef<readonly Parsed[]>([]);
  let making: Promise<readonly Parsed[]> | undefined;

  async function make(wanted: (record: Parsed) => boolean = () => true): Promise<readonly Parsed[]> {
    noteRows(order.length);
    const share = createSharing();
    const found = new Map<string, Parsed | undefined>();
    for (const [index, { identities, packed }] of pages.entries()) {
      if (index % AT_A_TIME === AT_A_TIME - 1) await nextTurn();
      for (const [place, row] of unpack(packed).entries()) {
        const identity = identities[place];
        if (identity === undefined) continue;
        const record = parse(share(row));
        found.set(identity, wanted(record) ? record : undefined);
      }
    }
    return order.flatMap((identity) => found.get(identity) ?? []);
  }

  return {
    length: order.length,
    bytes: pages.reduce((sum, { packed }) => sum + packed.byteLength, order.length * IDENTITY_BYTES),
    async records() {
      const known = made.deref();
      if (known?.length === order.length) return known;
      making ??= make().finally(() => {
        making = undefined;
      });
      const records = await making;
      made = new WeakRef(records);
      return records;
    },
    async some(wanted) {
      const known = made.deref();
      return known?.length === order.length ? known.filter(wanted) : make(wanted);
    },
  };
}

/** How many different short records are remembered, at most. */
const MOST_KNOWN = 10_000;

/** Keeps one object for equal short records inside rows: one affiliate may be in thousands of purchases. */
function createSharing() {
  const known = new Map<string, JsonObject>();
  return function share(row: JsonObject): JsonObject {
    return Object.fromEntries(
      Object.entries(row).map(([name, value]) => {
        if (!isObject(value)) return [name, value];
        if (Object.values(value).some(isObject)) return [name, share(value)];
        const text = JSON.stringify(value);
        const first = known.get(text);
        if (!first && known.size < MOST_KNOWN) known.set(text, value);
        return [name, first ?? value];
      }),
    );
  };
}

/*
 * Long lists pass through memory as text and short-lived rows. By default, V8 lets its heap grow to a multiple of what
 * is in use before it collects them; with small steps the server needs half as much (bench/memory.ts). Small steps cost
 * a third more processor time with many short calls (bench/http.ts), so they are used only while there are long lists.
 */

/** A list of this many rows counts as long. */
const LONG = 10_000;
const SMALL_STEP_PERCENT = 20;
/** How long small steps stay on after the last long list. */
const FOR_MS = 60_000;

let over: NodeJS.Timeout | undefined;

/** Call this whenever rows of a list arrive or are turned into records. */
export function noteRows(count: number): void {
  if (count < LONG) return;
  if (over) {
    over.refresh();
    return;
  }
  setFlagsFromString(`--heap-growing-percent=${SMALL_STEP_PERCENT}`);
  over = setTimeout(() => {
    over = undefined;
    setFlagsFromString('--heap-growing-percent=0');
  }, FOR_MS).unref();
}
