import { randomInt } from 'node:crypto';
import { isObject, type JsonObject, parseJson } from '../json.ts';

/* The JSON of LeadDyno's answers, and the most that one answer may hold. */

/** The most that is read of one answer, in bytes. */
export const MAX_ANSWER_BYTES = 10 * 1024 * 1024;
/** Deeper than any record; past it readers and writers of JSON run out of stack. */
export const MAX_DEPTH = 64;
/** Replaces whatever was nested deeper. */
export const TOO_DEEP = '[nested too deeply to show]';
/** More than several thousand rows of records have. What is made of more would keep everybody else waiting. */
const MAX_VALUES = 200_000;
/** Different names of fields, in all rows together: each costs many times what a value does. */
const MAX_NAMES = 10_000;
/** More fields than any record has. */
const MAX_FIELDS = 1_000;

const [QUOTE, BACKSLASH, COMMA, COLON] = [0x22, 0x5c, 0x2c, 0x3a];
const [MINUS, DOT, ZERO, NINE] = [0x2d, 0x2e, 0x30, 0x39];
const [OPEN_LIST, CLOSE_LIST, OPEN_OBJECT, CLOSE_OBJECT] = [0x5b, 0x5d, 0x7b, 0x7d];

/** Odd and secret: anyone who knew it could craft field names that collide. */
const FACTOR = randomInt(2 ** 30) * 2 + 1;

/**
 * Whether JSON holds so much that reading it would take long, told in one pass over its bytes and before anything is
 * made of them. Counted are commas and opening brackets outside strings, and the different names of fields.
 */
export function holdsTooMuch(bytes: Uint8Array): boolean {
  const names = new Set<number>();
  let values = 0;
  for (let at = 0; at < bytes.length; at += 1) {
    const byte = bytes[at];
    if (byte === COMMA || byte === OPEN_LIST || byte === OPEN_OBJECT) values += 1;
    else if (byte === QUOTE) {
      let hash = 0;
      for (at += 1; at < bytes.length && bytes[at] !== QUOTE; at += 1) {
        const isEscape = bytes[at] === BACKSLASH;
        if (isEscape) at += 1;
        hash = Math.imul(hash ^ (bytes[at] ?? 0) ^ (isEscape ? 0x100 : 0), FACTOR) + 1;
      }
      if (isName(bytes, at)) names.add(hash);
    }
    if (values > MAX_VALUES || names.size > MAX_NAMES) return true;
  }
  return false;
}

/** Whether the string that ends at `end` is the name of a field. */
function isName(bytes: Uint8Array, end: number): boolean {
  let at = end + 1;
  // Blanks, tabs and line breaks.
  while ((bytes[at] ?? 0xff) <= 0x20) at += 1;
  return bytes[at] === COLON;
}

/** The value of an answer, and whether a part of it was nested too deeply to be read. */
export interface AnswerJson {
  readonly value: unknown;
  readonly cut: boolean;
}

/**
 * The one place where the bytes of an answer become values; undefined where they are no JSON. No value is nested deeper
 * than 64, and a whole number that JavaScript would round is its digits, as text: ids past 2^53 stay the ids they are.
 * @param text at most as long as `MAX_ANSWER_BYTES` lets it be
 */
export function readJson(text: string): AnswerJson | undefined {
  const changes = mayNest(text) || LONG_NUMBER.test(text) ? findChanges(text) : NONE;
  if (changes === undefined) return undefined;
  const parsed = parseJson(changes.length === 0 ? text : applied(changes, text));
  return parsed && { value: parsed.value, cut: changes.some(({ to }) => to === CUT) };
}

/** A part of the text, and what is read in its place. */
interface Change {
  readonly from: number;
  readonly end: number;
  readonly to: string;
}

const NONE: readonly Change[] = [];
const CUT = JSON.stringify(TOO_DEEP);
/** 2^53 has 16 digits. */
const LONG_NUMBER = /\d{16}/;

/** Whether there are as many brackets as nesting takes: few answers of one record have. */
function mayNest(text: string): boolean {
  let at = -1;
  for (let count = 0; count <= MAX_DEPTH; count += 1) {
    at = nextOpening(text, at + 1);
    if (at < 0) return false;
  }
  return true;
}

