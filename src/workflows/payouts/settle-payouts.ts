import * as z from 'zod';
import { type JsonObject, recordIn, rowsIn } from '../../json.ts';
import { LeadDynoError } from '../../leaddyno/errors.ts';
import { markCommissionsPaid } from '../../operations/commissions.ts';
import { amount, currency, id, moment } from '../../operations/inputs.ts';
import { describe } from '../../records/describe.ts';
import { amountOf, Decimal, type Totals, totalsOf, written } from '../../records/money.ts';
import type { Commission } from '../../records/parse.ts';
import { endOfDay } from '../../records/period.ts';
import { flagOf, idTextOf } from '../../records/values.ts';
import { type BatchOutcome, carryOut, type Task } from '../batch.ts';
import { number, rows, text } from '../output.ts';
import type { Batch, Work } from '../workflow.ts';
import { idsOf } from './owed.ts';
import { describePlan, type LeftOut, type Mark, planMarks, type SettlePlan } from './settle-plan.ts';
import { readAffiliates } from './unpaid.ts';

/**
 * Each costs two reads for the question, two for the confirmed call and a mark: more would use up LeadDyno's requests
 * of a minute (API reference 4.5) before the first mark.
 */
const MOST_AFFILIATES = 40;

export const input = () => ({
  affiliate_ids: z.array(id('')).min(1).max(MOST_AFFILIATES).describe('Who was paid'),
  due_by: moment('due_by of the payout_report that was paid; a day: its end'),
  currency: currency('Only this currency').optional(),
  minimum: amount(0, 'As in that report').optional(),
  include_held: z.boolean().optional().describe('true: mark also what that report holds back'),
  expected_total: z
    .string()
    .refine((value) => amountOf(value) !== undefined, 'must be a decimal number such as 123.45')
    .optional()
    .describe('What was sent in currency, such as 123.45: refuses where the sum is another now'),
});

export const output = {
  totals: rows(
    'Per currency: marked, left (not marked), unknown (may be marked), left_out (payable, cannot be marked)',
  ),
  marked: number('Commissions that were marked as paid'),
  done: rows('Marked: affiliate_id, purchase_code, totals; unconfirmed_ids where the answer does not show it'),
  failed: rows('Refused, nothing changed: affiliate_id, purchase_code, totals, reason, message, leaddyno_said'),
  unknown: rows('Sent without a clear answer, may be marked'),
  left: rows('Not begun, or changed since the question; call again'),
  left_out: rows('Not to be marked by this call: affiliate_id, purchase_code, commission_ids, amounts, reason'),
  not_read: rows('Affiliates that could not be read: affiliate_id, reason'),
  affiliates_left: { type: 'array', items: { type: 'number' }, description: 'affiliate_ids for the next call' },
  stopped: text('Why the rest was not begun'),
};

/** Rows of each list in the result. */
const SHOWN = 60;
/** Part of the call's time that reading leaves to the marks. */
const FOR_MARKS = 0.4;

interface Args {
  readonly affiliate_ids: readonly number[];
  readonly due_by: string;
  readonly currency?: string;
  readonly minimum?: number;
  readonly include_held?: boolean;
  readonly expected_total?: string;
}

export const batch: Batch = {
  async plan(given, work): Promise<SettlePlan> {
    const args = given as unknown as Args;
    if (work.isSwitchedOff(markCommissionsPaid.name)) {
      throw new RangeError('The operator has switched mark_commissions_paid off, so nothing can be marked as paid');
    }
    if (args.expected_total !== undefined && args.currency === undefined) {
      throw new RangeError('expected_total needs currency: amounts of several currencies have no sum');
    }
    const ids = [...new Set(args.affiliate_ids)];
    const { read, notRead } = await readAffiliates(ids, work, work.timeLeft() * FOR_MARKS);
    const { currency: only, minimum, include_held: includeHeld = false } = args;
    const plan = planMarks(read, notRead, { dueBy: endOfDay(args.due_by), currency: only, minimum, includeHeld });
    checkTotal(args, plan);
    return plan;
  },
  question: ({ due_by }, plan) => describePlan(plan as SettlePlan, endOfDay(String(due_by))),
  writes: (plan) => (plan as SettlePlan).marks.map(writeOf),
  items: (plan) => (plan as SettlePlan).marks.map(({ key, state }) => ({ key, state })),
};

