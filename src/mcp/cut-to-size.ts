import type { JsonObject } from '../json.ts';

/** Room for `next_page`, `next_skip` and `left_off` in a cut list. */
const CUT_KEYS = 120;

const STRING_CAPS = [8000, 4000, 2000, 1000, 500, 250, 120, 60];
const LENGTH_CAPS = [500, 200, 100, 50, 20, 10, 5];

const size = (value: unknown) => JSON.stringify(value)?.length ?? 0;

/** Whether a value fits into `max` characters of JSON. It stops once they are used up, however large the rest is. */
const fits = (value: unknown, max: number) =>
  roomAfter(value, Number.POSITIVE_INFINITY, Number.POSITIVE_INFINITY, max) >= 0;

/** Characters of `room` left after the JSON of `limit(value, stringCap, lengthCap)`; below zero if it does not fit. */
function roomAfter(value: unknown, stringCap: number, lengthCap: number, room: number): number {
  if (typeof value === 'string' && value.length > room && value.length <= stringCap) return -1;
  if (typeof value !== 'object' || value === null) return room - size(limit(value, stringCap, lengthCap));
  const isList = Array.isArray(value);
  const length = isList ? value.length : Object.keys(value).length;
  const shown = Math.min(length, lengthCap);
  let left = room - 2 - Math.max(0, shown - 1);
  // Room for the mark that says that something was left off.
  if (shown < length) left -= 40;
  if (isList) {
    for (let index = 0; index < shown && left >= 0; index += 1)
      left = roomAfter(value[index], stringCap, lengthCap, left - (value[index] === undefined ? 4 : 0));
    return left;
  }
  let count = 0;
  for (const key in value) {
    if (left < 0 || count === shown) break;
    count += 1;
    const item = (value as JsonObject)[key];
    if (item !== undefined) left = roomAfter(item, stringCap, lengthCap, left - size(key) - 1);
  }
  return left;
}

/**
 * A result within `max` characters of JSON. Rows are left off the end of a list, and the result says where to continue:
 * `next_page` (this page), `next_skip` (the next row of it) and `left_off`. In one oversized record the longest
 * strings are cut and marked.
 * @param rowsKey the name of the rows if the result is a list
 * @param listKey the field that tells which list a row belongs to, if the rows are several lists: `skip` skips rows of
 * each list, so all of them are cut at the same place
 */
export function cutToSize(result: JsonObject, max: number, rowsKey?: string, listKey?: string): JsonObject {
  if (fits(result, max)) return result;
  const rows = rowsKey === undefined ? undefined : result[rowsKey];
  if (rowsKey === undefined || !Array.isArray(rows) || rows.length === 0) return shorten(result, max);
  const around = { ...result, [rowsKey]: [] };
  if (!fits(around, max - CUT_KEYS)) return shorten(result, max);
  const room = max - size(around) - CUT_KEYS;
  const { shown, end } = beginning(rows, room, listKey);
  const leftOff = rows.length - shown.length;
  const { page, skipped, left_off } = result;
  const cut = {
    ...result,
    [rowsKey]: shown,
    ...(leftOff > 0 && {
      next_page: page,
      next_skip: (typeof skipped === 'number' ? skipped : 0) + end,
      // The result may already have left off some rows: those beyond a limit.
      left_off: leftOff + (typeof left_off === 'number' ? left_off : 0),
    }),
  };
  return size(cut) <= max ? cut : shorten(result, max);
}

/** The whole result, shortened; if nothing of it can be shown, advice on what to do. */
function shorten(result: JsonObject, max: number): JsonObject {
  return (shrink(result, max) as JsonObject | undefined) ?? { ...tooLarge(result), note: ADVICE };
}

const ADVICE = 'Ask for less: a smaller limit, detail: concise, fewer ids. The operator can raise --max-result-chars.';

const tooLarge = (value: unknown) => ({ cut: `[too large to show: ${size(value)} characters]` });

/** As many rows as there is room for, at least one of each list. `end` is the most rows that a list shows. */
function beginning(rows: readonly unknown[], room: number, listKey: string | undefined) {
  const lengths = new Map<unknown, number>();
  // Each row takes at least two characters.
  const considered = listKey === undefined ? rows.slice(0, room) : rows;
  const places = considered.map((row) => {
    const list = listKey === undefined ? undefined : (row as JsonObject | null)?.[listKey];
    const place = lengths.get(list) ?? 0;
    lengths.set(list, place + 1);
    return { row, place };
  });
  let left = room;
  // The first row of each list, then the second of each, so that all lists end at the same place.
  const beyond = [...places]
    .sort((a, b) => a.place - b.place)
    .find(({ row }) => {
      if (!fits(row, left)) return true;
      left -= size(row) + 1;
      return left < 0;
    });
  const end = beyond?.place ?? considered.length;
  if (end > 0) return { shown: places.filter(({ place }) => place < end).map(({ row }) => row), end };
  const each = Math.floor(room / lengths.size);
  return {
    shown: places.filter(({ place }) => place === 0).map(({ row }) => shrink(row, each) ?? tooLarge(row)),
    end: 1,
  };
}

/** The same value with its longest strings cut, then its longest lists, until it fits; undefined if it never does. */
function shrink(value: unknown, max: number): unknown {
  const caps = [
    ...STRING_CAPS.map((cap) => [cap, Number.POSITIVE_INFINITY] as const),
    ...LENGTH_CAPS.map((cap) => [STRING_CAPS.at(-1) ?? 60, cap] as const),
  ];
  for (const [strings, lengths] of caps) {
    if (roomAfter(value, strings, lengths, max) < 0) continue;
    const cut = limit(value, strings, lengths);
    if (size(cut) <= max) return cut;
  }
  return undefined;
}

function limit(value: unknown, stringCap: number, lengthCap: number): unknown {
  if (typeof value === 'string') {
    if (value.length <= stringCap) return value;
    return `${value.slice(0, stringCap).toWellFormed()}… [cut: ${value.length} characters]`;
  }
  if (Array.isArray(value)) {
    const shown = value.slice(0, lengthCap).map((item) => limit(item, stringCap, lengthCap));
    const mark = `[${value.length - shown.length} more left off]`;
    // A list of records stays a list of records, as its schema says.
    const end = typeof value[0] === 'object' ? { cut: mark } : mark;
    return shown.length < value.length ? [...shown, end] : shown;
  }
  if (typeof value !== 'object' || value === null) return value;
  const entries = Object.entries(value);
  const shown = entries.slice(0, lengthCap).map(([key, item]) => [key, limit(item, stringCap, lengthCap)] as const);
  if (shown.length < entries.length) shown.push(['[cut]', `${entries.length - shown.length} more fields left off`]);
  return Object.fromEntries(shown);
}
