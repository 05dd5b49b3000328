import { isObject } from '../operations/returns.ts';
import { DOCUMENTED, type RecordName } from './documented.ts';

/** What a value is, without saying what it says. */
export function typeOf(value: unknown): string {
  if (value === null) return 'null';
  if (Array.isArray(value)) return 'list';
  switch (typeof value) {
    case 'number':
      return Number.isInteger(value) ? 'integer' : 'number';
    case 'string':
      if (/^\d{4}-\d{2}-\d{2}T\d{2}:\d{2}:\d{2}/.test(value)) return 'timestamp';
      if (/^\d{4}-\d{2}-\d{2}$/.test(value)) return 'date';
      return /^-?\d+\.\d+$/.test(value) ? 'decimal' : 'text';
    default:
      return typeof value;
  }
}

/** How an answer is built: `list of 20`, `envelope (page, per_page, total_entries, commissions)`, `record`, `null`. */
export function formOf(body: unknown): string {
  if (Array.isArray(body)) return `list of ${body.length}`;
  if (!isObject(body)) return typeOf(body);
  if ('id' in body) return 'record';
  const list = Object.entries(body).find(([, value]) => Array.isArray(value));
  const names = Object.keys(body).slice(0, 8).join(', ');
  return list ? `envelope (${names})` : `object (${names})`;
}

/** How records differ from what is documented, by the names of their fields alone. */
export interface FieldReport {
  readonly record: RecordName;
  /** How many were looked at. */
  readonly seen: number;
  readonly missing: readonly string[];
  /** Not documented: name and types found. */
  readonly extra: readonly string[];
  /** Of another type than documented: name, documented, found. */
  readonly other: readonly string[];
  /** Of a type that was not established: name and types found. */
  readonly settled: readonly string[];
}

/** A decimal without a fraction looks like a text of digits; both are amounts. */
const ALSO: Readonly<Record<string, readonly string[]>> = {
  text: ['text', 'decimal', 'date', 'timestamp'],
  decimal: ['decimal', 'text'],
  timestamp: ['timestamp'],
  date: ['date'],
  integer: ['integer'],
  boolean: ['boolean'],
  object: ['object'],
};

export function compareFields(record: RecordName, rows: readonly Record<string, unknown>[]): FieldReport {
  const documented: Readonly<Record<string, string>> = DOCUMENTED[record];
  const found = new Map<string, Set<string>>();
  for (const row of rows) {
    for (const [name, value] of Object.entries(row)) found.set(name, (found.get(name) ?? new Set()).add(typeOf(value)));
  }
  const types = (name: string) => [...(found.get(name) ?? [])].sort().join(' or ');
  const known = Object.entries(documented).filter(([name]) => found.has(name));
  return {
    record,
    seen: rows.length,
    missing: rows.length === 0 ? [] : Object.keys(documented).filter((name) => !found.has(name)),
    extra: [...found.keys()].filter((name) => !(name in documented)).map((name) => `${name} (${types(name)})`),
    other: known
      .filter(([name, type]) => type !== 'any' && !fits([...(found.get(name) ?? [])], type))
      .map(([name, type]) => `${name} (documented ${type}, found ${types(name)})`),
    settled: known.filter(([, type]) => type === 'any').map(([name]) => `${name} (${types(name)})`),
  };
}

function fits(found: readonly string[], documented: string): boolean {
  const nullable = documented.endsWith('?');
  const type = nullable ? documented.slice(0, -1) : documented;
  const allowed = [...(ALSO[type] ?? [type]), ...(nullable ? ['null'] : [])];
  return found.every((one) => allowed.includes(one));
}
