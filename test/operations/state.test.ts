import { describe, expect, test } from 'vitest';
import { stateOf } from '../../src/operations/questions.ts';

/* What a confirmation is bound to: a change that matters makes it void, one that does not leaves it good. */

const affiliate = {
  id: 17,
  email: 'ann@example.org',
  status: 'Active',
  archived: false,
  pending_approval: false,
  paypal_email: null,
  affiliate_code: 'ann',
  compensation_tier_code: 'V.I.P.',
  updated_at: '2026-01-01T00:00:00Z',
  total_leads: 3,
  custom_fields: { Website: 'https://example.org' },
};

const purchase = { id: 1, purchase_code: 'x', purchase_amount: '49.0', currency: 'USD', cancelled: false };
const commission = { id: 2, amount: '4.9', currency: 'USD', paid: false, cancelled: false, purchase };

const state = (record: unknown) => JSON.stringify(stateOf(record));

describe('the state of a record', () => {
  test.each([
    ['email', 'other@example.org'],
    ['status', 'Archived'],
    ['archived', true],
    ['pending_approval', true],
    ['paypal_email', 'pay@example.org'],
    ['affiliate_code', 'ann2'],
    ['compensation_tier_code', 'Default'],
    ['id', 18],
  ])('changes with %s of an affiliate', (field, value) => {
    expect(state({ ...affiliate, [field]: value })).not.toBe(state(affiliate));
  });

  test.each([
    ['updated_at', '2026-02-02T00:00:00Z'],
    ['total_leads', 4],
    ['total_visitors', 1],
    ['total_purchases', 1],
  ])('does not change with %s', (field, value) => {
    expect(state({ ...affiliate, [field]: value })).toBe(state(affiliate));
  });

  test.each([
    ['paid', true],
    ['cancelled', true],
    ['amount', '5.0'],
    ['currency', 'EUR'],
    ['id', 3],
  ])('changes with %s of a commission', (field, value) => {
    expect(state({ commissions: [{ ...commission, [field]: value }] })).not.toBe(state({ commissions: [commission] }));
  });

  test('changes with the records inside', () => {
    const changed = { ...commission, purchase: { ...purchase, purchase_amount: '50.0' } };
    expect(state(changed)).not.toBe(state(commission));
  });

  test('does not change with the order of rows or fields', () => {
    const other = { ...commission, id: 9 };
    expect(state([commission, other])).toBe(state([other, commission]));
    const reversed = Object.fromEntries(Object.entries(affiliate).reverse());
    expect(state(reversed)).toBe(state(affiliate));
  });

  test('changes with the number of rows', () => {
    expect(state([commission, commission])).not.toBe(state([commission]));
    expect(state([])).not.toBe(state([commission]));
  });

  test('is empty where there is no record', () => {
    for (const nothing of [undefined, null, 'text', 7]) expect(stateOf(nothing)).toBeNull();
  });
});
