import { isObject, type JsonObject } from '../json.ts';
import type { LeadDynoError } from '../leaddyno/errors.ts';
import { findRows } from '../operations/paging.ts';
import { FIELDS, type RecordName } from '../records/fields.ts';

/* What a probe asks, the answers, and descriptions of answers that reveal no content. */

/** The name of a read operation, and its arguments. */
export type Call = readonly [operation: string, args?: JsonObject];

/** The answer to one call. */
export interface Answer {
  readonly operation: string;
  readonly ok: boolean;
  /** HTTP status of the last attempt; absent if no answer came. */
  readonly status: number | undefined;
  /** How long LeadDyno took for the last attempt, without waits for the pace or between attempts. */
  readonly ms: number;
  readonly body: unknown;
  /** Why it failed. */
  readonly error: LeadDynoError | undefined;
  readonly headers: Readonly<Record<string, unknown>>;
  /** When it arrived, in epoch milliseconds by this machine's clock. */
  readonly at: number;
}

/** Failures that reveal nothing about the question: LeadDyno could not be reached, had an error, or asked to wait. */
const NO_ANSWER: readonly string[] = ['network', 'timeout', 'upstream', 'rate_limited'];

export const isUnanswered = ({ error }: Answer): boolean => error !== undefined && NO_ANSWER.includes(error.reason);

/** LeadDyno's own refusals; `invalid`, because its documentation counts a missing key among missing parameters. */
const REFUSALS: readonly string[] = ['auth', 'forbidden', 'invalid'];

/** Whether something other than LeadDyno's API seems to have answered: a web page, or a path the API does not have. */
export function isForeign(answer: Answer): boolean {
  if (isUnanswered(answer)) return false;
  if (answer.ok) return answer.body === null;
  return !REFUSALS.includes(answer.error?.reason ?? '') || /html/i.test(String(answer.headers['content-type']));
}

/** Describes a failed call: status and reason. */
export function failureOf({ status, error }: Answer): string {
  const answered = status === undefined ? 'no answer' : `answered ${status}`;
  return error ? `${answered} (${error.reason})` : answered;
}

/** The records in the answer of a list, whatever its form. */
export const recordsIn = (body: unknown, plural: string): JsonObject[] =>
  (findRows(body, plural)?.rows ?? []).filter(isObject);

/** The answers so far. */
export interface Seen {
  /** Undefined if that call was not made. */
  answer(...call: Call): Answer | undefined;
  /** The records on the first page of a list. */
  rows(plural: string): readonly JsonObject[];
}

/** What an account shows about a point: field names, types, numbers and LeadDyno's own words, never personal data. */
export interface Judgement {
  readonly found: string;
  /** `settled`: not established before, but now. `open`: this account cannot show it. */
  readonly verdict: 'as_documented' | 'differs' | 'settled' | 'open';
  /** What the server does about it, if it is not as the server would want it. */
  readonly so?: string | undefined;
  /** Whether users of the tools have to know about it. */
  readonly matters?: boolean | undefined;
}

/** The calls to make, and how to judge their answers. */
export interface Inquiry {
  readonly calls: readonly Call[];
  /** Gets the body of each answer. */
  readonly judge: (...bodies: readonly unknown[]) => Judgement;
  /** The judgement if LeadDyno refuses a call. If it could not be reached, the point stays open. */
  readonly refused: (failure: string) => Judgement;
}

export interface Probe {
  /** Where the API reference covers it: an operation's code, or a section. */
  readonly point: string;
  readonly question: string;
  /** What the reference says or assumes. */
  readonly expected: string;
  /** Undefined if the point does not apply; a judgement if no (more) calls are needed. */
  readonly look: (seen: Seen) => Inquiry | Judgement | undefined;
}

/** What a probe expects if the API reference does not say. */
export const NOT_ESTABLISHED = 'not established';

/** What the server does about a difference, and whether users have to know about it. */
export type Coping = Pick<Judgement, 'so' | 'matters'>;

export const settled = (found: string, coping?: Coping): Judgement => ({ found, verdict: 'settled', ...coping });
export const open = (why: string): Judgement => ({ found: why, verdict: 'open' });
export const differs = (found: string, coping: Coping): Judgement => ({ found, verdict: 'differs', ...coping });
export const compared = (found: string, fits: boolean, coping: Coping): Judgement =>
  fits ? { found, verdict: 'as_documented' } : differs(found, coping);

/** One call; if the point is not established, a refusal settles it. */
export const ask = (
  call: Call,
  judge: (body: unknown) => Judgement,
  refused: Inquiry['refused'] = settled,
): Inquiry => ({
  calls: [call],
  judge,
  refused,
});

