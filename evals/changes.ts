import { isDeepStrictEqual } from 'node:util';
import type { Programme } from '../src/sandbox/index.ts';

/** One field of one record of a programme, and its new value: `affiliates 1002 status: "Active"`. */
export type Change = string;

/** Every record as JSON, by list and id. */
export type Snapshot = ReadonlyMap<string, string>;

const LISTS = ['affiliates', 'leads', 'purchases', 'commissions', 'visitors', 'campaigns'] as const;

/** A change already names the record's id, and `updatedAt` follows from what was written. */
const NOT_COMPARED: ReadonlySet<string> = new Set(['id', 'updatedAt']);

export const change = (list: (typeof LISTS)[number], id: number, field: string, value: unknown): Change =>
  `${list} ${id} ${field}: ${JSON.stringify(value)}`;

/** The programme's records and custom fields, so that no write goes unnoticed. */
export function snapshotOf(programme: Programme): Snapshot {
  const records = LISTS.flatMap((list) => programme[list].rows.map((row) => [`${list} ${row.id}`, row] as const));
  const fields = [...programme.customFields.values()].map((field) => [`custom field ${field.id}`, field] as const);
  return new Map([...records, ...fields].map(([name, record]) => [name, JSON.stringify(record)]));
}

/** What changed between two snapshots, sorted. */
export function changesBetween(before: Snapshot, after: Snapshot): Change[] {
  const names = new Set([...before.keys(), ...after.keys()]);
  return [...names].flatMap((name) => fieldsThatDiffer(name, before.get(name), after.get(name))).sort();
}

function fieldsThatDiffer(name: string, before = '{}', after: string | undefined): Change[] {
  if (before === after) return [];
  if (after === undefined) return [`${name}: gone`];
  const [left, right]: Record<string, unknown>[] = [JSON.parse(before), JSON.parse(after)];
  return Object.entries(right ?? {})
    .filter(([field, value]) => !NOT_COMPARED.has(field) && !isDeepStrictEqual(left?.[field], value))
    .map(([field, value]) => `${name} ${field}: ${JSON.stringify(value)}`);
}
