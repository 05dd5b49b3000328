import { expect, test } from 'vitest';
import { sumByCurrency } from '../../src/operations/questions.ts';

// In a file of its own: whether a sum is exact may not depend on what else is loaded.
test('the sum in a question is exact for the longest amounts', () => {
  const rows = ['999999999999998.0000000001', '1.0000000002'].map((amount) => ({ amount, currency: 'USD' }));
  expect(sumByCurrency(rows, 'amount')).toBe('999999999999999.0000000003 USD');
});