function checkTotal({ expected_total: expected, currency: only }: Args, plan: SettlePlan): void {
  if (expected === undefined || only === undefined) return;
  const { payable, sent, notRead } = plan;
  const now = payable.in(only);
  // What is sent is in whole cents, what is owed may be finer.
  if ([now, sent.in(only)].some((sum) => sum.eq(new Decimal(expected)))) return;
  const unread = notRead.length === 0 ? '' : `; ${notRead.length} of the affiliates could not be read`;
  throw new RangeError(
    `expected_total is ${written(new Decimal(expected), only)} ${only}, but payable now is ${written(now, only)} ${only}${unread}. Compare with payout_report and the same due_by and minimum; what an earlier call has marked is not payable any more`,
  );
}

export async function run(_: JsonObject, work: Work): Promise<JsonObject> {
  const plan = work.plan as SettlePlan;
  const changed = plan.marks.filter(({ key }) => work.changed.has(key));
  const tasks = plan.marks.filter(({ key }) => !work.changed.has(key)).map((mark) => taskFor(mark, work));
  const outcome = await carryOut(tasks, work, 'purchases marked');
  return describeOutcome(plan, outcome, changed);
}

const labelOf = ({ affiliateId, purchaseCode, totals }: Mark): JsonObject => ({
  affiliate_id: affiliateId,
  purchase_code: purchaseCode,
  totals: totals.list(),
});

const writeOf = ({ affiliate, purchaseCode }: Mark) => ({
  operation: markCommissionsPaid,
  args: { affiliate_email: affiliate.email, purchase_code: purchaseCode },
});

function taskFor(mark: Mark, work: Work): Task {
  const { affiliate, commissions } = mark;
  return {
    label: labelOf(mark),
    async run() {
      const { operation, args } = writeOf(mark);
      const answer = await work.write(operation, args, {
        affiliate: affiliate.raw,
        commissions: commissions.map(({ raw }) => raw),
      });
      const { unpaid, unconfirmed } = readMarked(answer, commissions);
      if (unpaid.length > 0) throw unmarked(unpaid);
      return unconfirmed.length === 0 ? {} : { unconfirmed_ids: unconfirmed };
    },
  };
}

/**
 * Commissions that LeadDyno's answer shows as not paid, and those that it does not show as paid. The form of that answer
 * is not established (C5): one that names a commission and no flag says that it is among the marked.
 */
function readMarked(answer: JsonObject, commissions: readonly Commission[]) {
  const paid = new Map<string, boolean | undefined>();
  for (const row of [...rowsIn(answer, 'commissions'), recordIn(answer, 'commission')]) {
    const id = idTextOf(row);
    if (id !== '') paid.set(id, 'paid' in row ? flagOf(row.paid) : true);
  }
  return {
    unpaid: idsOf(commissions.filter(({ id }) => paid.get(id) === false)),
    unconfirmed: idsOf(commissions.filter(({ id }) => paid.get(id) !== true)),
  };
}

function unmarked(ids: readonly unknown[]): LeadDynoError {
  const shown = ids.slice(0, SHOWN).join(', ');
  const what = `LeadDyno took the mark, and its answer shows these commissions as not paid: ${shown}`;
  return new LeadDynoError('unexpected', what, { fate: 'unknown' });
}

