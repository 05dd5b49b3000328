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

/** Currencies of the PayPal account's own country alone (developer.paypal.com, Currency codes). */
const OWN_COUNTRY: ReadonlySet<string> = new Set(['BRL', 'CNY', 'MYR']);

/** What PayPal pays out in: 24 currencies by its Payouts overview, these by its currency codes. */
const CURRENCIES: ReadonlySet<string> = new Set([
  ...['AUD', 'CAD', 'CHF', 'CZK', 'DKK', 'EUR', 'GBP', 'HKD', 'HUF', 'ILS', 'JPY', 'MXN', 'NOK', 'NZD', 'PHP', 'PLN'],
  ...['SEK', 'SGD', 'THB', 'TWD', 'USD'],
  ...OWN_COUNTRY,
]);

/**
 * PayPal's payouts file (developer.paypal.com, Payouts, Use Web UI, as of September 2026): no header, up to 5,000 rows
 * of one currency: recipient, amount, currency, customer id (no spaces, at most 30 characters), note, wallet. An amount
 * with a comma is quoted. Which decimal sign PayPal wants is told in two ways: Payouts Web says that of the sender's
 * country, the example of Use Web UI has a comma for euros sent from the US. The upload refuses the wrong one.
 */
export const paypal: PaymentService = {
  name: 'PayPal',
  prefix: 'paypal-payout',
  content: 'PayPal payouts file: recipient, amount, currency, reference, note, wallet; no header',
  mostRows: 5_000,
  pays: (currency) => CURRENCIES.has(currency),
  rowOf: ({ to, amount, currency, reference, note }, sign) => [
    to,
    paymentAmount(amount, currency, sign),
    currency,
    reference,
    note,
    'PAYPAL',
  ],
  assumptions(currencies, sign) {
    const fractional = currencies.some((currency) => decimalsOf(currency) > 0);
    const local = currencies.filter((currency) => OWN_COUNTRY.has(currency));
    const other = sign === 'point' ? 'comma' : 'point';
    return [
      ...(fractional
        ? [`For PayPal, amounts are written with a decimal ${sign}; if the upload refuses them, use decimal: ${other}.`]
        : []),
      ...(local.length > 0 ? [`PayPal takes ${local.join(', ')} only from accounts in that country.`] : []),
    ];
  },
};

const HEADER = [
  'name',
  'recipientEmail',
  'paymentReference',
  'receiverType',
  'amountCurrency',
  'amount',
  'sourceCurrency',
  'targetCurrency',
  'type',
];

/** What a name has in front that no name begins with, and no spreadsheet should see. */
const BEFORE_NAME = /^[^\p{L}\p{N}]+/u;

/**
 * Wise's batch file for recipients by e-mail, up to 1,000 rows (wise.com, Everything about batch payments). Wise gives
 * its template to those who are logged in alone; the columns are those its help names (How do I fill in my batch
 * template; `type` EMAIL: Batch Payments), in the order of files that others upload. `target`: the recipient gets the
 * exact amount, the sender pays the fee.
 */
export const wise: PaymentService = {
  name: 'Wise',
  prefix: 'wise-batch',
  content: 'Wise batch payment to recipients by e-mail; the first row names the columns',
  mostRows: 1_000,
  header: HEADER,
  pays: () => true,
  rowOf: (payment, sign) => [
    nameOf(payment),
    payment.to,
    payment.reference,
    'PERSON',
    'target',
    paymentAmount(payment.amount, payment.currency, sign),
    payment.currency,
    payment.currency,
    'EMAIL',
  ],
  assumptions: (_, sign) => [
    `Assumed for Wise: the columns of its "Send by email" template (compare the first row with yours), a decimal ${sign}, individuals as recipients, and a balance in the same currency to pay from (sourceCurrency). Wise says on upload what it cannot pay by e-mail.`,
  ],
};

/** One line that Wise takes for a name; the address where there is none. */
function nameOf({ name, to }: Payment): string {
  const plain = name.replace(/[\s;"]+/g, ' ').replace(BEFORE_NAME, '');
  return plain.trim() || to;
}
