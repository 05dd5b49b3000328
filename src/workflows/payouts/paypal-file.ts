import { decimalsOf } from './owed.ts';
import { type PaymentService, paymentAmount } from './payment-service.ts';

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
        ? [`Assumed for PayPal: amounts with a decimal ${sign}; if the upload refuses them, use decimal: ${other}.`]
        : []),
      ...(local.length > 0 ? [`PayPal takes ${local.join(', ')} from accounts of that country alone.`] : []),
    ];
  },
};
