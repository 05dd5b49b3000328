import { describe, expect, it } from 'vitest';
import { formatCents, parseCents, parseMoment } from '../../src/sandbox/wire-values.ts';

describe('money', () => {
  it.each([
    [800, '8.0'],
    [12_350, '123.5'],
    [395_667, '3956.67'],
    [5, '0.05'],
    [0, '0.0'],
    [-1_250, '-12.5'],
  ])('prints %i cents as %s and reads it back', (cents, text) => {
    expect(formatCents(cents)).toBe(text);
    expect(parseCents(text)).toBe(cents);
  });

  it.each([
    [1.005, 101],
    ['0.1', 10],
    [19.99, 1_999],
    ['2.994', 299],
    ['-0.005', -1],
    [' 7 ', 700],
  ])('reads %j exactly', (value, cents) => {
    expect(parseCents(value)).toBe(cents);
  });

  it.each(['', 'ten', '1,5', '1e3', '0x10', Number.NaN, Number.POSITIVE_INFINITY, 1e21, null, true, {}])(
    'does not read %j',
    (value) => {
      expect(parseCents(value)).toBeNull();
    },
  );
});

describe('moments', () => {
  it.each([
    ['2026-03-01', Date.UTC(2026, 2, 1)],
    ['2026-03-01T10:20:30Z', Date.UTC(2026, 2, 1, 10, 20, 30)],
    ['2026-03-01T10:20:30', Date.UTC(2026, 2, 1, 10, 20, 30)],
    ['2026-03-01T10:20+02:00', Date.UTC(2026, 2, 1, 8, 20)],
  ])('reads %s', (text, expected) => {
    expect(parseMoment(text)).toBe(expected);
  });

  it('closes a window with the last moment of a day', () => {
    expect(parseMoment('2026-03-01', 'end')).toBe(Date.UTC(2026, 2, 2) - 1);
  });

  it.each(['yesterday', '2026-02-30', '2026-13-01', '2026-03-01T25:00:00Z', '01/03/2026', ''])(
    'does not read %j',
    (text) => {
      expect(parseMoment(text)).toBeNull();
    },
  );
});
