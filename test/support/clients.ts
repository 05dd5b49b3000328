import {
  type CallToolResult,
  Client,
  type ClientCapabilities,
  type ElicitResult,
  InMemoryTransport,
  StreamableHTTPClientTransport,
} from '@modelcontextprotocol/client';
import { createMcpHandler, type Server } from '@modelcontextprotocol/server';
import { expect } from 'vitest';
import { isObject, type JsonObject } from '../../src/json.ts';
import { watchResponse, watchTransport } from './written.ts';

/** The two protocol families: revision 2026-07-28, and the revisions before it. */
export const eras = ['modern', 'legacy'] as const;
export type Era = (typeof eras)[number];

/** A form as shown to a person. */
export interface Form {
  readonly message: string;
  readonly schema: unknown;
}

/** What the person does: tick the box and accept, accept without the tick, decline, or cancel. */
export type Answer = 'yes' | 'unticked' | 'decline' | 'cancel';
export type Answers = (form: Form) => Answer | Promise<Answer>;

export function toElicitResult(answer: Answer): ElicitResult {
  switch (answer) {
    case 'yes':
      return { action: 'accept', content: { confirm: true } };
    case 'unticked':
      return { action: 'accept', content: { confirm: false } };
    case 'decline':
    case 'cancel':
      return { action: answer };
  }
}

export interface ClientSetup {
  /** Answers the forms. Absent: the client cannot show forms. */
  readonly answers?: Answer | Answers | undefined;
  /** Replaces the capabilities that follow from `answers`. */
  readonly capabilities?: ClientCapabilities;
  /** The test drives the rounds of a form itself. */
  readonly manual?: boolean;
}

/** A tool result as the client receives it. */
export interface Result {
  readonly isError: boolean;
  readonly text: string;
  /** The structured content. */
  readonly data: JsonObject;
}

/** What every kind of client can do. */
export interface Caller {
  call(name: string, args?: JsonObject, options?: { signal?: AbortSignal; timeout?: number }): Promise<Result>;
  /** The forms shown so far. */
  readonly forms: readonly Form[];
}

export interface Connection extends Caller {
  readonly client: Client;
  close(): Promise<void>;
}

const IDENTITY = { name: 'test-client', version: '1.0.0' };

/** Connects a real client, in process, to a server made by `build`. */
export async function connectClient(build: () => Server, era: Era, setup: ClientSetup = {}): Promise<Connection> {
  const forms: Form[] = [];
  const client = createClientFor(era, setup, forms);
  const closeServer = era === 'modern' ? await connectModern(client, build) : await connectLegacy(client, build);
  return {
    client,
    forms,
    call: async (name, args = {}, options = {}) =>
      readResult(await client.callTool({ name, arguments: args }, options)),
    async close() {
      await client.close();
      await closeServer();
    },
  };
}

/** A client of SDK v2; `setup.answers` answers its forms. */
export function createClientFor(era: Era, setup: ClientSetup, forms: Form[]): Client {
  const { answers, manual = false } = setup;
  const capabilities = setup.capabilities ?? (answers === undefined ? {} : { elicitation: { form: {} } });
  const client = new Client(IDENTITY, {
    capabilities,
    ...(era === 'modern' && { versionNegotiation: { mode: { pin: '2026-07-28' } } }),
    ...(manual && { inputRequired: { autoFulfill: false } }),
  });
  if (answers !== undefined) {
    client.setRequestHandler('elicitation/create', async ({ params }) => {
      const form = {
        message: params.message,
        schema: 'requestedSchema' in params ? params.requestedSchema : undefined,
      };
      forms.push(form);
      return toElicitResult(typeof answers === 'string' ? answers : await answers(form));
    });
  }
  return client;
}

async function connectModern(client: Client, build: () => Server): Promise<() => Promise<void>> {
  const handler = createMcpHandler(build);
  const transport = new StreamableHTTPClientTransport(new URL('http://server.test/mcp'), {
    fetch: async (url, init) => watchResponse(await handler.fetch(new Request(url, init))),
  });
  await client.connect(transport);
  return () => handler.close();
}

async function connectLegacy(client: Client, build: () => Server): Promise<() => Promise<void>> {
  const [clientEnd, serverEnd] = InMemoryTransport.createLinkedPair();
  const server = build();
  await server.connect(watchTransport(serverEnd));
  await client.connect(clientEnd);
  return () => server.close();
}

/** Reads a result and checks what holds for all of them: one text block, equal to the structured content. */
export function readResult(raw: Pick<CallToolResult, 'content' | 'structuredContent' | 'isError'>): Result {
  const [block, ...links] = raw.content;
  if (block?.type !== 'text') throw new Error('expected a text block');
  const data = isObject(raw.structuredContent) ? raw.structuredContent : {};
  // Files are also sent as resource links with the same facts; a client of an older revision gets only the text.
  const files = Array.isArray(data.files) ? data.files.filter((file) => isObject(file) && !('cut' in file)) : [];
  if (links.length > 0 || files.length === 0) {
    expect(links).toEqual(
      files.map(({ uri, name, mime_type: mimeType, size }) => ({ type: 'resource_link', uri, name, mimeType, size })),
    );
  }
  const isError = raw.isError === true;
  if (!isError) expect(block.text).toBe(JSON.stringify(raw.structuredContent));
  return { isError, text: block.text, data };
}
