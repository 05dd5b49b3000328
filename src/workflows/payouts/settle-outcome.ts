import type { JsonObject } from '../../json.ts';
import { markCommissionsPaid } from '../../operations/commissions.ts';
import { describe } from '../../records/describe.ts';
import { noteOnCurrency, type Totals, totalsOf, written } from '../../records/money.ts';
import type { Commission } from '../../records/parse.ts';
import { groupBy } from '../../records/values.ts';
import type { BatchOutcome } from '../batch.ts';
import type { Work } from '../workflow.ts';
import { idsOf } from './owed.ts';
import { notRemembered } from './remembered.ts';
import { describePartOfReport } from './settle-by-report.ts';
import { type LeftOut, type Mark, type SettlePlan, unmarkedIn } from './settle-plan.ts';

/** Rows of each list in the result. */
export const SHOWN = 60;

/** What a row of the result says about its mark. */
export const labelOf = ({ affiliateId, purchaseCode, totals }: Mark): JsonObject => ({
  affiliate_id: affiliateId,
  purchase_code: purchaseCode,
  totals: totals.list(),
});

/** The result: what became of each mark, what is left, and what is still open. */
export function describeOutcome(
  plan: SettlePlan,
  outcome: BatchOutcome,
  changed: readonly Mark[],
  work: Work,
): JsonObject {
  const { done, failed, unknown, stopped } = outcome;
  const left: JsonObject[] = [
    ...outcome.left,
    ...[...changed.map(labelOf), ...outcome.changed].map((label) => ({
      ...label,
      reason: 'changed since the question',
    })),
  ];
  const unread = plan.notRead.filter(({ reason }) => reason !== 'not_found');
  const again = new Set([...left, ...failed, ...unread, ...(plan.report?.rest ?? [])].map((row) => row.affiliate_id));
  const stuck = plan.leftOut.filter(({ payable }) => payable).flatMap(({ commissions }) => commissions);
  const sent = done.length + failed.length + unknown.length;
  const unconfirmed = done.filter((row) => 'unconfirmed_ids' in row).length;
  const beyond = done.filter((row) => 'beyond_plan' in row).length;
  const held = plan.leftOut.filter(({ payable }) => !payable).flatMap(({ commissions }) => commissions);
  return {
    ...noteOnCurrency('commission', plan.unpaid, plan.currency),
    totals: totalsPerCurrency({
      marked: rowsOf(plan, done),
      left: rowsOf(plan, [...left, ...failed]),
      unknown: rowsOf(plan, unknown),
      unmarkable_here: stuck,
    }),
    marked: rowsOf(plan, done).length,
    ...shown('failed', failed),
    ...shown('unknown', unknown),
    ...shown('left', perAffiliate(plan, left)),
    ...(stopped !== undefined && { stopped }),
    ...(again.size > 0 && !plan.report && { affiliates_left: [...again] }),
    ...(plan.report && {
      ...(again.size > 0 && { affiliates_to_go: again.size }),
      ...describePartOfReport(plan.report),
    }),
    ...shown('left_out', plan.leftOut.map(describeLeftOut)),
    ...shown('not_read', plan.notRead),
    ...shown('done', perAffiliate(plan, done)),
    note: noteFor({
      sent,
      done: done.length,
      left: again.size,
      unknown: unknown.length,
      unconfirmed,
      beyond,
      stuck: stuck.length,
      held: held.length,
      refused: failed.length,
      notRead: plan.notRead.length,
      remembered: plan.marks.length > changed.length && done.length < sent + outcome.left.length,
      before: unmarkedIn(plan).length,
      byReport: plan.report !== undefined,
    }),
    ...undoOf(done.length + unknown.length > 0, plan.marks.length > changed.length),
    ...(plan.marks.length > changed.length && notRemembered(work)),
  };
}

/** Whether a row only names what was, or is to be, marked. */
const isPlain = (row: JsonObject) => Object.keys(row).every((name) => LABEL.has(name));
const LABEL: ReadonlySet<string> = new Set(['affiliate_id', 'purchase_code', 'totals']);

/**
 * One row per affiliate: how many purchases, and their sums. A purchase that needs a look (a reason, ids that the
 * answer does not show) keeps its own row.
 */
function perAffiliate(plan: SettlePlan, rows: readonly JsonObject[]): JsonObject[] {
  const [plain, special] = [rows.filter(isPlain), rows.filter((row) => !isPlain(row))];
  const sums = [...groupBy(plain, ({ affiliate_id }) => String(affiliate_id)).values()].map((some) => {
    const totals = totalsOf(rowsOf(plan, some)).list();
    return { affiliate_id: some[0]?.affiliate_id, purchases: some.length, totals };
  });
  return [...special, ...sums];
}

