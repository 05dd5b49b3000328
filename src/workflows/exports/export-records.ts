import * as z from 'zod';
import type { JsonObject } from '../../json.ts';
import { code, currency, moment, words } from '../../operations/inputs.ts';
import { Refusal } from '../../operations/operation.ts';
import { writtenWindow } from '../../records/period.ts';
import { files, flag, keepFile, number, object, rows, text } from '../output.ts';
import { type Collection, collections } from '../reading/collections.ts';
import { windowBetween } from '../reading/scans.ts';
import { leaddynoNow, type Work } from '../workflow.ts';
import { filterOf, noteOnNothing } from './filters.ts';
import { chosenColumns, groupFilter, joinedColumns, pick, readPeople, withAffiliate } from './joined.ts';
import { exportOutreach, type OutreachArgs, pageAddresses, refuseOutreachOf } from './outreach.ts';
import { eachOf, type Format, toTable, writeTable } from './table.ts';

export const input = () => ({
  records: z.enum(['affiliates', 'purchases', 'commissions', 'leads', 'visitors', 'outreach']),
  format: z.enum(['csv', 'jsonl']).default('csv'),
  status: words(
    "Affiliates: active, pending, archived; purchases: live, cancelled; commissions: also unpaid, due, pending, paid; leads: LeadDyno's own",
  ).optional(),
  affiliate_id: z.int().min(1).optional(),
  since: moment('Created since; a day: its start').optional(),
  until: moment('Created before (outreach: last sale); a day: its end').optional(),
  currency: currency('Purchases, commissions').optional(),
  group: code('From list_groups').optional(),
  join: z.enum(['affiliate']).optional().describe('Add group, status, recruiter'),
  fields: z.array(z.string()).optional().describe('Only these columns'),
  sample: z.boolean().optional().describe('true: show 3 rows'),
  pages: pageAddresses().optional().describe('outreach: deep links'),
  unsubscribed: z.boolean().optional().describe('outreach: include them'),
});

export const output = {
  files: files('The file'),
  rows: number('Rows in the file'),
  columns: { type: 'array', items: { type: 'string' }, description: 'Columns of the file' },
  partial: flag('true: the file is incomplete; partial_because says why'),
  partial_because: text('What is missing from the file'),
  not_known_whether_they_fit: number('Rows left out because a field the filter needs is missing or unreadable'),
  unsubscribed_left_out: number('outreach: affiliates who unsubscribed from e-mails'),
  not_money: number('Rows that are rewards such as points (payment_type, custom_plural): in no currency'),
  period: object('With since or until: created from (included) and before (excluded), UTC'),
  sample: rows('The first rows, not flattened'),
};

/** The most rows and bytes of one file. */
const MOST_ROWS = 100_000;
const MOST_BYTES = 20_000_000;
const SAMPLE = 3;

interface Args {
  readonly records: keyof typeof collections;
  readonly format: Format;
  readonly since?: string;
  readonly until?: string;
  readonly status?: string;
  readonly sample?: boolean;
  readonly group?: string;
  readonly join?: 'affiliate';
  readonly fields?: readonly string[];
}

/** Commissions have no payment date (API reference, Commission), and no column of a file stands for one. */
const notesOnDates = ({ records, status }: Args): string[] =>
  records === 'commissions' && status === 'paid'
    ? ['LeadDyno has no payment date: date is the day they were earned, due_at when they became payable.']
    : [];

