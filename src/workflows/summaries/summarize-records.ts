import * as z from 'zod';
import type { JsonObject } from '../../json.ts';
import { code, currency, moment, words } from '../../operations/inputs.ts';
import { Refusal } from '../../operations/operation.ts';
import { describeAffiliate } from '../../records/describe.ts';
import { Decimal, rewardsIn } from '../../records/money.ts';
import type { Affiliate } from '../../records/parse.ts';
import { writtenWindow } from '../../records/period.ts';
import { toTable, writeTable } from '../exports/table.ts';
import { type FileLink, files, flag, keepFile, number, object, rows as rowsSchema, text } from '../output.ts';
import { windowBetween } from '../reading/scans.ts';
import { leaddynoNow, type Work } from '../workflow.ts';
import { COMPARISONS, comparedWindow } from './buckets.ts';
import { checkDimension, DIMENSIONS, type Dimension, isUnit } from './dimensions.ts';
import { figuresOf, type Row, type Shows, shownRow, sumOfRows, type Table, tablesOf, worth } from './pivot.ts';
import { type Args, countRecords, dateOf, type Reading, SORTS, type Sort } from './reading-for-summary.ts';

export const input = () => ({
  records: z.enum(['purchases', 'commissions', 'leads', 'visitors', 'affiliates']),
  by: z.array(z.enum(DIMENSIONS)).optional(),
  since: moment('A day: its start').optional(),
  until: moment('A day: its end').optional(),
  date_field: z.enum(['date', 'due_at']).optional(),
  status: words('live (default), all, or as in export_records').optional(),
  currency: currency('').optional(),
  group: code('From list_groups').optional(),
  affiliate_ids: z.array(z.number()).optional(),
  recruiter_id: z.number().optional(),
  credited: z.boolean().optional(),
  minimum: z.number().optional().describe('Per row'),
  compare: z.enum(COMPARISONS).optional(),
  more: z.boolean().optional().describe('Add commission, margin; first, last sale'),
  sort: z.enum(SORTS).optional(),
  limit: z.number().optional(),
  file: z.boolean().optional(),
});

export const output = {
  includes: object('What is counted: records, status, credited (all, credited, not_credited), date_field'),
  basis: text('What the figures mean, and how they are rounded'),
  period: object('From (included) and before (excluded), UTC'),
  compared_with: object('The period of `before`; by month, week or day each row is compared with its own'),
  preliminary: flag('true: not everything was read, so these figures are partial'),
  totals: rowsSchema(
    'One line per currency: everything (all that match), rows, left_off (rows past limit, as one), below_minimum, without_recruiter',
  ),
  rows: rowsSchema(
    'currency, one key for each of by (null: no_…_because says why; of a recruiter also depth, how many recruiters stand above, and recruited_by), count, amount, average, share (of everything), commission, margin (amount less commission); with status all: cancelled (how many of count), cancelled_amount, cancelled_percent; with compare: before, difference, percent (null: nothing before); so_far: not over yet',
  ),
  recruited_with_none: object('Recruited affiliates without any such record: count, the first five'),
  rewards: rowsSchema('Commissions that are not money, not in any row: name, amount, count'),
  not_known_whether_they_fit: number('Records left out because a field the filter needs is missing'),
  without_readable_date: number('Records left out because their date cannot be read'),
  note: text('What an argument names and the lists do not have'),
  files: files('All rows'),
};

const PEOPLE: readonly Dimension[] = ['affiliate', 'recruiter'];
const MOST_ROWS = 500;
/** Rows for all currencies together if no limit is given; rows with people in them are long. */
const ROOM = { people: 10, other: 24 };

