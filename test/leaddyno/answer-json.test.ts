import fc from 'fast-check';
import { describe, expect, test } from 'vitest';
import { MAX_DEPTH, readJson } from '../../src/leaddyno/answer-json.ts';

const value = (text: string) => readJson(text)?.value;

describe('whole numbers', () => {
  test('past 2^53 are their digits, as text; all others are numbers', () => {
    expect(value('[9007199254740993, 9007199254740992, 9007199254740991, -9007199254740993, 12]')).toEqual([
      '9007199254740993',
      '9007199254740992',
      9007199254740991,
      '-9007199254740993',
      12,
    ]);
    expect(value('123456789012345678901234567890')).toBe('123456789012345678901234567890');
  });

  test('stay what they are inside of texts and names, and as fractions or powers', () => {
    const text = String.raw`{"9007199254740993":"9007199254740993, \"9007199254740993\\","n":1.5e300,"m":0.1234567890123456789}`;
    expect(value(text)).toEqual(JSON.parse(text));
  });

  test('what is no JSON stays none', () => {
    for (const text of [
      '09007199254740993',
      '[9007199254740993',
      '9007199254740993"',
      '{"a":9007199254740993,}',
      '"9',
    ]) {
      expect(readJson(text), text).toBeUndefined();
    }
  });
});

describe('depth', () => {
  test.each([
    ['lists', '[', ']'],
    ['objects', '{"a":', '}'],
  ])('%s nested deeper than 64 are cut, whatever stands around them', (_, open, close) => {
    for (const depth of [MAX_DEPTH - 1, MAX_DEPTH, 200, 100_000]) {
      const nested = `${open.repeat(depth)}1${close.repeat(depth)}`;
      const read = readJson(`{"id":7,"deep":${nested},"after":["x"]}`);
      expect(read?.cut).toBe(depth > MAX_DEPTH - 1);
      expect(read?.value).toMatchObject({ id: 7, after: ['x'] });
      expect(() => JSON.stringify(read?.value)).not.toThrow();
    }
  });

  test('deep without an end is no JSON', () => {
    expect(readJson('['.repeat(100_000))).toBeUndefined();
    expect(readJson(`${'['.repeat(100)}"`)).toBeUndefined();
  });
});

test('everything else is read as JSON.parse reads it', () => {
  fc.assert(
    fc.property(fc.json({ maxDepth: 6 }), fc.boolean(), (text, pretty) => {
      const written = pretty ? JSON.stringify(JSON.parse(text), undefined, 1) : text;
      // Behind brackets enough for the scan to run.
      const many = `[${'[],'.repeat(80)}${written}]`;
      const whole = JSON.parse(many, (_, one) =>
        typeof one === 'number' && Number.isInteger(one) && !Number.isSafeInteger(one) ? 'long' : one,
      );
      const read = JSON.parse(JSON.stringify(value(many)), (_, one) =>
        (typeof one === 'string' && /^-?\d{16,}$/.test(one) && !many.includes(`"${one}"`)) ||
        (typeof one === 'number' && Number.isInteger(one) && !Number.isSafeInteger(one))
          ? 'long'
          : one,
      );
      expect(read).toEqual(whole);
    }),
    { numRuns: 500 },
  );
});
