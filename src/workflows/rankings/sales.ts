import { countPurchases } from '../../operations/purchases.ts';
import { isCancelled } from '../../records/parse.ts';
import { numberOf } from '../../records/values.ts';
import { purchases } from '../reading/collections.ts';
import { leaddynoNow, type Work } from '../workflow.ts';
import type { KeyOf } from './metrics.ts';

/** When affiliates sold, by key, from the list of purchases; times are epoch milliseconds. */
export interface Sales {
  /** Whether all purchases were read; if not, an affiliate who is not here may have sold all the same. */
  readonly complete: boolean;
  /** Times of purchases that are not cancelled. */
  readonly live: ReadonlyMap<string, readonly number[]>;
  /** Times of purchases that may be cancelled, or whose time cannot be read (NaN). */
  readonly unclear: ReadonlyMap<string, readonly number[]>;
  /** Number of purchases, including cancelled ones. */
  readonly count: ReadonlyMap<string, number>;
}

/**
 * Reads all purchases of all time.
 * @param decides whether they decide who is in a segment: those without a readable date are then reported as left out
 */
export async function readSales(keyOf: KeyOf, decides: boolean, work: Work): Promise<Sales> {
  const everything = { since: Number.NEGATIVE_INFINITY };
  const { records, complete } = await (decides ? work.scanWindow(purchases, everything) : work.scan(purchases));
  const readable = new Set(work.readable('purchases', records, 'cancelled'));
  const now = leaddynoNow(work);
  const [live, unclear] = [new Map<string, number[]>(), new Map<string, number[]>()];
  const count = new Map<string, number>();
  for (const one of records) {
    const key = one.affiliate ? keyOf(one.affiliate) : '';
    if (key === '') continue;
    count.set(key, (count.get(key) ?? 0) + 1);
    const isClear = readable.has(one) && !Number.isNaN(one.createdAt);
    if (isClear && isCancelled(one, now)) continue;
    const times = isClear ? live : unclear;
    const known = times.get(key);
    if (known) known.push(one.createdAt);
    else times.set(key, [one.createdAt]);
  }
  return { complete, live, unclear, count };
}

/** A list of up to this many purchases is read just for what rows show of them: some 30 pages. */
const SHORT = 3_000;

/** All purchases for a ranking that can do without them, if there are few; otherwise why they were not read. */
export async function readShortSales(keyOf: KeyOf, work: Work): Promise<{ sales?: Sales; unread?: string }> {
  const counted = await work.attempt(() => work.read(countPurchases, {}));
  if (!counted.read) return { unread: counted.why };
  const count = numberOf(counted.value.count);
  if (count === undefined || count > SHORT) {
    return { unread: `Not read: ${count ?? 'an unknown number of'} purchases. A ranking by revenue reads them.` };
  }
  const sales = await work.attempt(() => readSales(keyOf, false, work));
  return sales.read ? { sales: sales.value } : { unread: sales.why };
}

/** How many of the times are in the window from `since` (included) to `until` (excluded). */
export const countWithin = (times: readonly number[] | undefined, since: number, until = Infinity): number =>
  (times ?? []).filter((at) => at >= since && at < until).length;

/** When the last purchase that is not cancelled was made; undefined without one. */
export const lastSale = (key: string, { live }: Sales): number | undefined => {
  const times = live.get(key);
  return times?.reduce((last, at) => Math.max(last, at), Number.NEGATIVE_INFINITY);
};
