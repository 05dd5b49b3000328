import * as z from 'zod';
import { type JsonObject, recordIn } from '../../json.ts';
import { code, currency, moment } from '../../operations/inputs.ts';
import { Refusal } from '../../operations/operation.ts';
import { keyForm } from '../../records/keys.ts';
import { rewardsIn, ZERO } from '../../records/money.ts';
import type { Affiliate, Credited } from '../../records/parse.ts';
import { identitiesIn } from '../../records/people.ts';
import { writtenWindow } from '../../records/period.ts';
import { checkGroup } from '../groups/check-group.ts';
import { object, rows as rowsSchema, text } from '../output.ts';
import { affiliates } from '../reading/collections.ts';
import { type Window, windowBetween } from '../reading/scans.ts';
import { COMPARISONS, type Comparison, comparedWindow } from '../summaries/buckets.ts';
import { leaddynoNow, type Work } from '../workflow.ts';
import { type Figures, type KeyOf, METRICS, type Measured, type Metric, measure } from './metrics.ts';
import { type Entry, rankOne } from './one-ranking.ts';
import { readSales, readShortSales, type Sales } from './sales.ts';
import {
  daysOf,
  hasChange,
  hasDays,
  isOrdered,
  needsSales,
  type Order,
  SEGMENTS,
  type Segment,
} from './segment-kinds.ts';
import { chooseSegment } from './segments.ts';

/** Checked with `refine`, because bounds in the schema would take room in the list of tools. */
const upTo = (most: number) =>
  z.int().refine((value) => value >= 1 && value <= most, `must be a whole number from 1 to ${most}`);

/** A host may send these defaults with any call. */
const CHANGE = 50;
const MINIMUM_VISITORS = 20;

export const input = () => ({
  by: z.enum(METRICS).optional().describe("Default: purchases, or the segment's own"),
  since: moment('A day: its start').optional(),
  until: moment('A day: its end').optional(),
  compare: z.enum(COMPARISONS).optional(),
  segment: z.enum(SEGMENTS).default('all').describe('Defined in the answer'),
  days: upTo(3650).optional().describe('For a segment'),
  change: upTo(1000).default(CHANGE).describe('Percent: falling, rising'),
  minimum_visitors: upTo(1_000_000).default(MINIMUM_VISITORS).describe('For conversion, traffic_without_sales'),
  group: code('From list_groups').optional(),
  currency: currency('').optional(),
  include_archived: z.boolean().default(false),
  limit: z.int().min(1).max(200).default(10).describe('Rows per ranking'),
});

export const output = {
  by: text('What they are ranked by'),
  basis: text('Where the figures come from, and what defines the segment'),
  period: object('With since or until: from (included) and before (excluded), UTC'),
  compared_with: object('The period of `before`'),
  nobody_because: text('Why a segment is empty: what came closest, and the argument to change'),
  last_purchases: text('Why rows say nothing of last_purchase_at'),
  not_known_because: text('Why some cannot be placed in or out of the segment'),
  seats: object(
    'free_seats: active_now, could_be_freed, with_unpaid_commissions, unpaid (per currency), who_never_sold',
  ),
  rewards: rowsSchema('By commission: rewards that are not money, in no ranking: name, amount, count'),
  ranking: rowsSchema(
    'currency (money), rank, affiliate_id, name, email, last_purchase_at (not cancelled), unsubscribed, payout (an address other than their e-mail, or what is wrong with it), value (count, decimal amount or percentage), share (of all; of credited if all is missing), with compare in place of share: before, difference, percent; by conversion: purchases, visitors; silent, falling, rising: lately, normal, percent; free_seats: what would be lost; value null: unknown, at the end',
  ),
  rankings: rowsSchema(
    'One line per ranking: currency, all (credited or not; not with lifetime counters), credited (to anybody, whatever the segment), not_credited, credited_compared, ranked, of_those_ranked (their sum), left_off (after skip + limit), tied_with_the_last (the limit cuts a tie), with_none, with_none_who_had_before, archived_left_out (part of credited)',
  ),
};

