import type { JsonObject } from '../../json.ts';
import { listed, plainNumber } from '../../operations/questions.ts';
import type { Payment } from '../../ports/payment-memory.ts';
import { isUnavailable } from '../../ports/unavailable.ts';
import { amountOf, type Sum, Totals, ZERO } from '../../records/money.ts';
import type { Commission } from '../../records/parse.ts';
import { numericIdOf } from '../../records/values.ts';
import { leaddynoNow, type Work } from '../workflow.ts';
import { type Clawback, findClawbacks, type Netted, netClawbacks } from './clawbacks.ts';
import { type Line, type People, paymentOf } from './owed.ts';
import { type AffiliateRead, readPaid } from './unpaid.ts';

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
}

/** Computes it by the same rule as the files. @throws LeadDynoError, Unavailable if what it needs cannot be read */
export async function planNetting(
  read: readonly AffiliateRead[],
  lines: readonly Line[],
  people: People,
  work: Work,
): Promise<NettedNow> {
  const clawbacks = findClawbacks(await readPaid(read, work), people, { now: leaddynoNow(work) });
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
export function describeNetted({ taken, totals }: NettedNow): string {
  if (taken.size === 0) return '';
  const sums = totals.list().map(({ amount, currency }: Sum) => `${amount} ${currency}`);
  const ids = listed([...taken.keys()].map((id) => plainNumber(numericIdOf({ id }) ?? id)));
  return `Remembered as subtracted from these payments, so not subtracted again: claw-backs of ${sums.join(' + ')}, commission ids ${ids}.`;
}
