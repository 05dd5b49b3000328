import * as z from 'zod';
import { isObject, type JsonObject, recordIn } from '../../json.ts';
import { LeadDynoError } from '../../leaddyno/errors.ts';
import { createAffiliate, findAffiliateByCode, findAffiliateByEmail } from '../../operations/affiliates.ts';
import { code } from '../../operations/inputs.ts';
import { isUnavailable } from '../../ports/unavailable.ts';
import { addressForm, keyForm } from '../../records/keys.ts';
import { codeOf, shownIdOf, textOf } from '../../records/values.ts';
import { type BatchOutcome, carryOut, type Task } from '../batch.ts';
import { csvTable, forPeople } from '../exports/csv.ts';
import { files, keepFile, number, object, rows, text } from '../output.ts';
import type { Batch, Work } from '../workflow.ts';
import { askImport } from './ask-import.ts';
import type { Entry } from './entries.ts';
import { type ImportArgs, type New, type Plan, planImport } from './plan.ts';
import { lookUp } from './programme.ts';
import { ABOUT_ROW } from './read-table.ts';

export const input = () => ({
  rows: z
    .array(z.unknown().refine(isObject, 'must be an object').meta({ type: 'object' }))
    .optional()
    .describe('email, name, affiliate_code, group, paypal_email, recruiter …'),
  csv: z.string().optional().describe('Or CSV text; stdio: or a file in --export-folder'),
  group: code('For rows without one').optional(),
  approve: z.boolean().optional().describe('true: active at once'),
  seats: z.int().min(0).optional().describe("The plan's affiliate limit"),
});

export const output = {
  counts: object('Rows by outcome: rows, created, existing, not_created, unknown, left'),
  created: rows('row, affiliate_id, email, affiliate_code, status; note if LeadDyno did not do what was asked'),
  created_ids: { type: 'array', description: 'All ids, if created does not show all rows', items: {} },
  existing: rows('Nothing was sent: row, affiliate_id, email, status; differs: fields that differ from those given'),
  not_created: rows('row, email, outcome, reason, leaddyno_said'),
  unknown: rows('Sent, no clear answer: row, email, reason, message; call again: each is looked up first'),
  left: { type: 'array', description: 'Rows not started: call again with the same list', items: { type: 'integer' } },
  stopped: text('Why some are left'),
  rows_left_off: number('Rows of these lists not shown; those not created are all in the file'),
  unknown_columns: { type: 'array', description: 'Columns that were not used', items: { type: 'string' } },
  files: files('Every row that was not created, with its reason: correct it and import it again'),
  files_note: text('Why there is no file'),
};

/** The pipeline hands back what `plan` returned. */
const planOf = (plan: unknown) => plan as Plan;
const newIn = (plan: unknown) => planOf(plan).steps.flat();

/** Keys are addresses, so that the same list in another order still matches what was confirmed. */
const keyOf = ({ args }: New) => addressForm(String(args.email));

export const batch: Batch = {
  plan: (args, work) => planImport(args as ImportArgs, work),
  question: (_, plan) => askImport(planOf(plan)),
  writes: (plan) => newIn(plan).map(({ args }) => ({ operation: createAffiliate, args })),
  items: (plan) => newIn(plan).map((one) => ({ key: keyOf(one), state: one.args })),
};

/** The outcome for the affiliates that were to be created. */
type Result = Omit<BatchOutcome, 'changed' | 'stopped'> & { readonly existed: JsonObject[]; stopped?: string };

export async function run(_: JsonObject, work: Work): Promise<JsonObject> {
  const plan = planOf(work.plan);
  const { known, kept, unknownColumns } = plan;
  const result: Result = { done: [], failed: [], unknown: [], left: [], existed: [] };
  for (const step of plan.steps) await createStep(step, result, work);
  const byRow = new Map(newIn(plan).map((one) => [one.entry.row, one.entry]));
  const failures: Failure[] = [
    ...kept.map(({ entry, obstacle, reason }) => ({ entry, outcome: obstacle, reason })),
    ...(['failed', 'unknown', 'left'] as const).flatMap((outcome) =>
      result[outcome].flatMap((row) => {
        const entry = byRow.get(Number(row.row));
        const said = textOf(row.leaddyno_said);
        const reason = `${textOf(row.message) || (result.stopped ?? '')}${said && `: ${said}`}`;
        return entry ? [{ entry, outcome: String(row.outcome ?? outcome), reason }] : [];
      }),
    ),
  ].sort((a, b) => a.entry.row - b.entry.row);
  const existing = [
    ...known.map(({ entry, affiliate }) => existingRow(entry.row, affiliate.raw, entry.fields)),
    ...result.existed,
  ];
  const notCreated = [
    ...kept.map(({ entry, obstacle, reason }) => ({
      row: entry.row,
      email: entry.fields.email,
      outcome: obstacle,
      reason,
    })),
    ...result.failed,
  ];
  return {
    counts: {
      rows: plan.rows,
      created: result.done.length,
      existing: existing.length,
      not_created: notCreated.length,
      unknown: result.unknown.length,
      left: result.left.length,
    },
    ...shownRows({ created: result.done, existing, not_created: notCreated, unknown: result.unknown }),
    ...(result.left.length > 0 && { left: result.left.map(({ row }) => row), stopped: result.stopped }),
    ...(unknownColumns.length > 0 && { unknown_columns: unknownColumns }),
    ...(await failuresFile(failures, work)),
    note: noteFor(plan, result),
    ...(result.done.length + result.unknown.length > 0 && { undo: createAffiliate.undo }),
  };
}