/** How to undo what was done; empty if nothing was. */
function undoOf(marked: boolean, remembered: boolean): JsonObject {
  if (marked) return { undo: markCommissionsPaid.undo };
  return remembered ? { undo: 'not_paid undoes what is remembered as paid.' } : {};
}

/** A list, cut to `SHOWN` rows; the rest is counted. */
function shown(name: string, list: readonly JsonObject[]): JsonObject {
  if (list.length === 0) return {};
  const more = list.length - SHOWN;
  return { [name]: list.slice(0, SHOWN), ...(more > 0 && { [`${name}_left_off`]: more }) };
}

const keyOf = (row: JsonObject) => JSON.stringify([row.affiliate_id, row.purchase_code]);

/** The commissions behind these rows of the result. */
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

/** A commission's amount and currency, or its reward if that is not money. */
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

/** How many marks ended in which way, and how many commissions are open for another reason. */
interface Ends {
  readonly sent: number;
  readonly done: number;
  readonly left: number;
  readonly unknown: number;
  readonly unconfirmed: number;
  /** Marks whose answer shows more as paid than was planned. */
  readonly beyond: number;
  readonly refused: number;
  /** Payable commissions that this call cannot mark. */
  readonly stuck: number;
  /** Commissions held back. */
  readonly held: number;
  /** Whether some commissions are remembered as paid but not marked yet. */
  readonly remembered: boolean;
  /** Commissions to be marked now that were reported as paid before. */
  readonly before: number;
  /** Whether a report's id determines what is marked. */
  readonly byReport: boolean;
  /** Affiliates. */
  readonly notRead: number;
}

/**
 * The note on a settlement. It names everything known to be open, and never says that all is done: nothing else is
 * known.
 */
function noteFor(ends: Ends): string {
  const {
    sent,
    done,
    left,
    unknown,
    unconfirmed,
    beyond,
    refused,
    stuck,
    held,
    notRead,
    remembered,
    before,
    byReport,
  } = ends;
  const open = [
    ...(refused > 0 ? [`marks refused: ${refused} (failed)`] : []),
    ...(unknown > 0 ? [`marks with no clear answer: ${unknown} (unknown)`] : []),
    ...(stuck > 0 ? [`commissions that only LeadDyno itself can mark: ${stuck} (left_out)`] : []),
    ...(held > 0 ? [`commissions held back: ${held} (left_out)`] : []),
    ...(notRead > 0 ? [`affiliates not read: ${notRead} (not_read)`] : []),
  ];
  return [
    done > unconfirmed
      ? 'This recorded payments; it moved no money.'
      : done + unknown > 0
        ? 'It is not certain whether this recorded payments; it moved no money.'
        : sent === 0 && left === 0 && open.length === 0
          ? 'Nothing to mark: these affiliates have no unpaid commission payable by due_by (already paid, not due yet, or in another currency).'
          : 'No payment was recorded.',
    ...(sent === 0 && left > 0 && !remembered
      ? ['Nothing was sent, so a confirmation_token given with this call is still valid for the same call.']
      : []),
    ...(left > 0
      ? [
          byReport
            ? 'Something is left: call settle_payouts again with the same arguments (the same report); it takes what is left; nothing is marked twice.'
            : remembered
              ? 'Something is left: call again with affiliates_left as affiliate_ids and everything else unchanged (expected_total too); nothing is marked twice.'
              : 'Something is left: call again with affiliates_left as affiliate_ids (expected_total is then their sum); nothing is marked twice.',
        ]
      : []),
    ...(before > 0 ? [`Commissions an earlier call reported as paid: ${before} (in totals, as marked or not).`] : []),
    ...(remembered
      ? [
          'Everything this call was to mark is remembered as paid: payout_report holds it until LeadDyno shows it as paid.',
          ...(left > 0 ? [] : ['To finish, call settle_payouts again with the same arguments.']),
        ]
      : []),
    ...(open.length > 0 ? [`Still open: ${open.join(', ')}.`] : []),
    ...(unknown > 0 ? ['First check what is unknown, with payout_report or list_affiliate_commissions.'] : []),
    ...(stuck > 0
      ? [
          'unmarkable_here in totals was payable but could not be marked by this call (left_out says why): until someone marks it in LeadDyno, payout_report lists it again as unmarkable_here. Once it is paid, record that with paid_by_hand.',
        ]
      : []),
    ...(beyond > 0
      ? [
          "LeadDyno's answer shows more as paid than was to be marked (beyond_plan in done): paid before, or marked now without being asked. Check in LeadDyno.",
        ]
      : []),
    ...(unconfirmed > 0
      ? ["LeadDyno's answer does not show unconfirmed_ids as paid: check with list_affiliate_commissions."]
      : []),
  ].join(' ');
}
