import { cleanText } from '../text.ts';

/*
 * Letters that look like others: what an address or a name passes for. A coarse table of the letters that are used for
 * it (Unicode confusables), for comparison alone.
 */

/** Cyrillic, Greek, Armenian and other letters, each with the Latin one that it looks like. */
const LOOKS_LIKE: Readonly<Record<string, string>> = Object.fromEntries(
  [
    'аa еe оo рp сc уy хx іi јj ѕs һh ԁd ԛq ԝw кk мm тt нh вb ӏl ґr ѵv',
    'αa βb εe ιi κk νv οo ρp τt υu χx ηn ωw γy σo',
    'օo ոn սu հh ցg զq',
    "ıi ɑa ɡg ſs ℓl ‐- ‑- ‒- –- —- ’' ‘'",
  ].flatMap((line) => line.split(' ').map((pair) => Array.from(pair) as [string, string])),
);

/** The same text in plain small letters: without accents, and with those letters that others look like. */
export function fold(text: string): string {
  const plain = text.normalize('NFKD').replace(/\p{M}/gu, '').toLowerCase();
  return Array.from(plain, (letter) => LOOKS_LIKE[letter] ?? letter).join('');
}

/** What an address is taken for at a glance: digits and pairs that pass for letters count as these. */
export const glanceOf = (address: string): string =>
  fold(address.trim()).replaceAll('0', 'o').replaceAll('1', 'l').replaceAll('rn', 'm').replaceAll('vv', 'w');

/** Scripts with letters that look like those of others; letters of China, Japan and Korea look like none. */
const SCRIPTS = [
  /\p{Script=Latin}/u,
  /\p{Script=Cyrillic}/u,
  /\p{Script=Greek}/u,
  /(?![\p{Script=Latin}\p{Script=Cyrillic}\p{Script=Greek}\p{Script=Han}\p{Script=Hiragana}\p{Script=Katakana}\p{Script=Hangul}\p{Script=Bopomofo}\p{Script=Common}\p{Script=Inherited}])\p{L}/u,
];

/** The one rule of mixed scripts, for an address as a whole or for a word. */
export const mixesScripts = (text: string): boolean => SCRIPTS.filter((script) => script.test(text)).length > 1;

/** Whether a word of a text mixes scripts: names may well be written in two. */
export const mixesInWord = (text: string): boolean => text.split(/[^\p{L}\p{M}\p{N}]+/u).some(mixesScripts);

/** Providers that others like to be taken for. */
const WELL_KNOWN: ReadonlySet<string> = new Set(
  [
    'gmail.com googlemail.com yahoo.com outlook.com hotmail.com live.com msn.com icloud.com me.com aol.com',
    'gmx.com gmx.net gmx.de web.de proton.me protonmail.com paypal.com leaddyno.com',
  ].flatMap((line) => line.split(' ')),
);
const GLANCES: ReadonlySet<string> = new Set([...WELL_KNOWN].map(glanceOf));

/**
 * Whether an address is made to be taken for another: it mixes scripts, has a part in the coded form of other scripts, or
 * a domain that looks like one of a large provider.
 */
export function isLookAlike(address: string): boolean {
  const text = cleanText(address).trim().normalize('NFC');
  const domain = text.slice(text.lastIndexOf('@') + 1).toLowerCase();
  const parts = text.split(/[@.]/);
  return (
    mixesScripts(text) ||
    parts.some((part) => /^xn--/i.test(part)) ||
    (!WELL_KNOWN.has(domain) && GLANCES.has(glanceOf(domain)))
  );
}