// How answers look: forms, types, field names and LeadDyno's own words.

/** The type of a value, without its content. */
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
  // The keys of an answer may be text that people typed: only LeadDyno's own words are shown.
  const known = names.filter((name) => WORDS.has(name)).slice(0, 8);
  const others = names.length - known.length;
  const told = [...known, ...(others > 0 ? [`${others} other ${others === 1 ? 'name' : 'names'}`] : [])].join(', ');
  return list ? `envelope (${told})` : `object (${told})`;
}

/** Names of top-level fields that may be shown: LeadDyno's own, and those usual in envelopes. */
const WORDS: ReadonlySet<string> = new Set([
  ...Object.values(FIELDS).flatMap((fields) => fields.map(({ name }) => name)),
  ...Object.keys(FIELDS),
  ...'affiliates commissions purchases leads visitors campaigns sub_ids subids custom_fields'.split(' '),
  ...'page per_page total total_entries total_pages total_count count next_page current_page data results'.split(' '),
  ...'items meta links pagination error errors message result success'.split(' '),
  ...'total_due total_pending total_paid due pending paid totals'.split(' '),
]);

/** Values that the API reference names. */
const KNOWN: ReadonlySet<string> = new Set(
  'Active,Inactive,Archived,Pending Approval,Registered,Customer,Cancelled,cash,money,custom'.split(','),
);

/** LeadDyno's own words among these values, never what a person typed. */
export function wordsIn(values: readonly unknown[]): string {
  const times = new Map<string, number>();
  for (const value of values) if (typeof value === 'string') times.set(value, (times.get(value) ?? 0) + 1);
  // An unknown word that occurs only once may be a person's text.
  const told = [...times]
    .filter(([word, count]) => KNOWN.has(word) || (count > 1 && /^[A-Za-z][a-z_ ]{0,23}$/.test(word)))
    .map(([word]) => word)
    .sort();
  const rest = times.size - told.length;
  return [...told.slice(0, 12), ...(rest > 0 ? [`${rest} not shown`] : [])].join(', ');
}

/** How records differ from the documentation, by field names and types only. */
export interface FieldReport {
  readonly record: RecordName;
  /** Number of records compared. */
  readonly seen: number;
  readonly missing: readonly string[];
  /** Not documented: name and types found; for names that do not look like a field's, only their number. */
  readonly extra: readonly string[];
  /** Not of the documented type: name, documented type, types found. */
  readonly other: readonly string[];
  /** Types that were not established: name and types found. */
  readonly settled: readonly string[];
}

export function compareFields(record: RecordName, rows: readonly JsonObject[]): FieldReport {
  const documented = FIELDS[record].filter(({ undocumented }) => !undocumented);
  const found = new Map<string, Set<string>>();
  for (const row of rows) {
    for (const [name, value] of Object.entries(row)) found.set(name, (found.get(name) ?? new Set()).add(typeOf(value)));
  }
  const types = (name: string) => [...(found.get(name) ?? [])].sort();
  const told = (name: string) => types(name).join(' or ');
  const known = documented.filter(({ name }) => found.has(name));
  const extra = [...found.keys()].filter((name) => !documented.some((field) => field.name === name));
  const showable = extra.filter((name) => name.length <= 40 && FIELD.test(name));
  const rest = extra.length - showable.length;
  return {
    record,
    seen: rows.length,
    missing: rows.length === 0 ? [] : documented.flatMap(({ name }) => (found.has(name) ? [] : [name])),
    extra: [
      ...showable.map((name) => `${name} (${told(name)})`),
      ...(rest > 0 ? [`${rest} whose names are not shown`] : []),
    ],
    other: known
      .filter(({ name, form }) => form !== 'any' && !fits(types(name), form))
      .map(({ name, form }) => `${name} (documented ${form}, found ${told(name)})`),
    settled: known.filter(({ form }) => form === 'any').map(({ name }) => `${name} (${told(name)})`),
  };
}

/** A field name in LeadDyno's style; anything else may be a person's text. */
const FIELD = /^[a-z]+(_?[a-z0-9]+){0,5}$/;

/** Types that also fit: a decimal without a fraction looks like text, and text may look like anything. */
const ALSO: Readonly<Record<string, readonly string[]>> = {
  text: ['decimal', 'date', 'timestamp'],
  decimal: ['text'],
};

function fits(found: readonly string[], form: string): boolean {
  const nullable = form.endsWith('?');
  const type = nullable ? form.slice(0, -1) : form;
  const allowed = [type, ...(ALSO[type] ?? []), ...(nullable ? ['null'] : [])];
  return found.every((one) => allowed.includes(one));
}
