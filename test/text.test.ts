import fc from 'fast-check';
import { describe, expect, test } from 'vitest';
import { cleanText, cutText, quote } from '../src/text.ts';
import { findInvisible, INVISIBLE_RANGES } from './support/protocol-invisible.ts';

/* What strangers typed, as it is shown and as it stands in a question. */

/** Characters that a reader could take for the end of a quoted piece. */
const QUOTES =
  '" “ ” „ ‟ ″ ‶ ＂ « » ‹ › 〝 〞 〟 \u02ba \u02dd \u02ee \u05f4 \u275d \u275e \u2e42 \u{1f676} \u{1f677} \u{1f678}'.split(
    ' ',
  );

describe('text', () => {
  const lines = fc.string({
    unit: fc.oneof(
      fc.constantFrom('\n', '\t', '\r', '"', '“', ' ', '\u001b', '[', 'm', ']', '\u0007'),
      fc.string({ unit: 'binary', minLength: 1, maxLength: 1 }),
    ),
  });
  const rare = fc.string({ unit: fc.integer({ min: 0, max: 0x10ffff }).map((point) => String.fromCodePoint(point)) });
  const any = fc.oneof(lines, rare, fc.string({ unit: 'binary', maxLength: 40 }));

  test('is cleaned of everything invisible, and stays so', () => {
    fc.assert(
      fc.property(any, (dirty) => {
        const clean = cleanText(dirty);
        expect(findInvisible(clean)).toEqual([]);
        expect(cleanText(clean)).toBe(clean);
      }),
      { numRuns: 1_000 },
    );
  });

  test('loses each invisible character there is', () => {
    for (const [from, to] of INVISIBLE_RANGES) {
      for (let point = from; point <= to; point += 1) {
        const clean = cleanText(`a${String.fromCodePoint(point)}b`);
        expect(findInvisible(clean), `U+${point.toString(16)}`).toEqual([]);
      }
    }
  });

  test('that is visible stays as it is', () => {
    const visible = fc.string({ unit: fc.constantFrom(...'azAZ09 \n\t"\'<>{}[]äß€漢字😀👍é') });
    fc.assert(fc.property(visible, (line) => cleanText(line) === line));
  });

  test('is cut to whole characters', () => {
    fc.assert(
      fc.property(fc.string({ unit: 'grapheme' }), fc.integer({ min: 1, max: 30 }), (line, max) => {
        const cut = cutText(line, max);
        expect(Array.from(cut).length).toBeLessThanOrEqual(max);
        expect(cut.isWellFormed()).toBe(true);
        if (Array.from(line).length <= max) expect(cut).toBe(line);
      }),
    );
  });

  test('in quotes is one line of bounded length with no quote inside', () => {
    const object = fc.dictionary(fc.constantFrom('toString', 'valueOf', 'toJSON', 'a'), fc.jsonValue());
    fc.assert(
      fc.property(fc.oneof(any, fc.jsonValue(), object), fc.integer({ min: 1, max: 80 }), (value, max) => {
        const quoted = quote(value, max);
        expect(quoted).toMatch(/^"[^"\n\r\t\v\f\u2028\u2029]*"$/);
        expect(Array.from(quoted).length).toBeLessThanOrEqual(max + 2);
        expect(findInvisible(quoted)).toEqual([]);
        expect(quoted).not.toMatch(/[“”„‟«»‹›＂]/);
      }),
      { numRuns: 1_000 },
    );
  });

  test.each(QUOTES)('in quotes cannot close them with %s', (mark) => {
    const quoted = quote(`Ann${mark} and ${mark}more${mark}`);
    expect(quoted.slice(1, -1)).not.toContain(mark);
    expect(quoted).toMatch(/^"Ann. and .more."$/u);
  });

  test('in quotes is empty where there is none', () => {
    for (const nothing of [undefined, null, '', ' \n\t ', '\u200b']) expect(quote(nothing)).toBe('""');
  });
});
