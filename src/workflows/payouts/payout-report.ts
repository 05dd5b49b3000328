import * as z from 'zod';
import { isObject, type JsonObject } from '../../json.ts';
import { amount, currency, id, moment } from '../../operations/inputs.ts';
import { isUnavailable } from '../../ports/unavailable.ts';
import { describe } from '../../records/describe.ts';
import { noteOnCurrency, totalsOf, written, ZERO } from '../../records/money.ts';
import type { Affiliate, Commission } from '../../records/parse.ts';
import { stateOf, UNCLEAR } from '../../records/payable.ts';
import { endOfDay } from '../../records/period.ts';
import { numericIdOf } from '../../records/values.ts';
import { files, number, object, rows, text } from '../output.ts';
import { pageFacts } from '../page-facts.ts';
import { affiliates, commissions } from '../reading/collections.ts';
import type { Work } from '../workflow.ts';
import { sumDueWithin } from './due-within.ts';
import { keepReport, nettedRows } from './kept-report.ts';
import { idsOf, judgeOwed, type Line, type Owed, type People, peopleIn, sumOf, unmarkableIn } from './owed.ts';
import {
  notesOn,
  type PaymentArgs,
  type PaymentWarnings,
  paymentInput,
  paymentOutput,
  readPaymentWarnings,
} from './payment-warnings.ts';
import { keepPayoutFiles } from './payout-files.ts';
import { describeLine, describePayees, describeUnmarkable, saidOnce, showLine, sumPastLimit } from './payout-lines.ts';
import { reconcile } from './reconcile.ts';
import { type Remembered, readPayments } from './remembered.ts';
import { RISKS, type RiskHint } from './risk.ts';
import { type NotRead, readAffiliates, readEverybody } from './unpaid.ts';
import { stateYear } from './year-statement.ts';

export const input = () => ({
  due_by: moment('A day: its end; default now').optional(),
  affiliate_ids: z.array(id('')).min(1).max(100).optional().describe('Only these affiliates'),
  currency: currency('Only this currency').optional(),
  minimum: amount(0, 'Hold lines below this; with year: the threshold').optional(),
  require_payout_address: z.boolean().optional().describe('true: hold lines without a PayPal address'),
  limit: z.int().min(1).max(200).default(8).describe('Lines to show; files hold all'),
  by_payee: z.boolean().optional().describe('All payees briefly, no files'),
  year: z
    .int()
    .refine((year) => year >= 2000 && year <= 2100, 'must be a year such as 2026')
    .optional()
    .describe('Statement of that year instead'),
  ...paymentInput(),
});

