import { randomBytes } from 'node:crypto';
import { ProtocolError, ProtocolErrorCode, type Resource } from '@modelcontextprotocol/server';
import { Refusal } from '../operations/operation.ts';
import { isUnavailable } from '../ports/unavailable.ts';
import { bytesOf } from '../workflows/output.ts';
import type { FileListing, KeptFile, SavedFile } from '../workflows/workflow.ts';
import { callerOf } from './client-abilities.ts';
import { addressIn, type ServedResource } from './served-resource.ts';
import type { Services } from './services.ts';

/** How long a file is kept. */
const FILE_MS = 30 * 60_000;
/** An id as `keepFile` makes it. */
const ID = /^[A-Za-z0-9_-]{22}$/;
const ID_BYTES = 16;
const TEMPLATE = 'leaddyno://exports/{id}';
const uriOf = (id: string) => TEMPLATE.replace('{id}', id);

/** The memory key of a file. Caller and account are part of it, so nobody else can read the file by its id. */
const keyOf = (id: string, account: string, caller: string) => `file:${account}:${caller}:${id}`;
/** The memory key of the list of a caller's files. */
const listOf = (account: string, caller: string) => `files:${account}:${caller}`;

/** Keeps a file that a tool made, for its caller only. @returns where to get it, and until when. @throws Unavailable */
export async function keepFile(file: KeptFile, caller: string, services: Services): Promise<SavedFile> {
  const { account, memory, now, linkTo, saveFile, tellListChanged } = services;
  const id = randomBytes(ID_BYTES).toString('base64url');
  const [made, key] = [now(), keyOf(id, account, caller)];
  const expires = made + FILE_MS;
  const { mimeType, text } = file;
  // Files that two accounts make on the same day need different names on disk.
  const name = services.accountName === undefined ? file.name : `${services.accountName}-${file.name}`;
  await memory.put(key, JSON.stringify({ ...file, name }), FILE_MS);
  const uri = addressIn(uriOf(id), services);
  const listed: FileListing = { uri, name, mimeType, size: bytesOf(text), made, expires };
  await memory.append(listOf(account, caller), JSON.stringify(listed), FILE_MS);
  const download_url = await linkTo?.(key, expires);
  if (tellListChanged) {
    tellListChanged();
    setTimeout(tellListChanged, FILE_MS).unref();
  }
  return {
    uri,
    ...(name !== file.name && { name }),
    ...(saveFile && (await saved(saveFile, { ...file, name }))),
    ...(download_url !== undefined && { download_url }),
    expires_at: new Date(expires).toISOString(),
  };
}

/** A file that cannot be written to disk can still be read as a resource. */
async function saved(saveFile: NonNullable<Services['saveFile']>, { name, text }: KeptFile) {
  try {
    return { path: await saveFile(name, text) };
  } catch (error) {
    return { not_written: (error as Error).message };
  }
}

/**
 * One of a caller's own files, by its address or its id. Models put quotes around what they copy; these are ignored.
 * @throws Unavailable; Refusal if the file belongs to another account of the caller
 */
export async function findFile(uri: string, caller: string, services: Services): Promise<KeptFile | undefined> {
  const id = idIn(uri);
  const found = await fileOf(id, caller, services);
  if (!found && ID.test(id)) await refuseAnothers('uri: this file', (account) => keyOf(id, account, caller), services);
  return found;
}

const ADDRESS = /^\W*?(?:leaddyno:\/\/(?:accounts\/[a-z0-9-]+\/)?exports\/)?([\w-]{22})\W*$/;
const idIn = (uri: string) => ADDRESS.exec(uri)?.[1] ?? '';

/** A caller's own files that are still kept, the newest first. @throws Unavailable */
export async function listFiles(caller: string, { account, memory, now }: Services): Promise<FileListing[]> {
  const lines = await memory.lines(listOf(account, caller));
  const files = lines.map((line) => JSON.parse(line) as FileListing).filter(({ expires }) => expires > now());
  // When the memory is full, it drops the oldest entries before they expire.
  const there = await Promise.all(files.map(({ uri }) => memory.has(keyOf(idIn(uri), account, caller))));
  return files.filter((_, index) => there[index]).reverse();
}

async function fileOf(id: string, caller: string, { account, memory }: Services): Promise<KeptFile | undefined> {
  const kept = ID.test(id) ? await memory.get(keyOf(id, account, caller)) : undefined;
  return kept === undefined ? undefined : (JSON.parse(kept) as KeptFile);
}

/** The files that tools made, until they expire. Only its caller sees a file in the list and can read it. */
export function keptFiles(services: Services): ServedResource {
  return {
    uri: TEMPLATE,
    about: {
      name: 'file',
      title: 'File made by a tool',
      description: `A report or an export, kept for ${FILE_MS / 60_000} minutes; the tool's result gives its uri`,
    },
    cacheHint: { ttlMs: 60_000, cacheScope: 'private' },
    // If the memory cannot be reached, the other resources are still listed.
    list: async (ctx) => (await listFiles(callerOf(ctx), services).catch(() => [])).map(describeListed),
    async read({ id = '' }, ctx) {
      try {
        const file = await fileOf(id, callerOf(ctx), services);
        // The protocol has no field for the name of what was read.
        return file && { mimeType: file.mimeType, text: file.text, _meta: { name: file.name } };
      } catch (error) {
        if (!isUnavailable(error, 'memory')) throw error;
        const what = `The memory that holds ${uriOf(id)} cannot be reached (${error.message}). Try again in a minute.`;
        throw new ProtocolError(ProtocolErrorCode.InternalError, what);
      }
    },
  };
}

/** The protocol has no field for when a resource expires: the description and a `_meta` key of this server say it. */
function describeListed({ uri, name, mimeType, size, made, expires }: FileListing): Resource {
  const [madeAt, expires_at] = [new Date(made).toISOString(), new Date(expires).toISOString()];
  const clock = (time: string) => `${time.slice(11, 16)} UTC`;
  return {
    uri,
    name,
    title: `${name} (made ${clock(madeAt)})`,
    description: `File made by a tool, ${written(size)}, kept until ${clock(expires_at)}`,
    mimeType,
    size,
    annotations: { lastModified: madeAt },
    _meta: { expires_at },
  };
}

const written = (bytes: number) => (bytes < 1_000 ? `${bytes} bytes` : `${Math.ceil(bytes / 1_000)} kB`);

/**
 * Refuses if something is kept for another account of the same caller; does nothing if no other account has it. The
 * refusal names that account: after a plain "no such file", a model would make the file again.
 * @param what the subject of the refusal's sentence
 * @param keyOf its memory key in an account
 * @throws Refusal, Unavailable
 */
export async function refuseAnothers(
  what: string,
  keyOf: (account: string) => string,
  { memory, otherAccounts = [] }: Pick<Services, 'memory' | 'otherAccounts'>,
): Promise<void> {
  for (const { name, account } of otherAccounts) {
    if (await memory.has(keyOf(account)))
      throw new Refusal(`${what} belongs to the account ${name}: call again with account ${name}`);
  }
}