export async function run(given: JsonObject, work: Work): Promise<JsonObject> {
  if (given.records === 'outreach') return await exportOutreach(given as unknown as OutreachArgs, work);
  refuseOutreachOf(given);
  const args = given as unknown as Args;
  const collection: Collection = collections[args.records];
  if (work.isSwitchedOff(collection.list.name)) {
    throw new Refusal(
      `The operator has switched off ${collection.list.name}, so ${collection.name} cannot be exported`,
    );
  }
  const fits = filterOf(given, collection.name, leaddynoNow(work));
  const window = windowBetween(args.since, args.until);
  const scan = window ? await work.scanWindow(collection, window) : await work.scan(collection);
  const people = await readPeople(args, work);
  const inGroup = groupFilter(args, people);
  const judged = scan.records.map((one) => (inGroup(one) ? fits(one) : false));
  const fitting = scan.records.filter((_, index) => judged[index] === true);
  const found = fitting.map(({ raw }) => raw);
  const rewards = fitting.filter((one) => 'isMoney' in one && one.isMoney === false).length;
  const unclear = judged.filter((fit) => fit === undefined).length;
  const notes = found.length === 0 ? noteOnNothing(given, collection.name, scan.records) : notesOnDates(args);
  const some = found.slice(0, MOST_ROWS);
  const rows = await presented(
    fitting.slice(0, MOST_ROWS).map((one) => withAffiliate(one, args, people)),
    work,
  );
  const table = toTable(rows, nestedIn(collection));
  const all = table.columns.length > 0 ? table.columns : [...emptyColumns(collection), ...joinedColumns(args)];
  const columns = args.fields ? chosenColumns(args.fields, all) : all;
  const written = await writeTable(
    { columns, rows: args.fields ? eachOf(table.rows, (row) => pick(row, columns)) : table.rows },
    args.format,
    MOST_BYTES,
    work,
  );
  const missing = [
    ...(scan.complete ? [] : [`not all ${collection.name} were read`]),
    ...(people && !people.scan.complete ? ['not all affiliates were read'] : []),
    ...(found.length > MOST_ROWS ? [`a file holds at most ${MOST_ROWS} rows, of ${found.length} found`] : []),
    ...(written.rows < some.length ? [`a file holds at most 20 MB: ${written.rows} rows of ${found.length}`] : []),
    ...(table.columnsLeftOff > 0 ? [`${table.columnsLeftOff} columns were left off`] : []),
  ];
  const day = new Date(work.now()).toISOString().slice(0, 10);
  const name = `${collection.name}-${day}${missing.length > 0 ? '-partial' : ''}.${args.format}`;
  const mimeType = args.format === 'csv' ? 'text/csv' : 'application/jsonl';
  const file = await keepFile(work, { name, mimeType, text: written.text }, { rows: written.rows });
  return {
    files: [file],
    ...(window && { period: writtenWindow(window) }),
    rows: written.rows,
    columns,
    ...(missing.length > 0 && { partial: true, partial_because: `${missing.join('; ')}.` }),
    ...(unclear > 0 && { not_known_whether_they_fit: unclear }),
    ...(rewards > 0 && { not_money: rewards }),
    ...(notes.length > 0 && { note: notes.join(' ') }),
    ...(args.sample && { sample: found.slice(0, SAMPLE) }),
  };
}

/** Rows made between two checks whether the call was cancelled. */
const AT_ONCE = 1_000;

async function presented(records: readonly JsonObject[], work: Work): Promise<JsonObject[]> {
  const shown: JsonObject[] = [];
  for (let from = 0; from < records.length; from += AT_ONCE) {
    work.signal.throwIfAborted();
    for (const record of records.slice(from, from + AT_ONCE)) shown.push(work.present(record) as JsonObject);
    await new Promise((resolve) => setTimeout(resolve));
  }
  return shown;
}

/** Fields that hold a record, or null. */
const nestedIn = ({ kept }: Collection): ReadonlySet<string> =>
  new Set(['custom_fields', ...kept.flatMap((field) => (typeof field === 'string' ? [] : [field[0]]))]);

/** The header of an empty file. */
const emptyColumns = ({ kept }: Collection): string[] =>
  kept.flatMap((field) =>
    typeof field === 'string'
      ? field === 'custom_fields'
        ? []
        : [field]
      : field[1].map((inner) => `${field[0]}_${inner}`),
  );