function nextOpening(text: string, from: number): number {
  for (let at = from; at < text.length; at += 1) {
    const code = text.charCodeAt(at);
    if (code === OPEN_OBJECT || code === OPEN_LIST) return at;
  }
  return -1;
}

/** What of a text cannot be read as it stands, in order; undefined where a string or what is too deep has no end. */
function findChanges(text: string): readonly Change[] | undefined {
  const changes: Change[] = [];
  let depth = 0;
  let deepFrom = -1;
  for (let at = 0; at < text.length; at += 1) {
    const code = text.charCodeAt(at);
    if (code === QUOTE) {
      at = endOfString(text, at);
      if (at < 0) return undefined;
    } else if (code === OPEN_OBJECT || code === OPEN_LIST) {
      depth += 1;
      if (depth === MAX_DEPTH + 1) deepFrom = at;
    } else if (code === CLOSE_OBJECT || code === CLOSE_LIST) {
      if (depth === MAX_DEPTH + 1) changes.push({ from: deepFrom, end: at + 1, to: CUT });
      depth -= 1;
    } else if (code >= ZERO && code <= NINE) {
      const [from, end] = [at, endOfNumber(text, at)];
      at = end - 1;
      if (depth <= MAX_DEPTH && losesDigits(text, from, end)) changes.push(asText(text, from, end));
    }
  }
  return depth > MAX_DEPTH ? undefined : changes;
}

/** Where the string ends that begins at `start`; -1 where it does not. */
function endOfString(text: string, start: number): number {
  for (let at = text.indexOf('"', start + 1); at >= 0; at = text.indexOf('"', at + 1)) {
    let slashes = 0;
    while (text.charCodeAt(at - 1 - slashes) === BACKSLASH) slashes += 1;
    if (slashes % 2 === 0) return at;
  }
  return -1;
}

/** Digits, a fraction and an exponent: whatever a number may hold. */
function endOfNumber(text: string, start: number): number {
  let at = start;
  for (; at < text.length; at += 1) {
    const code = text.charCodeAt(at);
    const isDigit = code >= ZERO && code <= NINE;
    // e, E, + and -
    if (!isDigit && code !== DOT && (code | 0x20) !== 0x65 && code !== 0x2b && code !== MINUS) break;
  }
  return at;
}

function losesDigits(text: string, from: number, end: number): boolean {
  if (end - from < 16) return false;
  const digits = text.slice(from, end);
  // JSON numbers have no leading zero: let the parser refuse it.
  return /^[1-9]\d+$/.test(digits) && !Number.isSafeInteger(Number(digits));
}

function asText(text: string, from: number, end: number): Change {
  const start = text.charCodeAt(from - 1) === MINUS ? from - 1 : from;
  return { from: start, end, to: `"${text.slice(start, end)}"` };
}

function applied(changes: readonly Change[], text: string): string {
  let at = 0;
  const parts: string[] = [];
  for (const { from, end, to } of changes) {
    parts.push(text.slice(at, from), to);
    at = end;
  }
  parts.push(text.slice(at));
  return parts.join('');
}

/** Limits the fields of each object in a value, which also bounds the later work of copying and cleaning it. */
export function withFewFields(value: unknown): unknown {
  if (Array.isArray(value)) {
    value.forEach((item, index) => {
      if (typeof item === 'object' && item !== null) value[index] = withFewFields(item);
    });
    return value;
  }
  if (!isObject(value)) return value;
  const names = Object.keys(value);
  if (names.length > MAX_FIELDS) return cut(value, names);
  for (const name of names) {
    const item = value[name];
    if (typeof item === 'object' && item !== null) setField(value, name, withFewFields(item));
  }
  return value;
}

/** A name may be `__proto__`, which is a field like any other here. */
function setField(record: JsonObject, name: string, value: unknown): void {
  Object.defineProperty(record, name, { value, enumerable: true, configurable: true, writable: true });
}

function cut(value: JsonObject, names: readonly string[]): JsonObject {
  const shown = names.slice(0, MAX_FIELDS).map((name) => [name, withFewFields(value[name])] as const);
  return Object.fromEntries([...shown, ['[cut]', `${names.length - MAX_FIELDS} more fields left off`]]);
}