export async function run(given: JsonObject, work: Work): Promise<JsonObject> {
  const args = given as unknown as Args;
  const by = args.by ?? [];
  const asked = check(args, by, leaddynoNow(work));
  const counted = await countRecords(args, asked, work);
  const shows = {
    compares: args.compare !== undefined,
    commission: args.more === true && args.records === 'purchases',
    // How many were cancelled; by status they have rows of their own.
    cancelled: asked.status === 'all' && !by.includes('status'),
    sales: args.more === true && args.records === 'affiliates',
  };
  const tables = tablesOf(counted.records);
  counted.fill(tables);
  const room = by.some((one) => PEOPLE.includes(one)) ? ROOM.people : ROOM.other;
  const limit = args.limit ?? Math.max(3, Math.floor(room / Math.max(1, tables.length)));
  const shown = tables.map((table) => showTable(table, args, by, { shows, limit, counted }));
  const left = shown.reduce((sum, { leftOff }) => sum + leftOff, 0);
  const file = args.file ? await keepTable(args.records, shown, counted.complete, work) : undefined;
  return {
    includes: asked.includes,
    basis: basisOf(args, by),
    ...(asked.window && { period: writtenWindow(asked.window) }),
    ...(asked.before && !by.some(isUnit) && { compared_with: writtenWindow(asked.before) }),
    ...(!counted.complete && { preliminary: true }),
    totals: shown.map(({ line }) => line),
    rows: shown.flatMap(({ rows }) => rows),
    ...(by.includes('recruiter') && recruitedWithNone(counted)),
    ...rewardsIn(counted.rewards),
    ...(counted.remarks.length > 0 && { note: counted.remarks.join(' ') }),
    ...(counted.unclear > 0 && { not_known_whether_they_fit: counted.unclear }),
    ...(counted.undated > 0 && { without_readable_date: counted.undated }),
    ...(file && { files: [file] }),
    ...(args.skip > 0 && { skipped: args.skip }),
    ...(left > 0 && { left_off: left, next_skip: args.skip + limit }),
  };
}

/** Checks the arguments. @throws Refusal if they do not go together */
function check(args: Args, by: readonly Dimension[], now: number): Reading {
  const { records: name, compare, credited } = args;
  for (const one of by) checkDimension(one, name);
  if (new Set(by).size < by.length) throw new Refusal('by: the same dimension twice');
  if (by.filter(isUnit).length > 1) throw new Refusal('by: only one of day, week and month');
  if (by.length > 2) throw new Refusal('by: at most two');
  if (args.more && name !== 'purchases' && name !== 'affiliates') {
    throw new Refusal('more is only for purchases (commission, margin) and affiliates (first and last sale)');
  }
  if (args.limit !== undefined && !(Number.isInteger(args.limit) && args.limit >= 1 && args.limit <= MOST_ROWS)) {
    throw new Refusal(`limit must be a whole number from 1 to ${MOST_ROWS}`);
  }
  const unit = by.find(isUnit);
  const field = args.date_field ?? (name === 'commissions' ? 'date' : 'created_at');
  const window = windowBetween(args.since, args.until);
  if (compare !== undefined && !unit && args.since === undefined) {
    throw new Refusal('compare needs since, or by with month, week or day');
  }
  const isMoney = name === 'purchases' || name === 'commissions';
  if (args.sort === 'average' && !isMoney) throw new Refusal(`sort by average is for money: ${name} have none`);
  const status = args.status ?? (isMoney ? 'live' : 'all');
  return {
    unit,
    window,
    status,
    at: dateOf(name, field),
    before: compare && window && !unit ? comparedWindow({ until: now, ...window }, compare) : undefined,
    includes: {
      records: name,
      status,
      credited: credited === undefined ? 'all' : credited ? 'credited' : 'not_credited',
      date_field: field,
    },
  };
}

function basisOf({ records: name, compare }: Args, by: readonly Dimension[]): string {
  return [
    ...(name === 'purchases' ? ['amount is purchase_amount.'] : []),
    ...(name === 'commissions'
      ? [
          'LeadDyno has no payment date: what was paid in a period can only be told by date (day earned) or due_at (day due).',
        ]
      : []),
    "average is rounded half up to the currency's decimals, share and percent to one decimal; everything else is exact.",
    ...(by.includes('customer')
      ? ["new: the customer's first purchase of all time that is not cancelled; returning: each later one."]
      : []),
    ...(compare && by.some(isUnit)
      ? [
          `Each row is compared with ${compare === 'previous' ? 'the one before it' : 'the same one a year before (weeks: 52 before)'}; one not over yet (so_far) with the same part of it.`,
        ]
      : []),
  ].join(' ');
}

interface ShowOptions {
  readonly shows: Shows;
  readonly limit: number;
  readonly counted: Awaited<ReturnType<typeof countRecords>>;
}

interface ShownTable {
  readonly line: JsonObject;
  readonly rows: readonly JsonObject[];
  /** Makes every row of the table, when asked. */
  readonly every: () => readonly JsonObject[];
  readonly leftOff: number;
}

