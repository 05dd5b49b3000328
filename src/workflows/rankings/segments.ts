import { listAffiliatePurchases } from '../../operations/affiliates.ts';
import { type Affiliate, isCancelled } from '../../records/parse.ts';
import { DAY_MS, iso } from '../../records/period.ts';
import { numericIdOf } from '../../records/values.ts';
import { purchases, visitors } from '../reading/collections.ts';
import { mapParallel } from '../reading/parallel.ts';
import type { Window } from '../reading/scans.ts';
import { leaddynoNow, type Work } from '../workflow.ts';
import { countCredited, type KeyOf } from './measures.ts';

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
  readonly affiliates: readonly Affiliate[];
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
export async function chooseSegment(all: readonly Affiliate[], options: SegmentOptions, work: Work): Promise<Chosen> {
  switch (options.segment) {
    case 'all':
      return { affiliates: all, undecided: 0, complete: true };
    case 'new':
      return newOnes(all, options, work);
    case 'dormant':
      return await dormant(all, options, work);
    case 'traffic_without_sales':
      return await trafficWithoutSales(all, options, work);
  }
}

function newOnes(all: readonly Affiliate[], { days }: SegmentOptions, work: Work): Chosen {
  const since = work.now() - days * DAY_MS;
  return {
    affiliates: all.filter(({ createdAt }) => createdAt >= since),
    undecided: all.filter(({ createdAt }) => Number.isNaN(createdAt)).length,
    complete: true,
    basis: `Joined since ${iso(since)}.`,
  };
}

/** Had purchases, says their counter, and none in the last days that is not cancelled. */
async function dormant(all: readonly Affiliate[], { days, keyOf }: SegmentOptions, work: Work): Promise<Chosen> {
  const since = work.now() - days * DAY_MS;
  const basis = `Has purchases, and none since ${iso(since)} that is not cancelled.`;
  const { records, complete } = await work.scanWindow(purchases, { since });
  if (!complete) return { affiliates: [], undecided: all.length, complete, basis };
  const readable = work.readable('purchases', records, 'cancelled');
  const lately = countCredited(
    readable.filter((one) => !isCancelled(one, leaddynoNow(work))),
    keyOf,
  ).of;
  // A purchase that may be cancelled may be one of lately.
  const clear = new Set(readable);
  const perhaps = countCredited(
    records.filter((one) => !clear.has(one)),
    keyOf,
  ).of;
  const quiet = all.filter((one) => !lately.has(keyOf(one)));
  const decided = quiet.filter((one) => one.purchases !== undefined && !perhaps.has(keyOf(one)));
  return {
    affiliates: decided.filter((one) => (one.purchases ?? 0) > 0),
    undecided: quiet.length - decided.length,
    complete,
    basis,
  };
}

/** Enough visitors and not one purchase, cancelled ones included. */
async function trafficWithoutSales(
  all: readonly Affiliate[],
  { minimumVisitors, window, keyOf }: SegmentOptions,
  work: Work,
): Promise<Chosen> {
  const basis = `At least ${minimumVisitors} visitors and no purchase, not even a cancelled one.`;
  const unread = { affiliates: [], undecided: all.length, complete: false, basis };
  if (window) {
    const [bought, visited] = [await work.scanWindow(purchases, window), await work.scanWindow(visitors, window)];
    if (!bought.complete || !visited.complete) return unread;
    const [buyers, counts] = [countCredited(bought.records, keyOf).of, countCredited(visited.records, keyOf).of];
    const affiliates = all.filter((one) => !buyers.has(keyOf(one)) && counts.get(keyOf(one))?.gte(minimumVisitors));
    return { affiliates, undecided: 0, complete: true, basis };
  }
  const busy = all.filter((one) => (one.visitors ?? 0) >= minimumVisitors);
  const unsure = busy.filter((one) => one.purchases === undefined);
  const settled = new Set(busy.filter((one) => one.purchases === 0));
  let undecided = all.filter((one) => one.visitors === undefined).length;
  // A counter that is null may stand for none: the purchases themselves tell.
  if (unsure.length > 0 && unsure.length < FEW) {
    const bought = await mapParallel(unsure, WIDTH, (one) => hasPurchases(one, work));
    for (const [index, one] of unsure.entries()) if (bought[index] === false) settled.add(one);
    undecided += bought.filter((one) => one === undefined).length;
  } else if (unsure.length > 0) {
    const scan = await work.scan(purchases);
    if (!scan.complete) return unread;
    const buyers = countCredited(scan.records, keyOf).of;
    for (const one of unsure) if (!buyers.has(keyOf(one))) settled.add(one);
  }
  return { affiliates: busy.filter((one) => settled.has(one)), undecided, complete: true, basis };
}

/** Whether an affiliate is credited with any purchase, cancelled ones included; undefined if that cannot be read. */
async function hasPurchases(affiliate: Affiliate, work: Work): Promise<boolean | undefined> {
  const affiliate_id = numericIdOf(affiliate);
  if (affiliate_id === undefined) return undefined;
  const args = { affiliate_id, page: 1, skip: 0, detail: 'concise' };
  const read = await work.attempt(() => work.read(listAffiliatePurchases, args));
  const list = read.read ? read.value.purchases : undefined;
  return Array.isArray(list) ? list.length > 0 : undefined;
}