export const output = {
  report: text('For settle_payouts, valid for a day: marks exactly what is ready here (all lines, shown or not)'),
  report_note: text('Why there is no report id'),
  due_by: text('UTC'),
  totals: rows(
    'Per currency: ready, unmarkable_here (payable, settle_payouts cannot mark it), held, total (decimal strings; what is still owed: ready + unmarkable_here + held); ready_by_risk (how ready divides by risk); to_default_address (parts of ready and of unmarkable_here that go to the e-mail because no PayPal address is set); ready_lines, held_lines, commissions; already_paid (remembered here, not marked in LeadDyno yet: in no other sum)',
  ),
  due_within: rows(
    'Per currency, what must be on the account to pay: now, in_30_days, in_60_days (payable by then, ready or unmarkable_here; nothing that is held, or not earned yet)',
  ),
  partial_totals: rows('In place of totals if not everything was read: not the full amount owed'),
  reconciliation: rows(
    'Per currency, totals against what LeadDyno counts as due: ours, leaddyno, difference, agrees (null: unknown), likely_reasons',
  ),
  lines: rows(
    'Per affiliate and currency, ready ones first: affiliate_id, first_name, last_name, pay_to (where it goes), email (if it is another), paypal_email (if nobody can be paid there), pay_to_is_default (true: no PayPal address set, LeadDyno pays to the e-mail), currency, amount, commissions (how many), commission_ids (a few), state (ready or held), reasons; risk (clear, watch, hold?: a hint, nothing is held for it), risk_evidence; with net_clawbacks payment (what the file pays, if less)',
  ),
  payees: rows(
    'With by_payee, in place of lines: by state (and reasons), payees: affiliate_id, pay_to or email, amounts by currency, risk unless clear',
  ),
  past_limit: rows(
    'Sums of the lines after the last that limit allows: currency, state, lines (how many), amount; if held, the first three: affiliate_id, email, reasons',
  ),
  lines_note: text('Which lines other tools cannot act on'),
  unmarkable_here: rows(
    'Payable, but not in any line: pay separately and mark in LeadDyno itself. affiliate_id, name, email, pay_to, currency, amount, commission_ids, purchase_code, reason',
  ),
  unmarkable_here_note: text('What to do about them'),
  purchase_cancelled: object(
    'Commissions of purchases cancelled or about to be (cancelled_at), in no amount above: totals per currency, commissions',
  ),
  not_counted: rows('Commissions in no amount: reason, meaning, count, commission_ids'),
  not_read: rows('Affiliates whose commissions could not be read: affiliate_id, reason'),
  files: files(
    'The full report (CSV) and, per currency, the ready lines as a file for the payment service; unmarkable_here in a file of its own',
  ),
  pending_note: text('What LeadDyno does not show about payments in progress'),
  unknown_fields: rows('Undocumented fields of due commissions: field, values, commission_ids'),
  not_remembered: text('What this server forgets when it stops'),
  files_note: text('Why there is no file, or what to know about the files'),
  ...paymentOutput,
  year: number(
    'A statement of this year, in place of what is owed: lines then have who was paid the threshold or more, by either date: earned_amount and due_amount (commissions of the year by date earned and by date due), earned_paid_amount and due_paid_amount (what of them LeadDyno shows as paid), reaches (both, earned, due); totals per currency also affiliates, reached, would_reach (more, if what is unpaid is paid)',
  ),
  threshold: object('Of that statement: amount, basis'),
  undated: number('Commissions without a readable date, which may be missing from it'),
  year_note: text('What such a statement cannot tell'),
};

/** The most ids in a row of the result. */
const NAMED = 20;
/** Lines sent to the page in a host. */
const DRAWN = 1_000;
/** Rows of `unmarkable_here` shown per line of `limit`; the files hold all. */
const SHOWN_APART = 0.25;
/** Seconds. Older records may still show as owed what was paid elsewhere since. */
const OLD_S = 60;

interface Args extends PaymentArgs {
  readonly due_by?: string;
  readonly affiliate_ids?: readonly number[];
  readonly currency?: string;
  readonly minimum?: number;
  readonly require_payout_address?: boolean;
  readonly year?: number;
  readonly by_payee?: boolean;
  readonly limit: number;
  readonly skip: number;
  /** For the page only (`Workflow.picture`): what it shows besides. `all`: every line, as a file has room for them. */
  readonly page?: boolean | 'all';
}

/** What a report is made from. */
interface Read {
  readonly commissions: readonly Commission[];
  readonly people: People;
  readonly affiliates: readonly Affiliate[];
  /** Whether the affiliates were read one by one, without their paid commissions. */
  readonly chosen: boolean;
  readonly paidToo: boolean;
  readonly complete: boolean;
  readonly notRead: readonly NotRead[];
  /** Epoch milliseconds: when reading began. */
  readonly readAt: number;
}

