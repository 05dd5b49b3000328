import { fileURLToPath } from 'node:url';
import { Client } from '@modelcontextprotocol/client';
import { StdioClientTransport } from '@modelcontextprotocol/client/stdio';
import type { Sandbox } from '../src/sandbox/index.ts';
import { NOW } from './clock.ts';
import { type Connection, connectionOf } from './connection.ts';

const MAIN = fileURLToPath(new URL('../dist/main.js', import.meta.url));

/** Sets the server's clock to the moment at which every question is asked; what is due depends on it. */
const CLOCK = `data:text/javascript,Date.now=()=>${NOW}`;

/**
 * Starts the built server on a sandbox in its own process, as a host does, with a client that cannot show forms.
 * @param options of the server, added to those for the sandbox
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
