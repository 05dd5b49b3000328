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
  'g',
);

const LINE_BREAKS = /\r\n?|[\u0085\u2028\u2029]/g;

/** Default-ignorable covers bidi, zero-width, fillers, variation selectors and tags; the rest is named. */
const INVISIBLE = /[\p{Default_Ignorable_Code_Point}\ufff9-\ufffb\u2800]|(?![\n\t])\p{Cc}/gu;

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

/**
 * `value` as a quoted piece of a sentence: cleaned, on one line, cut, and without any character that could pass for
 * the closing quote, so that a name cannot pose as the question it stands in.
 */
export function quote(value: unknown, max = 60): string {
  const line = cleanText(String(value ?? ''))
    .replace(/["“”„‟″‶＂«»‹›〝〞〟]/g, "'")
    .replace(/\s+/g, ' ')
    .trim();
  return `"${cutText(line, max)}"`;
}
