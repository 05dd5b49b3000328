import { codeForm, keyForm } from './keys.ts';
import type { Commission } from './parse.ts';
import { isSaid } from './values.ts';

/*
 * The one rule for a commission: whether it is payable at a moment, and whether LeadDyno's mark by e-mail and purchase
 * code settles just that. Reports, files, marks and questions follow it.
 */

/** The state of a commission at a given time. */
export type CommissionState =
  | 'payable'
  /** Paid or cancelled. */
  | 'settled'
  | 'not_due'
  /**
   * Its purchase is cancelled but the commission is not: held back until a person has checked. The same if the
   * cancellation is dated ahead: a payment made before then cannot be taken back.
   */
  | 'purchase_cancelled'
  /** Unpaid and due as far as can be told, but not payable without a look. */
  | Unclear;

/** Why a commission can be neither paid nor left alone. */
export type Unclear = 'paid_or_cancelled_unknown' | 'no_due_date' | 'not_money' | 'unreadable_amount';

/** What each reason means, in words for a person. */
export const UNCLEAR: Readonly<Record<Unclear, string>> = {
  paid_or_cancelled_unknown: 'LeadDyno does not say whether they are paid or cancelled',
  no_due_date: 'without a readable due date',
  not_money: 'rewards that are not money',
  unreadable_amount: 'without a readable amount',
};

/** @param dueBy epoch milliseconds */
export function stateOf(commission: Commission, dueBy: number): CommissionState {
  const { paid, cancelled, dueAt, amount, purchase } = commission;
  if (paid || cancelled) return 'settled';
  if (dueAt > dueBy) return 'not_due';
  if (paid === undefined || cancelled === undefined) return 'paid_or_cancelled_unknown';
  if (Number.isNaN(dueAt)) return 'no_due_date';
  if (!commission.isMoney) return 'not_money';
  if (amount === undefined) return 'unreadable_amount';
  if (purchase?.cancelled) return 'purchase_cancelled';
  return purchase && purchase.cancelled === undefined && isSaid(purchase.raw.cancelled)
    ? 'paid_or_cancelled_unknown'
    : 'payable';
}

/** What a mark of LeadDyno names: an affiliate by e-mail and a purchase by code (API reference, C5). */
export interface Mark {
  /** Whether there is an e-mail to name. */
  readonly hasEmail: boolean;
  /** Whether another affiliate has this e-mail; undefined if it cannot be told. */
  readonly emailIsShared: boolean | undefined;
  readonly purchaseCode: string;
  /** All that the affiliate has unsettled under this code, however it is written. */
  readonly covers: readonly Commission[];
}

export const NO_CODE = 'no purchase code: the API cannot mark them, but LeadDyno itself can';

/** Two commissions with one key may be covered by one mark. Empty without a purchase code. */
export const markKey = ({ purchase }: Commission): string => codeForm(purchase?.code ?? '');

/** Why a mark does not single out its affiliate and its purchase; undefined if it does. */
export function whyNotSingledOut({ hasEmail, emailIsShared, purchaseCode, covers }: Mark): string | undefined {
  if (purchaseCode === '') return NO_CODE;
  if (!hasEmail) return 'the affiliate has no e-mail, which LeadDyno marks by';
  if (emailIsShared === undefined)
    return 'not all affiliates could be read, so another may have the same e-mail, which LeadDyno marks by';
  if (emailIsShared)
    return 'another affiliate has the same e-mail (apart from case or spaces), which LeadDyno marks by: it may mark theirs';
  const codes = new Set(covers.map(({ purchase }) => purchase?.code ?? ''));
  if (new Set(Array.from(codes, keyForm)).size > 1)
    return 'several purchases have codes that differ only in characters that look alike or are invisible';
  if (codes.size > 1) return 'several purchases have this code with different case or spaces';
  return new Set(covers.map(({ purchase }) => purchase?.id)).size > 1 ? 'several purchases have this code' : undefined;
}
