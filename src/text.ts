import { createHash } from 'node:crypto';

/**
 * Text that strangers typed, made safe to show. Everything that only a model can see, or that changes how the rest is
 * read, is removed: ANSI sequences, control characters (newline and tab stay), bidi marks and overrides, zero-width and
 * filler characters, variation selectors and the Unicode tag block.
 */

const ESC = '\u001b';

/** CSI and OSC sequences, the latter with their text, and two-character escapes. */
const ANSI = new RegExp(
  [
    `(?:${ESC}\\[|\u009b)[0-?]*[ -/]*[@-~]`,
    `(?:${ESC}\\]|\u009d)[^\u0007${ESC}\u009c]{0,2000}(?:\u0007|${ESC}\\\\|\u009c)?`,
    `${ESC}[ -/]*[0-~]`,
  ].join('|'),
  // `u` counts whole characters, so that the limit of 2000 does not cut one in half.
  'gu',
);

const LINE_BREAKS = /\r\n?|[\u0085\u2028\u2029]/g;

/** Default_Ignorable covers bidi, zero-width, fillers, variation selectors and tags; the rest is listed. */
const INVISIBLE =
  /[\p{Default_Ignorable_Code_Point}\p{Noncharacter_Code_Point}\ufff9-\ufffb\u2800\u{13430}-\u{1343f}\u{1d159}]|(?![\n\t])\p{Cc}/gu;

/** Text that needs no cleaning. */
export const PLAIN = /^[\n\t -~]*$/;

/** The text without invisible characters; line breaks become `\n`, lone surrogates U+FFFD. */
export function cleanText(text: string): string {
  // A short cut for most texts: an answer may have very many.
  if (PLAIN.test(text)) return text;
  return text.toWellFormed().replace(ANSI, '').replace(LINE_BREAKS, '\n').replace(INVISIBLE, '');
}

/** `text` cut to `max` characters (code points), including the ellipsis that marks the cut. */
export function cutText(text: string, max: number): string {
  if (text.length <= max) return text;
  const points = Array.from(text);
  return points.length <= max ? text : `${points.slice(0, Math.max(0, max - 1)).join('')}…`;
}

/** Everything that could pass for the closing quote: quotation marks of any script, and look-alikes. */
const QUOTES =
  /["\p{Pi}\p{Pf}\u1cd3\u201a\u201e\u201f\u02ba\u02dd\u02ee\u02f5\u02f6\u05f4\u2033\u2034\u2036\u2037\u2057\u275d\u275e\u2760\u2e42\u2cff\u3003\u301d-\u301f\uff02\u{1f676}-\u{1f678}]/gu;

/** A text, number or boolean as text; anything else is empty. */
function textOf(value: unknown): string {
  return typeof value === 'string' || typeof value === 'number' || typeof value === 'boolean' ? String(value) : '';
}

/** Names of characters that are invisible or could end a quoted piece; others are named by their kind. */
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

/** The kinds of characters without their own name; the first match counts. */
const KINDS: readonly (readonly [RegExp, string])[] = [
  [QUOTES, 'quotation mark'],
  [/[\u{e0000}-\u{e007f}]/u, 'tag character'],
  [/\p{Variation_Selector}/u, 'variation selector'],
  [/[\p{Cs}\p{Cn}]/u, 'unassigned character'],
  [/\p{Cc}/u, 'control character'],
  [/\p{Z}/u, 'blank'],
  [new RegExp(INVISIBLE.source, 'u'), 'invisible character'],
].map(([pattern, kind]) => [new RegExp((pattern as RegExp).source, 'u'), kind as string]);

/** Letters that look like Latin ones, each followed by the letter it looks like. */
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

/**
 * The positions of look-alike letters: in words that also have Latin letters, and in words made only of look-alikes if
 * the text has Latin letters or is a single word.
 */
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

/** The name of a character that must be named: it is invisible, or passes for another or for the closing quote. */
function nameOf(char: string, before: string, after: string, rest: string): string | undefined {
  // A single space between two words is visible.
  if (char === ' ') return before === '' || after === '' || before === ' ' || after === ' ' ? 'space' : undefined;
  // The start of something that looks like one of our own marks.
  if (char === '[') return /^\[(?:U\+|\d+ characters)/.test(rest) ? NAMES[char] : undefined;
  // Two of them side by side look like a quotation mark.
  if (SINGLE.test(char) && SINGLE.test(before)) return NAMES[char] ?? 'single mark';
  if (char === "'") return undefined;
  const name = NAMES[char] ?? KINDS.find(([pattern]) => pattern.test(char))?.[1];
  if (name !== undefined) return name;
  // A combining mark above nothing may look like a quotation mark.
  if (/\p{M}/u.test(char)) return before.trim() === '' ? 'combining mark' : undefined;
  const plain = char.normalize('NFKC');
  return plain !== char && /^[!-~]$/.test(plain) && !/[ªº¹²³]/.test(char) ? `looks like ${plain}` : undefined;
}

/** A text as pieces, each a character or the name of one or more: no two texts are spelled alike. */
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

/** A short digest of a text that cannot be shown in full. */
export function digestOf(text: string): string {
  // JSON keeps lone surrogates apart; UTF-8 would not.
  return createHash('sha256').update(JSON.stringify(text)).digest('hex').slice(0, DIGEST_DIGITS);
}

/** A lower limit would show little of a text with many named characters, and save nothing. */
const LEAST = 110;

/** The first pieces that fit into `max` characters. */
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
 * `value` as a quoted piece of a sentence, on one line and without characters that could pass for the closing quote, so
 * that a name cannot pose as part of the question around it. Different texts give different pieces: characters that are
 * invisible or pass for others are named (`[U+200B zero width space]`), and a text longer than `max` characters (at
 * least 110) is shown with its head, tail, length and digest. Values that are not text, numbers or booleans are quoted
 * as empty.
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
