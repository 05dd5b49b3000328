import type { Stream } from 'node:stream';
import { StdioClientTransport } from '@modelcontextprotocol/client/stdio';
import { StdioClientTransport as OldStdioClientTransport } from '@modelcontextprotocol/sdk/client/stdio.js';
import { type Caller, type ClientSetup, createClientFor, type Form, readResult } from './clients.ts';
import { builtMain, cleanEnv } from './protocol-built.ts';
import { closeAtEnd } from './protocol-leaks.ts';
import { createOldClient, oldCaller } from './protocol-old-client.ts';

export const stdioKinds = ['modern', 'legacy', 'v1'] as const;
export type StdioKind = (typeof stdioKinds)[number];

/** What the tests need from a client on stdio, with either SDK. */
export interface StdioConnection extends Caller {
  toolNames(): Promise<string[]>;
  /** The text of a resource. */
  read(uri: string): Promise<string>;
  readonly pid: () => number | null;
  close(): Promise<void>;
}

/** Connects a real client that starts the built server as its child process, as hosts do. */
export async function connectStdio(
  kind: StdioKind,
  args: readonly string[],
  setup: ClientSetup = {},
): Promise<StdioConnection> {
  const forms: Form[] = [];
  const server = {
    command: process.execPath,
    args: [await builtMain(), ...args],
    env: cleanEnv(),
    stderr: 'pipe' as const,
  };
  if (kind === 'v1') {
    const client = createOldClient(setup, forms);
    const transport = new OldStdioClientTransport(server);
    show(transport.stderr);
    await client.connect(transport);
    return closeAtEnd({
      ...oldCaller(client, forms),
      toolNames: async () => (await client.listTools()).tools.map(({ name }) => name),
      read: async (uri: string) => textIn((await client.readResource({ uri })).contents),
      pid: () => transport.pid,
      close: () => client.close(),
    });
  }
  const client = createClientFor(kind, setup, forms);
  const transport = new StdioClientTransport(server);
  show(transport.stderr);
  await client.connect(transport);
  return closeAtEnd({
    forms,
    call: async (name: string, args = {}, options = {}) =>
      readResult(await client.callTool({ name, arguments: args }, options)),
    toolNames: async () => (await client.listTools()).tools.map(({ name }) => name),
    read: async (uri: string) => textIn((await client.readResource({ uri })).contents),
    pid: () => transport.pid,
    close: () => client.close(),
  });
}

/** Prints the server's log with the test's output. The stream is not inherited, so that it is searched for secrets. */
function show(stderr: Stream | null): void {
  stderr?.on('data', (chunk: Buffer) => process.stderr.write(chunk));
}

function textIn(contents: readonly object[]): string {
  return contents.map((content) => ('text' in content ? String(content.text) : '')).join('');
}