/** Creates the affiliates of one step and adds their outcome to the result. */
async function createStep(step: readonly New[], result: Result, work: Work): Promise<void> {
  const there = new Set([...result.done, ...result.existed].map(({ row }) => row));
  const due: New[] = [];
  for (const one of step) {
    const label = { row: one.entry.row, email: one.args.email };
    if (work.changed.has(keyOf(one))) {
      result.failed.push({ ...label, outcome: 'changed', message: 'changed since the question: call again' });
    } else if (one.after !== undefined && !there.has(one.after)) {
      result.left.push({ ...label, message: `the recruiter (row ${one.after}) has not been created yet` });
    } else if (result.stopped !== undefined) result.left.push(label);
    else due.push(one);
  }
  const tasks = due.map(
    (one): Task => ({
      label: { row: one.entry.row, email: one.args.email },
      run: () => create(one, work),
    }),
  );
  const outcome = await carryOut(tasks, work, 'created');
  const unclear = await lookAfter(outcome.unknown, due, work);
  for (const row of [...outcome.done, ...unclear.found])
    (row.existed ? result.existed : result.done).push(withoutMark(row));
  result.failed.push(...outcome.failed.map((row) => ({ outcome: 'refused', ...row })), ...outcome.changed);
  result.unknown.push(...unclear.unknown);
  result.left.push(...outcome.left);
  if (outcome.stopped !== undefined) result.stopped = outcome.stopped;
  else if (result.left.length > 0) result.stopped ??= 'their recruiters have not been created yet';
}

const withoutMark = ({ existed: _, ...row }: JsonObject): JsonObject => row;

async function create({ args, entry }: New, work: Work): Promise<JsonObject> {
  if (args.affiliate_code !== undefined && work.prechecks) {
    const owner = await lookUp(findAffiliateByCode, { affiliate_code: args.affiliate_code }, work);
    if (owner && addressForm(owner.email) !== addressForm(entry.fields.email)) {
      const what = `The code belongs to the affiliate ${String(shownIdOf(owner.raw))}, so nothing was sent`;
      throw new LeadDynoError('conflict', what, { fate: 'not_sent' });
    }
  }
  const answer = await work.write(createAffiliate, args, null);
  const record = recordIn(answer, 'affiliate');
  if (answer.already_existed === true) return { existed: true, ...existingRow(entry.row, record, entry.fields) };
  return createdRow(record, args, textOf(answer.note));
}

/** A created affiliate as LeadDyno's record shows it; a note names the fields that differ from what was asked for. */
function createdRow(record: JsonObject, args: JsonObject, note: string): JsonObject {
  const otherwise = differing(record, args);
  const notes = [
    ...(note === '' ? [] : [note]),
    ...(otherwise.length === 0
      ? []
      : [`LeadDyno's record has a different ${otherwise.join(', ')} from what was asked for`]),
  ];
  return {
    affiliate_id: shownIdOf(record),
    affiliate_code: record.affiliate_code ?? null,
    status: record.status ?? null,
    ...(notes.length > 0 && { note: notes.join('; ') }),
  };
}

const existingRow = (row: number, record: JsonObject, fields: object): JsonObject => {
  const differs = differing(record, fields as JsonObject);
  return {
    row,
    affiliate_id: shownIdOf(record),
    email: record.email ?? null,
    status: record.status ?? null,
    ...(differs.length > 0 && { differs }),
  };
};

/** Arguments, each with the field of a record that shows it. */
const SHOWN = [
  ['email', 'email'],
  ['first_name', 'first_name'],
  ['last_name', 'last_name'],
  ['affiliate_code', 'affiliate_code'],
  ['affiliate_type', 'compensation_tier_code'],
  ['paypal_email', 'paypal_email'],
] as const;

