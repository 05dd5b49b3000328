import type { JsonObject } from '../../json.ts';
import { listAffiliatePurchases } from '../../operations/affiliates.ts';
import { Decimal, type Sum, sumsOf } from '../../records/money.ts';
import type { Affiliate, Commission } from '../../records/parse.ts';
import { DAY_MS, iso } from '../../records/period.ts';
import { groupBy, numericIdOf } from '../../records/values.ts';
import { commissions, leads, purchases, visitors } from '../reading/collections.ts';
import { mapParallel } from '../reading/parallel.ts';
import type { Work } from '../workflow.ts';
import { countCredited } from './metrics.ts';
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

/**
 * Active affiliates who joined at least `days` days ago and have no visitor, no lead and no purchase, not even a
 * cancelled one.
 */
async function neverLaunched(
  all: readonly Affiliate[],
  { days, keyOf }: SegmentOptions,
  sales: Sales,
  work: Work,
): Promise<Chosen> {
  const now = work.now();
  const basis = `Active, joined at least ${days} days ago, and never had a visitor, lead or purchase.`;
  const active = all.filter(({ standing }) => standing === 'active');
  const maybe = active.filter((one) => !one.purchases && !one.leads && !one.visitors && !sales.count.has(keyOf(one)));
  // A counter that is null may mean zero: the lists themselves tell.
  const credited = async (counter: 'leads' | 'visitors') => {
    if (!maybe.some((one) => one[counter] === undefined)) return { of: new Map(), complete: true };
    const { records, complete } = await work.scan(counter === 'leads' ? leads : visitors);
    return { of: countCredited(records, keyOf).of, complete };
  };
  const [registered, visited] = await Promise.all([credited('leads'), credited('visitors')]);
  if (!registered.complete || !visited.complete) {
    return { affiliates: [], undecided: maybe.length, complete: false, basis };
  }
  const idle = maybe.filter((one) => !registered.of.has(keyOf(one)) && !visited.of.has(keyOf(one)));
  const dated = idle.filter(({ createdAt }) => !Number.isNaN(createdAt));
  const ages = new Map(dated.map((one) => [one, daysSince(one.createdAt, now)]));
  const oldest = Math.max(0, ...ages.values());
  return {
    affiliates: dated.filter(({ createdAt }) => createdAt <= now - days * DAY_MS),
    undecided: idle.length - dated.length,
    undecidedBecause: 'they do not say when they joined',
    complete: true,
    basis,
    emptyBecause:
      idle.length === 0
        ? 'every active affiliate has a visitor, a lead or a purchase'
        : `the oldest without any joined ${oldest} days ago; days is ${days}`,
    order: {
      by: 'days_since_joined',
      of: new Map([...ages].map(([one, age]) => [keyOf(one), new Decimal(age)])),
      more: ({ raw }) => ({ joined_at: raw.created_at }),
    },
  };
}

/*
 * Compares affiliates with their own normal: how many purchases they had on average in a period of `days` days, over
 * the six such periods before the last one, or since they joined.
 */

/** The normal is the average of so many periods. */
const PERIODS = 6;
/** An affiliate with a lower normal sells too rarely for a silence to mean anything. */
const LEAST_NORMAL = 1;

interface Habit {
  readonly one: Affiliate;
  /** Purchases in the last `days` days. */
  readonly lately: number;
  readonly normal: Decimal;
  /** Difference from the normal in per cent of it; undefined if the normal is zero. */
  readonly percent: Decimal | undefined;
}

function againstNormal(
  segment: 'silent' | 'falling' | 'rising',
  all: readonly Affiliate[],
  { days, change, keyOf }: SegmentOptions,
  { live, unclear }: Sales,
  work: Work,
): Chosen {
  const length = days * DAY_MS;
  const since = work.now() - length;
  const first = since - PERIODS * length;
  const startOf = ({ createdAt }: Affiliate) => (createdAt > first ? createdAt : first);
  const here = all.filter(({ standing }) => standing === 'active');
  const known = here.filter((one) => since - startOf(one) >= length);
  const decided = known.filter((one) => countWithin(unclear.get(keyOf(one)), startOf(one)) === 0);
  const habits = decided.map((one): Habit => {
    const times = live.get(keyOf(one));
    const lately = countWithin(times, since);
    const before = countWithin(times, startOf(one), since);
    const normal = new Decimal(before).times(length).div(since - startOf(one));
    const percent = normal.isZero() ? undefined : new Decimal(lately).minus(normal).div(normal).times(100);
    return { one, lately, normal, percent };
  });
  const found = habits.filter((habit) => belongs(segment, habit, change));
  const habitOf = new Map(found.map((habit) => [habit.one, habit]));
  return {
    affiliates: found.map(({ one }) => one),
    undecided: known.length - decided.length,
    undecidedBecause: 'one of their purchases does not say whether it is cancelled',
    complete: true,
    basis: `normal: an affiliate's own average of purchases (not cancelled) per ${days} days, over the ${PERIODS * days} days before the last ${days}, or since they joined; lately: purchases of the last ${days} days. ${RULES[segment](change)}`,
    emptyBecause: nearest(segment, habits, change),
    order: {
      by: 'difference_from_normal',
      of: new Map(found.map(({ one, lately, normal }) => [keyOf(one), normal.minus(lately).abs().toDecimalPlaces(1)])),
      more: (one) => describeHabit(habitOf.get(one)),
    },
    facts: here.length > known.length ? { too_new_for_a_normal: here.length - known.length } : {},
  };
}

