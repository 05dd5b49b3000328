import { keyForm } from '../../records/keys.ts';
import type { Commission } from '../../records/parse.ts';
import type { Named } from '../../records/people.ts';

/*
 * The name of a debt in every payment file. It depends only on who is owed, the currency and the commissions, so the
 * same debt always has the same name, and the payer's own list shows whether it was paid before.
 */

/** Digits and capitals, without letters that are easily misread. */
const LETTERS = '0123456789ABCDEFGHJKMNPQRSTVWXYZ';
/** With the longest id and the other parts this comes to 30 characters, PayPal's limit. */
const DIGEST_LETTERS = 10;
const SHORT_ID = /^\d{1,12}$/;

/** Reference and note of a payment: the same for the same debt, in whatever order it is listed. */
export async function nameDebt(
  owner: Named,
  currency: string,
  commissions: readonly Commission[],
): Promise<[reference: string, note: string]> {
  const who = owner.id === '' ? `e-mail ${keyForm(owner.email)}` : `id ${owner.id}`;
  const which = commissions.map(nameOf).sort();
  const digest = await digestOf(JSON.stringify([who, currency, which]));
  const id = SHORT_ID.test(owner.id) ? `${owner.id}-` : '';
  const reference = `LD-${id}${currency}-${digest}`;
  const count = commissions.length;
  return [reference, `${count} affiliate commission${count === 1 ? '' : 's'} (${reference})`];
}

/** A commission's id; without one, the other fields that tell it apart. */
const nameOf = ({ id, raw, purchase, dueAt }: Commission) =>
  id === '' ? JSON.stringify([purchase?.code, String(raw.amount), dueAt]) : id;

async function digestOf(text: string): Promise<string> {
  const bytes = new Uint8Array(await crypto.subtle.digest('SHA-256', new TextEncoder().encode(text)));
  return [...bytes.slice(0, DIGEST_LETTERS)].map((byte) => LETTERS[byte % LETTERS.length]).join('');
}
