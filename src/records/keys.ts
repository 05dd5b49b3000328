import { cleanText } from '../text.ts';
import { fold, isLookAlike, mixesScripts } from './look-alikes.ts';

/*
 * Natural keys and addresses as they are compared. LeadDyno finds records by them, and whether it minds case, blanks or
 * a look-alike form is not established: two that differ in these alone may be one to it, so they are one here.
 */

/** The one form of a key: NFKC, trimmed, blanks as one space, case folded. */
export const keyForm = (text: string): string =>
  text
    .normalize('NFKC')
    // Upper case first, so that ß equals ss and both forms of sigma match.
    .toUpperCase()
    .toLowerCase()
    .replace(/\s+/g, ' ')
    .trim();

/** The one form of an address: that of a key, without anything invisible. */
export const addressForm = (text: string): string => keyForm(cleanText(text.normalize('NFKC')));

/** Hyphens and dashes of any kind, and the minus sign. */
const DASHES = /[\p{Pd}\u2212]/gu;

/**
 * The form of a purchase code by which codes are told apart before a mark: that of a key, without anything invisible,
 * accents and differences between look-alikes. Only to find codes that may be one to LeadDyno or to a reader, never to
 * find a record: two codes with one such form may well be two.
 */
export const codeForm = (text: string): string => fold(addressForm(text)).replace(DASHES, '-');

/** An address as it is paid to: the form in which payment files write it. */
export const writtenAddress = (text: string): string => text.normalize('NFKC').trim();

/** One unambiguous address that a spreadsheet does not misread. */
const PLAIN_ADDRESS = /^[^\s@"'`,;:<>()[\]\\=+\-\p{C}][^\s@"'`,;:<>()[\]\\\p{C}]*@[^\s@"'`,;:<>()[\]\\\p{C}]+$/u;

/** A part of a domain: letters and digits, with hyphens between them. */
const LABEL = /^[\p{L}\p{M}\p{N}](?:[\p{L}\p{M}\p{N}-]{0,61}[\p{L}\p{M}\p{N}])?$/u;

/** Whether the dots are where an address has them, and the domain is a name rather than a number or one word. */
function isWellFormed(text: string): boolean {
  const at = text.lastIndexOf('@');
  const labels = text.slice(at + 1).split('.');
  return (
    text.slice(0, at).split('.').every(Boolean) &&
    labels.length > 1 &&
    labels.every((label) => LABEL.test(label)) &&
    !/^\p{N}+$/u.test(labels.at(-1) ?? '')
  );
}

/** Middle dots that belong to the spelling, of Catalan and of Japanese. */
const SPELLED = /(?<=l)\u00b7(?=l)|(?<=[\p{Script=Han}\p{Script=Katakana}\p{Script=Hiragana}\u30fc])\u30fb/giu;

/** No letter, mark or digit of a language: punctuation, symbols, fillers, modifiers and what is not assigned. */
const NO_LETTER = /[^\0-\x7f\p{L}\p{M}\p{Nd}]|[\u02b0-\u02ff\u{16fe4}]/u;

/** Latin letters that pass for others: dotless i and j, clicks, and those of phonetic or medieval writing. */
const PASSES_FOR_OTHERS =
  /[\u0131\u0237\u017f\u01c0-\u01c3\u0250-\u02af\u1d00-\u1dbf\u2c60-\u2c7f\ua720-\ua7ff\uab30-\uab6f\u{10780}-\u{107bf}\u{1df00}-\u{1dfff}]/u;

/** Scripts whose letters and marks are one character in NFKC: a mark or digit of another kind is put on for looks. */
const COMPOSED = /[\p{Script=Latin}\p{Script=Cyrillic}\p{Script=Greek}]/u;
const ADDED = /(?![0-9])[\p{M}\p{Nd}]/u;

/** Whether an address has a character that a reader takes for another, or for nothing. */
function hasOddCharacters(text: string): boolean {
  const spelled = text.replace(SPELLED, '');
  return NO_LETTER.test(spelled) || PASSES_FOR_OTHERS.test(text) || (COMPOSED.test(text) && ADDED.test(text));
}

/** Why nobody is to be paid at an address without a look; undefined if nothing is wrong with it. */
export function flawOfAddress(address: string): string | undefined {
  if (cleanText(address) !== address) return 'unusable: it contains invisible characters';
  const text = writtenAddress(address);
  if (!PLAIN_ADDRESS.test(text)) return 'unusable';
  if (mixesScripts(text)) return 'unusable: it mixes scripts, so it may only look right';
  if (hasOddCharacters(text)) return 'unusable: it has characters that pass for others, so it may only look right';
  if (!isWellFormed(text.replace(SPELLED, ''))) return 'unusable: no mail service has such an address';
  if (/[@.]xn--/i.test(text)) return 'unusable: its domain is in coded form (xn--), so it does not show what it says';
  if (isLookAlike(text)) return 'unusable: its domain looks like that of a large provider';
  return undefined;
}

/** Where payments go, if not to the affiliate's own e-mail (meant by a blank address), or why they cannot. */
export function payoutOf({ payoutAddress, email }: { readonly payoutAddress: string; readonly email: string }): {
  payout?: string;
} {
  const address = payoutAddress === '' ? email : payoutAddress;
  if (address === '') return { payout: 'no address' };
  const flaw = flawOfAddress(address);
  if (flaw !== undefined) return { payout: flaw };
  return addressForm(address) === addressForm(email) ? {} : { payout: 'another address' };
}
