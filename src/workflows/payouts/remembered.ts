import type { JsonObject } from '../../json.ts';
import { listed, plainNumber } from '../../operations/questions.ts';
import type { Payment } from '../../ports/payment-memory.ts';
import { isUnavailable } from '../../ports/unavailable.ts';
import { amountOf, Decimal, type Sum, Totals, ZERO } from '../../records/money.ts';
import type { Commission } from '../../records/parse.ts';
import { groupBy, numericIdOf } from '../../records/values.ts';
import { leaddynoNow, type Work } from '../workflow.ts';
import { type Clawback, findClawbacks, type Netted, netClawbacks } from './clawbacks.ts';
import { findNettingReport, type KeptReport, type NettedRow } from './kept-report.ts';
import { type Line, type People, paymentOf } from './owed.ts';
import { type AffiliateRead, readAllOf } from './unpaid.ts';

/** Which of some commissions this server remembers as paid. */
export interface Remembered {
  readonly known: ReadonlyMap<string, Payment>;
  /** Why it is not known, in which case nobody should be paid. */
  readonly unknown?: string;
}

/** Commissions that were paid although LeadDyno shows them as unpaid. @throws Unavailable */
export async function findPayments(commissions: readonly Commission[], work: Work): Promise<Remembered['known']> {
  const open = commissions.filter(({ id, paid, cancelled }) => id !== '' && !paid && !cancelled);
  return await work.payments.find(open.map(({ id }) => id));
}

/** The same for a report, which says if it is not known. */
export async function readPayments(commissions: readonly Commission[], work: Work): Promise<Remembered> {
  try {
    return { known: await findPayments(commissions, work) };
  } catch (error) {
    if (!isUnavailable(error)) throw error;
    return { known: new Map(), unknown: error.message };
  }
}

/** A note if payments are forgotten when this server stops. */
export const notRemembered = ({ payments }: Work): JsonObject =>
  payments.lasts
    ? {}
    : {
        not_remembered: 'Payments are remembered until this server stops; permanently with --audit-log or Redis.',
      };

/*
 * Which claw-backs were subtracted from payments. Remembered once the payments were made, so that each is subtracted
 * only once.
 */

/** Separate from what is remembered of the commission as a payment. */
const keyOf = (commissionId: string): string => `clawback:${commissionId}`;
/** Key of a commission that was paid with claw-backs subtracted: nothing is subtracted from it a second time. */
const debtKeyOf = (commissionId: string): string => `netted-from:${commissionId}`;

/** How much of each was subtracted before. @throws Unavailable */
export async function findNetted(clawbacks: readonly Clawback[], work: Work): Promise<Netted> {
  const ids = clawbacks.flatMap(({ commissions }) => commissions.flatMap(({ id }) => (id === '' ? [] : [id])));
  if (ids.length === 0) return new Map();
  const known = await work.payments.find(ids.map(keyOf));
  return new Map(ids.map((id) => [id, amountOf(known.get(keyOf(id))?.amount) ?? ZERO]));
}

const idsIn = ({ ready }: Line): string[] => ready.flatMap(({ id }) => (id === '' ? [] : [id]));

/** What was subtracted from the payments that are now being settled. */
export interface NettedNow {
  readonly before: Netted;
  readonly taken: Netted;
  readonly totals: Totals;
  /** Ids of the commissions that were paid less. */
  readonly from: readonly string[];
  /** What a payment before had subtracted as well, so that this one subtracted it twice. */
  readonly twice?: Totals;
}

/** Computes it by the same rule as the files. @throws LeadDynoError, Unavailable if what it needs cannot be read */
export async function planNetting(
  read: readonly AffiliateRead[],
  lines: readonly Line[],
  people: People,
  work: Work,
): Promise<NettedNow> {
  const clawbacks = findClawbacks(await readAllOf(read, work), people, { now: leaddynoNow(work) });
  const before = await findNetted(clawbacks, work);
  const paid = lines.filter(({ reasons, ready, unmarked }) => reasons.length === 0 && ready.length > 0 && !unmarked);
  const known = await work.payments.find(paid.flatMap(idsIn).map(debtKeyOf));
  const fresh = paid.filter((line) => !idsIn(line).some((id) => known.has(debtKeyOf(id))));
  const netting = netClawbacks(fresh, clawbacks, people, before);
  const { taken } = netting;
  const less = fresh.filter((line) => netting.paymentFor(line).lt(paymentOf(line.ready, line.currency)));
  const totals = new Totals();
  for (const { commissions, currency } of clawbacks)
    for (const { id } of commissions) if (taken.has(id)) totals.add(taken.get(id) ?? ZERO, currency);
  return { before, taken, totals, from: less.flatMap(idsIn) };
}

