/**
 * Text that strangers typed, made safe to show. Everything that a reader cannot see but a model can, or that can
 * change how the rest is read, goes: ANSI sequences, control characters (newline and tab stay), bidi marks and
 * overrides, zero-width and filler characters, variation selectors and the Unicode tag block.
 */

const ESC = '\u001b';

/** CSI and OSC sequences, the latter with their text, and two-character escapes. */
const ANSI = new RegExp(
  [
    `(?:${ESC}\\[|\u009b)[0-?]*[ -/]*[@-~]`,
    `(?:${ESC}\\]|\u009d)[^\u0007${ESC}\u009c]{0,2000}(?:\u0007|${ESC}\\\\|\u009c)?`,
    `${ESC}[ -/]*[0-~]`,
  ].join('|'),
  // By whole characters: a limit must not leave half of one behind.
  'gu',
);

const LINE_BREAKS = /\r\n?|[\u0085\u2028\u2029]/g;

/** Default-ignorable covers bidi, zero-width, fillers, variation selectors and tags; the rest is named. */
const INVISIBLE =
  /[\p{Default_Ignorable_Code_Point}\p{Noncharacter_Code_Point}\ufff9-\ufffb\u2800\u{13430}-\u{1343f}\u{1d159}]|(?![\n\t])\p{Cc}/gu;

/** The same text without anything invisible; line breaks become `\n`, lone surrogates U+FFFD. */
export function cleanText(text: string): string {
  return text.toWellFormed().replace(ANSI, '').replace(LINE_BREAKS, '\n').replace(INVISIBLE, '');
}

/** `text` cut to `max` characters (counted as code points), the cut marked with an ellipsis. */
export function cutText(text: string, max: number): string {
  if (text.length <= max) return text;
  const points = Array.from(text);
  return points.length <= max ? text : `${points.slice(0, Math.max(0, max - 1)).join('')}…`;
}

/** Whatever could pass for the closing quote: quotation marks of any script, and what looks like one. */
const QUOTES =
  /["\p{Pi}\p{Pf}\u1cd3\u201a\u201e\u201f\u02ba\u02dd\u02ee\u02f5\u02f6\u05f4\u2033\u2034\u2036\u2037\u2057\u275d\u275e\u2760\u2e42\u2cff\u3003\u301d-\u301f\uff02\u{1f676}-\u{1f678}]/gu;

/** Single marks that look like a double one beside each other. */
const DOUBLED = /['`\u00b4\u02b9\u02bb-\u02bd\u02c8\u02ca\u02cb\u05f3\u2032\u2035\uff07]{2,}/g;

/** Marks with no letter below them: on a space, two strokes above pass for a quotation mark. */
const LOOSE_MARKS = /(^|\s)\p{M}+/gu;

/** A text or a number as text; anything else is none. */
function textOf(value: unknown): string {
  return typeof value === 'string' || typeof value === 'number' || typeof value === 'boolean' ? String(value) : '';
}

/**
 * `value` as a quoted piece of a sentence: cleaned, on one line, cut, and without any character that could pass for
 * the closing quote, so that a name cannot pose as the question it stands in. What is no text is quoted as empty.
 */
export function quote(value: unknown, max = 60): string {
  const line = cleanText(textOf(value)).replace(QUOTES, "'").replace(DOUBLED, "'").replace(LOOSE_MARKS, '$1');
  return `"${cutText(line.replace(/\s+/g, ' ').trim(), max)}"`;
}
