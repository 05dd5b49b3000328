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
import { noteFor } from './settle-note.ts';
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
