import * as z from 'zod';
import { hasRows, type JsonObject, rowsIn } from '../../json.ts';
import { LeadDynoError } from '../../leaddyno/errors.ts';
import { markCommissionsPaid, readMarkAnswer } from '../../operations/commissions.ts';
import { amount, currency, id, moment } from '../../operations/inputs.ts';
import { Refusal } from '../../operations/operation.ts';
import { listPurchaseCommissions } from '../../operations/purchases.ts';
import { amountOf, totalsOf } from '../../records/money.ts';
import { type Commission, parseCommission } from '../../records/parse.ts';
import { endOfDay } from '../../records/period.ts';
import { idTextOf, numericIdOf, shownIdOf } from '../../records/values.ts';
import { carryOut, type Task } from '../batch.ts';
import { number, rows, text } from '../output.ts';
import { type Batch, leaddynoNow, type Still, type Work } from '../workflow.ts';
import { idsOf, type OwedOptions } from './owed.ts';
import {
  type ByHandPlan,
  describeByHandPlan,
  describeTakenBack,
  itemsOf,
  itemsTakenBack,
  planByHand,
  planTakenBack,
  recordByHand,
  type TakenBackPlan,
  takeBack,
} from './paid-by-hand.ts';
import { findForgotten, findPayments, planNetting, rememberNetted } from './remembered.ts';
import { describeReportPlan, keepToReport, partOfReport, type ReportPart } from './settle-by-report.ts';
import { describeOutcome, labelOf, SHOWN } from './settle-outcome.ts';
import { describePlan, type Mark, partOfTotal, planMarks, type SettlePlan } from './settle-plan.ts';
import { readAffiliates, readEverybody } from './unpaid.ts';

/**
 * Each affiliate costs two reads for the question, two for the confirmed call, and a mark: more of them would use up
 * LeadDyno's requests for the minute (API reference 4.5) before the first mark.
 */
const MOST_AFFILIATES = 40;
/** The same with net_clawbacks, for which the paid commissions are one more list each. */
const MOST_NETTED = 25;
const MOST_IDS = 500;

/** Bounds are checked in a refinement: in the schema they would take up room in the tool list. */
const commissionIds = (description: string) =>
  z
    .array(id(''))
    .refine(({ length }) => length >= 1 && length <= MOST_IDS, `must be 1 to ${MOST_IDS} commission ids`)
    .optional()
    .describe(description);

export const input = () => ({
  affiliate_ids: z.array(id('')).min(1).max(MOST_AFFILIATES).optional().describe('Who was paid'),
  report: z.string().optional().describe('Report id, in place of due_by, minimum, expected_total …'),
  due_by: moment('From payout_report; a day: its end').optional(),
  currency: currency('Only this currency').optional(),
  minimum: amount(0, 'As in the report').optional(),
  require_payout_address: z.boolean().optional().describe('As in the report'),
  net_clawbacks: z.boolean().optional().describe('As in the report'),
  include_held: z.boolean().optional().describe('true: also mark held lines'),
  expected_total: z
    .string()
    .refine((value) => amountOf(value) !== undefined, 'must be a decimal number such as 123.45')
    .optional()
    .describe('Sum sent in currency, as 123.45; refuses any other'),
  paid_by_hand: commissionIds('Only record commission ids as paid by hand'),
  not_paid: commissionIds('Only forget that these ids were paid'),
});

export const output = {
  currency_note: text('If nothing unpaid is in that currency: which currencies have something'),
  totals: rows(
    'Per currency: marked, left (not marked), unknown (may be marked), unmarkable_here (payable, cannot be marked)',
  ),
  recorded: { type: 'array', description: 'paid_by_hand: commission ids recorded; nothing was sent to LeadDyno' },
  taken_back: { type: 'array', description: 'not_paid: commission ids forgotten' },
  left_clawbacks: text('Why claw-backs were not remembered as subtracted'),
  netted: rows('net_clawbacks: claw-backs remembered as subtracted from these payments, per currency'),
  recorded_totals: rows('Their sums per currency'),
  marked: number('Commissions that were marked as paid'),
  done: rows(
    'Marked, per affiliate: affiliate_id, purchases (how many), totals. A purchase whose answer is odd has its own row with purchase_code: unconfirmed_ids where the answer does not show the mark; beyond_plan: what it shows as paid besides, ids and totals',
  ),
  failed: rows('Refused, nothing changed: affiliate_id, purchase_code, totals, reason, message, leaddyno_said'),
  unknown: rows('Sent without a clear answer, may be marked'),
  left: rows('Not begun, per affiliate (affiliate_id, purchases, totals), or changed since the question; call again'),
  left_out: rows('Not to be marked by this call: affiliate_id, purchase_code, commission_ids, amounts, reason'),
  not_read: rows('Affiliates that could not be read: affiliate_id, reason'),
  changed_since_report: rows(
    'Called ready by the report and not marked: affiliate_id, commission_id, amount and currency as reported, now (what it is now)',
  ),
  affiliates_left: { type: 'array', items: { type: 'number' }, description: 'affiliate_ids for the next call' },
  affiliates_to_go: number('By report: affiliates for the next call with the same report'),
  not_remembered: text('What this server forgets when it stops'),
  stopped: text('Why the rest was not started'),
};