interface Args {
  readonly by?: Metric;
  readonly since?: string;
  readonly until?: string;
  readonly segment: Segment;
  readonly days?: number;
  readonly change: number;
  readonly compare?: Comparison;
  readonly group?: string;
  readonly minimum_visitors: number;
  readonly currency?: string;
  readonly include_archived: boolean;
  readonly limit: number;
  readonly skip: number;
}

const stranger = ({ affiliate, raw }: Credited): Entry => ({
  id: affiliate?.id ?? '',
  email: affiliate?.email ?? '',
  raw: recordIn(raw, 'affiliate'),
});

const entryOf = (known: Affiliate): Entry => ({ id: known.id, email: known.email, raw: known.raw, known });

export async function run(given: JsonObject, work: Work): Promise<JsonObject> {
  const args = given as unknown as Args;
  const { segment, group } = args;
  const by = args.by ?? (segment === 'traffic_without_sales' ? 'visitors' : 'purchases');
  const window = windowBetween(args.since, args.until);
  check(args, by);
  const people = await work.scan(affiliates);
  const { records: everybody } = people;
  if (group !== undefined) checkGroup(group, people, work);
  const { keyOf } = identitiesIn(everybody);
  const { sales, unread } = await readSalesFor(segment, readsPurchases(by, window), keyOf, work);
  const isArchived = ({ standing }: Affiliate) => standing === 'archived';
  const inGroup = group === undefined ? everybody : everybody.filter((one) => keyForm(one.group) === keyForm(group));
  const listed = args.include_archived ? inGroup : inGroup.filter((one) => !isArchived(one));
  const days = daysOf(segment, args.days);
  const options = { segment, days, minimumVisitors: args.minimum_visitors, change: args.change, window, keyOf };
  const chosen = await chooseSegment(listed, options, sales, work);
  const order = args.by === undefined ? chosen.order : undefined;
  const reads = {
    keyOf,
    minimumVisitors: args.minimum_visitors,
    currency: args.currency,
    bought: sales?.complete ? sales.count : undefined,
  };
  const measured = order ? measuredBy(order) : await measure(by, everybody, { ...reads, window }, work);
  const past = args.compare && comparedWindow({ since: 0, until: leaddynoNow(work), ...window }, args.compare);
  const earlier = past && (await measure(by, everybody, { ...reads, window: past }, work));

  const whole = segment === 'all' && group === undefined;
  const known = new Set(everybody.map(keyOf));
  const preliminary = !people.complete || !chosen.complete || !measured.complete || earlier?.complete === false;
  const rankings = withThoseBefore(measured, earlier).map(({ currency: unit, figures, before }) => {
    // Credited but not in the list of affiliates: nothing says that they are archived.
    const strangers = whole ? [...figures.seen].filter(([key]) => !known.has(key)).map(([, one]) => stranger(one)) : [];
    return rankOne([...chosen.affiliates.map(entryOf), ...strangers], figures, {
      keyOf,
      isRatio: by === 'conversion' && !order,
      unit,
      measured,
      before,
      order: order ?? (chosen.order && { ...chosen.order, of: figures.of }),
      // They count in every total. In a segment so does everybody outside it, so they are not named separately.
      archived: args.include_archived || !whole ? [] : everybody.filter(isArchived),
      isPart: !whole,
      sales,
      preliminary,
      limit: args.limit,
      skip: args.skip,
    });
  });
  const left = rankings.reduce((sum, { leftOff }) => sum + leftOff, 0);
  const below = rankings.reduce((sum, one) => sum + one.below, 0);
  const isEmpty = chosen.complete && chosen.affiliates.length === 0;
  return {
    by: order?.by ?? by,
    segment,
    ...(hasDays(segment) && { days }),
    ...(hasChange(segment) && { change: args.change }),
    ...(group !== undefined && { group }),
    basis: [measured.basis, chosen.basis].filter(Boolean).join(' '),
    ...(window && { period: writtenWindow(window) }),
    ...(past && { compared_with: writtenWindow(past) }),
    ...(preliminary && { preliminary: true }),
    ...chosen.facts,
    ...(isEmpty && chosen.emptyBecause !== undefined && { nobody_because: chosen.emptyBecause }),
    rankings: rankings.map(({ line }) => line),
    ...(measured.currency_note !== undefined && { currency_note: measured.currency_note }),
    ...(below > 0 && { below_minimum_visitors: below }),
    ...(measured.nameless ? { without_readable_currency: measured.nameless } : {}),
    ...rewardsIn(measured.rewards ?? []),
    ...(unread !== undefined && { last_purchases: unread }),
    ...(chosen.undecided > 0 && {
      not_known_whether_in_segment: chosen.undecided,
      ...(chosen.undecidedBecause !== undefined && { not_known_because: chosen.undecidedBecause }),
    }),
    ranking: rankings.flatMap(({ rows }) => rows),
    ...(args.skip > 0 && { skipped: args.skip }),
    ...(left > 0 && { left_off: left, next_skip: args.skip + args.limit }),
  };
}

