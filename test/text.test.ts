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
        // What is cut says how long it is, and by a digest which text it is.
        expect(Array.from(quoted).length).toBeLessThanOrEqual(Math.max(max, 110) + 2);
        expect(findInvisible(quoted)).toEqual([]);
        expect(quoted).not.toMatch(/[“”„‟«»‹›＂]/);
      }),
      { numRuns: 1_000 },
    );
  });

  test.each(QUOTES)('in quotes cannot close them with %s', (mark) => {
    const quoted = quote(`Ann${mark} and ${mark}more${mark}`);
    expect(quoted.slice(1, -1)).not.toContain(mark);
    expect(quoted).toMatch(/^"Ann(\[U\+[0-9A-F]{4,6} quotation mark\]) and \1more\1"$/u);
  });

  test('in quotes is empty where there is none', () => {
    for (const nothing of [undefined, null, '', {}, []]) expect(quote(nothing)).toBe('""');
  });

  test.each([
    ["o''brien@example.com", `"o'[U+0027 apostrophe]brien@example.com"`],
    [' a  b', '"[U+0020 space]a[U+0020 space ×2]b"'],
    ['ann\u200b', '"ann[U+200B zero width space]"'],
    ['one\ntwo', '"one[U+000A new line]two"'],
    ['p\u0430ypal@example.com', '"p[U+0430 looks like a]ypal@example.com"'],
    ['ann\uff20example.com', '"ann[U+FF20 looks like @]example.com"'],
    [' \u0301', '"[U+0020 space][U+0301 combining mark]"'],
    ['Zoe\u0308', '"Zoe\u0308"'],
    ['[U+200B zero width space]', '"[U+005B left square bracket]U+200B zero width space]"'],
    ['Иван Петров', '"Иван Петров"'],
    ['王小明 & Zoë', '"王小明 & Zoë"'],
    ['\ud800', '"[U+D800 unassigned character]"'],
    ['\u{e0061}\u{e0061}', '"[U+E0061 tag character ×2]"'],
  ])('in quotes names what nobody sees or takes for something else: %j', (text, quoted) => {
    expect(quote(text)).toBe(quoted);
  });

  test('in quotes shows head, tail, length and digest of what is too long', () => {
    const long = `begin ${'x'.repeat(5_000)} end`;
    expect(quote(long)).toMatch(/^"begin x+…\[5010 characters, digest [0-9a-f]{12}\]…x+ end"$/);
    expect(quote(long)).not.toBe(quote(long.replace('xx', 'xy')));
  });

  test('in quotes is never that of another text', () => {
    const odd = fc.string({
      unit: fc.oneof(
        fc.constantFrom(...' ab\'"[]…U+0123456789\n\u200b\u0301\u00b4×', '[U+', ' characters', '“', '\ud800', 'а', 'é'),
        fc.string({ unit: 'binary', minLength: 1, maxLength: 1 }),
      ),
      maxLength: 12,
    });
    const max = fc.integer({ min: 1, max: 80 });
    fc.assert(
      fc.property(odd, odd, max, (one, other, most) => one === other || quote(one, most) !== quote(other, most)),
      { numRuns: 2_000 },
    );
    // One change at one place, in texts of any length.
    const place = fc.tuple(fc.array(odd, { maxLength: 40 }), odd, odd, fc.array(odd, { maxLength: 40 }), max);
    fc.assert(
      fc.property(place, ([before, one, other, after, most]) => {
        const [a, b] = [one, other].map((piece) => [...before, piece, ...after].join(''));
        return a === b || quote(a, most) !== quote(b, most);
      }),
      { numRuns: 1_000 },
    );
  });
});