export async function run(given: JsonObject, work: Work): Promise<JsonObject> {
  const args = given as unknown as Args;
  if (args.year !== undefined) return await stateYear({ ...given, ...args, year: args.year }, work);
  const dueBy = args.due_by === undefined ? work.now() : endOfDay(args.due_by);
  const ids = args.affiliate_ids && [...new Set(args.affiliate_ids)];
  const read = ids && !args.net_clawbacks ? await readChosen(ids, work) : await readAll(dueBy, ids, work);
  const remembered = await readPayments(read.commissions, work);
  const options = {
    dueBy,
    currency: args.currency,
    minimum: args.minimum,
    requireAddress: args.require_payout_address,
    paid: remembered.known,
  };
  const owed = judgeOwed(read.commissions, read.people, options);
  const { lines, purchaseCancelled } = owed;
  const looked = await readPaymentWarnings(owed, read, args, work);
  // The record of payments may fail between the two reads of it.
  const paid = looked.unknown === undefined ? remembered : { ...remembered, unknown: looked.unknown };
  // A line with nothing to mark here is not listed as one to pay from: `unmarkable_here` shows it.
  const listed = lines.filter(({ reasons, ready }) => reasons.length > 0 || ready.length > 0);
  const shown = listed.slice(args.skip, args.skip + args.limit);
  const left = listed.length - args.skip - shown.length;
  const isNow = args.due_by === undefined || Math.abs(dueBy - work.now()) < 60_000;
  return {
    ...(await reportIdOf(lines, read, args, { dueBy, paid, looked }, work)),
    due_by: new Date(dueBy).toISOString(),
    ...noteOnCurrency('commission', read.commissions, args.currency),
    [read.complete ? 'totals' : 'partial_totals']: totalsPerCurrency(lines, looked.riskOf),
    ...(read.complete && isNow && args.skip === 0 && sumDueWithin(lines, read.commissions, read.people, options)),
    ...(read.complete &&
      isNow &&
      (ids?.length ?? 1) === 1 && { reconciliation: await reconcile(owed, ids?.[0], work) }),
    ...(args.by_payee
      ? describePayees(listed, looked.riskOf)
      : {
          lines: shown.map((line) => ({ ...showLine(line), ...looked.hintsOf(line) })),
          ...sumPastLimit(listed.slice(args.skip + args.limit)),
        }),
    ...noteOn(lines),
    ...describeAllUnmarkable(lines, Math.ceil(args.limit * SHOWN_APART)),
    ...(args.skip > 0 && { skipped: Math.min(args.skip, listed.length) }),
    ...(left > 0 && !args.by_payee && { left_off: left, next_skip: args.skip + shown.length }),
    ...(purchaseCancelled.length > 0 && { purchase_cancelled: describeWithheld(purchaseCancelled) }),
    not_counted: describeUnclear(owed.unclear),
    ...(args.skip === 0 && looked.said),
    ...(read.chosen &&
      ids && {
        scanned: [
          `the unpaid commissions of ${ids.length - read.notRead.length} of ${ids.length} affiliates, read now`,
        ],
        complete: read.complete,
      }),
    ...(read.notRead.length > 0 && { not_read: read.notRead }),
    ...notesOn(owed, read.commissions, work),
    ...(args.page && args.skip === 0 && { page: forPage(args.page, listed, looked, work) }),
    ...(!args.by_payee && (await filesOf(owed, args, read, { paid, looked }, work))),
  };
}

/**
 * The report's id for settle_payouts: only with the first part of a long answer, and none if nobody should pay from the
 * report.
 */
async function reportIdOf(
  lines: readonly Line[],
  { complete }: Read,
  { skip, currency, net_clawbacks }: Args,
  { dueBy, paid, looked }: { readonly dueBy: number; readonly paid: Remembered; readonly looked: PaymentWarnings },
  work: Work,
): Promise<JsonObject> {
  if (skip > 0 || !complete || paid.unknown !== undefined || work.isSwitchedOff('settle_payouts')) return {};
  const nets = net_clawbacks === true;
  const { clawbacks, netting, before } = looked.fileOptions;
  const netted = nets ? nettedRows(clawbacks, netting.taken, before) : [];
  return { ...(await keepReport(lines, { dueBy, currency, nets, netted }, work)) };
}

