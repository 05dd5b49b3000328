/*
 * An independent list of characters that a model sees but a reader does not, or that change how other text reads: by
 * code point, from the Unicode charts, not by the Unicode properties that the source uses. Newline and tab are text.
 */
export const INVISIBLE_RANGES: readonly (readonly [first: number, last: number, what: string])[] = [
  [0x00, 0x08, 'control'],
  [0x0b, 0x1f, 'control'],
  [0x7f, 0x9f, 'control'],
  [0xad, 0xad, 'soft hyphen'],
  [0x34f, 0x34f, 'grapheme joiner'],
  [0x61c, 0x61c, 'Arabic letter mark'],
  [0x115f, 0x1160, 'Hangul filler'],
  [0x17b4, 0x17b5, 'Khmer inherent vowel'],
  [0x180b, 0x180f, 'Mongolian selector'],
  [0x200b, 0x200f, 'zero-width or direction mark'],
  [0x2028, 0x2029, 'line or paragraph separator'],
  [0x202a, 0x202e, 'bidi embedding or override'],
  [0x2060, 0x2065, 'invisible operator'],
  [0x2066, 0x2069, 'bidi isolate'],
  [0x206a, 0x206f, 'deprecated format character'],
  [0x2800, 0x2800, 'blank Braille pattern'],
  [0x3164, 0x3164, 'Hangul filler'],
  [0xd800, 0xdfff, 'lone surrogate'],
  [0xfe00, 0xfe0f, 'variation selector'],
  [0xfeff, 0xfeff, 'byte order mark'],
  [0xffa0, 0xffa0, 'Hangul filler'],
  [0xfff0, 0xfffb, 'interlinear annotation'],
  [0xfdd0, 0xfdef, 'noncharacter'],
  [0xfffe, 0xffff, 'noncharacter'],
  [0x13430, 0x1343f, 'hieroglyph format control'],
  [0x1bca0, 0x1bca3, 'shorthand format control'],
  [0x1d159, 0x1d159, 'null notehead'],
  [0x1d173, 0x1d17a, 'musical format control'],
  [0xe0000, 0xe0fff, 'tag or variation selector'],
];

/** The first and the last character of each range. */
export const invisibleSamples: readonly string[] = INVISIBLE_RANGES.flatMap(([first, last]) => [
  String.fromCodePoint(first),
  String.fromCodePoint(last),
]);

/** The invisible characters in `text`, by code point and name. */
export function findInvisible(text: string): string[] {
  return Array.from(text).flatMap((character) => {
    const point = character.codePointAt(0) ?? 0;
    const range = INVISIBLE_RANGES.find(([first, last]) => point >= first && point <= last);
    return range ? [`U+${point.toString(16).toUpperCase().padStart(4, '0')} ${range[2]}`] : [];
  });
}
