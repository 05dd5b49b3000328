import type { JsonObject } from '../../json.ts';
import { Refusal } from '../../operations/operation.ts';
import { listed, plainNumber } from '../../operations/questions.ts';
import { amountOf, isOfCurrency, Totals, written } from '../../records/money.ts';
import type { Commission } from '../../records/parse.ts';
import { stateOf } from '../../records/payable.ts';
import { groupBy, numberOf } from '../../records/values.ts';
import type { Work } from '../workflow.ts';
import {
  type ChangedSince,
  type KeptReport,
  type Listed,
  type NettedRow,
  type PlannedReport,
  readReport,
} from './kept-report.ts';
import { worthThen } from './owed.ts';
import { nettingOfReport, openNetting } from './remembered.ts';
import { describePlan, type LeftOut, type Mark, type SettlePlan } from './settle-plan.ts';

/*
 * Marks what a report called ready, by the report's id: what it listed, at the amounts it listed, and nothing else.
 * What has changed since is left out and named.
 */

interface Args {
  readonly report: string;
  readonly affiliate_ids?: readonly number[];
  readonly currency?: string;
}

/** The part of a report that one call handles. */
export interface ReportPart {
  readonly kept: KeptReport;
  readonly ids: readonly number[];
  /** Affiliates for the next call. */
  readonly rest: readonly number[];
  /** What the report called payable for these affiliates. */
  readonly listed: readonly Listed[];
  readonly only?: ReadonlyMap<string, string>;
  /** The report's own arguments. */
  readonly args: { readonly currency?: string };
  /** What its files subtract from these payments, not remembered yet. */
  readonly netted: readonly NettedRow[];
}

/** The most rows in the result, and ids in the question. */
const SHOWN = 30;

/** @throws Refusal, Unavailable */
export async function partOfReport(given: Args & JsonObject, work: Work, most: number): Promise<ReportPart> {
  const { report, affiliate_ids: asked, currency, ...others } = given;
  const more = Object.keys(others).filter((name) => others[name] !== undefined);
  if (more.length > 0) {
    throw new Refusal(
      `report already includes that: leave out ${more.join(', ')}; only currency and affiliate_ids may go with it`,
    );
  }
  const kept = await readReport(report, work);
  if (currency !== undefined && kept.currency !== undefined && currency !== kept.currency) {
    throw new Refusal(
      `That report covers only ${kept.currency}: leave out currency, or call payout_report for ${currency}`,
    );
  }
  const wanted = kept.listed.filter((one) => currency === undefined || one.currency === currency);
  const ready = wanted.filter(({ unmarkable }) => !unmarkable);
  const payees = [...new Set(ready.map(({ affiliateId }) => affiliateId))];
  const unknown = (asked ?? []).filter((id) => !payees.includes(id));
  if (unknown.length > 0) {
    throw new Refusal(
      `That report has nothing ready for affiliate_ids ${listed(unknown.map(plainNumber))}: leave them out`,
    );
  }
  const known = await work.payments.find(ready.map(({ id }) => id));
  const open = new Set(ready.flatMap(({ id, affiliateId }) => (known.get(id)?.how === 'marked' ? [] : [affiliateId])));
  const netted = (await openNetting(kept, work)).filter((row) => currency === undefined || row.currency === currency);
  // Whoever was marked since by other means was still paid less.
  for (const { affiliateId } of netted) open.add(affiliateId);
  const all = asked ? [...new Set(asked)] : payees.filter((id) => open.has(id));
  const ids = all.slice(0, most).slice(0, howMany(all, ready, work));
  const mine = wanted.filter(({ affiliateId }) => ids.includes(affiliateId));
  const only = currency ?? kept.currency;
  return {
    kept,
    ids,
    rest: all.slice(ids.length),
    listed: mine,
    only: new Map(mine.map((one) => [one.id, worthThen({ amount: amountOf(one.amount), currency: one.currency })])),
    args: { ...(only !== undefined && { currency: only }) },
    netted: netted.filter(({ affiliateId }) => ids.includes(affiliateId)),
  };
}

/** Requests for the list of all affiliates, which is read twice. */
const LISTS = 10;
/** Requests per affiliate: a list and a record, for the question and again for the marks. */
const READS = 4;

/**
 * How many affiliates fit into one minute of LeadDyno's limit, reads and marks included: with more, the reads would use
 * up the limit, and each call would mark only a few.
 */
function howMany(ids: readonly number[], ready: readonly Listed[], { requestsAMinute: limit }: Work): number {
  if (limit === 0) return ids.length;
  const listed = groupBy(ready, ({ affiliateId }) => String(affiliateId));
  let requests = LISTS;
  const fitting = ids.findIndex((id) => {
    requests += READS + (listed.get(String(id))?.length ?? 0);
    return requests > limit;
  });
  return fitting === -1 ? ids.length : Math.max(1, fitting);
}