/** Reads the lists of the whole account. @param ids of the affiliates that were asked for */
async function readAll(dueBy: number, ids: readonly number[] | undefined, work: Work): Promise<Read> {
  const owed = await work.scan(commissions);
  // Affiliates are read only if something is payable or some were asked for.
  const anything = ids !== undefined || owed.records.some((one) => stateOf(one, dueBy) === 'payable');
  const everybody = anything ? await work.scan(affiliates) : { records: [], complete: true };
  const found = { commissions: owed.records, affiliates: everybody.records };
  const people = peopleIn(everybody.records, everybody.complete);
  return {
    ...(ids ? choose(ids, people, found) : { ...found, notRead: [] }),
    people,
    chosen: false,
    paidToo: true,
    complete: owed.complete && everybody.complete,
    readAt: owed.readAt,
  };
}

/** Keeps the commissions of some affiliates; all affiliates stay, for comparison. */
function choose(ids: readonly number[], people: People, all: Pick<Read, 'commissions' | 'affiliates'>) {
  const owners = ids.map((id) => people.find({ id: String(id), email: '' }));
  const keys = new Set(owners.flatMap((one) => (one ? [people.keyOf(one)] : [])));
  const missing = ids.filter((_, index) => owners[index] === undefined);
  return {
    ...all,
    commissions: all.commissions.filter(({ affiliate }) => affiliate && keys.has(people.keyOf(affiliate))),
    notRead: missing.map((affiliate_id): NotRead => ({ affiliate_id, reason: 'not_found' })),
  };
}

/** Reads a few affiliates one by one. */
async function readChosen(ids: readonly number[], work: Work): Promise<Read> {
  const readAt = work.now();
  const { read, notRead } = await readAffiliates(ids, work);
  const payees = read.map(({ affiliate }) => affiliate);
  const everybody = await readEverybody(work);
  return {
    commissions: read.flatMap(({ unpaid }) => unpaid),
    people: peopleIn(payees, true, everybody),
    affiliates: everybody.complete ? everybody.records : payees,
    chosen: true,
    paidToo: false,
    complete: everybody.complete && notRead.every(({ reason }) => reason === 'not_found'),
    notRead,
    readAt,
  };
}

/** Lines for the page's table, where people search and page; a model does not need them. */
function forPage(page: true | 'all', lines: readonly Line[], looked: PaymentWarnings, work: Work): JsonObject {
  const shown = page === 'all' ? lines : lines.slice(0, DRAWN);
  return {
    ...pageFacts(work, ['settle_payouts']),
    lines: shown.map((line) => {
      const { commission_ids, commission_ids_left_off, ...known } = describeLine(line);
      return { ...known, ...(page === 'all' && { commission_ids, commission_ids_left_off }), ...looked.hintsOf(line) };
    }),
    ...(lines.length > shown.length && { lines_left_off: lines.length - shown.length }),
  };
}

/** A note on ready lines that settle_payouts cannot take. */
function noteOn(lines: readonly Line[]): JsonObject {
  const nameless = lines.filter(({ ready, owner }) => ready.length > 0 && numericIdOf(owner) === undefined).length;
  if (nameless === 0) return {};
  const note = `${nameless} ready lines belong to affiliates without a numeric id: settle_payouts cannot take them; use mark_commissions_paid with their e-mail.`;
  return { lines_note: note };
}

function describeAllUnmarkable(lines: readonly Line[], shown: number): JsonObject {
  const all = lines.flatMap(describeUnmarkable);
  if (all.length === 0) return {};
  const left = all.length - shown;
  return {
    unmarkable_here: all.slice(0, shown).map(saidOnce),
    ...(left > 0 && { unmarkable_here_left_off: left }),
    unmarkable_here_note:
      'settle_payouts cannot mark these. Pay them separately, then mark them in LeadDyno or record them with settle_payouts paid_by_hand.',
  };
}

