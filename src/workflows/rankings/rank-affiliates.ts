import * as z from 'zod';
import { type JsonObject, recordIn } from '../../json.ts';
import { currency, moment } from '../../operations/inputs.ts';
import { Refusal } from '../../operations/operation.ts';
import { describeAffiliate } from '../../records/describe.ts';
import { type Decimal, rewardsIn, written, ZERO } from '../../records/money.ts';
import type { Affiliate, Credited } from '../../records/parse.ts';
import { identitiesIn, type Named } from '../../records/people.ts';
import { afterDay, startOfDay, writtenWindow } from '../../records/period.ts';
import { object, rows as rowsSchema, text } from '../output.ts';
import { affiliates } from '../reading/collections.ts';
import type { Window } from '../reading/scans.ts';
import type { Work } from '../workflow.ts';
import { type Figures, type KeyOf, METRICS, type Measured, type Metric, measure, wholeOf } from './measures.ts';
import { rank, shareOf } from './ranking.ts';
import { chooseSegment, SEGMENTS, type Segment } from './segments.ts';

export const input = () => ({
  by: z.enum(METRICS).optional().describe('Default purchases'),
  since: moment('A day: its start (UTC); absent: all time').optional(),
  until: moment('A day: to its end (UTC)').optional(),
  segment: z.enum(SEGMENTS).default('all').describe('dormant: had purchases, none in days; new: joined in days'),
  days: z.int().min(1).max(3650).default(90).describe('For dormant and new'),
  minimum_visitors: z.int().min(1).default(20).describe('For conversion, traffic_without_sales'),
  currency: currency('Only this; else one ranking each').optional(),
  include_archived: z.boolean().default(false),
  limit: z.int().min(1).max(200).default(10).describe('Rows of each ranking'),
});

export const output = {
  by: text('What they are ranked by'),
  basis: text('Where the figures come from'),
  period: object('With since or until: from on, before without (UTC)'),
  rewards: rowsSchema('By commission: those that are not money, in no ranking: name, amount, count'),
  ranking: rowsSchema(
    'currency (money), rank, affiliate_id, name, email, value (count, decimal amount or percentage), share of programme_total; value null: unknown, at the end',
  ),
  rankings: rowsSchema(
    'One line per ranking: currency, programme_total (of everybody, whatever the segment), ranked, left_off (behind skip + limit), tied_with_the_last (the limit cuts through a tie), not_credited, archived_left_out (part of programme_total)',
  ),
};

interface Args {
  readonly by?: Metric;
  readonly since?: string;
  readonly until?: string;
  readonly segment: Segment;
  readonly days: number;
  readonly minimum_visitors: number;
  readonly currency?: string;
  readonly include_archived: boolean;
  readonly limit: number;
  readonly skip: number;
}

/** Somebody in a ranking: an affiliate, or whom a record names and the list of affiliates does not hold. */
interface Entry extends Named {
  readonly raw: JsonObject;
}

const stranger = ({ affiliate, raw }: Credited): Entry => ({
  id: affiliate?.id ?? '',
  email: affiliate?.email ?? '',
  raw: recordIn(raw, 'affiliate'),
});

export async function run(given: JsonObject, work: Work): Promise<JsonObject> {
  const args = given as unknown as Args;
  const by = args.by ?? (args.segment === 'traffic_without_sales' ? 'visitors' : 'purchases');
  const window = windowOf(args);
  if (args.segment === 'traffic_without_sales' && by !== 'visitors' && by !== 'leads') {
    throw new Refusal('by has to be visitors or leads for traffic_without_sales: they have no purchases');
  }
  const { records: everybody, complete } = await work.scan(affiliates);
  const { keyOf } = identitiesIn(everybody);
  const reads = { keyOf, window, minimumVisitors: args.minimum_visitors, currency: args.currency };
  const measured = await measure(by, everybody, reads, work);
  const whole = args.segment === 'all';
  const isArchived = ({ standing }: Affiliate) => standing === 'archived';
  const listed = args.include_archived ? everybody : everybody.filter((one) => !isArchived(one));
  // They count in every total; of a segment, the others do too.
  const archived = args.include_archived || !whole ? [] : everybody.filter(isArchived);
  const options = { segment: args.segment, days: args.days, minimumVisitors: args.minimum_visitors, window, keyOf };
  const chosen = await chooseSegment(listed, options, work);

  const known = new Set(everybody.map(keyOf));
  const preliminary = !complete || !chosen.complete || !measured.complete;
  const rankings = measured.figures.map(({ currency: unit, figures }) => {
    // Credited, and yet not in the list of affiliates: nothing says that they are archived.
    const strangers = whole ? [...figures.seen].filter(([key]) => !known.has(key)).map(([, one]) => stranger(one)) : [];
    const ranking = { keyOf, by, unit, measured, archived, preliminary, limit: args.limit, skip: args.skip };
    return rankOne([...chosen.affiliates, ...strangers], figures, ranking);
  });
  const left = rankings.reduce((sum, { leftOff }) => sum + leftOff, 0);
  return {
    by,
    segment: args.segment,
    basis: [measured.basis, ...(chosen.basis ? [chosen.basis] : [])].join(' '),
    ...(window && { period: writtenWindow(window) }),
    ...(preliminary && { preliminary: true }),
    rankings: rankings.map(({ line }) => line),
    ...(measured.currency_note !== undefined && { currency_note: measured.currency_note }),
    ...(measured.below ? { below_minimum_visitors: measured.below } : {}),
    ...(measured.nameless ? { without_readable_currency: measured.nameless } : {}),
    ...rewardsIn(measured.rewards ?? []),
    ...(chosen.undecided > 0 && { not_known_whether_in_segment: chosen.undecided }),
    ranking: rankings.flatMap(({ rows }) => rows),
    ...(args.skip > 0 && { skipped: args.skip }),
    ...(left > 0 && { left_off: left, next_skip: args.skip + args.limit }),
  };
}

