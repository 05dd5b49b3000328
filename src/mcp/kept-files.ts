import { randomBytes } from 'node:crypto';
import { ProtocolError, ProtocolErrorCode } from '@modelcontextprotocol/server';
import { isUnavailable } from '../ports/unavailable.ts';
import type { KeptFile } from '../workflows/workflow.ts';
import { callerOf } from './client-abilities.ts';
import type { ServedResource } from './served-resource.ts';
import type { Services } from './services.ts';

/** How long a file is kept. */
const FILE_MS = 30 * 60_000;
/** An id as `keepFile` makes it. */
const ID = /^[A-Za-z0-9_-]{22}$/;
const ID_BYTES = 16;
const TEMPLATE = 'leaddyno://exports/{id}';
const uriOf = (id: string) => TEMPLATE.replace('{id}', id);

/** Where a file lies: for one caller of one account alone, whoever else may know its id. */
const keyOf = (id: string, account: string, caller: string) => `file:${account}:${caller}:${id}`;

/** Keeps a file that a tool made, for its caller alone. @returns its address and its end. @throws Unavailable */
export async function keepFile(file: KeptFile, caller: string, { account, memory, now }: Services) {
  const id = randomBytes(ID_BYTES).toString('base64url');
  await memory.put(keyOf(id, account, caller), JSON.stringify(file), FILE_MS);
  return { uri: uriOf(id), expires_at: new Date(now() + FILE_MS).toISOString() };
}

/** The files that tools made, until their time is over. Never listed: whoever may read one has its address. */
export function keptFiles({ account, memory }: Services): ServedResource {
  async function find(id: string, caller: string): Promise<KeptFile | undefined> {
    try {
      const kept = await memory.get(keyOf(id, account, caller));
      return kept === undefined ? undefined : (JSON.parse(kept) as KeptFile);
    } catch (error) {
      if (!isUnavailable(error, 'memory')) throw error;
      const what = `The memory that holds ${uriOf(id)} cannot be reached (${error.message}). Try again in a minute.`;
      throw new ProtocolError(ProtocolErrorCode.InternalError, what);
    }
  }

  return {
    uri: TEMPLATE,
    about: {
      name: 'file',
      title: 'File made by a tool',
      description: `A report or an export, for ${FILE_MS / 60_000} minutes; the tool's result names its uri`,
    },
    cacheHint: { ttlMs: 60_000, cacheScope: 'private' },
    async read({ id = '' }, ctx) {
      const file = ID.test(id) ? await find(id, callerOf(ctx)) : undefined;
      // The protocol has no field for the name of what is read.
      return file && { mimeType: file.mimeType, text: file.text, _meta: { name: file.name } };
    },
  };
}