function describeOutcome(plan: SettlePlan, outcome: BatchOutcome, changed: readonly Mark[]): JsonObject {
  const { done, failed, unknown, stopped } = outcome;
  const left: JsonObject[] = [
    ...outcome.left,
    ...changed.map((mark) => ({ ...labelOf(mark), reason: 'changed since the question' })),
  ];
  const unread = plan.notRead.filter(({ reason }) => reason !== 'not_found');
  const again = new Set([...left, ...failed, ...unread].map((row) => row.affiliate_id));
  const stuck = plan.leftOut.filter(({ payable }) => payable).flatMap(({ commissions }) => commissions);
  const sent = done.length + failed.length + unknown.length;
  const unconfirmed = done.filter((row) => 'unconfirmed_ids' in row).length;
  return {
    totals: totalsPerCurrency({
      marked: rowsOf(plan, done),
      left: rowsOf(plan, [...left, ...failed]),
      unknown: rowsOf(plan, unknown),
      left_out: stuck,
    }),
    marked: rowsOf(plan, done).length,
    ...shown('failed', failed),
    ...shown('unknown', unknown),
    ...shown('left', left),
    ...(stopped !== undefined && { stopped }),
    ...(again.size > 0 && { affiliates_left: [...again] }),
    ...shown('left_out', plan.leftOut.map(describeLeftOut)),
    ...shown('not_read', plan.notRead),
    ...shown('done', done),
    note: noteFor({
      sent,
      done: done.length,
      left: again.size,
      unknown: unknown.length,
      unconfirmed,
      stuck: stuck.length,
    }),
  };
}

/** A list, its end left off and counted where it is long. */
function shown(name: string, list: readonly JsonObject[]): JsonObject {
  if (list.length === 0) return {};
  const more = list.length - SHOWN;
  return { [name]: list.slice(0, SHOWN), ...(more > 0 && { [`${name}_left_off`]: more }) };
}

const keyOf = (row: JsonObject) => JSON.stringify([row.affiliate_id, row.purchase_code]);

/** The commissions of the marks that these rows of the result stand for. */
function rowsOf({ marks }: SettlePlan, labelled: readonly JsonObject[]): readonly Commission[] {
  const keys = new Set(labelled.map(keyOf));
  return marks.filter((mark) => keys.has(keyOf(labelOf(mark)))).flatMap(({ commissions }) => commissions);
}

function totalsPerCurrency(parts: Readonly<Record<string, readonly Commission[]>>): JsonObject[] {
  const sums = Object.entries(parts).map(([name, list]): [string, Totals] => [name, totalsOf(list)]);
  const currencies = [...new Set(sums.flatMap(([, totals]) => totals.currencies()))].sort();
  return currencies.map((one) => ({
    currency: one || 'unknown',
    ...Object.fromEntries(sums.map(([name, totals]) => [name, written(totals.in(one), one)])),
  }));
}

/** What it is worth; what is not money says so. */
function amountOfOne(one: Commission): JsonObject {
  const { commission_id: _, ...worth } = describe('commission', one, ['amount', 'currency']);
  return worth;
}

function describeLeftOut({ affiliateId, purchaseCode, commissions, reason }: LeftOut): JsonObject {
  return {
    affiliate_id: affiliateId,
    ...(purchaseCode !== '' && { purchase_code: purchaseCode }),
    commission_ids: idsOf(commissions.slice(0, SHOWN)),
    amounts: commissions.slice(0, SHOWN).map(amountOfOne),
    reason,
  };
}

/** How many marks came to each end. */
interface Ends {
  readonly sent: number;
  readonly done: number;
  readonly left: number;
  readonly unknown: number;
  readonly unconfirmed: number;
  /** Commissions that are payable and that this call cannot mark. */
  readonly stuck: number;
}

function noteFor({ sent, done, left, unknown, unconfirmed, stuck }: Ends): string {
  return [
    done > unconfirmed
      ? 'This recorded payments; it moved no money.'
      : done + unknown > 0
        ? 'Whether this recorded payments is not certain; it moved no money.'
        : 'No payment was recorded.',
    ...(sent === 0 && left > 0
      ? ['Nothing was sent, so a confirmation_token given with this call still holds for the same call.']
      : []),
    ...(left > 0
      ? [
          'Something is left: call again with affiliates_left as affiliate_ids (without expected_total); what is marked is not marked twice.',
        ]
      : []),
    ...(unknown > 0
      ? ['What is unknown: look with payout_report or list_affiliate_commissions before anything else.']
      : []),
    ...(stuck > 0
      ? [
          'left_out of totals was payable and could not be marked by this call (left_out says why): as long as nobody marks it in LeadDyno, the next payout_report has it again, as by_hand.',
        ]
      : []),
    ...(unconfirmed > 0
      ? ["LeadDyno's answer does not show unconfirmed_ids as paid: check with list_affiliate_commissions."]
      : []),
  ].join(' ');
}
