import * as z from 'zod';
import { type JsonObject, recordIn } from '../json.ts';
import { amount, currency, id, moment } from '../operations/inputs.ts';
import { isUnavailable } from '../ports/unavailable.ts';
import { totalsOf, written } from '../records/money.ts';
import { numericIdOf, purchaseCodeOf } from '../records/values.ts';
import { files } from './files/files.ts';
import { object, rows, text } from './output.ts';
import { keepPayoutFiles } from './payouts/payout-files.ts';
import { reconcile } from './payouts/payout-reconcile.ts';
import {
  describeLine,
  idOf,
  type Line,
  linesOf,
  type People,
  peopleIn,
  type Report,
  type Sorted,
  sortByStanding,
  standingOf,
  UNCLEAR,
} from './payouts/payouts.ts';
import { type NotRead, readAffiliates } from './payouts/unpaid-commissions.ts';
import { affiliates, commissions } from './reading/collections.ts';
import type { Work } from './workflow.ts';

export const input = () => ({
  due_by: moment('Moment (a bare day: 00:00 UTC); default now').optional(),
  affiliate_ids: z.array(id('')).min(1).max(100).optional().describe('Only these affiliates'),
  currency: currency('Only this currency').optional(),
  minimum: amount(0, 'Hold back lines below, in any currency').optional(),
  limit: z.int().min(1).max(200).default(50).describe('Lines to show; the files hold all'),
});

export const output = {
  due_by: text('UTC; give settle_payouts the same'),
  totals: rows('Per currency: ready, held, total (decimal strings), ready_lines, held_lines, commissions'),
  partial_totals: rows('In place of totals where not everything was read: not what is owed'),
  reconciliation: rows(
    'Per currency, totals against what LeadDyno counts as due: ours, leaddyno, difference, agrees (null: not to be told), likely_reasons',
  ),
  lines: rows(
    'Per affiliate and currency, ready ones first: affiliate_id, first_name, last_name, email, paypal_email, currency, amount, commissions (how many), state (ready or held), reasons, commission_ids_to_mark_by_hand',
  ),
  lines_note: text('Which lines other tools cannot act upon'),
  purchase_cancelled: object(
    'Commissions of cancelled purchases, in no amount above: totals per currency, commissions',
  ),
  not_counted: rows('Commissions in no amount: reason, meaning, count, commission_ids'),
  not_read: rows('Affiliates whose commissions could not be read: affiliate_id, reason'),
  files: files('The full report (CSV) and, per currency, the ready lines as a PayPal mass payment'),
  files_note: text('Why there is no file, or what is to be known of them'),
};

/** How many ids a row of the result names. */
const NAMED = 20;
/** Records older than this may show as owed what was paid elsewhere since; in seconds. */
const OLD_S = 60;

interface Args {
  readonly due_by?: string;
  readonly affiliate_ids?: readonly number[];
  readonly currency?: string;
  readonly minimum?: number;
  readonly limit: number;
  readonly skip: number;
}

interface Read {
  readonly rows: readonly JsonObject[];
  readonly people: People;
  readonly complete: boolean;
  readonly notRead: readonly NotRead[];
  /** Epoch milliseconds when reading began. */
  readonly readAt: number;
}

export async function run(given: JsonObject, work: Work): Promise<JsonObject> {
  const args = given as unknown as Args;
  const dueBy = args.due_by === undefined ? work.now() : Date.parse(args.due_by);
  const ids = args.affiliate_ids && [...new Set(args.affiliate_ids)];
  const read = ids ? await readChosen(ids, work) : await readAll(dueBy, work);
  const standing = sortByStanding(read.rows, dueBy, args.currency);
  const lines = linesOf(standing.payable, read.people, args.minimum);
  const shown = lines.slice(args.skip, args.skip + args.limit);
  const left = lines.length - args.skip - shown.length;
  const report = { dueBy, lines, ...standing };
  const isNow = args.due_by === undefined || Math.abs(dueBy - work.now()) < 60_000;
  return {
    due_by: new Date(dueBy).toISOString(),
    [read.complete ? 'totals' : 'partial_totals']: totalsPerCurrency(lines),
    ...(read.complete && isNow && (ids?.length ?? 1) === 1 && { reconciliation: await reconcile(report, ids, work) }),
    lines: shown.map(describeLine),
    ...noteOn(lines),
    ...(args.skip > 0 && { skipped: Math.min(args.skip, lines.length) }),
    ...(left > 0 && { left_off: left, next_skip: args.skip + shown.length }),
    ...(standing.purchase_cancelled.length > 0 && {
      purchase_cancelled: describeWithheld(standing.purchase_cancelled),
    }),
    not_counted: describeUnclear(standing.unclear),
    ...(ids && {
      scanned: [`the unpaid commissions of ${ids.length - read.notRead.length} of ${ids.length} affiliates, read now`],
    }),
    ...(ids && { complete: read.complete }),
    ...(read.notRead.length > 0 && { not_read: read.notRead }),
    ...(await filesOf(report, args, read, work)),
  };
}

