import { randomBytes } from 'node:crypto';
import { refuseAnothers } from './kept-files.ts';
import type { Services } from './services.ts';

/*
 * Texts that one call keeps for a later one: what a report listed, for the call that settles it. Their memory key holds
 * caller and account, so an id is useless to anyone else, in any process.
 */

/** How long a note is kept: a day, because people are paid between the report and the call that marks them as paid. */
const NOTE_MS = 24 * 60 * 60_000;
/** Short, because models copy it letter by letter; it is not a secret. */
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
 * A note of this caller. Models put quotes around what they copy; these are ignored.
 * @throws Unavailable; Refusal if the note belongs to another account of the caller
 */
export async function findNote(kind: string, id: string, caller: string, place: Place): Promise<string | undefined> {
  const plain = id.replace(/^\W+|\W+$/g, '').toLowerCase();
  if (!ID.test(plain)) return undefined;
  const found = await place.memory.get(keyOf(kind, plain, place.account, caller));
  if (found === undefined)
    await refuseAnothers(`This ${kind}`, (account) => keyOf(kind, plain, account, caller), place);
  return found;
}

/** Not an id, so that no caller can name it. */
const LATEST = 'latest';

/** Keeps a text in place of this caller's last one of the kind. @throws Unavailable */
export async function keepLatest(
  kind: string,
  text: string,
  caller: string,
  { account, memory }: Place,
): Promise<void> {
  await memory.put(keyOf(kind, LATEST, account, caller), text, NOTE_MS);
}

/** @throws Unavailable */
export const findLatest = async (kind: string, caller: string, { account, memory }: Place) =>
  await memory.get(keyOf(kind, LATEST, account, caller));
