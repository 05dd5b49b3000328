import { randomInt } from 'node:crypto';

/** The most that is read of one answer, in bytes. */
export const MAX_ANSWER_BYTES = 10 * 1024 * 1024;
/** More than several thousand rows of records have. What is made of more would keep everybody else waiting. */
export const MAX_VALUES = 200_000;
/** Different names of fields, in all rows together: each costs many times what a value does. */
export const MAX_NAMES = 10_000;

const [QUOTE, COMMA, COLON, BACKSLASH, OPEN_LIST, OPEN_OBJECT] = [0x22, 0x2c, 0x3a, 0x5c, 0x5b, 0x7b];
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
