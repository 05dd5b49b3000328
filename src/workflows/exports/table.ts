import { isObject, type JsonObject } from '../../json.ts';
import { DASHBOARD_LINK, SIGN_IN_LINK } from '../../operations/shapes.ts';
import { bytesOf } from '../output.ts';
import type { Work } from '../workflow.ts';
import { csvLines, forPeople, isAmount } from './csv.ts';

/*
 * Records as rows of a table: nested values become columns (`affiliate.email` is `affiliate_email`), whatever they
 * hold. Lists, and values nested deeper than in any record, stay JSON in one cell.
 */

/** Rows made on demand: an array, or an object that makes them. */
export interface Rows {
  readonly length: number;
  slice(from: number, to: number): readonly JsonObject[];
}

export interface FlatTable {
  readonly columns: readonly string[];
  readonly rows: Rows;
  /** How many columns beyond the limit were left off. */
  readonly columnsLeftOff: number;
}

/** More columns than this mean a fault in the data. */
const MOST_COLUMNS = 250;
const DEEPEST = 3;

/** Login links never go into a file, even if results may show them. */
const SECRET: ReadonlySet<string> = new Set([DASHBOARD_LINK, SIGN_IN_LINK]);

/** Passes each value of a record to `found`, with its place. A nested record that is null gets no column of its own. */
function eachValue(
  record: JsonObject,
  nested: ReadonlySet<string>,
  found: (place: string, path: readonly string[], value: unknown) => void,
): void {
  const walk = (inner: JsonObject, before: readonly string[], at: string) => {
    for (const [name, value] of Object.entries(inner)) {
      if (SECRET.has(name)) continue;
      const [path, place] = [[...before, name], before.length > 0 ? `${at}\0${name}` : name];
      if (isObject(value) && path.length <= DEEPEST) walk(value, path, place);
      else if (value !== null || before.length > 0 || !nested.has(name)) found(place, path, value);
    }
  };
  walk(record, [], '');
}

/** @param nested fields that hold a record, or null if there is none */
export function toTable(records: readonly JsonObject[], nested: ReadonlySet<string>): FlatTable {
  const places = new Map<string, readonly string[]>();
  for (const record of records) {
    eachValue(record, nested, (place, path) => {
      if (!places.has(place)) places.set(place, path);
    });
  }
  const columns = nameColumns(places);
  const shown = new Map([...columns].slice(0, MOST_COLUMNS));
  const rowOf = (record: JsonObject): JsonObject => {
    const values = new Map<string, unknown>();
    eachValue(record, nested, (place, _, value) => values.set(place, value));
    return Object.fromEntries(
      [...shown].flatMap(([place, name]) => (values.has(place) ? [[name, values.get(place)] as const] : [])),
    );
  };
  return {
    columns: [...shown.values()],
    rows: eachOf(records, rowOf),
    columnsLeftOff: columns.size - shown.size,
  };
}

/** Rows made from other rows, on demand. */
export const eachOf = (rows: Rows, make: (row: JsonObject) => JsonObject): Rows => ({
  length: rows.length,
  slice: (from, to) => rows.slice(from, to).map(make),
});

/** A column name for each place, with the fields of one record next to each other; no two places share a name. */
function nameColumns(places: ReadonlyMap<string, readonly string[]>): Map<string, string> {
  const order = new Map<string, [place: string, path: readonly string[]][]>();
  for (const entry of places) {
    const top = entry[1][0] ?? '';
    const group = order.get(top);
    if (group) group.push(entry);
    else order.set(top, [entry]);
  }
  const taken = new Set<string>();
  const names = new Map<string, string>();
  for (const [place, path] of [...order.values()].flat()) {
    const plain = path.join('_');
    let name = plain;
    for (let number = 2; taken.has(name); number += 1) name = `${plain} (${number})`;
    taken.add(name);
    names.set(place, name);
  }
  return names;
}

export type Format = 'csv' | 'jsonl';

/** Rows written between two checks whether the call was cancelled. */
const AT_ONCE = 500;

/** Writes whole rows until the next would exceed the limit in bytes. */
export async function writeTable(
  { columns, rows }: Pick<FlatTable, 'columns' | 'rows'>,
  format: Format,
  mostBytes: number,
  { signal }: Pick<Work, 'signal'>,
): Promise<{ text: string; rows: number }> {
  const amounts = new Set(columns.flatMap((column, index) => (isAmount(column) ? [index] : [])));
  const write = (some: readonly JsonObject[]) =>
    format === 'jsonl'
      ? some.map((row) => `${JSON.stringify(row)}\n`).join('')
      : csvLines(
          some.map((row) => columns.map((column) => row[column])),
          amounts,
        );

  const parts = [format === 'csv' ? forPeople(csvLines([columns])) : ''];
  let bytes = bytesOf(parts[0] ?? '');
  let written = 0;
  for (let from = 0; from < rows.length; from += AT_ONCE) {
    signal.throwIfAborted();
    const some = rows.slice(from, from + AT_ONCE);
    const part = write(some);
    const size = bytesOf(part);
    if (bytes + size > mostBytes) {
      // Not all of these fit: write as many as do.
      for (const row of some) {
        const line = write([row]);
        bytes += bytesOf(line);
        if (bytes > mostBytes) return { text: parts.join(''), rows: written };
        parts.push(line);
        written += 1;
      }
    }
    parts.push(part);
    bytes += size;
    written += some.length;
    await new Promise((resolve) => setTimeout(resolve));
  }
  return { text: parts.join(''), rows: written };
}