/** Exact sums per currency: ready, unmarkable here, held, and total. */
function totalsPerCurrency(lines: readonly Line[], riskOf: (line: Line) => RiskHint['risk']): JsonObject[] {
  const currencies = [...new Set(lines.map(({ currency }) => currency))].sort();
  return currencies.map((currency) => {
    const ours = lines.filter((line) => line.currency === currency);
    const before = ours.filter(({ wasPaid }) => wasPaid);
    const owed = ours.filter(({ wasPaid }) => !wasPaid);
    const held = owed.filter(({ reasons }) => reasons.length > 0);
    const toDefault = ours.filter(({ payTo }) => payTo.isDefault);
    const sum = (parts: readonly (readonly Commission[])[]) => written(sumOf(parts.flat(), currency), currency);
    return {
      currency: currency || 'unknown',
      ready: sum(ours.map(({ ready }) => ready)),
      unmarkable_here: sum(ours.map(unmarkableIn)),
      held: written(
        held.reduce((total, { amount: one }) => total.plus(one), ZERO),
        currency,
      ),
      total: sum(owed.map(({ commissions: all }) => all)),
      ...(before.length > 0 && { already_paid: sum(before.map(({ commissions: all }) => all)) }),
      ready_by_risk: Object.fromEntries(
        RISKS.map((risk) => [risk, sum(ours.filter((line) => riskOf(line) === risk).map(({ ready }) => ready))]),
      ),
      to_default_address: {
        of_ready: sum(toDefault.map(({ ready }) => ready)),
        of_unmarkable_here: sum(toDefault.map(unmarkableIn)),
      },
      ready_lines: ours.filter(({ ready }) => ready.length > 0).length,
      held_lines: held.length,
      commissions: owed.reduce((total, line) => total + line.commissions.length, 0),
    };
  });
}

function describeWithheld(withheld: readonly Commission[]): JsonObject {
  const shown = withheld.slice(0, NAMED).map((one) => ({
    ...describe('commission', one, ['amount', 'currency', 'purchase']),
    ...(isObject(one.purchase?.raw.cancellation) && { cancelled_at: one.purchase.raw.cancellation.effective_date }),
    affiliate_id: one.affiliate?.id || null,
  }));
  const left = withheld.length - shown.length;
  return { totals: totalsOf(withheld).list(), commissions: shown, ...(left > 0 && { left_off: left }) };
}

function describeUnclear(unclear: Owed['unclear']): JsonObject[] {
  return [...unclear].map(([reason, found]) => ({
    reason,
    meaning: UNCLEAR[reason],
    count: found.length,
    commission_ids: idsOf(found.slice(0, NAMED)),
  }));
}

/**
 * The files: only with the first part of a long answer, and none if the report is incomplete, because somebody might
 * pay from it.
 */
async function filesOf(
  owed: Owed,
  { skip }: Args,
  { complete, readAt }: Read,
  { paid, looked: { fileOptions } }: { readonly paid: Remembered; readonly looked: PaymentWarnings },
  work: Work,
): Promise<JsonObject> {
  const { lines, purchaseCancelled, unclear } = owed;
  if (skip > 0 || lines.length + purchaseCancelled.length + unclear.size + fileOptions.clawbacks.length === 0)
    return {};
  if (!complete)
    return { files_note: 'No files: not everything was read, and nobody should be paid from a partial report.' };
  if (paid.unknown !== undefined) {
    return {
      files_note: `No files: what was paid before is not known now (${paid.unknown}). Pay nobody from this report.`,
    };
  }
  const age = Math.round((work.now() - readAt) / 1000);
  const old = `The records were read ${age} s ago: anyone paid since is still in the files. fresh: true reads them again.`;
  try {
    const { files: kept, notes } = await keepPayoutFiles(owed, fileOptions, work);
    const said = [...notes, ...(age > OLD_S ? [old] : [])];
    return { files: kept, ...(said.length > 0 && { files_note: said.join(' ') }) };
  } catch (error) {
    if (!isUnavailable(error, 'memory')) throw error;
    return { files_note: `No files: ${error.message}.` };
  }
}