function windowOf({ since, until }: Args): Window | undefined {
  if (since === undefined && until === undefined) return undefined;
  const from = since === undefined ? 0 : startOfDay(since);
  const window = { since: from, ...(until !== undefined && { until: afterDay(until) }) };
  if (window.until !== undefined && window.until <= from) throw new Refusal('until has to be later than since');
  return window;
}

interface RankOptions {
  readonly keyOf: KeyOf;
  readonly by: Metric;
  readonly unit: string | undefined;
  readonly measured: Measured;
  readonly archived: readonly Affiliate[];
  readonly limit: number;
  readonly skip: number;
  readonly preliminary: boolean;
}

function rankOne(entries: readonly Entry[], figures: Figures, options: RankOptions) {
  const { keyOf, by, unit, measured, archived, limit, skip, preliminary } = options;
  const isRatio = by === 'conversion';
  const valued = entries.flatMap((row) => {
    const value = figures.of.get(keyOf(row));
    return value === undefined ? [] : [{ row, value, id: row.id }];
  });
  const absent = entries.filter((one) => !figures.of.has(keyOf(one)));
  const some = isRatio ? valued : valued.filter(({ value }) => !value.isZero());
  const { top, behind, tied } = rank(some, limit, skip);
  const unknown = measured.absentIs === 'unknown' ? absent : [];
  const without = valued.length - some.length + absent.length - unknown.length;
  const whole = isRatio || preliminary ? undefined : wholeOf(figures);
  const money = unit !== undefined;
  const show = (value: Decimal) =>
    isRatio ? `${value.times(100).toFixed(1)}%` : money ? written(value, unit) : value.toNumber();

  // Whoever has no counter stands last.
  const behindAll = isRatio ? [] : unknown.slice(Math.max(0, skip - some.length));
  const room = behindAll.slice(0, limit - top.length);
  const leftOff = behind + behindAll.length - room.length;
  const placed = [
    ...top.map(({ rank: place, row, value }) => ({
      ...(money && { currency: unit }),
      rank: place,
      ...describeEntry(row),
      value: show(value),
      ...(whole && { share: shareOf(value, whole) }),
    })),
    ...room.map((row) => ({ rank: null, ...describeEntry(row), value: null })),
  ];
  const uncredited = figures.uncreditedRecords;
  const line = {
    ...(money && { currency: unit }),
    ...(whole && { programme_total: show(whole) }),
    ranked: some.length,
    ...(leftOff > 0 && { left_off: leftOff }),
    ...(tied > 0 && { tied_with_the_last: tied }),
    ...(without > 0 && { with_none: without }),
    ...(unknown.length > 0 && { unknown: unknown.length }),
    ...(uncredited > 0 && {
      not_credited: { count: uncredited, ...(money && { amount: written(figures.uncredited, unit) }) },
    }),
    ...archivedOut(),
  };
  return { rows: placed, line, leftOff };

  function archivedOut(): JsonObject {
    const values = archived.map((one) => figures.of.get(keyOf(one)) ?? ZERO).filter((value) => !value.isZero());
    if (values.length === 0) return {};
    const sum = values.reduce((total, value) => total.plus(value), ZERO);
    const part = whole && { [money ? 'amount' : 'value']: show(sum) };
    return { archived_left_out: { count: values.length, ...part } };
  }
}

/** Active is what is expected: only another status is worth a word. */
function describeEntry({ raw }: Entry): JsonObject {
  return describeAffiliate({ raw }, ...(raw.status && raw.status !== 'Active' ? ['status'] : []));
}