/** The plan without what the report said cannot be marked, and with what has changed since. @throws Unavailable */
export async function keepToReport(plan: SettlePlan, part: ReportPart, work: Work): Promise<SettlePlan> {
  const { kept, rest } = part;
  const wereRead = new Set(plan.read.map(({ affiliate }) => numberOf(affiliate.id)));
  const subtracted = part.netted.filter(({ affiliateId }) => wereRead.has(affiliateId));
  const unmarkable = new Set(part.listed.filter((one) => one.unmarkable).map(({ id }) => id));
  const isApart = ({ commissions }: Mark) => commissions.some(({ id }) => unmarkable.has(id));
  const marks = plan.marks.filter((mark) => !isApart(mark));
  const leftOut = [
    ...plan.leftOut,
    ...plan.marks
      .filter(isApart)
      .map((mark): LeftOut => ({ ...mark, reason: 'unmarkable_here in that report', payable: true })),
    ...notListed(plan, part),
  ];
  const { changed, before } = await changesSince({ ...plan, marks, leftOut }, part, work);
  return {
    ...plan,
    marks,
    leftOut,
    ...(kept.nets && { netted: await nettingOfReport(subtracted, kept, work) }),
    report: {
      made: kept.made,
      dueBy: kept.dueBy,
      rest: rest.map((affiliate_id) => ({ affiliate_id })),
      changed,
      before,
    },
  };
}

/** Payable now, but not called ready by the report. */
function notListed({ read, marks }: SettlePlan, { kept, only, args }: ReportPart): LeftOut[] {
  const marked = new Set<Commission>(marks.flatMap(({ commissions }) => commissions));
  return read.flatMap(({ affiliate, unpaid }) => {
    const commissions = unpaid.filter(
      (one) =>
        !marked.has(one) &&
        !only?.has(one.id) &&
        stateOf(one, kept.dueBy) === 'payable' &&
        (args.currency === undefined || isOfCurrency(one, args.currency)),
    );
    const affiliateId = numberOf(affiliate.id) ?? 0;
    const reason = 'not called ready by that report';
    return commissions.length === 0 ? [] : [{ affiliateId, purchaseCode: '', commissions, reason }];
  });
}

/** Commissions that the report called ready and that are not marked now, with their present state. */
async function changesSince({ read, marks, leftOut }: SettlePlan, { listed: all }: ReportPart, work: Work) {
  const wereRead = new Set(read.map(({ affiliate }) => numberOf(affiliate.id)));
  const marked = new Set(marks.flatMap(({ commissions }) => commissions.map(({ id }) => id)));
  const reasons = new Map(
    leftOut.flatMap(({ commissions, reason }) => commissions.map(({ id }) => [id, reason] as const)),
  );
  const unpaid = new Map(read.flatMap((one) => one.unpaid.map((row) => [row.id, row] as const)));
  const missing = all.filter((one) => !one.unmarkable && wereRead.has(one.affiliateId) && !marked.has(one.id));
  const known = await work.payments.find(missing.map(({ id }) => id));
  const before = missing.filter(({ id }) => !unpaid.has(id) && known.get(id)?.how === 'marked');
  const changed = missing
    .filter((one) => !before.includes(one))
    .map((one): ChangedSince => {
      const row = unpaid.get(one.id);
      return {
        affiliate_id: one.affiliateId,
        commission_id: numberOf(one.id) ?? one.id,
        amount: written(amountOf(one.amount) ?? new Totals().in(''), one.currency),
        currency: one.currency,
        now: row ? whatNow(row, one, reasons.get(one.id)) : 'no longer unpaid: paid, cancelled or gone',
      };
    });
  return { changed, before: before.length };
}

function whatNow(row: Commission, then: Listed, reason: string | undefined): string {
  if (worthThen(row) !== worthThen({ amount: amountOf(then.amount), currency: then.currency })) {
    return row.amount ? `worth ${written(row.amount, row.currency)} ${row.currency}` : 'without a readable amount';
  }
  return reason ?? 'no longer payable';
}

const sumsOf = (changed: readonly ChangedSince[]) => {
  const totals = new Totals();
  for (const { amount, currency } of changed) {
    const value = amountOf(amount);
    if (value) totals.add(value, currency);
  }
  return totals
    .list()
    .map(({ amount, currency }) => `${amount} ${currency}`)
    .join(' + ');
};

/** The question before the marks; undefined if there is nothing to mark. */
export function describeReportPlan(
  plan: SettlePlan,
  { made, dueBy, changed, rest }: PlannedReport,
): string | undefined {
  const question = describePlan(plan, dueBy);
  if (question === undefined) return undefined;
  const named = listed(
    changed.map(
      ({ commission_id, amount, currency, now }) => `${plainNumber(commission_id)} of ${amount} ${currency} (${now})`,
    ),
    SHOWN,
  );
  return [
    question,
    `By the payout report of ${made}.`,
    changed.length === 0
      ? rest.length === 0 && plan.notRead.length === 0
        ? 'Nothing that it called ready has changed since.'
        : 'Nothing that it called ready of these has changed since.'
      : `Changed since that report, so not marked: ${sumsOf(changed)}, ids ${named}.`,
    ...(rest.length > 0 ? [`${rest.length} more affiliates of it are for the next call.`] : []),
  ].join(' ');
}

/** What the result says about the report. */
export function describePartOfReport({ changed, before }: PlannedReport): JsonObject {
  return {
    ...(before > 0 && { marked_before: before }),
    ...(changed.length > 0 && {
      changed_since_report: changed.slice(0, SHOWN),
      ...(changed.length > SHOWN && { changed_since_report_left_off: changed.length - SHOWN }),
      changed_note: `The report called ${sumsOf(changed)} more ready than can be marked now. If that was sent anyway, ask a person; what LeadDyno still shows as unpaid can be recorded with paid_by_hand.`,
    }),
  };
}
