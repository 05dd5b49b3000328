import { cleanText } from '../text.ts';
import { mixesScripts } from './look-alikes.ts';

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

/** An address as it is paid to: the form in which payment files write it. */
export const writtenAddress = (text: string): string => text.normalize('NFKC').trim();

/** One unambiguous address that a spreadsheet does not misread. */
const PLAIN_ADDRESS = /^[^\s@"'`,;:<>()=+\-\p{C}][^\s@"'`,;:<>()\p{C}]*@[^\s@"'`,;:<>()\p{C}]+$/u;

/** Why nobody is to be paid at an address without a look; undefined if nothing is wrong with it. */
export function flawOfAddress(address: string): string | undefined {
  if (cleanText(address) !== address) return 'unusable: it contains invisible characters';
  const text = writtenAddress(address);
  if (!PLAIN_ADDRESS.test(text)) return 'unusable';
  if (mixesScripts(text)) return 'unusable: it mixes scripts, so it may only look right';
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
