import type { Programme } from './programme.ts';
import { parseCents, parseMoment } from './wire-values.ts';

/* What a route receives (the programme, parameters, an id) and returns (an answer, a refusal, a page). */

/** A path is written as in the documentation, e.g. `GET /affiliates/{id}/leads`. */
export type Route = readonly [
  pattern: `${'GET' | 'POST' | 'PUT' | 'DELETE'} /${string}`,
  answer: (call: Call) => Reply,
];

export interface Call {
  readonly programme: Programme;
  readonly params: Params;
  /** The `{id}` of the path; 0 if the path has none. */
  readonly id: number;
}

export interface Reply {
  readonly status: number;
  readonly body: unknown;
}

export function ok(body: unknown): Reply {
  return { status: 200, body };
}

export function created(body: unknown): Reply {
  return { status: 201, body };
}

/** A refusal: `error` is a text, or a map of field names to lists of messages. */
export class ApiError extends Error {
  readonly status: number;
  readonly error: string | Readonly<Record<string, readonly string[]>>;

  constructor(status: number, error: string | Readonly<Record<string, readonly string[]>>) {
    super(typeof error === 'string' ? error : JSON.stringify(error));
    this.name = 'ApiError';
    this.status = status;
    this.error = error;
  }
}

/** Returns the record. @throws ApiError 404 that names what is missing */
export function found<Row>(row: Row | undefined, what: string): Row {
  if (row === undefined) throw new ApiError(404, `${what} not found`);
  return row;
}

const EMAIL = /^[^\s@]+@[^\s@]+\.[^\s@]+$/;
const CURRENCY = /^[A-Z]{3}$/;
const TRUE: readonly unknown[] = [true, 1, 'true', '1'];
const FALSE: readonly unknown[] = [false, 0, 'false', '0'];

/**
 * The parameters of one request from query and body, so any value may be a string. Reading collects complaints
 * per field; `check` throws them all at once.
 */
export class Params {
  readonly #values: Readonly<Record<string, unknown>>;
  readonly #complaints = new Map<string, string[]>();

  constructor(values: Readonly<Record<string, unknown>>) {
    this.#values = values;
  }

  complain(name: string, message: string): void {
    this.#complaints.set(name, [...(this.#complaints.get(name) ?? []), message]);
  }

  check(): void {
    if (this.#complaints.size > 0) throw new ApiError(400, Object.fromEntries(this.#complaints));
  }

  raw(name: string): unknown {
    return Object.hasOwn(this.#values, name) ? this.#values[name] : undefined;
  }

  /** undefined if not sent, null if sent as JSON null. */
  text(name: string): string | null | undefined {
    const value = this.raw(name);
    if (value === undefined || value === null || typeof value === 'string') return value;
    if (typeof value === 'number' || typeof value === 'boolean') return String(value);
    this.complain(name, 'is invalid');
    return undefined;
  }

  /** null if not sent or sent empty. */
  filledText(name: string): string | null {
    return this.text(name) || null;
  }

  /** A look-up cannot continue without its parameter, so this throws at once. */
  requiredText(name: string): string {
    const value = this.text(name)?.trim() ?? '';
    if (value === '') this.complain(name, "can't be blank");
    this.check();
    return value;
  }

  /** The trimmed address, even if it got a complaint; undefined if not sent. */
  email(name: string): string | undefined {
    const value = this.text(name);
    if (value === undefined) return undefined;
    const email = value?.trim() ?? '';
    if (email === '') this.complain(name, "can't be blank");
    else if (!EMAIL.test(email)) this.complain(name, 'is invalid');
    return email;
  }

  requiredEmail(name: string): string {
    const email = this.email(name);
    if (email === undefined) this.complain(name, "can't be blank");
    this.check();
    return email ?? '';
  }

  /** Cents; undefined if not sent, sent empty or not a number. */
  amount(name: string): number | undefined {
    const value = this.raw(name);
    if (value === undefined || value === null || value === '') return undefined;
    const cents = parseCents(value);
    if (cents === null) this.complain(name, 'is not a number');
    return cents ?? undefined;
  }

  currency(name: string): string | undefined {
    const value = this.filledText(name);
    if (value === null) return undefined;
    const code = value.trim().toUpperCase();
    if (!CURRENCY.test(code)) this.complain(name, 'is invalid');
    return code;
  }

  /** Refuses odd values; a Rails application would be less strict. */
  flag(name: string): boolean | undefined {
    const value = this.raw(name);
    if (value === undefined || value === null || value === '') return undefined;
    if (TRUE.includes(value)) return true;
    if (FALSE.includes(value)) return false;
    this.complain(name, 'is not a boolean');
    return undefined;
  }

  id(name: string): number | undefined {
    const value = this.filledText(name);
    if (value === null) return undefined;
    if (/^\d{1,15}$/.test(value)) return Number(value);
    this.complain(name, 'is not a number');
    return undefined;
  }

  moment(name: string, edge: 'start' | 'end' = 'start'): number | undefined {
    const value = this.filledText(name);
    if (value === null) return undefined;
    const moment = parseMoment(value.trim(), edge);
    if (moment === null) this.complain(name, 'is not a valid date');
    return moment ?? undefined;
  }
}

/** Updates only the fields that were sent. */
export function writeSent<Row extends object>(
  row: Row,
  sent: { readonly [Name in keyof Row]?: Row[Name] | undefined },
): void {
  Object.assign(row, Object.fromEntries(Object.entries(sent).filter(([, value]) => value !== undefined)));
}

export interface Page {
  readonly number: number;
  readonly size: number;
}

const LARGEST_PAGE = 200;

/** An invalid page number or size falls back to the default; `requestedPage` caps a large size (not established). */
function positive(value: unknown, fallback: number): number {
  const text = String(value ?? '');
  const number = /^\d{1,9}$/.test(text) ? Number(text) : 0;
  return number > 0 ? number : fallback;
}

export function requestedPage(params: Params, defaultSize = 100): Page {
  return {
    number: positive(params.raw('page'), 1),
    size: Math.min(positive(params.raw('per_page'), defaultSize), LARGEST_PAGE),
  };
}

/** For the lists that ignore `per_page`. */
export function fixedPage(params: Params): Page {
  return { number: positive(params.raw('page'), 1), size: 100 };
}

export function oldestFirst<Row>(rows: readonly Row[], page: Page): readonly Row[] {
  const start = (page.number - 1) * page.size;
  return rows.slice(start, start + page.size);
}

/** Rows are stored in ascending order, so this reads from the end. */
export function newestFirst<Row>(rows: readonly Row[], page: Page): readonly Row[] {
  const end = rows.length - (page.number - 1) * page.size;
  return end <= 0 ? [] : rows.slice(Math.max(0, end - page.size), end).reverse();
}
