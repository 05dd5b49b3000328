import type { JsonObject } from '../../operations/operation.ts';
import { numberOf } from '../../operations/paging.ts';
import { textOf } from './people.ts';

/** The id of a record as text; empty where it has none. 7 and "7" are one id, "007" is another. */
export const idTextOf = ({ id }: JsonObject): string => (typeof id === 'number' ? String(id) : textOf(id));

/** The id as tools take it; undefined where it is none of LeadDyno's whole numbers, so that no tool can act on it. */
export function numericIdOf(row: JsonObject): number | undefined {
  const text = idTextOf(row);
  const number = numberOf(text);
  return String(number) === text ? number : undefined;
}

/** The id as it leaves: a number where tools take it, whatever text it is otherwise, null for none. */
export const shownIdOf = (row: JsonObject): number | string | null => numericIdOf(row) ?? (idTextOf(row) || null);

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
