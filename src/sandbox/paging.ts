import type { Params } from './params.ts';

export interface Page {
  readonly number: number;
  readonly size: number;
}

const MAXIMUM = 200;
export const DEFAULT_SIZE = 100;
/** Commissions come in smaller pages than everything else. */
export const COMMISSIONS_SIZE = 20;

/** A page number or size that makes no sense falls back, a size above the maximum is cut (not established). */
function positive(value: unknown, fallback: number): number {
  const text = String(value ?? '');
  const number = /^\d{1,9}$/.test(text) ? Number(text) : 0;
  return number > 0 ? number : fallback;
}

export function requestedPage(params: Params, defaultSize: number): Page {
  return {
    number: positive(params.raw('page'), 1),
    size: Math.min(positive(params.raw('per_page'), defaultSize), MAXIMUM),
  };
}

/** For the lists that ignore `per_page`. */
export function fixedPage(params: Params): Page {
  return { number: positive(params.raw('page'), 1), size: DEFAULT_SIZE };
}

export function oldestFirst<Row>(rows: readonly Row[], page: Page): readonly Row[] {
  const start = (page.number - 1) * page.size;
  return rows.slice(start, start + page.size);
}

/** Rows are kept in ascending order; this reads them from the end. */
export function newestFirst<Row>(rows: readonly Row[], page: Page): readonly Row[] {
  const end = rows.length - (page.number - 1) * page.size;
  return end <= 0 ? [] : rows.slice(Math.max(0, end - page.size), end).reverse();
}
