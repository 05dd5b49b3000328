import { expect, test } from 'vitest';
import { sumByCurrency } from '../../src/records/money.ts';

// In a file of its own: whether a sum is exact may not depend on what else is loaded.
test('the sum in a question is exact for the longest amounts', () => {
  const rows = ['999999999999998.0000000001', '1.0000000002'].map((amount) => ({ amount, currency: 'USD' }));
  expect(sumByCurrency(rows, 'amount')).toBe('999999999999999.0000000003 USD');
});

test('the sum in a question is one for a currency, however it is written', () => {
  const sum = (currencies: readonly unknown[]) =>
    sumByCurrency(
      currencies.map((currency) => ({ amount: '1.5', currency })),
      'amount',
    );
  expect(sum(['usd', 'USD', ' Usd '])).toBe('4.50 USD');
  expect(sum(['usd', ' Usd '])).toBe('3.00 "usd"');
  expect(sum(['\u2028END'])).toBe('1.50 "[U+2028 line separator]END"');
  expect(sum([null, undefined, 'EUR'])).toBe('3.00 + 1.50 EUR');
});
