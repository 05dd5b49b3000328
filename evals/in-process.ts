import { Client, StreamableHTTPClientTransport } from '@modelcontextprotocol/client';
import { createMcpHandler } from '@modelcontextprotocol/server';
import { openAccount } from '../src/account.ts';
import { readConfig } from '../src/config/config.ts';
import { createPace } from '../src/leaddyno/pace.ts';
import { createConfirmations } from '../src/mcp/confirmations.ts';
import { buildServer } from '../src/mcp/server.ts';
import { groups } from '../src/operations/index.ts';
import { createProcessLog } from '../src/ports/change-log.ts';
import { createMemory } from '../src/ports/memory.ts';
import { createWriteCounter } from '../src/ports/write-counter.ts';
import type { Sandbox } from '../src/sandbox/index.ts';
import { createRecordCache } from '../src/workflows/reading/record-cache.ts';
import { type Connection, connectionOf } from './connection.ts';

/** `plain`: the operations alone. `workflows`: the workflows as well. */
export type Way = 'plain' | 'workflows';

/** What the server reserves at the end of a workflow's time, however long that is (`src/mcp/workflow-context.ts`). */
const RESERVE_MS = 1_000;

/** LeadDyno's limit (API reference 4.5). */
export const REQUESTS_A_MINUTE = 200;

/**
 * Starts a server with nothing in its caches.
 * @param haste how many times faster than real time LeadDyno's rate limit and the time of a workflow run; without it
 *   there is no rate limit, and a workflow has its usual time
 */
export async function startServer(sandbox: Sandbox, way: Way, haste?: number): Promise<Connection> {
  const plain = `--toolsets=${groups.map(({ name }) => name).join(',')}`;
  const invocation = readConfig(['--sandbox', '--key-transport=header', ...(way === 'plain' ? [plain] : [])], {});
  if (invocation.run !== 'serve') throw new Error(`the server would not start: ${JSON.stringify(invocation)}`);
  const { config } = invocation;
  const faults: unknown[] = [];
  const opened = openAccount(sandbox.url, sandbox.key, {
    config,
    confirmations: createConfirmations(),
    memory: createMemory(),
    writeCounter: createWriteCounter(),
    cache: createRecordCache(),
    changes: createProcessLog(),
    createPace: () =>
      createPace(haste === undefined ? { limit: 0 } : { limit: REQUESTS_A_MINUTE, windowMs: 60_000 / haste }),
    telemetry: { callEnded: () => undefined, confirmation: () => undefined, fault: (_, error) => faults.push(error) },
    onEvent: () => undefined,
  });
  const workflowMs = haste === undefined ? opened.workflowMs : (opened.workflowMs - RESERVE_MS) / haste + RESERVE_MS;
  const services = { ...opened, workflowMs };
  const handler = createMcpHandler(() => buildServer({ version: '0.0.0-bench', tools: config.tools, services }));
  const client = new Client(
    { name: 'bench', version: '1.0.0' },
    { capabilities: {}, versionNegotiation: { mode: { pin: '2026-07-28' } } },
  );
  const transport = new StreamableHTTPClientTransport(new URL('http://server.test/mcp'), {
    fetch: (url, init) => handler.fetch(new Request(url, init)),
  });
  await client.connect(transport);

  const close = async () => {
    await client.close();
    await handler.close();
    await services.client.close();
  };
  return connectionOf(client, close, (tool) => {
    if (faults.length > 0) throw new Error(`the server has a fault in ${tool}`, { cause: faults[0] });
  });
}
