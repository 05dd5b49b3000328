import {
  type McpServer,
  ProtocolError,
  ProtocolErrorCode,
  ResourceNotFoundError,
  ResourceTemplate,
  UriTemplate,
} from '@modelcontextprotocol/server';
import { isUnavailable } from '../ports/unavailable.ts';
import type { Tool } from '../workflows/workflow.ts';
import { callerOf } from './confirm.ts';
import { EXPORT_TEMPLATE, exportKey, FILE_MS } from './exports.ts';
import type { Services } from './services.ts';

/** Tools that make files. */
const MAKERS: ReadonlySet<string> = new Set(['payout_report', 'export_records']);

/** An id as `keepFile` makes it. */
const ID = /^[A-Za-z0-9_-]{22}$/;

/** Read once per process. */
const uriTemplate = new UriTemplate(EXPORT_TEMPLATE);

/** Serves the files that tools made, each to the caller it was made for alone, until its time is over. */
export function registerFiles(server: McpServer, tools: readonly Tool[], services: Services): void {
  if (!tools.some(({ name }) => MAKERS.has(name))) return;
  const meta = {
    title: 'File made by a tool',
    description: `A report or an export, for ${FILE_MS / 60_000} minutes; the tool's result names its uri`,
    cacheHint: { ttlMs: 60_000, cacheScope: 'private' },
  } as const;
  // Never listed: who has the uri has it from the result.
  const template = new ResourceTemplate(uriTemplate, { list: undefined });
  server.registerResource('file', template, meta, async (uri, { id }, ctx) => {
    const file = await find(String(id), uri.href, callerOf(ctx), services);
    if (!file) throw new ResourceNotFoundError(uri.href);
    // The protocol has no field for the name of what is read.
    return { contents: [{ uri: uri.href, mimeType: file.mimeType, text: file.text, _meta: { name: file.name } }] };
  });
}

interface StoredFile {
  readonly name: string;
  readonly mimeType: string;
  readonly text: string;
}

async function find(
  id: string,
  uri: string,
  caller: string,
  { account, memory }: Services,
): Promise<StoredFile | undefined> {
  if (!ID.test(id)) return undefined;
  try {
    const kept = await memory.get(exportKey(id, account, caller));
    return kept === undefined ? undefined : (JSON.parse(kept) as StoredFile);
  } catch (error) {
    if (!isUnavailable(error, 'memory')) throw error;
    const what = `The memory that holds ${uri} cannot be reached (${error.message}). Try again in a minute.`;
    throw new ProtocolError(ProtocolErrorCode.InternalError, what);
  }
}