/** Share of the call's remaining time that reading leaves for the marks. */
const FOR_MARKS = 0.4;

interface Args {
  readonly report?: string;
  readonly affiliate_ids?: readonly number[];
  readonly due_by?: string;
  readonly currency?: string;
  readonly minimum?: number;
  readonly include_held?: boolean;
  readonly expected_total?: string;
  readonly require_payout_address?: boolean;
  readonly net_clawbacks?: boolean;
  readonly paid_by_hand?: readonly number[];
  readonly not_paid?: readonly number[];
}

type Plan = SettlePlan | ByHandPlan | TakenBackPlan;

export const batch: Batch = {
  async plan(given, work): Promise<Plan> {
    const args = given as unknown as Args;
    const ids = args.affiliate_ids && [...new Set(args.affiliate_ids)];
    if (args.not_paid) {
      if (Object.values({ ...args, not_paid: undefined }).some((one) => one !== undefined)) {
        throw new Refusal('not_paid only forgets: give no other argument with it');
      }
      return await planTakenBack(args.not_paid, work);
    }
    if (args.report !== undefined) {
      const part = await partOfReport({ ...args, report: args.report }, work, MOST_AFFILIATES);
      const plan = await planOfMarks(part.ids, new Date(part.kept.dueBy).toISOString(), part.args, work, part);
      return await keepToReport(plan, part, work);
    }
    if (args.paid_by_hand) {
      if ([args.expected_total, args.include_held, args.net_clawbacks].some((one) => one !== undefined)) {
        throw new Refusal(
          'paid_by_hand only records: it cannot be combined with expected_total, include_held or net_clawbacks',
        );
      }
      return await planByHand(args.paid_by_hand, ids, work);
    }
    if (!ids || args.due_by === undefined) {
      const missing = ids ? 'due_by is missing' : 'affiliate_ids are missing';
      throw new Refusal(
        `${missing}: to mark what was paid give report, or both of these; or give paid_by_hand or not_paid`,
      );
    }
    const plan = await planOfMarks(ids, args.due_by, args, work);
    // A sum that agrees with what is marked proves that nothing was subtracted from it.
    if (args.net_clawbacks !== undefined || args.expected_total !== undefined) return plan;
    const paid = [...new Set(plan.marks.map(({ affiliateId }) => affiliateId))];
    const forgotten = paid.length === 0 ? undefined : await findForgotten(paid, args.currency, work);
    return { ...plan, ...(forgotten !== undefined && { forgotten }) };
  },
  question({ due_by, expected_total: expected }, given) {
    const plan = given as Plan;
    if (plan.kind === 'taken_back') return describeTakenBack(plan);
    if (plan.kind === 'by_hand') return describeByHandPlan(plan);
    return plan.report
      ? describeReportPlan(plan, plan.report)
      : describePlan(plan, endOfDay(String(due_by)), expected as string | undefined);
  },
  writes(given) {
    const plan = given as Plan;
    return plan.kind === 'marks' ? plan.marks.map(writeOf) : [];
  },
  items(given) {
    const plan = given as Plan;
    if (plan.kind === 'taken_back') return itemsTakenBack(plan);
    return plan.kind === 'by_hand'
      ? itemsOf(plan)
      : [...plan.marks.map(({ key, state }) => ({ key, state })), ...nettedItem(plan)];
  },
};

async function planOfMarks(
  ids: readonly number[],
  dueBy: string,
  args: Args,
  work: Work,
  { only }: Pick<ReportPart, 'only'> = {},
): Promise<SettlePlan> {
  if (work.isSwitchedOff(markCommissionsPaid.name)) {
    throw new Refusal('The operator has switched off mark_commissions_paid, so nothing can be marked as paid');
  }
  if (args.expected_total !== undefined && args.currency === undefined) {
    throw new Refusal('expected_total needs currency: amounts in different currencies have no sum');
  }
  if (args.net_clawbacks && ids.length > MOST_NETTED) {
    throw new Refusal(`net_clawbacks takes at most ${MOST_NETTED} affiliate_ids a call`);
  }
  const { read, notRead } = await readAffiliates(ids, work, work.timeLeft() * FOR_MARKS);
  const everybody = await readEverybody(work);
  const paid = await findPayments(
    read.flatMap(({ unpaid }) => unpaid),
    work,
  );
  const options: OwedOptions = {
    dueBy: endOfDay(dueBy),
    currency: args.currency,
    minimum: args.minimum,
    includeHeld: args.include_held,
    requireAddress: args.require_payout_address,
    paid,
    unmarked: 'too',
    only,
  };
  const made = { now: leaddynoNow(work), requestsAMinute: work.requestsAMinute };
  const marks = planMarks(read, notRead, everybody, options, made);
  const plan = args.net_clawbacks
    ? { ...marks, netted: await planNetting(read, marks.lines, marks.people, work) }
    : marks;
  if (partOfTotal(args, plan, paid) === 'all') return plan;
  return planMarks(read, notRead, everybody, { ...options, includeHeld: false, unmarked: 'alone' }, made);
}

