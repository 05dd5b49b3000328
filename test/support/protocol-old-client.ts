import { Client } from '@modelcontextprotocol/sdk/client/index.js';
import { InMemoryTransport } from '@modelcontextprotocol/sdk/inMemory.js';
import { CallToolResultSchema, ElicitRequestSchema } from '@modelcontextprotocol/sdk/types.js';
import type { Server } from '@modelcontextprotocol/server';
import { type Caller, type ClientSetup, type Form, readResult, toElicitResult } from './clients.ts';
import { watchTransport } from './written.ts';

export interface OldConnection extends Caller {
  readonly client: Client;
  close(): Promise<void>;
}

/** A client of SDK v1 (its maintenance line); `setup.answers` answers its forms. */
export function createOldClient({ answers, capabilities }: ClientSetup, forms: Form[]): Client {
  const client = new Client(
    { name: 'old-test-client', version: '1.0.0' },
    { capabilities: capabilities ?? (answers === undefined ? {} : { elicitation: {} }) },
  );
  if (answers !== undefined) {
    client.setRequestHandler(ElicitRequestSchema, async ({ params }) => {
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

/** Calls tools through a client of SDK v1. */
export function oldCaller(client: Client, forms: readonly Form[]): Caller {
  return {
    forms,
    call: async (name, args = {}, options = {}) =>
      readResult(
        CallToolResultSchema.parse(await client.callTool({ name, arguments: args }, CallToolResultSchema, options)),
      ),
  };
}

export async function connectOldClient(build: () => Server, setup: ClientSetup = {}): Promise<OldConnection> {
  const forms: Form[] = [];
  const client = createOldClient(setup, forms);
  const [clientEnd, serverEnd] = InMemoryTransport.createLinkedPair();
  const server = build();
  await server.connect(watchTransport(serverEnd));
  await client.connect(clientEnd);
  return {
    ...oldCaller(client, forms),
    client,
    async close() {
      await client.close();
      await server.close();
    },
  };
}