/**
 * All purchases, if the segment or the figure follows from them, or if there are few.
 * @param isRead whether the figure follows from them
 */
async function readSalesFor(
  segment: Segment,
  isRead: boolean,
  keyOf: KeyOf,
  work: Work,
): Promise<{ sales?: Sales; unread?: string }> {
  const decides = needsSales(segment);
  if (decides || isRead) return { sales: await readSales(keyOf, decides, work) };
  // They have no last purchase.
  if (segment === 'traffic_without_sales') return {};
  return await readShortSales(keyOf, work);
}

/**
 * An argument that changes nothing would be read as having done so.
 * @throws Refusal for arguments that do not go together
 */
function check(args: Args, by: Metric): void {
  const { segment, since, until, compare, days, change, by: asked } = args;
  if (segment === 'traffic_without_sales' && by !== 'visitors' && by !== 'leads') {
    throw new Refusal('by must be visitors or leads for traffic_without_sales: they have no purchases');
  }
  const ownFigure = isOrdered(segment) && asked === undefined;
  if (ownFigure && (since !== undefined || until !== undefined)) {
    const whom = segment === 'never_launched' ? '; rows say when each joined' : '';
    throw new Refusal(
      `since and until do not choose who is in the segment ${segment} (days does)${whom}. With by they choose what is counted`,
    );
  }
  if (args.currency !== undefined && (ownFigure || (by !== 'revenue' && by !== 'commission'))) {
    throw new Refusal('currency needs by: revenue or by: commission; nothing else here is counted per currency');
  }
  if (days !== undefined && !hasDays(segment)) {
    throw new Refusal(`days needs another segment than ${segment}; for a period of time give since`);
  }
  if (change !== CHANGE && !hasChange(segment)) {
    throw new Refusal('change needs segment: falling or segment: rising');
  }
  if (args.minimum_visitors !== MINIMUM_VISITORS && by !== 'conversion' && segment !== 'traffic_without_sales') {
    throw new Refusal('minimum_visitors needs by: conversion or segment: traffic_without_sales');
  }
  if (compare === undefined) return;
  if (since === undefined) throw new Refusal('compare needs since');
  if (ownFigure) throw new Refusal(`compare needs by with segment ${segment}`);
}

/** Whether a metric reads the list of purchases anyway. */
const readsPurchases = (by: Metric, window: Window | undefined): boolean =>
  by === 'revenue' || (window !== undefined && (by === 'purchases' || by === 'conversion'));

/** The figures of a segment that has its own order. */
const measuredBy = ({ of }: Order): Measured => ({
  figures: [{ figures: { of, seen: new Map(), uncredited: ZERO, uncreditedRecords: 0 } }],
  basis: '',
  absentIs: 'zero',
  complete: true,
});

const NOTHING: Figures = { of: new Map(), seen: new Map(), uncredited: ZERO, uncreditedRecords: 0 };

/** The figures of each currency with those of the period before, which may have currencies that this one lacks. */
function withThoseBefore({ figures }: Measured, earlier: Measured | undefined) {
  if (!earlier) return figures.map((one) => ({ ...one, before: undefined }));
  const currencies = [...new Set([...figures, ...earlier.figures].map(({ currency }) => currency))].sort();
  const find = (some: Measured['figures'], currency: string | undefined) =>
    some.find((one) => one.currency === currency)?.figures ?? NOTHING;
  return currencies.map((currency) => ({
    ...(currency !== undefined && { currency }),
    figures: find(figures, currency),
    before: find(earlier.figures, currency),
  }));
}
