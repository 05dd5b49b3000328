import type { JsonObject } from '../../json.ts';
import { type Decimal, written } from '../../records/money.ts';

/** A row with its rank. */
export interface Ranked<Row> {
  readonly rank: number;
  readonly row: Row;
  readonly value: Decimal;
}

export interface Ranking<Row> {
  readonly top: readonly Ranked<Row>[];
  /** How many are ranked behind those shown. */
  readonly behind: number;
  /** How many of them have the same value as the last one shown: the limit cut through a tie. */
  readonly tied: number;
}

/**
 * Ranks rows, highest first. Equal values share a rank (1, 2, 2, 4) and are in the order of their ids.
 * @param skip how many of the highest to leave out
 */
export function rank<Row>(
  rows: readonly { readonly row: Row; readonly value: Decimal; readonly id: string }[],
  limit: number,
  skip = 0,
): Ranking<Row> {
  const sorted = [...rows].sort((a, b) => b.value.comparedTo(a.value) || compareIds(a.id, b.id));
  let place = 0;
  const ranked = sorted.map(({ row, value }, index) => {
    if (index === 0 || !value.equals(sorted[index - 1]?.value ?? value)) place = index + 1;
    return { rank: place, row, value };
  });
  const top = ranked.slice(skip, skip + limit);
  const rest = ranked.slice(skip + limit);
  const last = top.at(-1);
  return { top, behind: rest.length, tied: last ? rest.filter(({ value }) => value.equals(last.value)).length : 0 };
}

/** Orders ids: numbers first, by value; then all others, as text. */
export function compareIds(a: string, b: string): number {
  const [one, other] = [placeOf(a), placeOf(b)];
  return one < other ? -1 : one > other ? 1 : a < b ? -1 : a > b ? 1 : 0;
}

const placeOf = (id: string) => (/^\d+$/.test(id) ? Number(id) : Number.POSITIVE_INFINITY);

/** A part as a percentage of a whole: `12.3%`; undefined if there is no whole. */
export function shareOf(part: Decimal, whole: Decimal): string | undefined {
  return whole.greaterThan(0) ? `${part.div(whole).times(100).toFixed(1)}%` : undefined;
}

/** Compares a figure with an earlier one, so that no model has to calculate. @param unit the currency of an amount */
export function changeOf(value: Decimal, past: Decimal, unit: string | undefined): JsonObject {
  const difference = value.minus(past);
  const show = (one: Decimal) => (unit === undefined ? one.toNumber() : written(one, unit));
  return {
    before: show(past),
    difference: show(difference),
    percent: past.greaterThan(0) ? `${difference.div(past).times(100).toFixed(1)}%` : null,
  };
}