/** Names of the arguments that the record shows with another value. */
function differing(record: JsonObject, given: JsonObject): string[] {
  return SHOWN.flatMap(([name, field]) =>
    given[name] === undefined ||
    record[field] === undefined ||
    keyForm(codeOf(record[field])) === keyForm(String(given[name]))
      ? []
      : [name],
  );
}

/** With less time left, no look-up is started, because its answer could not be waited for. */
const LEAST_MS = 3_000;

/**
 * Looks up the affiliates whose creation got no clear answer. They did not exist right before it was sent, so one who
 * exists now was created by it.
 */
async function lookAfter(unknown: readonly JsonObject[], due: readonly New[], work: Work) {
  const found: JsonObject[] = [];
  const still: JsonObject[] = [];
  for (const row of unknown) {
    const { row: number, email } = row;
    const one = due.find(({ entry }) => entry.row === number);
    const looked =
      one && work.timeLeft() > LEAST_MS
        ? await work.attempt(() => lookUp(findAffiliateByEmail, { email }, work))
        : undefined;
    const there = looked?.read ? looked.value : undefined;
    if (one && there && addressForm(there.email) === addressForm(String(email))) {
      found.push({ row: number, email, ...createdRow(there.raw, one.args, 'found after an unclear answer') });
    } else still.push(row);
  }
  return { found, unknown: still };
}

/** Characters for each list in a result; the file has every row that was not created. */
const ROOM = { created: 14_000, existing: 4_000, not_created: 8_000, unknown: 4_000 } as const;

function shownRows(lists: Readonly<Record<keyof typeof ROOM, readonly JsonObject[]>>): JsonObject {
  let leftOff = 0;
  const shown = Object.entries(lists).flatMap(([name, list]) => {
    let room: number = ROOM[name as keyof typeof ROOM];
    const some = [...list]
      .sort((a, b) => Number(a.row) - Number(b.row))
      .filter((row) => {
        room -= JSON.stringify(row).length + 1;
        return room >= 0;
      });
    leftOff += list.length - some.length;
    const cut = name === 'created' && some.length < list.length;
    return [
      ...(list.length > 0 || name === 'created' ? [[name, some] as const] : []),
      ...(cut ? [['created_ids', list.map(({ affiliate_id }) => affiliate_id)] as const] : []),
    ];
  });
  return { ...Object.fromEntries(shown), ...(leftOff > 0 && { rows_left_off: leftOff }) };
}

/** Says what happened, and what to do next. */
function noteFor({ known, kept }: Plan, { done, failed, unknown, left, existed }: Result): string {
  const isWaiting = ({ status }: JsonObject) => status === 'Pending Approval';
  const waiting = done.filter(isWaiting).length;
  const others = [...existed, ...known.map(({ affiliate }) => affiliate.raw)].filter(isWaiting).length;
  const outcome = `${done.length} created${waiting > 0 ? `, ${waiting} of them not approved` : ''}.`;
  return [
    done.length + unknown.length === 0 ? 'Nothing was created.' : outcome,
    ...(unknown.length > 0 ? ['Those in unknown may have been created: call again, each is looked up first.'] : []),
    ...(left.length > 0
      ? [
          'For those in left, call again with the same list: existing ones are skipped, and a new question covers the rest.',
        ]
      : []),
    ...(kept.length + failed.length > 0 ? ['Those in not_created need correcting first.'] : []),
    ...(waiting + others > 0
      ? ['If the user wants those waiting approved: review_affiliates with their affiliate_ids.']
      : []),
  ].join(' ');
}

/** A row that did not become an affiliate, and why. */
interface Failure {
  readonly entry: Entry;
  readonly outcome: string;
  readonly reason: string;
}

const COLUMNS = [
  'email',
  'first_name',
  'last_name',
  'affiliate_code',
  'affiliate_type',
  'paypal_email',
  'referring_affiliate',
  'unsubscribed',
] as const;

/**
 * Keeps the rows that need a look as a CSV file that can be corrected and imported again. Affiliates may have been
 * created by then, so if there is no memory for the file, the result says so instead of failing.
 */
async function failuresFile(failures: readonly Failure[], work: Work): Promise<JsonObject> {
  if (failures.length === 0) return {};
  const rows = failures.map(
    ({ entry, outcome, reason }) =>
      work.present({ row: entry.row, outcome, reason, ...entry.fields }) as Record<string, unknown>,
  );
  const text = forPeople(csvTable([...ABOUT_ROW, ...COLUMNS], rows));
  const name = `import-not-created-${new Date(work.now()).toISOString().slice(0, 10)}.csv`;
  try {
    return { files: [await keepFile(work, { name, mimeType: 'text/csv', text }, { rows: rows.length })] };
  } catch (error) {
    if (!isUnavailable(error, 'memory')) throw error;
    return { files_note: `The file of these rows could not be kept: ${error.message}` };
  }
}
