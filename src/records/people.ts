import type { JsonObject } from '../json.ts';
import { cleanText } from '../text.ts';
import { addressForm } from './keys.ts';
import { flagOf, isSaid, textOf } from './values.ts';

/** First and last name as one line; empty where both are missing. */
export const fullName = (person: JsonObject): string =>
  [person.first_name, person.last_name].map(textOf).filter(Boolean).join(' ').replace(/\s+/g, ' ');

/** Providers that ignore dots in the part before the @. */
const DOTLESS = new Set(['gmail.com', 'googlemail.com']);

/**
 * The mailbox behind an address, for comparison alone: case, look-alike forms, what is invisible, a `+tag` and (where the provider ignores them) dots make
 * no difference. Empty for what is no address.
 */
export function mailboxOf(email: unknown): string {
  const address = addressForm(textOf(email));
  const at = address.lastIndexOf('@');
  if (at < 1 || at === address.length - 1) return '';
  const domain = address.slice(at + 1) === 'googlemail.com' ? 'gmail.com' : address.slice(at + 1);
  const local = address.slice(0, at).split('+')[0] ?? '';
  return `${DOTLESS.has(domain) ? local.replaceAll('.', '') : local}@${domain}`;
}

/** A name for comparison alone: letters and digits, without accents or case. */
export const nameKey = (person: JsonObject): string =>
  cleanText(fullName(person))
    .normalize('NFKD')
    .replace(/\p{M}/gu, '')
    .toLowerCase()
    .replace(/[^\p{L}\p{N}]+/gu, ' ')
    .trim();

/** Somebody whom a record names; empty where it does not say. */
export interface Named {
  readonly id: string;
  readonly email: string;
}

/** Tells affiliates apart: by id, those without one by e-mail. */
export interface Identities<Person extends Named> {
  /** Somebody whom another record names; nobody if several have the e-mail. */
  find(named: Named): Person | undefined;
  /** The same for two records of one affiliate alone; empty for a name without id and e-mail. */
  keyOf(named: Named): string;
}

export function identitiesIn<Person extends Named>(people: readonly Person[]): Identities<Person> {
  const byId = new Map<string, Person>();
  const byEmail = new Map<string, Person | undefined>();
  for (const one of people) {
    const email = addressForm(one.email);
    if (one.id !== '') byId.set(one.id, one);
    if (email !== '') byEmail.set(email, byEmail.has(email) ? undefined : one);
  }
  const find = ({ id, email }: Named) => (id === '' ? byEmail.get(addressForm(email)) : byId.get(id));
  const keys = new Map<Named, string>(people.map((one, index) => [one, find(one) ? keyFor(one) : `record ${index}`]));
  return { find, keyOf: (named) => keys.get(find(named) ?? named) ?? keyFor(named) };
}

function keyFor({ id, email }: Named): string {
  return id === '' ? email && `e-mail ${addressForm(email)}` : `id ${id}`;
}

/** Where an affiliate stands; `unknown` where the record does not say, or says two things. */
export type Standing = 'pending' | 'active' | 'archived' | 'unknown';

/** All the words that LeadDyno has, as far as is known (API reference, Affiliate). */
const STATUSES: Readonly<Partial<Record<string, Standing>>> = {
  active: 'active',
  archived: 'archived',
  'pending approval': 'pending',
};

/** Whether a record says anything about where its affiliate stands, be it understood or not. */
export const saysStanding = ({ status, archived, pending_approval }: JsonObject): boolean =>
  [status, archived, pending_approval].some(isSaid);

/**
 * By flags and status together. Archived comes first: an applicant who was rejected may still carry the flag of one who
 * waits. Active is nobody about whom the record says anything else as well, or anything that is not understood.
 */
export function standingOf(affiliate: JsonObject): Standing {
  const archived = flagOf(affiliate.archived);
  const pending = flagOf(affiliate.pending_approval);
  const status = STATUSES[textOf(affiliate.status).toLowerCase()];
  if (archived ?? status === 'archived') return 'archived';
  if (pending ?? status === 'pending') return 'pending';
  const unread = [
    [affiliate.archived, archived],
    [affiliate.pending_approval, pending],
  ].some(([value, flag]) => flag === undefined && isSaid(value));
  const byFlags = !isSaid(affiliate.status) && archived === false && pending === false;
  return !unread && (status === 'active' || byFlags) ? 'active' : 'unknown';
}
