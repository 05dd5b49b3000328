import { isObject } from '../json.ts';
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
  if (Object.hasOwn(body, 'id')) return 'record';
  const list = Object.values(body).some((value) => Array.isArray(value));
  const names = Object.keys(body);
  // An answer may be keyed by what people typed: only words that LeadDyno itself uses are told.
  const known = names.filter((name) => WORDS.has(name)).slice(0, 8);
  const others = names.length - known.length;
  const told = [...known, ...(others > 0 ? [`${others} other ${others === 1 ? 'name' : 'names'}`] : [])].join(', ');
  return list ? `envelope (${told})` : `object (${told})`;
}

/** Names of an answer's outermost fields that may be told: LeadDyno's documented ones, and those of envelopes. */
const WORDS: ReadonlySet<string> = new Set([
  ...Object.values(DOCUMENTED).flatMap((fields) => Object.keys(fields)),
  ...Object.keys(DOCUMENTED),
  ...'affiliates commissions purchases leads visitors campaigns sub_ids subids custom_fields'.split(' '),
  ...'page per_page total total_entries total_pages total_count count next_page current_page data results'.split(' '),
  ...'items meta links pagination error errors message result success'.split(' '),
  ...'total_due total_pending total_paid due pending paid totals'.split(' '),
]);

/** A field's name as LeadDyno writes its own; anything else may be somebody's text. */
const FIELD = /^[a-z]+(_?[a-z0-9]+){0,5}$/;

/** How records differ from what is documented, by the names of their fields alone. */
export interface FieldReport {
  readonly record: RecordName;
  /** How many were looked at. */
  readonly seen: number;
  readonly missing: readonly string[];
  /** Not documented: name and types found; how many more there are whose names look like no field's. */
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
    extra: extraOf(
      [...found.keys()].filter((name) => !Object.hasOwn(documented, name)),
      types,
    ),
    other: known
      .filter(([name, type]) => type !== 'any' && !fits([...(found.get(name) ?? [])], type))
      .map(([name, type]) => `${name} (documented ${type}, found ${types(name)})`),
    settled: known.filter(([, type]) => type === 'any').map(([name]) => `${name} (${types(name)})`),
  };
}

function extraOf(names: readonly string[], types: (name: string) => string): string[] {
  const told = names.filter((name) => name.length <= 40 && FIELD.test(name));
  const rest = names.length - told.length;
  return [
    ...told.map((name) => `${name} (${types(name)})`),
    ...(rest > 0 ? [`${rest} whose names are not shown`] : []),
  ];
}

function fits(found: readonly string[], documented: string): boolean {
  const nullable = documented.endsWith('?');
  const type = nullable ? documented.slice(0, -1) : documented;
  const allowed = [...(ALSO[type] ?? [type]), ...(nullable ? ['null'] : [])];
  return found.every((one) => allowed.includes(one));
}
