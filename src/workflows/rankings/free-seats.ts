import { Decimal, type Sum, sumsOf } from '../../records/money.ts';
import type { Affiliate, Commission } from '../../records/parse.ts';
import { DAY_MS } from '../../records/period.ts';
import { groupBy } from '../../records/values.ts';
import { commissions } from '../reading/collections.ts';
import type { Work } from '../workflow.ts';
import { countWithin, lastSale, type Sales } from './sales.ts';
import { type Chosen, daysSince, type SegmentOptions } from './segment-kinds.ts';

/**
 * Affiliates who could be archived if the plan counts active affiliates: active, joined more than `days` days ago, and
 * without a sale in the last `days` days. The longest idle are first, each with what would be lost.
 */
export async function freeSeats(
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
