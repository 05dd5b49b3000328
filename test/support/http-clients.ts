import {
  type AuthProvider,
  type Client,
  type OAuthClientProvider,
  StreamableHTTPClientTransport,
} from '@modelcontextprotocol/client';
import type { Client as OldClient } from '@modelcontextprotocol/sdk/client/index.js';
import { StreamableHTTPClientTransport as OldTransport } from '@modelcontextprotocol/sdk/client/streamableHttp.js';
import { type Caller, type ClientSetup, createClientFor, type Form, readResult } from './clients.ts';
import { closeAtEnd } from './protocol-leaks.ts';
import { createOldClient, oldCaller } from './protocol-old-client.ts';

/** The kinds of clients in use: SDK v2 with either protocol family, and SDK v1. */
export const httpKinds = ['modern', 'legacy', 'v1'] as const;
export type HttpKind = (typeof httpKinds)[number];

export interface HttpClientSetup extends ClientSetup {
  readonly token?: string | undefined;
  readonly headers?: Readonly<Record<string, string>>;
  /** SDK v2 only. */
  readonly authProvider?: AuthProvider | OAuthClientProvider;
}

/** What the tests need from a client over HTTP, with either SDK. */
export interface HttpConnection extends Caller {
  readonly client: Client | OldClient;
  toolNames(): Promise<string[]>;
  resourceUris(): Promise<string[]>;
  /** The text of a resource. */
  read(uri: string): Promise<string>;
  /** The completions of an affiliate's id. */
  complete(typed: string): Promise<string[]>;
  close(): Promise<void>;
}

/** Connects a real client over a real socket. */
export async function connectHttp(url: string, kind: HttpKind, setup: HttpClientSetup = {}): Promise<HttpConnection> {
  const forms: Form[] = [];
  const { token, authProvider } = setup;
  const headers = { ...setup.headers, ...(token !== undefined && { authorization: `Bearer ${token}` }) };
  const reference = { type: 'ref/resource', uri: 'leaddyno://affiliates/{affiliate_id}' } as const;
  const completion = (typed: string) => ({ ref: reference, argument: { name: 'affiliate_id', value: typed } });
  if (kind === 'v1') {
    const client = createOldClient(setup, forms);
    await client.connect(new OldTransport(new URL(url), { requestInit: { headers } }));
    return closeAtEnd({
      ...oldCaller(client, forms),
      client,
      toolNames: async () => (await client.listTools()).tools.map(({ name }) => name),
      resourceUris: async () => (await client.listResources()).resources.map(({ uri }) => uri),
      read: async (uri: string) => textIn((await client.readResource({ uri })).contents),
      complete: async (typed: string) => (await client.complete(completion(typed))).completion.values,
      close: () => client.close(),
    });
  }
  const client = createClientFor(kind, setup, forms);
  await client.connect(
    new StreamableHTTPClientTransport(new URL(url), {
      requestInit: { headers },
      ...(authProvider && { authProvider }),
    }),
  );
  return closeAtEnd({
    forms,
    client,
    call: async (name: string, args = {}, options = {}) =>
      readResult(await client.callTool({ name, arguments: args }, options)),
    toolNames: async () => (await client.listTools()).tools.map(({ name }) => name),
    resourceUris: async () => (await client.listResources()).resources.map(({ uri }) => uri),
    read: async (uri: string) => textIn((await client.readResource({ uri })).contents),
    complete: async (typed: string) => (await client.complete(completion(typed))).completion.values,
    close: () => client.close(),
  });
}

function textIn(contents: readonly object[]): string {
  return contents.map((content) => ('text' in content ? String(content.text) : '')).join('');
}
