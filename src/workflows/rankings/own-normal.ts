import type { JsonObject } from '../../json.ts';
import { Decimal } from '../../records/money.ts';
import type { Affiliate } from '../../records/parse.ts';
import { DAY_MS } from '../../records/period.ts';
import type { Work } from '../workflow.ts';
import { countWithin, type Sales } from './sales.ts';
import type { Chosen, SegmentOptions } from './segment-kinds.ts';

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

export function againstNormal(
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