export async function run(given: JsonObject, work: Work): Promise<JsonObject> {
  const plan = work.plan as Plan;
  if (plan.kind === 'taken_back') return await takeBack(plan, work);
  if (plan.kind === 'by_hand') return await recordByHand(plan, work);
  const changed = plan.marks.filter(({ key }) => work.changed.has(key));
  const marks = plan.marks.filter(({ key }) => !work.changed.has(key));
  const netted = work.changed.has(NETTED) ? undefined : plan.netted;
  // Before the marks: the payments were made, even if marking fails.
  if (netted) await rememberNetted(netted, work);
  await rememberPaid(marks, given as Args, work);
  const tasks = marks.map((mark) => taskFor(mark, work));
  const outcome = await carryOut(tasks, work, 'purchases marked');
  return {
    ...describeOutcome(plan, outcome, changed, work),
    ...(netted && { netted: netted.totals.list() }),
    ...(plan.forgotten !== undefined && { left_clawbacks: plan.forgotten }),
    ...(plan.netted &&
      !netted && { left_clawbacks: 'The claw-backs have changed since the question: not remembered as subtracted.' }),
  };
}

/**
 * Remembers that these payments were made, as the confirmation said, whether or not LeadDyno takes the marks.
 * @throws Unavailable
 */
async function rememberPaid(marks: readonly Mark[], { expected_total: expected }: Args, work: Work): Promise<void> {
  const ids = marks.flatMap(({ commissions }) => commissions.flatMap(({ id }) => (id === '' ? [] : [id])));
  const known = await work.payments.find(ids);
  // A second try must not overwrite the first date and sum.
  const unknown = ids.filter((id) => !known.has(id));
  if (unknown.length > 0) await work.remember(unknown, 'paid', expected);
}

/** Key of the item that ties the confirmation to the claw-backs shown in the question. */
const NETTED = 'clawbacks';

const nettedItem = ({ netted }: SettlePlan) =>
  netted ? [{ key: NETTED, state: [...netted.taken].map(([id, amount]) => `${id} ${amount.toFixed()}`) }] : [];

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
      const before = { affiliate: affiliate.raw, commissions: commissions.map(({ raw }) => raw) };
      const answer = await work.write(operation, args, before, stillOwed(mark));
      const ids = commissions.map(({ id }) => id);
      const { unpaid, unconfirmed, others, isOfOthers, rows: named } = readMarkAnswer(answer, ids);
      const shownIds = (some: readonly string[]) => idsOf(commissions.filter(({ id }) => some.includes(id)));
      if (unpaid.length > 0) throw unmarked('but its answer shows these commissions as not paid', shownIds(unpaid));
      if (isOfOthers) {
        throw unmarked('but its answer names only other commissions', named.map(shownIdOf));
      }
      return {
        ...(unconfirmed.length > 0 && { unconfirmed_ids: shownIds(unconfirmed) }),
        ...(others.length > 0 && {
          beyond_plan: { commission_ids: others.map(shownIdOf), totals: totalsOf(others.map(parseCommission)).list() },
        }),
      };
    },
  };
}

function unmarked(why: string, ids: readonly unknown[]): LeadDynoError {
  const what = `LeadDyno accepted the mark, ${why}: ${ids.slice(0, SHOWN).join(', ')}`;
  return new LeadDynoError('unexpected', what, { fate: 'unknown' });
}

/** Checks the purchase's commissions right before its mark; undefined if the purchase cannot be read by an id. */
function stillOwed({ commissions, affiliate }: Mark): Still | undefined {
  const purchase_id = commissions.map(({ purchase }) => purchase && numericIdOf(purchase)).find((one) => one);
  if (purchase_id === undefined) return undefined;
  return {
    operation: listPurchaseCommissions,
    args: { purchase_id },
    holds(read) {
      // Without a readable list, there is only what the question was built from.
      if (!hasRows(read, 'commissions')) return true;
      const now = new Map(rowsIn(read, 'commissions').map((row) => [idTextOf(row), row]));
      const known = new Set(commissions.map(({ id }) => id));
      const more = [...now.values()]
        .map(parseCommission)
        .filter((one) => isOpenFor(affiliate, one) && !known.has(one.id));
      return more.length === 0 && commissions.every(({ id, raw }) => id === '' || isSameDebt(raw, now.get(id)));
    },
  };
}

const isOpenFor = ({ id }: Mark['affiliate'], { affiliate, paid, cancelled }: Commission) =>
  affiliate?.id === id && paid === false && cancelled === false;

/** Rows of two lists may have different fields: a field that one of them lacks is no difference. */
function isSameDebt(then: JsonObject, now: JsonObject | undefined): boolean {
  if (!now) return false;
  return ['amount', 'currency', 'paid', 'cancelled'].every(
    (name) => then[name] === undefined || now[name] === undefined || String(then[name]) === String(now[name]),
  );
}