const RULES = {
  silent: () => `silent: none lately, normal at least ${LEAST_NORMAL}.`,
  falling: (change: number) => `falling: some lately, at least ${change}% below a normal of at least ${LEAST_NORMAL}.`,
  rising: (change: number) => `rising: two or more lately, at least ${change}% above normal.`,
} as const;

function belongs(segment: keyof typeof RULES, { lately, normal, percent }: Habit, change: number): boolean {
  if (segment === 'rising') return lately >= 2 && (percent === undefined || percent.gte(change));
  if (normal.lt(LEAST_NORMAL)) return false;
  return segment === 'silent' ? lately === 0 : lately > 0 && percent !== undefined && percent.lte(-change);
}

/** What came closest, if nobody is in the segment. */
function nearest(segment: keyof typeof RULES, habits: readonly Habit[], change: number): string {
  const usual = habits.filter(({ normal }) => normal.gte(LEAST_NORMAL));
  const seldom = habits.reduce((most, { normal }) => Decimal.max(most, normal), new Decimal(0)).toDecimalPlaces(1);
  if (segment !== 'rising' && usual.length === 0) {
    return `the highest normal is ${seldom}, below ${LEAST_NORMAL}: more days would raise it`;
  }
  if (segment === 'silent') return `all ${usual.length} who sell at least ${LEAST_NORMAL} a period sold lately`;
  const off = habits
    .filter(({ lately, normal }) => (segment === 'rising' ? lately >= 2 : lately > 0 && normal.gte(LEAST_NORMAL)))
    .flatMap(({ percent }) => (percent === undefined ? [] : [segment === 'rising' ? percent : percent.negated()]));
  const most = off.length === 0 ? undefined : Decimal.max(...off);
  return most?.gt(0)
    ? `the largest ${segment === 'rising' ? 'rise' : 'fall'} is ${most.toFixed(1)}%; change is ${change}`
    : `nobody is ${segment === 'rising' ? 'above' : 'below'} their normal`;
}

function describeHabit(habit: Habit | undefined): JsonObject {
  if (!habit) return {};
  const { lately, normal, percent } = habit;
  return {
    lately,
    normal: normal.toDecimalPlaces(1).toNumber(),
    percent: percent ? `${percent.toFixed(1)}%` : null,
  };
}

/**
 * Affiliates who could be archived if the plan counts active affiliates: active, joined more than `days` days ago, and
 * without a sale in the last `days` days. The longest idle are first, each with what would be lost.
 */
async function freeSeats(
  all: readonly Affiliate[],
  { days, keyOf }: SegmentOptions,
  sales: Sales,
  work: Work,
): Promise<Chosen> {
  const now = work.now();
  const since = now - days * DAY_MS;
  const active = all.filter(({ standing }) => standing === 'active');
  const quiet = active.filter((one) => countWithin(sales.live.get(keyOf(one)), since) === 0);
  const decided = quiet.filter(
    (one) => !Number.isNaN(one.createdAt) && countWithin(sales.unclear.get(keyOf(one)), since) === 0,
  );
  const idle = decided.filter(({ createdAt }) => createdAt < since);
  const earned = await work.attempt(() => work.scan(commissions));
  const isRead = earned.read && earned.value.complete;
  const open = earned.read ? earned.value.records.filter(({ paid, cancelled }) => !paid && !cancelled) : [];
  const unpaid = groupBy(open, ({ affiliate }) => (affiliate ? keyOf(affiliate) : ''));
  const recruits = groupBy(active, ({ recruiterId }) => recruiterId);
  const idleSince = (one: Affiliate) => lastSale(keyOf(one), sales) ?? one.createdAt;
  const owing = (one: Affiliate): readonly Commission[] => unpaid.get(keyOf(one)) ?? [];
  const longest = decided.reduce((most, one) => Math.max(most, daysSince(idleSince(one), now)), 0);
  return {
    affiliates: idle,
    undecided: quiet.length - decided.length,
    undecidedBecause: 'they do not say when they joined, or whether one of their purchases is cancelled',
    complete: true,
    basis: `Active, joined more than ${days} days ago, no purchase in ${days} days that is not cancelled. Archived affiliates keep their data but earn nothing more, not even on what their visitors buy later: pay what is unpaid first. Archive with review_affiliates (it asks); undo with unarchive_affiliate.`,
    emptyBecause: `the longest time without a sale is ${longest} days; days is ${days}`,
    order: {
      by: 'days_idle',
      of: new Map(idle.map((one) => [keyOf(one), new Decimal(daysSince(idleSince(one), now))])),
      more: (one) => ({
        purchases: sales.count.get(keyOf(one)) ?? 0,
        leads: one.leads ?? null,
        visitors: one.visitors ?? null,
        ...(owing(one).length > 0 && owed(owing(one))),
        ...(recruits.has(one.id) && { recruited_active: recruits.get(one.id)?.length }),
      }),
    },
    facts: {
      seats: {
        active_now: active.length,
        could_be_freed: idle.length,
        ...(isRead
          ? {
              with_unpaid_commissions: idle.filter((one) => owing(one).length > 0).length,
              unpaid: sumsOf(idle.flatMap(owing)).sums,
            }
          : { unpaid: 'not known: not all commissions were read' }),
        who_never_sold: idle.filter((one) => !sales.count.has(keyOf(one))).length,
      },
    },
  };
}

/** Sums of unpaid commissions, with rewards that are not money apart. */
function owed(open: readonly Commission[]): { unpaid: Sum[]; unpaid_rewards?: unknown } {
  const { sums, rewards } = sumsOf(open);
  return { unpaid: sums, ...(rewards.length > 0 && { unpaid_rewards: rewards }) };
}
