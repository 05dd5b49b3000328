import { listAffiliatePurchases } from '../../operations/affiliates.ts';
import type { Affiliate } from '../../records/parse.ts';
import { DAY_MS, iso } from '../../records/period.ts';
import { numericIdOf } from '../../records/values.ts';
import { purchases, visitors } from '../reading/collections.ts';
import { mapParallel } from '../reading/parallel.ts';
import type { Work } from '../workflow.ts';
import { freeSeats } from './free-seats.ts';
import { countCredited } from './metrics.ts';
import { neverLaunched } from './never-launched.ts';
import { againstNormal } from './own-normal.ts';
import { countWithin, lastSale, type Sales } from './sales.ts';
import { type Chosen, daysSince, needsSales, type SegmentOptions } from './segment-kinds.ts';

/** Fewer affiliates than this are looked up one by one: the list of all purchases would take many more requests. */
const FEW = 20;
const WIDTH = 4;

/** The affiliates of a segment; reads the lists that it needs. @param sales for segments that need them */
export async function chooseSegment(
  all: readonly Affiliate[],
  options: SegmentOptions,
  sales: Sales | undefined,
  work: Work,
): Promise<Chosen> {
  if (sales && !sales.complete && needsSales(options.segment)) {
    return { affiliates: [], undecided: all.length, complete: false };
  }
  const { segment } = options;
  if (segment === 'new') return newOnes(all, options, work);
  if (segment === 'traffic_without_sales') return await trafficWithoutSales(all, options, work);
  if (segment === 'all' || !sales) return { affiliates: all, undecided: 0, complete: true };
  if (segment === 'dormant') return dormant(all, options, sales, work);
  if (segment === 'never_launched') return await neverLaunched(all, options, sales, work);
  if (segment === 'free_seats') return await freeSeats(all, options, sales, work);
  return againstNormal(segment, all, options, sales, work);
}

function newOnes(all: readonly Affiliate[], { days }: SegmentOptions, work: Work): Chosen {
  const since = work.now() - days * DAY_MS;
  const dated = all.filter(({ createdAt }) => !Number.isNaN(createdAt));
  const newest = dated.reduce((last, { createdAt }) => Math.max(last, createdAt), Number.NEGATIVE_INFINITY);
  return {
    affiliates: dated.filter(({ createdAt }) => createdAt >= since),
    undecided: all.length - dated.length,
    undecidedBecause: 'they do not say when they joined',
    complete: true,
    basis: `Joined since ${iso(since)}.`,
    emptyBecause:
      dated.length === 0 ? undefined : `the newest joined ${daysSince(newest, work.now())} days ago; days is ${days}`,
  };
}

/** Affiliates with purchases, by their counter or the list, but none in the last `days` days that is not cancelled. */
function dormant(all: readonly Affiliate[], { days, keyOf }: SegmentOptions, sales: Sales, work: Work): Chosen {
  const since = work.now() - days * DAY_MS;
  const sold = all.filter((one) => (one.purchases ?? 0) > 0 || (sales.count.get(keyOf(one)) ?? 0) > 0);
  const quiet = sold.filter((one) => countWithin(sales.live.get(keyOf(one)), since) === 0);
  const decided = quiet.filter((one) => countWithin(sales.unclear.get(keyOf(one)), since) === 0);
  const last = sold.map((one) => lastSale(keyOf(one), sales)).filter((at) => at !== undefined);
  const longest = last.reduce((first, at) => Math.min(first, at), Number.POSITIVE_INFINITY);
  return {
    affiliates: decided,
    undecided: quiet.length - decided.length,
    undecidedBecause: 'one of their purchases does not say whether it is cancelled',
    complete: true,
    basis: `Has sold before, but has no purchase since ${iso(since)} that is not cancelled.`,
    emptyBecause:
      sold.length === 0
        ? 'nobody has ever sold'
        : `longest time without a sale: ${daysSince(longest, work.now())} days; days is ${days}`,
  };
}

/** Affiliates with enough visitors and no purchase, not even a cancelled one. */
async function trafficWithoutSales(
  all: readonly Affiliate[],
  { minimumVisitors, window, keyOf }: SegmentOptions,
  work: Work,
): Promise<Chosen> {
  const basis = `At least ${minimumVisitors} visitors and no purchases, not even cancelled ones.`;
  const unread = { affiliates: [], undecided: all.length, complete: false, basis };
  const emptyBecause = (most: number) =>
    most > 0
      ? `most visitors without a sale: ${most}; minimum_visitors is ${minimumVisitors}`
      : 'nobody without a sale has any visitors';
  if (window) {
    const [bought, visited] = [await work.scanWindow(purchases, window), await work.scanWindow(visitors, window)];
    if (!bought.complete || !visited.complete) return unread;
    const [buyers, counts] = [countCredited(bought.records, keyOf).of, countCredited(visited.records, keyOf).of];
    const without = all.filter((one) => !buyers.has(keyOf(one)));
    const visitsOf = (one: Affiliate) => counts.get(keyOf(one))?.toNumber() ?? 0;
    const affiliates = without.filter((one) => visitsOf(one) >= minimumVisitors);
    const most = Math.max(0, ...without.map(visitsOf));
    return { affiliates, undecided: 0, complete: true, basis, emptyBecause: emptyBecause(most) };
  }
  const enough = (one: Affiliate) => (one.visitors ?? 0) >= minimumVisitors;
  let undecided = all.filter((one) => one.visitors === undefined && !one.purchases).length;
  const unsure = all.filter((one) => enough(one) && one.purchases === undefined);
  const settled = new Set(all.filter((one) => one.purchases === 0));
  // A counter that is null may mean zero: the purchases themselves tell.
  if (unsure.length > 0 && unsure.length < FEW) {
    const bought = await mapParallel(unsure, WIDTH, (one) => hasPurchases(one, work));
    for (const [index, one] of unsure.entries()) if (bought[index] === false) settled.add(one);
    undecided += bought.filter((one) => one === undefined).length;
  } else if (unsure.length > 0 || !all.some((one) => enough(one) && settled.has(one))) {
    const scan = await work.scan(purchases);
    if (!scan.complete) return unread;
    const buyers = countCredited(scan.records, keyOf).of;
    for (const one of all) if (one.purchases === undefined && !buyers.has(keyOf(one))) settled.add(one);
  }
  return {
    affiliates: all.filter((one) => enough(one) && settled.has(one)),
    undecided,
    undecidedBecause:
      'LeadDyno gives no visitor count for them (null may mean none); with since they are counted from the list of visitors',
    complete: true,
    basis,
    emptyBecause: emptyBecause([...settled].reduce((most, one) => Math.max(most, one.visitors ?? 0), 0)),
  };
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
