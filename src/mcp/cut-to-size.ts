import type { JsonObject } from '../operations/operation.ts';

/** Room for `next_page`, `next_skip` and `left_off` in a cut list. */
const CUT_KEYS = 120;

const STRING_CAPS = [8000, 4000, 2000, 1000, 500, 250, 120, 60];
const LENGTH_CAPS = [500, 200, 100, 50, 20, 10, 5];

const size = (value: unknown) => JSON.stringify(value)?.length ?? 0;

/**
 * A result within `max` characters of JSON. Rows of a list are left off its end, and the result says where to go on:
 * `next_page` (this page), `next_skip` (the next row of it) and `left_off`. In one oversized record the longest
 * strings are cut and marked.
 * @param rowsKey the name of the rows where the result is a list
 */
export function cutToSize(result: JsonObject, max: number, rowsKey?: string): JsonObject {
  if (size(result) <= max) return result;
  const rows = rowsKey === undefined ? undefined : result[rowsKey];
  if (rowsKey === undefined || !Array.isArray(rows) || rows.length === 0) return shrink(result, max) as JsonObject;
  let room = max - size({ ...result, [rowsKey]: [] }) - CUT_KEYS;
  let kept = 0;
  for (const row of rows) {
    room -= size(row) + 1;
    if (room < 0) break;
    kept += 1;
  }
  const shown = kept > 0 ? rows.slice(0, kept) : [shrink(rows[0], max - size({ ...result, [rowsKey]: [] }) - CUT_KEYS)];
  const leftOff = rows.length - shown.length;
  if (size({ ...result, [rowsKey]: [] }) + CUT_KEYS > max) return shrink(result, max) as JsonObject;
  if (leftOff === 0) return { ...result, [rowsKey]: shown };
  const { page, skipped, left_off } = result;
  return {
    ...result,
    [rowsKey]: shown,
    next_page: page,
    next_skip: (typeof skipped === 'number' ? skipped : 0) + shown.length,
    // Some may have been left off before: those beyond a limit.
    left_off: leftOff + (typeof left_off === 'number' ? left_off : 0),
  };
}

/** The same value with its longest strings cut, then its longest lists, until it fits. */
function shrink(value: unknown, max: number): unknown {
  for (const cap of STRING_CAPS) {
    const cut = limit(value, cap, Number.POSITIVE_INFINITY);
    if (size(cut) <= max) return cut;
  }
  for (const cap of LENGTH_CAPS) {
    const cut = limit(value, STRING_CAPS.at(-1) ?? 60, cap);
    if (size(cut) <= max) return cut;
  }
  return { cut: `[too large to show: ${size(value)} characters]` };
}

function limit(value: unknown, stringCap: number, lengthCap: number): unknown {
  if (typeof value === 'string') {
    if (value.length <= stringCap) return value;
    return `${value.slice(0, stringCap).toWellFormed()}… [cut: ${value.length} characters]`;
  }
  if (Array.isArray(value)) {
    const shown = value.slice(0, lengthCap).map((item) => limit(item, stringCap, lengthCap));
    return shown.length < value.length ? [...shown, `[${value.length - shown.length} more left off]`] : shown;
  }
  if (typeof value !== 'object' || value === null) return value;
  const entries = Object.entries(value);
  const shown = entries.slice(0, lengthCap).map(([key, item]) => [key, limit(item, stringCap, lengthCap)] as const);
  if (shown.length < entries.length) shown.push(['[cut]', `${entries.length - shown.length} more fields left off`]);
  return Object.fromEntries(shown);
}
