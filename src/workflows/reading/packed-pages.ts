import { setImmediate as nextTurn } from 'node:timers/promises';
import { deflateRawSync, inflateRawSync } from 'node:zlib';
import { isObject, type JsonObject } from '../../json.ts';
import type { Parsed } from '../../records/parse.ts';
import type { PageSeen } from './evidence.ts';
import { noteRows } from './heap-growth.ts';

/*
 * A list of 100,000 rows takes a tenth of the memory as the compressed text of its pages that it takes as records. So it
 * waits as text, while it is read and after; records are made of it for the calls that work with them.
 */

/** A page that was read. */
export interface PackedPage extends PageSeen {
  /** Its rows as JSON, compressed. */
  readonly packed: Uint8Array;
}

/** A copy: what zlib returns is a view of a larger block, which would stay in memory with it. */
export const pack = (rows: readonly JsonObject[]): Uint8Array =>
  new Uint8Array(deflateRawSync(JSON.stringify(rows), { level: 1 }));

export const unpack = (packed: Uint8Array): readonly JsonObject[] =>
  JSON.parse(inflateRawSync(packed).toString()) as JsonObject[];

/** The records of a list, as they are kept. */
export interface RecordList<Record extends Parsed = Parsed> {
  readonly length: number;
  /** What it takes of memory between calls. */
  readonly bytes: number;
  /** All records in order; the same ones for calls that work with them at the same time. */
  records(): Promise<readonly Record[]>;
  /** Some of them, without making the others last. */
  some(wanted: (record: Record) => boolean): Promise<readonly Record[]>;
}

/** So many pages become records before others have their turn. */
const AT_A_TIME = 5;
/** An identity takes about so many bytes. */
const IDENTITY_BYTES = 50;

/**
 * @param order what tells the records of the list apart
 * @param pages where they are; of two rows of one record the one on the later page counts
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

/** So many short records inside rows are known again. */
const MOST_KNOWN = 10_000;

/** Keeps one of the short records inside rows that are alike: one affiliate stands in thousands of purchases. */
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
