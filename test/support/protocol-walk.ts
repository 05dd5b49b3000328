import { expect } from 'vitest';
import type { JsonObject } from '../../src/json.ts';
import type { Caller } from './clients.ts';
import { rowsOf } from './protocol-json.ts';

export interface Walk {
  /** Every row, in the order received. */
  readonly rows: JsonObject[];
  readonly calls: number;
  /** How many results were cut to size. */
  readonly cuts: number;
}

/** Reads a list to its end by `next_page` and `next_skip`, as a model would, and checks the size of every result. */
export async function walk(
  { call }: Pick<Caller, 'call'>,
  tool: string,
  args: JsonObject,
  key: string,
  budget: number,
) {
  const rows: JsonObject[] = [];
  let where: JsonObject = {};
  let cuts = 0;
  for (let calls = 1; calls <= 5_000; calls += 1) {
    const result = await call(tool, { ...args, ...where });
    expect(result.isError, result.text).toBe(false);
    expect(result.text.length).toBeLessThanOrEqual(budget);
    const shown = rowsOf(result, key);
    rows.push(...shown);
    const { next_page: page, next_skip: skip, left_off: leftOff } = result.data;
    if (leftOff !== undefined) {
      cuts += 1;
      // Even a cut result makes progress.
      expect(shown.length).toBeGreaterThan(0);
      expect(page).toBe(where.page ?? args.page ?? 1);
    } else {
      expect(skip).toBeUndefined();
    }
    if (page === null) return { rows, calls, cuts } satisfies Walk;
    where = { page, ...(skip !== undefined && { skip }) };
  }
  throw new Error(`${tool} does not come to an end`);
}