/** Everything, from the lists of the whole account. */
async function readAll(dueBy: number, work: Work): Promise<Read> {
  const owed = await work.scan(commissions);
  // Nobody is looked up where nobody is owed anything.
  const anything = owed.rows.some((row) => standingOf(row, dueBy) === 'payable');
  const everybody = anything ? await work.scan(affiliates) : { rows: [], complete: true };
  const people = peopleIn(everybody.rows, everybody.complete);
  return { rows: owed.rows, people, complete: owed.complete && everybody.complete, notRead: [], readAt: owed.readAt };
}

/** A few affiliates, one by one. */
async function readChosen(ids: readonly number[], work: Work): Promise<Read> {
  const readAt = work.now();
  const { read, notRead } = await readAffiliates(ids, work);
  const rows = read.flatMap(({ affiliate, unpaid }) => unpaid.map((row) => ({ ...row, affiliate })));
  const people = peopleIn(
    read.map(({ affiliate }) => affiliate),
    true,
  );
  return { rows, people, complete: notRead.every(({ reason }) => reason === 'not_found'), notRead, readAt };
}

/** Whom nobody can act upon here after they were paid. */
function noteOn(lines: readonly Line[]): JsonObject {
  const ready = lines.filter(({ reasons }) => reasons.length === 0);
  const nameless = ready.filter(({ affiliate }) => numericIdOf(affiliate) === undefined).length;
  if (nameless === 0) return {};
  const note = `${nameless} ready lines are of affiliates without a numeric id: settle_payouts cannot be given them; mark_commissions_paid takes their e-mail instead.`;
  return { lines_note: note };
}

/** Ready, held and both, per currency; exact sums. */
function totalsPerCurrency(lines: readonly Line[]): JsonObject[] {
  const currencies = [...new Set(lines.map(({ currency }) => currency))].sort();
  return currencies.map((currency) => {
    const ours = lines.filter((line) => line.currency === currency);
    const ready = ours.filter(({ reasons }) => reasons.length === 0);
    const held = ours.filter(({ reasons }) => reasons.length > 0);
    return {
      currency: currency || 'unknown',
      ready: sumOf(ready),
      held: sumOf(held),
      total: sumOf(ours),
      ready_lines: ready.length,
      held_lines: held.length,
      commissions: ours.reduce((count, line) => count + line.commissions.length, 0),
    };
  });
}

const sumOf = (lines: readonly Line[]) =>
  written(
    totalsOf(
      lines.flatMap((line) => line.commissions.map(({ amount }) => ({ amount }))),
      'amount',
    ).in(''),
  );

function describeWithheld(withheld: readonly JsonObject[]): JsonObject {
  const shown = withheld.slice(0, NAMED).map((row) => ({
    commission_id: idOf(row),
    affiliate_id: recordIn(row, 'affiliate').id,
    amount: row.amount,
    currency: row.currency,
    purchase_code: purchaseCodeOf(row) || null,
  }));
  const left = withheld.length - shown.length;
  return { totals: totalsOf(withheld, 'amount').list(), commissions: shown, ...(left > 0 && { left_off: left }) };
}

function describeUnclear(unclear: Sorted['unclear']): JsonObject[] {
  return [...unclear].map(([reason, found]) => ({
    reason,
    meaning: UNCLEAR[reason],
    count: found.length,
    commission_ids: found.slice(0, NAMED).map(idOf),
  }));
}

/** The files, with the first part of a long answer alone; none from which somebody might pay what is not all. */
async function filesOf(report: Report, { skip }: Args, { complete, readAt }: Read, work: Work): Promise<JsonObject> {
  if (skip > 0 || report.lines.length + report.purchase_cancelled.length + report.unclear.size === 0) return {};
  if (!complete)
    return { files_note: 'No files: not everything was read, and nobody should be paid from a part of it.' };
  const age = Math.round((work.now() - readAt) / 1000);
  const old = `The records were read ${age} s ago: who was paid since is still in the files. fresh: true reads anew.`;
  try {
    const { files, notes } = await keepPayoutFiles(report, work);
    const said = [...notes, ...(age > OLD_S ? [old] : [])];
    return { files, ...(said.length > 0 && { files_note: said.join(' ') }) };
  } catch (error) {
    if (!isUnavailable(error, 'memory')) throw error;
    return { files_note: `No files: ${error.message}.` };
  }
}
