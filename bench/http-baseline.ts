import { createServer } from 'node:http';
import type { AddressInfo } from 'node:net';
import { toNodeHandler } from '@modelcontextprotocol/node';
import { createMcpHandler, McpServer } from '@modelcontextprotocol/server';
import { Pool } from 'undici';
import * as z from 'zod';
import { SANDBOX_KEY } from './http-calls.ts';

/*
 * A baseline for `bench/http.ts`, in its own process: the SDK's bare handler, mounted as its documentation shows.
 * `one`: one echo tool. `many N`: N tools, the schemas built once. `upstream URL`: one tool with our upstream call.
 */

const [kind, argument = ''] = process.argv.slice(2);

const echoInput = z.object({ text: z.string() });
const otherInputs = Array.from({ length: kind === 'many' ? Number(argument) - 1 : 0 }, (_, index) => ({
  name: `tool_${index}`,
  input: z.object({ affiliate_id: z.number().int(), first_name: z.string().optional(), page: z.number().optional() }),
}));
const affiliateInput = z.object({ affiliate_id: z.number().int() });
const affiliateOutput = z.object({ affiliate: z.looseObject({}) });
const pool = kind === 'upstream' ? new Pool(new URL(argument).origin, { connections: 16 }) : undefined;

function buildServer(): McpServer {
  const server = new McpServer({ name: 'baseline', version: '1' });
  if (pool) registerUpstream(server, pool);
  else registerEchoes(server);
  return server;
}

function registerEchoes(server: McpServer): void {
  const echo = async ({ text }: { text: string }) => ({ content: [{ type: 'text' as const, text }] });
  server.registerTool('echo', { description: 'Says it again', inputSchema: echoInput }, echo);
  for (const { name, input } of otherInputs) {
    server.registerTool(name, { description: 'Not called', inputSchema: input }, async () => ({ content: [] }));
  }
}

/** Makes our upstream call and returns its answer as text and structured content, as our server does; nothing else. */
function registerUpstream(server: McpServer, upstream: Pool): void {
  const config = { description: 'One affiliate', inputSchema: affiliateInput, outputSchema: affiliateOutput };
  server.registerTool('get_affiliate', config, async ({ affiliate_id }) => {
    const { body } = await upstream.request({
      path: `/v1/affiliates/${affiliate_id}`,
      method: 'GET',
      headers: { accept: 'application/json', key: SANDBOX_KEY },
    });
    const structuredContent = { affiliate: (await body.json()) as Record<string, unknown> };
    return { content: [{ type: 'text', text: JSON.stringify(structuredContent) }], structuredContent };
  });
}

const handle = toNodeHandler(createMcpHandler(buildServer));
const server = createServer((req, res) => void handle(req, res));
server.keepAliveTimeout = 60_000;
server.listen(0, '127.0.0.1', () => console.log(JSON.stringify({ port: (server.address() as AddressInfo).port })));
