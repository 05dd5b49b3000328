import { createHash } from 'node:crypto';

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

/** Text in which there is nothing to clean. */
export const PLAIN = /^[\n\t -~]*$/;

/** The same text without anything invisible; line breaks become `\n`, lone surrogates U+FFFD. */
export function cleanText(text: string): string {
  // Most text is of this kind, and an answer may have very many pieces of it.
  if (PLAIN.test(text)) return text;
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

/** A text or a number as text; anything else is none. */
function textOf(value: unknown): string {
  return typeof value === 'string' || typeof value === 'number' || typeof value === 'boolean' ? String(value) : '';
}

/** Names of characters that nobody sees, or that could end a quoted piece; others are named by their kind. */
const NAMES: Readonly<Record<string, string>> = {
  ' ': 'space',
  '\t': 'tab',
  '\n': 'new line',
  '\r': 'carriage return',
  '\u001b': 'escape',
  '[': 'left square bracket',
  "'": 'apostrophe',
  '\u00a0': 'no-break space',
  '\u00ad': 'soft hyphen',
  '\u061c': 'Arabic letter mark',
  '\u200b': 'zero width space',
  '\u200c': 'zero width non-joiner',
  '\u200d': 'zero width joiner',
  '\u200e': 'left-to-right mark',
  '\u200f': 'right-to-left mark',
  '\u2028': 'line separator',
  '\u2029': 'paragraph separator',
  '\u202a': 'left-to-right embedding',
  '\u202b': 'right-to-left embedding',
  '\u202c': 'end of direction',
  '\u202d': 'left-to-right override',
  '\u202e': 'right-to-left override',
  '\u202f': 'narrow no-break space',
  '\u2060': 'word joiner',
  '\u3000': 'ideographic space',
  '\ufeff': 'zero width no-break space',
};

/** The kinds of those without a name of their own, the first that fits. */
const KINDS: readonly (readonly [RegExp, string])[] = [
  [QUOTES, 'quotation mark'],
  [/[\u{e0000}-\u{e007f}]/u, 'tag character'],
  [/\p{Variation_Selector}/u, 'variation selector'],
  [/[\p{Cs}\p{Cn}]/u, 'unassigned character'],
  [/\p{Cc}/u, 'control character'],
  [/\p{Z}/u, 'blank'],
  [new RegExp(INVISIBLE.source, 'u'), 'invisible character'],
].map(([pattern, kind]) => [new RegExp((pattern as RegExp).source, 'u'), kind as string]);

/** Letters of other scripts drawn like Latin ones, each before the letter it passes for. */
const LOOK_ALIKES = new Map(
  (
    'аaеeоoрpсcуyхxіiјjѕsһhԁdԛqԝwӏlАAВBЕEКKМMНHОOРPСCТTУYХXІIЈJЅSӀI' +
    'οoαaνvρpιiυuκkΑAΒBΕEΖZΗHΙIΚKΜMΝNΟOΡPΤTΥYΧX' +
    'օoոnսuհhցgյjɑaɡgıi'
  )
    .match(/../gu)
    ?.map((pair) => [Array.from(pair)[0] ?? '', Array.from(pair)[1] ?? '']),
);

const LATIN = /[A-Za-z]/;
const SINGLE = /['`\u00b4\u02b9\u02bb-\u02bd\u02c8\u02ca\u02cb\u05f3\u2032\u2035\uff07]/;

/** Where letters stand that pass for others: in words that mix scripts, or made of such letters in a Latin text. */
function findLookAlikes(text: string): ReadonlySet<number> {
  const found = new Set<number>();
  if (!/[^\0-\u00ff]/.test(text)) return found;
  const foreign = LATIN.test(text) || !/\s/.test(text);
  for (const { 0: word, index } of text.matchAll(/[\p{L}\p{M}\p{N}]+/gu)) {
    const letters = word.match(/\p{L}/gu) ?? [];
    if (!LATIN.test(word) && !(foreign && letters.every((letter) => LOOK_ALIKES.has(letter)))) continue;
    for (const { 0: letter, index: at } of word.matchAll(/\p{L}/gu)) if (LOOK_ALIKES.has(letter)) found.add(index + at);
  }
  return found;
}

/** What a character is called if it has to be named: it cannot be seen, passes for another or for the closing quote. */
function nameOf(char: string, before: string, after: string, rest: string): string | undefined {
  // Between two words a blank shows by itself.
  if (char === ' ') return before === '' || after === '' || before === ' ' || after === ' ' ? 'space' : undefined;
  // What looks like one of our own marks.
  if (char === '[') return /^\[(?:U\+|\d+ characters)/.test(rest) ? NAMES[char] : undefined;
  // Two of them beside each other pass for a quotation mark.
  if (SINGLE.test(char) && SINGLE.test(before)) return NAMES[char] ?? 'single mark';
  if (char === "'") return undefined;
  const name = NAMES[char] ?? KINDS.find(([pattern]) => pattern.test(char))?.[1];
  if (name !== undefined) return name;
  // A mark above nothing passes for a quotation mark.
  if (/\p{M}/u.test(char)) return before.trim() === '' ? 'combining mark' : undefined;
  const plain = char.normalize('NFKC');
  return plain !== char && /^[!-~]$/.test(plain) && !/[ªº¹²³]/.test(char) ? `looks like ${plain}` : undefined;
}

/** A text piece by piece, each a character or the name of one: no two texts are spelled alike. */
function spell(text: string): string[] {
  const pieces: string[] = [];
  const alike = findLookAlikes(text);
  let last = { name: '', count: 0 };
  let [at, before] = [0, ''];
  for (const char of text) {
    const next = at + char.length;
    const after = text.slice(next, next + 1);
    const name = alike.has(at)
      ? `looks like ${LOOK_ALIKES.get(char)}`
      : nameOf(char, before, after, text.slice(at, at + 24));
    if (name === undefined) pieces.push(char);
    else {
      const point = (char.codePointAt(0) ?? 0).toString(16).toUpperCase().padStart(4, '0');
      const full = `U+${point} ${name}`;
      const again = last.count > 0 && last.name === full;
      last = { name: full, count: again ? last.count + 1 : 1 };
      if (again) pieces.pop();
      pieces.push(last.count === 1 ? `[${full}]` : `[${full} ×${last.count}]`);
    }
    if (name === undefined) last = { name: '', count: 0 };
    [at, before] = [next, char];
  }
  return pieces;
}

const DIGEST_DIGITS = 12;

/** A short digest of a text, for what cannot be shown whole. */
export function digestOf(text: string): string {
  // JSON tells halves of characters apart, which UTF-8 does not.
  return createHash('sha256').update(JSON.stringify(text)).digest('hex').slice(0, DIGEST_DIGITS);
}

/** A cut to less would show little of a text with many named characters, and save nothing. */
const LEAST = 110;

/** The pieces that fit into `max` characters, from the first on. */
function piecesWithin(pieces: readonly string[], max: number): string[] {
  let [room, count] = [max, 0];
  for (const piece of pieces) {
    room -= Array.from(piece).length;
    if (room < 0) break;
    count += 1;
  }
  return pieces.slice(0, count);
}

/**
 * `value` as a quoted piece of a sentence, on one line and without any character that could pass for the closing quote,
 * so that a name cannot pose as the question it stands in. Different texts give different pieces: what cannot be seen
 * or passes for something else is named (`[U+200B zero width space]`), and of what is longer than `max` characters (110 at least)
 * head, tail, length and digest are shown. What is no text is quoted as empty.
 */
export function quote(value: unknown, max = 60): string {
  const text = textOf(value);
  const pieces = spell(text);
  const most = Math.max(max, LEAST);
  if (piecesWithin(pieces, most).length === pieces.length) return `"${pieces.join('')}"`;
  const mark = `…[${Array.from(text).length} characters, digest ${digestOf(text)}]…`;
  const room = most - mark.length;
  const head = piecesWithin(pieces, Math.ceil(room * 0.7));
  const tail = piecesWithin(pieces.slice(head.length).reverse(), Math.floor(room * 0.3)).reverse();
  return `"${head.join('')}${mark}${tail.join('')}"`;
}
