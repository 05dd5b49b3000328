/*
 * Code points that a reader does not see and a model may, written down from the Unicode charts independently of the
 * expressions in the source. Newline and tab are left out: they are text.
 */
export const INVISIBLE_RANGES: readonly (readonly [from: number, to: number])[] = [
  [0x00, 0x08], // C0 controls
  [0x0b, 0x1f],
  [0x7f, 0x9f], // delete, C1 controls
  [0xad, 0xad], // soft hyphen
  [0x34f, 0x34f], // combining grapheme joiner
  [0x61c, 0x61c], // Arabic letter mark
  [0x115f, 0x1160], // Hangul fillers
  [0x17b4, 0x17b5], // Khmer inherent vowels
  [0x180b, 0x180f], // Mongolian variation selectors, vowel separator
  [0x200b, 0x200f], // zero-width, left-to-right and right-to-left marks
  [0x2028, 0x202e], // line and paragraph separators, bidi embeddings and overrides
  [0x2060, 0x206f], // word joiner, invisible operators, bidi isolates, deprecated format characters
  [0x2800, 0x2800], // Braille blank
  [0x3164, 0x3164], // Hangul filler
  [0xd800, 0xdfff], // lone surrogates
  [0xfe00, 0xfe0f], // variation selectors
  [0xfeff, 0xfeff], // byte order mark
  [0xffa0, 0xffa0], // halfwidth Hangul filler
  [0xfff0, 0xfffb], // specials, interlinear annotation
  [0xfdd0, 0xfdef], // noncharacters
  [0xfffe, 0xffff],
  [0x13430, 0x1343f], // hieroglyph format controls
  [0x1bca0, 0x1bca3], // shorthand format controls
  [0x1d173, 0x1d17a], // musical format controls
  [0xe0000, 0xe0fff], // tags, variation selectors supplement
];

export function invisibleIn(text: string): string[] {
  return Array.from(text)
    .map((character) => character.codePointAt(0) ?? 0)
    .filter((point) => INVISIBLE_RANGES.some(([from, to]) => point >= from && point <= to))
    .map((point) => `U+${point.toString(16)}`);
}
