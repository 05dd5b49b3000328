import { describe, expect, it } from 'vitest';
import { flagOf } from '../../src/records/values.ts';

describe('a flag', () => {
  it.each([true, 'true', 'TRUE', ' True ', 1, '1', 'yes', 'Yes', 't', 'T'])('%j is set', (value) => {
    expect(flagOf(value)).toBe(true);
  });

  it.each([false, 'false', 'False', ' FALSE', 0, '0', 'no', 'NO', 'f', 'F'])('%j is not set', (value) => {
    expect(flagOf(value)).toBe(false);
  });

  it.each([
    undefined,
    null,
    '',
    ' ',
    2,
    -1,
    0.5,
    Number.NaN,
    'maybe',
    'truely',
    'on',
    'y',
    [],
    [true],
    {},
    { flag: 1 },
  ])('%j says neither', (value) => {
    expect(flagOf(value)).toBeUndefined();
  });
});