/** What the files of a report subtract and nobody has settled yet. @throws Unavailable */
export async function openNetting({ netted, listed: all }: KeptReport, work: Work): Promise<NettedRow[]> {
  if (netted.length === 0) return [];
  const debts = groupBy(
    all.filter(({ unmarkable }) => !unmarkable),
    debtOf,
  );
  const known = await work.payments.find(all.map(({ id }) => debtKeyOf(id)));
  return netted.filter((row) => !debts.get(debtOf(row))?.some(({ id }) => known.has(debtKeyOf(id))));
}

const debtOf = ({ affiliateId, currency }: Pick<NettedRow, 'affiliateId' | 'currency'>) => `${affiliateId} ${currency}`;

/**
 * What the payments of a report had subtracted: what its files say, whatever LeadDyno shows by now.
 * @param rows of the affiliates that are settled now
 * @throws Unavailable
 */
export async function nettingOfReport(rows: readonly NettedRow[], kept: KeptReport, work: Work): Promise<NettedNow> {
  const known =
    rows.length === 0 ? new Map<string, Payment>() : await work.payments.find(rows.map(({ id }) => keyOf(id)));
  const before = new Map(rows.map(({ id }) => [id, amountOf(known.get(keyOf(id))?.amount) ?? ZERO]));
  const [totals, twice] = [new Totals(), new Totals()];
  for (const { id, amount, before: then, currency } of rows) {
    const [value, more] = [amountOf(amount) ?? ZERO, (before.get(id) ?? ZERO).minus(amountOf(then) ?? ZERO)];
    totals.add(value, currency);
    if (more.gt(0)) twice.add(Decimal.min(value, more), currency);
  }
  const debts = new Set(rows.map(debtOf));
  const from = kept.listed.filter((one) => !one.unmarkable && debts.has(debtOf(one))).map(({ id }) => id);
  return { before, taken: new Map(rows.map(({ id, amount }) => [id, amountOf(amount) ?? ZERO])), totals, from, twice };
}

/**
 * A warning if this caller's last report with claw-backs subtracted paid some of these affiliates less, and a call that
 * does not follow it would forget that.
 * @throws Unavailable
 */
export async function findForgotten(
  ids: readonly number[],
  currency: string | undefined,
  work: Work,
): Promise<string | undefined> {
  const report = await findNettingReport(work);
  const rows = report ? await openNetting(report, work) : [];
  const theirs = rows.filter(
    (row) => ids.includes(row.affiliateId) && (currency === undefined || row.currency === currency),
  );
  if (!report || theirs.length === 0) return undefined;
  const totals = new Totals();
  for (const row of theirs) totals.add(amountOf(row.amount) ?? ZERO, row.currency);
  return `The files of the payout report of ${report.made} subtract claw-backs of ${saidIn(totals)} from what these affiliates are paid; this call does not remember that, so the next report subtracts them again. If they were paid by those files, settle with report: ${report.id} or net_clawbacks: true.`;
}

const saidIn = (totals: Totals): string =>
  totals
    .list()
    .map(({ amount, currency }: Sum) => `${amount} ${currency}`)
    .join(' + ');

/** Remembers it; sends nothing to LeadDyno. @throws Unavailable: it may then be subtracted again */
export async function rememberNetted({ before, taken, from }: NettedNow, work: Work): Promise<void> {
  if (from.length + taken.size === 0) return;
  const subtracted = [...taken].map(([commission_id, amount]) => ({ commission_id, amount: amount.toFixed() }));
  const what = { clawbacks_subtracted: subtracted, from_payment_of: from, sent_to_leaddyno: false };
  await work.recordOwn(what, async () => {
    if (from.length > 0) await work.remember(from.map(debtKeyOf), 'netted');
    for (const [id, amount] of taken) {
      const all = amount.plus(before.get(id) ?? ZERO);
      await work.remember([keyOf(id)], 'netted', all.toFixed());
    }
  });
}

/** Part of the question; empty if nothing was subtracted. */
export function describeNetted({ taken, totals, twice }: NettedNow): string {
  if (taken.size === 0) return '';
  const ids = listed([...taken.keys()].map((id) => plainNumber(numericIdOf({ id }) ?? id)));
  const again =
    twice && twice.currencies().length > 0
      ? ` ${saidIn(twice)} of it was already subtracted from an earlier payment: these affiliates were paid that much too little.`
      : '';
  return `Remembered as subtracted from these payments, so not subtracted again: claw-backs of ${saidIn(totals)}, commission ids ${ids}.${again}`;
}
