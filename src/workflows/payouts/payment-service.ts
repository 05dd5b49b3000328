import type { Decimal } from '../../records/money.ts';
import { decimalsOf } from './owed.ts';

/** The decimal sign of amounts in a payment file: that of the account that sends. */
export type DecimalSign = 'point' | 'comma';

/** One payment of a file. */
export interface Payment {
  /** Address of the recipient. */
  readonly to: string;
  /** First and last name as they were typed; may be empty. */
  readonly name: string;
  /** In whole units of the smallest coin. */
  readonly amount: Decimal;
  readonly currency: string;
  /** An id of ours: no spaces, at most 30 characters. */
  readonly reference: string;
  readonly note: string;
}

/** A service that pays many people from one file of one currency. */
export interface PaymentService {
  readonly name: string;
  /** The beginning of the names of its files. */
  readonly prefix: string;
  /** What its file is, for the result. */
  readonly content: string;
  readonly mostRows: number;
  /** The columns' names, where the file begins with them. */
  readonly header?: readonly string[];
  pays(currency: string): boolean;
  rowOf(payment: Payment, sign: DecimalSign): readonly string[];
  /** What could not be verified or depends on the sender, in words for a person. */
  assumptions(currencies: readonly string[], sign: DecimalSign): readonly string[];
}

/** An amount as a payment file has it: all decimals of its currency, no separator of thousands. */
export function paymentAmount(amount: Decimal, currency: string, sign: DecimalSign): string {
  const text = amount.toFixed(decimalsOf(currency));
  return sign === 'comma' ? text.replace('.', ',') : text;
}
