import type { JsonObject } from '../../json.ts';
import { Decimal, rounded, written, ZERO } from '../../records/money.ts';
import { changeOf, shareOf } from '../rankings/ranking.ts';
import type { Place } from './dimensions.ts';

/** What a record adds to one row. */
export interface Counted {
  readonly places: readonly Place[];
  /** Undefined for records that are not money. */
  readonly currency: string | undefined;
  readonly amount: Decimal | undefined;
  readonly isCancelled?: boolean | undefined;
  /** Whether it counts in the period compared with. */
  readonly isBefore: boolean;
  /** The commission on a purchase, in the same currency. */
  readonly commission?: Decimal | undefined;
  /** For an affiliate: epoch milliseconds of the sales credited to them. */
  readonly sales?: readonly number[] | undefined;
}

/** Counts and sums of some records. */
export class Tally {
  count = 0;
  priced = 0;
  amount: Decimal = ZERO;
  commission: Decimal = ZERO;
  cancelled = 0;
  cancelledAmount: Decimal = ZERO;
  sales = 0;
  withSale = 0;
  firstSale = Number.POSITIVE_INFINITY;
  lastSale = Number.NEGATIVE_INFINITY;

  add({ amount, commission, isCancelled, sales }: Counted): void {
    this.count += 1;
    if (isCancelled) {
      this.cancelled += 1;
      this.cancelledAmount = this.cancelledAmount.plus(amount ?? ZERO);
    }
    if (amount !== undefined) {
      this.priced += 1;
      this.amount = this.amount.plus(amount);
    }
    if (commission) this.commission = this.commission.plus(commission);
    if (!sales) return;
    this.sales += sales.length;
    if (sales.length > 0) this.withSale += 1;
    for (const at of sales) {
      this.firstSale = Math.min(this.firstSale, at);
      this.lastSale = Math.max(this.lastSale, at);
    }
  }
}

/** One row: its figures now, and in the period compared with. */
export class Row {
  readonly now = new Tally();
  readonly before = new Tally();
  readonly places: readonly Place[];
  constructor(places: readonly Place[]) {
    this.places = places;
  }
}

/** The rows of one currency, or of records that are not money. */
export interface Table {
  readonly currency: string | undefined;
  readonly all: Row;
  readonly rows: ReadonlyMap<string, Row>;
}

export function tablesOf(counted: Iterable<Counted>): Table[] {
  const tables = new Map<string, { currency: string | undefined; all: Row; rows: Map<string, Row> }>();
  for (const one of counted) {
    const name = one.currency ?? '';
    const table = tables.get(name) ?? { currency: one.currency, all: new Row([]), rows: new Map<string, Row>() };
    tables.set(name, table);
    const key = JSON.stringify(one.places.map((place) => place.key));
    const row = table.rows.get(key) ?? new Row(one.places);
    table.rows.set(key, row);
    for (const to of [row, table.all]) (one.isBefore ? to.before : to.now).add(one);
  }
  return [...tables.values()].sort((a, b) => ((a.currency ?? '') < (b.currency ?? '') ? -1 : 1));
}

export interface Shows {
  readonly compares: boolean;
  readonly commission: boolean;
  /** How many of the records are cancelled. */
  readonly cancelled: boolean;
  readonly sales: boolean;
}

const day = (at: number) => (Number.isFinite(at) ? new Date(at).toISOString().slice(0, 10) : null);

/** What a row is ranked and compared by: its amount if there is money, else its count. */
export const worth = (tally: Tally, currency: string | undefined): Decimal =>
  currency === undefined ? new Decimal(tally.count) : tally.amount;

/** The count; for money also amount and average; and what `shows` asks for. */
export function figuresOf(tally: Tally, currency: string | undefined, shows?: Shows): JsonObject {
  const { count, priced, amount, commission } = tally;
  return {
    count,
    ...(currency !== undefined && {
      amount: written(amount, currency),
      average: priced === 0 ? null : rounded(amount.div(priced), currency),
      ...(priced < count && { without_amount: count - priced }),
    }),
    ...(currency !== undefined &&
      shows?.commission && {
        commission: written(commission, currency),
        margin: written(amount.minus(commission), currency),
      }),
    ...(currency !== undefined &&
      shows?.cancelled && {
        cancelled: tally.cancelled,
        cancelled_amount: written(tally.cancelledAmount, currency),
        cancelled_percent: shareOf(new Decimal(tally.cancelled), new Decimal(count)) ?? null,
      }),
    ...(shows?.sales && {
      purchases: tally.sales,
      affiliates_without_sale: count - tally.withSale,
      first_sale: day(tally.firstSale),
      last_sale: day(tally.lastSale),
    }),
  };
}

/** The figures of a row, its share of everything, and what changed. */
export function shownRow(row: Row, table: Table, shows: Shows): JsonObject {
  const { currency, all } = table;
  const whole = worth(all.now, currency);
  const share = shareOf(worth(row.now, currency), whole);
  return {
    ...figuresOf(row.now, currency, shows),
    ...(share !== undefined && row !== all && { share }),
    ...(shows.compares && changeIn(row, currency)),
  };
}

const changeIn = ({ now, before }: Row, currency: string | undefined): JsonObject => ({
  ...changeOf(worth(now, currency), worth(before, currency), currency),
  ...(currency !== undefined && { count_before: before.count }),
});

/** The sum of several rows. */
export function sumOfRows(rows: readonly Row[], currency: string | undefined): JsonObject {
  const count = rows.reduce((sum, { now }) => sum + now.count, 0);
  const amount = rows.reduce((sum, { now }) => sum.plus(now.amount), ZERO);
  return { rows: rows.length, count, ...(currency !== undefined && { amount: written(amount, currency) }) };
}
