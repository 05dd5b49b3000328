import type { JsonObject } from '../json.ts';
import { flagOf, idTextOf, isSaid, textOf } from './values.ts';

/** First and last name as one line; empty where both are missing. */
export const fullName = (person: JsonObject): string =>
  [person.first_name, person.last_name].map(textOf).filter(Boolean).join(' ').replace(/\s+/g, ' ');

/** Providers that ignore dots in the part before the @. */
const DOTLESS = new Set(['gmail.com', 'googlemail.com']);

/**
 * The mailbox behind an address, for comparison alone: case, a `+tag` and (where the provider ignores them) dots make
 * no difference. Empty for what is no address.
 */
export function mailboxOf(email: unknown): string {
  const address = textOf(email).toLowerCase();
  const at = address.lastIndexOf('@');
  if (at < 1 || at === address.length - 1) return '';
  const domain = address.slice(at + 1) === 'googlemail.com' ? 'gmail.com' : address.slice(at + 1);
  const local = address.slice(0, at).split('+')[0] ?? '';
  return `${DOTLESS.has(domain) ? local.replaceAll('.', '') : local}@${domain}`;
}

/** A name for comparison alone: letters and digits, without accents or case. */
export const nameKey = (person: JsonObject): string =>
  fullName(person)
    .normalize('NFKD')
    .replace(/\p{M}/gu, '')
    .toLowerCase()
    .replace(/[^\p{L}\p{N}]+/gu, ' ')
    .trim();

/** Tells affiliates apart: by id, those without one by e-mail. */
export interface Identities {
  /** The record of somebody whom another record names; nobody where several have the e-mail. */
  find(named: JsonObject): JsonObject | undefined;
  /** The same for two records of one affiliate alone; empty for a name without id and e-mail. */
  keyOf(named: JsonObject): string;
}

export function identitiesIn(affiliates: readonly JsonObject[]): Identities {
  const byId = new Map<string, JsonObject>();
  const byEmail = new Map<string, JsonObject | undefined>();
  for (const one of affiliates) {
    const [id, email] = [idTextOf(one), emailOf(one)];
    if (id !== '') byId.set(id, one);
    if (email !== '') byEmail.set(email, byEmail.has(email) ? undefined : one);
  }
  const find = (named: JsonObject) => {
    const id = idTextOf(named);
    return id === '' ? byEmail.get(emailOf(named)) : byId.get(id);
  };
  const keys = new Map(affiliates.map((one, index) => [one, find(one) ? nameOf(one) : `record ${index}`]));
  return { find, keyOf: (named) => keys.get(find(named) ?? named) ?? nameOf(named) };
}

const emailOf = ({ email }: JsonObject) => textOf(email).toLowerCase();

function nameOf(named: JsonObject): string {
  const [id, email] = [idTextOf(named), emailOf(named)];
  return id === '' ? email && `e-mail ${email}` : `id ${id}`;
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

/** Archived, by flag or by status; also who was rejected. */
export const isArchived = (affiliate: JsonObject): boolean => standingOf(affiliate) === 'archived';
