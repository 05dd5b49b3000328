import type { Decimal } from '../../records/money.ts';
import { decimalsOf } from './owed.ts';

/** The decimal sign in a payment file: the one that the sender's account uses. */
export type DecimalSign = 'point' | 'comma';

/** One payment of a file. */
export interface Payment {
  /** Address of the recipient. */
  readonly to: string;
  /** First and last name as typed; may be empty. */
  readonly name: string;
  /** In units of the currency, rounded to what can be paid: cents, or whole units (`decimalsOf`). */
  readonly amount: Decimal;
  readonly currency: string;
  /** Our own id: no spaces, at most 30 characters. */
  readonly reference: string;
  readonly note: string;
}

/** A service that pays many people from one file in one currency. */
export interface PaymentService {
  readonly name: string;
  /** Prefix of its file names. */
  readonly prefix: string;
  /** What its file is, for the result. */
  readonly content: string;
  readonly mostRows: number;
  /** Column names, if the file starts with a header. */
  readonly header?: readonly string[];
  pays(currency: string): boolean;
  rowOf(payment: Payment, sign: DecimalSign): readonly string[];
  /** What could not be verified or depends on the sender, in words for a person. */
  assumptions(currencies: readonly string[], sign: DecimalSign): readonly string[];
}

/** An amount as written in a payment file: all decimals of its currency, no thousands separator. */
export function paymentAmount(amount: Decimal, currency: string, sign: DecimalSign): string {
  const text = amount.toFixed(decimalsOf(currency));
  return sign === 'comma' ? text.replace('.', ',') : text;
}

/** Currencies that only PayPal accounts of that country can use (developer.paypal.com, Currency codes). */
const OWN_COUNTRY: ReadonlySet<string> = new Set(['BRL', 'CNY', 'MYR']);

/** Currencies of PayPal payouts: its Payouts overview says 24; these are from its currency codes. */
const CURRENCIES: ReadonlySet<string> = new Set([
  ...['AUD', 'CAD', 'CHF', 'CZK', 'DKK', 'EUR', 'GBP', 'HKD', 'HUF', 'ILS', 'JPY', 'MXN', 'NOK', 'NZD', 'PHP', 'PLN'],
  ...['SEK', 'SGD', 'THB', 'TWD', 'USD'],
  ...OWN_COUNTRY,
]);

/**
 * PayPal's payouts file (developer.paypal.com, Payouts, Use Web UI, as of September 2026): no header, up to 5,000 rows
 * in one currency: recipient, amount, currency, customer id (no spaces, at most 30 characters), note, wallet. An amount
 * with a comma is quoted. PayPal's documentation disagrees about the decimal sign: Payouts Web says the sign of the
 * sender's country, the example in Use Web UI has a comma for euros sent from the US. The upload refuses the wrong one.
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

/** Codes that ISO 4217 has or had: whatever else a record says is no currency. */
const ISO_CODES: ReadonlySet<string> = new Set(Intl.supportedValuesOf('currency'));

/** Leading characters that no name starts with and that a spreadsheet could misread. */
const BEFORE_NAME = /^[^\p{L}\p{N}]+/u;

/**
 * Wise's batch file for recipients by e-mail, up to 1,000 rows (wise.com, Everything about batch payments). Only
 * logged-in users get Wise's template; the columns are the ones its help names (How do I fill in my batch template;
 * `type` EMAIL: Batch Payments), in the order of files that others upload. `target`: the recipient gets the exact
 * amount, the sender pays the fee.
 */
export const wise: PaymentService = {
  name: 'Wise',
  prefix: 'wise-batch',
  content: 'Wise batch payment to recipients by e-mail; the first row names the columns',
  mostRows: 1_000,
  header: HEADER,
  pays: (currency) => ISO_CODES.has(currency),
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

/** The name on one line, without `;`, `"` and leading signs; the address if there is none. */
function nameOf({ name, to }: Payment): string {
  const plain = name.replace(/[\s;"]+/g, ' ').replace(BEFORE_NAME, '');
  return plain.trim() || to;
}
