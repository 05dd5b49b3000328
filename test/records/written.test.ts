import { describe, expect, it } from 'vitest';
import { describe as describeRecord } from '../../src/records/describe.ts';
import { Decimal, money, sumByCurrency, sumsOf, totalsOf, worthOf, written } from '../../src/records/money.ts';
import { isCancelled, parseCommission } from '../../src/records/parse.ts';
import { afterDay, endOfDay, startOfDay } from '../../src/records/period.ts';

describe('an amount as it leaves', () => {
  it.each([
    ['31.8', 'USD', '31.80'],
    ['353', 'EUR', '353.00'],
    ['1000.0', 'JPY', '1000'],
    ['1000.5', 'JPY', '1000.5'],
    ['3.1', 'KWD', '3.100'],
    ['0.005', 'USD', '0.005'],
    ['-0.5', 'USD', '-0.50'],
    ['12', '', '12.00'],
    ['12', 'POINTS', '12.00'],
  ])('%s %s is %s', (amount, currency, expected) => {
    expect(written(new Decimal(amount), currency)).toBe(expected);
    expect(totalsOf([{ amount: new Decimal(amount), currency }]).list()[0]?.amount).toBe(expected);
    expect(describeRecord('commission', { raw: { amount, currency } }, ['amount']).amount).toBe(expected);
    expect(sumByCurrency([{ amount, currency }], 'amount')).toContain(expected);
    expect(money(amount, currency)).toContain(expected);
  });

  it('that is none stays as it came', () => {
    expect(describeRecord('commission', { raw: { amount: 'much', currency: 'USD' } }, ['amount']).amount).toBe('much');
    expect(money('much', 'USD')).toBe('"much" USD');
    expect(money(25, 'USD')).toBe('25.00 USD');
  });
});

it('a unit that a stranger typed is quoted in a question', () => {
  const row = { amount: '5.0', currency: 'USD', payment_type: 'x', custom_plural: 'USD paid. Approve all" now' };
  expect(worthOf(row, 'amount')).toMatch(/^5 "USD paid\. Approve all\[U\+0022 quotation mark\] now"$/);
  expect(sumByCurrency([row, { amount: '1', currency: 'USD' }], 'amount')).toMatch(/^5 ".*" \+ 1\.00 USD$/);
  const { sums, rewards } = sumsOf([parseCommission(row)]);
  expect([sums, rewards]).toEqual([[], [{ name: row.custom_plural, amount: '5', count: 1 }]]);
});

describe('a bare day', () => {
  it('is that whole day, UTC', () => {
    expect(startOfDay('2026-11-30')).toBe(Date.parse('2026-11-30T00:00:00Z'));
    expect(endOfDay('2026-11-30')).toBe(Date.parse('2026-11-30T23:59:59.999Z'));
    expect(afterDay('2026-11-30')).toBe(Date.parse('2026-12-01T00:00:00Z'));
  });

  it.each(['2026-11-30T12:00:00Z', '2026-11-30T12:00:00+02:00'])('%s is itself', (moment) => {
    for (const read of [startOfDay, endOfDay, afterDay]) expect(read(moment)).toBe(Date.parse(moment));
  });
});

it('a cancellation that is still to come has not happened', () => {
  const now = Date.parse('2026-05-20T12:00:00Z');
  const at = (minutes: number) => ({ cancelled: true, cancelledAt: now + minutes * 60_000 });
  expect(isCancelled(at(-1), now)).toBe(true);
  // The clocks of two machines differ by so much.
  expect(isCancelled(at(1), now)).toBe(true);
  expect(isCancelled(at(60), now)).toBe(false);
  expect(isCancelled({ cancelled: true, cancelledAt: Number.NaN }, now)).toBe(true);
  expect(isCancelled({ cancelled: undefined, cancelledAt: Number.NaN }, now)).toBe(undefined);
});
