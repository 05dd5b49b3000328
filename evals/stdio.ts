import { fileURLToPath } from 'node:url';
import { Client } from '@modelcontextprotocol/client';
import { StdioClientTransport } from '@modelcontextprotocol/client/stdio';
import type { Sandbox } from '../src/sandbox/index.ts';
import { NOW } from './clock.ts';
import { type Connection, connectionOf } from './connection.ts';

const MAIN = fileURLToPath(new URL('../dist/main.js', import.meta.url));

/** The server believes that it is the moment at which every question is asked: what is due follows from it. */
const CLOCK = `data:text/javascript,Date.now=()=>${NOW}`;

/**
 * The built server as a process of its own on a sandbox, as a host starts it, and a client that can show no form.
 * @param options of the server, besides where LeadDyno is
 */
export async function startBuiltServer(sandbox: Sandbox, options: readonly string[] = []): Promise<Connection> {
  const transport = new StdioClientTransport({
    command: process.execPath,
    args: [
      '--import',
      CLOCK,
      MAIN,
      `--base-url=${sandbox.url}`,
      '--key-transport=header',
      '--rate-limit=0',
      ...options,
    ],
    env: { PATH: process.env.PATH ?? '', LEADDYNO_API_KEY: sandbox.key },
    stderr: 'ignore',
  });
  const client = new Client({ name: 'evals', version: '1.0.0' }, { capabilities: {} });
  await client.connect(transport);
  return connectionOf(client, () => client.close());
}