function showTable(
  table: Table,
  args: Args,
  by: readonly Dimension[],
  { shows, limit, counted }: ShowOptions,
): ShownTable {
  const { currency: unit } = table;
  const recruiter = by.indexOf('recruiter');
  const isOutside = (row: Row) => recruiter >= 0 && row.places[recruiter]?.shown.recruiter === null;
  const all = by.length === 0 ? [] : [...table.rows.values()];
  const outside = all.filter(isOutside);
  const inside = all.filter((row) => !isOutside(row));
  const least = args.minimum === undefined ? undefined : new Decimal(args.minimum);
  const enough = least ? inside.filter((row) => worth(row.now, unit).greaterThanOrEqualTo(least)) : inside;
  const below = least ? inside.filter((row) => !enough.includes(row)) : [];
  const sorted = enough.sort(orderOf(args.sort ?? (by[0] && isUnit(by[0]) ? 'newest' : 'amount'), by, unit));
  const top = sorted.slice(args.skip, args.skip + limit);
  const rest = sorted.slice(args.skip + limit);
  const money = unit === undefined ? {} : { currency: unit || 'unknown' };
  const show = (row: Row) => ({
    ...money,
    ...Object.assign({}, ...row.places.map((place) => place.shown)),
    ...shownRow(row, table, shows),
    ...(counted.isSoFar(row) && { so_far: true }),
  });
  const line = {
    ...money,
    everything:
      shows.compares && !by.some(isUnit) ? shownRow(table.all, table, shows) : figuresOf(table.all.now, unit, shows),
    rows: sorted.length,
    ...(rest.length > 0 && { left_off: sumOfRows(rest, unit) }),
    ...(below.length > 0 && { below_minimum: sumOfRows(below, unit) }),
    ...(outside.length > 0 && { without_recruiter: sumOfRows(outside, unit) }),
  };
  return { line, rows: top.map(show), every: () => [...sorted, ...below, ...outside].map(show), leftOff: rest.length };
}

/** Orders rows by the value asked for, then by amount (or count), then by their keys. */
function orderOf(sort: Sort, by: readonly Dimension[], unit: string | undefined) {
  const time = by.findIndex(isUnit);
  const average = ({ now }: Row) => (now.priced === 0 ? new Decimal(0) : now.amount.div(now.priced));
  const change = (row: Row) => worth(row.now, unit).minus(worth(row.before, unit));
  const keyOf = (row: Row) => row.places.map(({ key }) => key).join('\0');
  const value: Readonly<Record<Sort, (row: Row) => Decimal>> = {
    newest: (row) => new Decimal(row.places[time]?.key ?? 0),
    amount: (row) => worth(row.now, unit),
    count: ({ now }) => new Decimal(now.count),
    average,
    rise: change,
    fall: (row) => change(row).negated(),
  };
  return (a: Row, b: Row) =>
    value[sort](b).comparedTo(value[sort](a)) ||
    value.amount(b).comparedTo(value.amount(a)) ||
    (keyOf(a) < keyOf(b) ? -1 : 1);
}

const SHOWN = 5;

function recruitedWithNone({ withNone }: { readonly withNone: readonly Affiliate[] }): JsonObject {
  if (withNone.length === 0) return {};
  const affiliates = withNone
    .slice(0, SHOWN)
    .map((one) => ({ ...describeAffiliate(one), recruiter_id: one.recruiterId }));
  return { recruited_with_none: { count: withNone.length, affiliates } };
}

/** Bytes of one file, at most. */
const MOST_BYTES = 20_000_000;

/** Fields that hold a record, or null. */
const NESTED: ReadonlySet<string> = new Set(['affiliate', 'recruiter']);

/** Keeps all rows of a summary, of every currency, as a CSV file. @throws Unavailable */
async function keepTable(
  records: string,
  tables: readonly { readonly every: () => readonly JsonObject[] }[],
  complete: boolean,
  work: Work,
): Promise<FileLink> {
  const every = tables.flatMap((table) => table.every());
  const table = toTable(
    every.map((row) => work.present(row) as JsonObject),
    NESTED,
  );
  const written = await writeTable(table, 'csv', MOST_BYTES, work);
  const day = new Date(work.now()).toISOString().slice(0, 10);
  const isPart = !complete || written.rows < every.length || table.columnsLeftOff > 0;
  const name = `summary-of-${records}-${day}${isPart ? '-partial' : ''}.csv`;
  return await keepFile(work, { name, mimeType: 'text/csv', text: written.text }, { rows: written.rows });
}
