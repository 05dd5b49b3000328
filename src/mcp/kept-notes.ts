import { randomBytes } from 'node:crypto';
import { refuseAnothers } from './other-accounts.ts';
import type { Services } from './services.ts';

/*
 * Texts that one call leaves for a later one: what a report listed, for the call that settles it. Bound to caller and
 * account by their key, so that an id says nothing to anybody else, in whatever process it is looked for.
 */

/** How long a note is kept: a day, for between the report and the marks people are paid. */
const NOTE_MS = 24 * 60 * 60_000;
/** Short, because models copy it letter by letter; it is no secret. */
const ID_BYTES = 6;
const ID = /^[0-9a-f]{12}$/;

const keyOf = (kind: string, id: string, account: string, caller: string) => `${kind}:${account}:${caller}:${id}`;

type Place = Pick<Services, 'account' | 'memory' | 'otherAccounts'>;

/** @returns the id of the note. @throws Unavailable */
export async function keepNote(
  kind: string,
  text: string,
  caller: string,
  { account, memory }: Place,
): Promise<string> {
  const id = randomBytes(ID_BYTES).toString('hex');
  await memory.put(keyOf(kind, id, account, caller), text, NOTE_MS);
  return id;
}

/**
 * A note of this caller; models put quotes around what they copy.
 * @throws Unavailable; Refusal if it is of another account of theirs
 */
export async function findNote(kind: string, id: string, caller: string, place: Place): Promise<string | undefined> {
  const plain = id.replace(/^\W+|\W+$/g, '').toLowerCase();
  if (!ID.test(plain)) return undefined;
  const found = await place.memory.get(keyOf(kind, plain, place.account, caller));
  if (found === undefined)
    await refuseAnothers(`This ${kind}`, (account) => keyOf(kind, plain, account, caller), place);
  return found;
}
