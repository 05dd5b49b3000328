import { type Payment, type PaymentService, paymentAmount } from './payment-service.ts';

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
    `Assumed for Wise: the columns of its template "Send by email" (compare the first row with yours), a decimal ${sign}, persons as recipients, and a balance in the same currency to pay from (sourceCurrency). Wise says on upload what it does not pay by e-mail.`,
  ],
};

/** One line that Wise takes for a name; the address where there is none. */
function nameOf({ name, to }: Payment): string {
  const plain = name.replace(/[\s;"]+/g, ' ').replace(BEFORE_NAME, '');
  return plain.trim() || to;
}
