import type { JsonObject } from '../../json.ts';
import { LeadDynoError } from '../../leaddyno/errors.ts';
import { listAffiliatePurchases } from '../../operations/affiliates.ts';
import { DAY_MS, iso } from '../../records/period.ts';
import { createdAt, numberOf, numericIdOf } from '../../records/values.ts';
import { purchases, visitors } from '../reading/collections.ts';
import { mapParallel } from '../reading/parallel.ts';
import type { Window } from '../reading/scan.ts';
import type { Work } from '../workflow.ts';
import { countRows, type KeyOf } from './affiliate-figures.ts';
import { byCancellation } from './cancellations.ts';

/** A part of the affiliates. */
export const SEGMENTS = ['all', 'dormant', 'traffic_without_sales', 'new'] as const;
export type Segment = (typeof SEGMENTS)[number];

export interface SegmentOptions {
  readonly segment: Segment;
  readonly days: number;
  readonly minimumVisitors: number;
  readonly window: Window | undefined;
  readonly keyOf: KeyOf;
}

export interface Chosen {
  readonly rows: readonly JsonObject[];
  /** Affiliates of whom it cannot be told whether they belong here. */
  readonly undecided: number;
  /** Whether what decides was read to its end; without that nobody is chosen. */
  readonly complete: boolean;
  readonly basis?: string;
}

/** So few are looked up one by one: the list of all purchases has many more pages. */
const FEW = 20;
const WIDTH = 4;

/** The affiliates of a segment; reads what that takes. */
export async function choose(all: readonly JsonObject[], options: SegmentOptions, work: Work): Promise<Chosen> {
  switch (options.segment) {
    case 'all':
      return { rows: all, undecided: 0, complete: true };
    case 'new':
      return newOnes(all, options, work);
    case 'dormant':
      return await dormant(all, options, work);
    case 'traffic_without_sales':
      return await trafficWithoutSales(all, options, work);
  }
}

function newOnes(all: readonly JsonObject[], { days }: SegmentOptions, work: Work): Chosen {
  const since = work.now() - days * DAY_MS;
  return {
    rows: all.filter((row) => createdAt(row) >= since),
    undecided: all.filter((row) => Number.isNaN(createdAt(row))).length,
    complete: true,
    basis: `Joined since ${iso(since)}.`,
  };
}

/** Had purchases, says their counter, and none in the last days that is not cancelled. */
async function dormant(all: readonly JsonObject[], { days, keyOf }: SegmentOptions, work: Work): Promise<Chosen> {
  const since = work.now() - days * DAY_MS;
  const basis = `Has purchases, and none since ${iso(since)} that is not cancelled.`;
  const { rows, complete } = await work.scanWindow(purchases, { since });
  if (!complete) return { rows: [], undecided: all.length, complete, basis };
  const { live, unclear } = byCancellation(rows);
  const [lately, perhaps] = [countRows(live, keyOf).of, countRows(unclear, keyOf).of];
  const quiet = all.filter((row) => !lately.has(keyOf(row)));
  const decided = quiet.filter((row) => numberOf(row.total_purchases) !== undefined && !perhaps.has(keyOf(row)));
  return {
    rows: decided.filter((row) => (numberOf(row.total_purchases) ?? 0) > 0),
    undecided: quiet.length - decided.length,
    complete,
    basis,
  };
}

/** Enough visitors and not one purchase, cancelled ones included. */
async function trafficWithoutSales(
  all: readonly JsonObject[],
  { minimumVisitors, window, keyOf }: SegmentOptions,
  work: Work,
): Promise<Chosen> {
  const basis = `At least ${minimumVisitors} visitors and no purchase, not even a cancelled one.`;
  const unread = { rows: [], undecided: all.length, complete: false, basis };
  if (window) {
    const [bought, visited] = [await work.scanWindow(purchases, window), await work.scanWindow(visitors, window)];
    if (!bought.complete || !visited.complete) return unread;
    const [buyers, counts] = [countRows(bought.rows, keyOf).of, countRows(visited.rows, keyOf).of];
    const rows = all.filter((row) => !buyers.has(keyOf(row)) && counts.get(keyOf(row))?.gte(minimumVisitors));
    return { rows, undecided: 0, complete: true, basis };
  }
  const busy = all.filter((row) => (numberOf(row.total_visitors) ?? 0) >= minimumVisitors);
  const [none, unsure] = [0, undefined].map((bought) => busy.filter((row) => numberOf(row.total_purchases) === bought));
  const undecided = all.filter((row) => numberOf(row.total_visitors) === undefined).length;
  if (!unsure || unsure.length === 0) return { rows: none ?? [], undecided, complete: true, basis };
  // A counter that is null may stand for none: the purchases themselves tell.
  const settled = new Set(none);
  if (unsure.length < FEW) {
    const bought = await mapParallel(unsure, WIDTH, (row) => hasPurchases(row, work));
    for (const [index, row] of unsure.entries()) if (bought[index] === false) settled.add(row);
    const unknown = bought.filter((one) => one === undefined).length;
    return { rows: busy.filter((row) => settled.has(row)), undecided: undecided + unknown, complete: true, basis };
  }
  const scan = await work.scan(purchases);
  if (!scan.complete) return unread;
  const buyers = countRows(scan.rows, keyOf).of;
  for (const row of unsure) if (!buyers.has(keyOf(row))) settled.add(row);
  return { rows: busy.filter((row) => settled.has(row)), undecided, complete: true, basis };
}

/** Whether an affiliate is credited with any purchase, cancelled ones included; undefined where that cannot be read. */
async function hasPurchases(affiliate: JsonObject, work: Work): Promise<boolean | undefined> {
  const affiliate_id = numericIdOf(affiliate);
  if (affiliate_id === undefined) return undefined;
  try {
    const list = await work.read(listAffiliatePurchases, { affiliate_id, page: 1, skip: 0, detail: 'concise' });
    return Array.isArray(list.purchases) ? list.purchases.length > 0 : undefined;
  } catch (error) {
    work.signal.throwIfAborted();
    if (!(error instanceof LeadDynoError) || error.reason === 'auth' || error.reason === 'forbidden') throw error;
    return undefined;
  }
}
