import { Decimal } from '../../records/money.ts';
import type { Affiliate } from '../../records/parse.ts';
import { DAY_MS } from '../../records/period.ts';
import { leads, visitors } from '../reading/collections.ts';
import type { Work } from '../workflow.ts';
import { countCredited } from './metrics.ts';
import type { Sales } from './sales.ts';
import { type Chosen, daysSince, type SegmentOptions } from './segment-kinds.ts';

/**
 * Active affiliates who joined at least `days` days ago and have no visitor, no lead and no purchase, not even a
 * cancelled one.
 */
export async function neverLaunched(
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
