import type { JsonObject } from '../../json.ts';
import { describeAffiliate } from '../../records/describe.ts';
import { payoutOf } from '../../records/keys.ts';
import { type Decimal, written, ZERO } from '../../records/money.ts';
import type { Affiliate } from '../../records/parse.ts';
import type { Named } from '../../records/people.ts';
import { iso } from '../../records/period.ts';
import { flagOf } from '../../records/values.ts';
import { creditedOf, type Figures, type KeyOf, type Measured } from './metrics.ts';
import { changeOf, rank, shareOf } from './ranking.ts';
import { lastSale, type Sales } from './sales.ts';
import type { Order } from './segment-kinds.ts';

/** Somebody in a ranking: an affiliate, or somebody whom a record names but the list of affiliates does not have. */
export interface Entry extends Named {
  readonly raw: JsonObject;
  /** Undefined if the list does not have them. */
  readonly known?: Affiliate;
}

export interface RankOptions {
  readonly keyOf: KeyOf;
  readonly isRatio: boolean;
  /** The currency of money. */
  readonly unit: string | undefined;
  readonly measured: Measured;
  /** The same figure in the period compared with. */
  readonly before: Figures | undefined;
  readonly order: Order | undefined;
  /** Affiliates who are left out of the rows but count in every total. */
  readonly archived: readonly Affiliate[];
  /** Whether only some of the affiliates who are not archived are ranked. */
  readonly isPart: boolean;
  readonly sales: Sales | undefined;
  readonly limit: number;
  readonly skip: number;
  readonly preliminary: boolean;
}

/** One ranking: its rows, and a line about all of it. */
export function rankOne(entries: readonly Entry[], figures: Figures, options: RankOptions) {
  const { isRatio, unit, measured, before, order, limit, skip, preliminary } = options;
  const keyOf = (row: Entry) => options.keyOf(row.known ?? row);
  const valued = entries.flatMap((row) => {
    const value = figures.of.get(keyOf(row));
    return value === undefined ? [] : [{ row, value, id: row.id }];
  });
  const absent = entries.filter((one) => !figures.of.has(keyOf(one)));
  const some = isRatio || order ? valued : valued.filter(({ value }) => !value.isZero());
  const { top, behind, tied } = rank(some, limit, skip);
  const absentIsUnknown = measured.absentIs === 'unknown';
  // Affiliates with too few visitors are counted separately.
  const unknown = absentIsUnknown ? absent.filter((one) => !measured.below?.has(keyOf(one))) : [];
  const without = valued.length - some.length + (absentIsUnknown ? 0 : absent.length);
  const hasTotals = !isRatio && !order && !preliminary;
  const credited = creditedOf(figures);
  const all = measured.areCounters ? undefined : credited.plus(figures.uncredited);
  const whole = hasTotals ? (all ?? credited) : undefined;
  const money = unit !== undefined;
  const show = (value: Decimal) =>
    isRatio ? `${value.times(100).toFixed(1)}%` : money ? written(value, unit) : value.toNumber();
  const sum = (values: readonly Decimal[]) => values.reduce((total: Decimal, value) => total.plus(value), ZERO);
  const change = (value: Decimal, past: Decimal | undefined): JsonObject => {
    if (!before) return {};
    if (isRatio) return { before: past ? show(past) : null };
    return changeOf(value, past ?? ZERO, unit);
  };

  // Affiliates without a counter come last.
  const behindAll = isRatio ? [] : unknown.slice(Math.max(0, skip - some.length));
  const room = behindAll.slice(0, limit - top.length);
  const leftOff = behind + behindAll.length - room.length;
  const placed = [
    ...top.map(({ rank: place, row, value }) => ({
      ...(money && { currency: unit }),
      rank: place,
      ...describeEntry(row, options),
      value: show(value),
      ...(isRatio && measured.partsOf?.(keyOf(row))),
      ...(whole && !before && { share: shareOf(value, whole) }),
      ...change(value, before?.of.get(keyOf(row))),
      ...(row.known && order?.more(row.known)),
    })),
    ...room.map((row) => ({ rank: null, ...describeEntry(row, options), value: null })),
  ];
  const uncredited = figures.uncreditedRecords;
  const stopped = before ? entries.filter((row) => isOf(before, row) && !isOf(figures, row)).length : 0;
  const line = {
    ...(money && { currency: unit }),
    ...(hasTotals && all && { all: show(all) }),
    ...(hasTotals && { credited: show(credited) }),
    ...(uncredited > 0 && {
      not_credited: { count: uncredited, ...(money && { amount: written(figures.uncredited, unit) }) },
    }),
    ...(hasTotals && before && { credited_compared: change(credited, creditedOf(before)) }),
    ranked: some.length,
    ...(hasTotals && options.isPart && { of_those_ranked: show(sum(some.map(({ value }) => value))) }),
    ...(leftOff > 0 && { left_off: leftOff }),
    ...(tied > 0 && { tied_with_the_last: tied }),
    ...(without > 0 && { with_none: without }),
    ...(stopped > 0 && { with_none_who_had_before: stopped }),
    ...(unknown.length > 0 && { unknown: unknown.length }),
    ...archivedOut(),
  };
  return { rows: placed, line, leftOff, below: absentIsUnknown ? absent.length - unknown.length : 0 };

  function isOf({ of }: Figures, row: Entry): boolean {
    const value = of.get(keyOf(row));
    return value !== undefined && !value.isZero();
  }

  function archivedOut(): JsonObject {
    const values = options.archived
      .map((one) => figures.of.get(options.keyOf(one)) ?? ZERO)
      .filter((value) => !value.isZero());
    if (values.length === 0) return {};
    const part = whole && { [money ? 'amount' : 'value']: show(sum(values)) };
    return { archived_left_out: { count: values.length, ...part } };
  }
}

/** Describes an affiliate in a ranking; the status is shown only if it is not Active. */
function describeEntry({ raw, known }: Entry, { keyOf, sales }: RankOptions): JsonObject {
  const key = known && sales?.complete ? keyOf(known) : undefined;
  const last = key !== undefined && sales ? lastSale(key, sales) : undefined;
  const isUnclear = key === undefined || sales?.unclear.has(key);
  return {
    ...describeAffiliate({ raw }, ...(raw.status && raw.status !== 'Active' ? ['status'] : [])),
    ...(!isUnclear && { last_purchase_at: last === undefined ? null : iso(last) }),
    ...(flagOf(raw.unsubscribed) && { unsubscribed: true }),
    ...(known && payoutOf(known)),
  };
}
