import { setTimeout as pause } from 'node:timers/promises';
import { isObject, type JsonObject, parseJson, recordIn, rowsIn } from '../../src/json.ts';
import { toolsets } from '../../src/workflows/index.ts';
import { type Checks, type Host, type Installed, MAIN, must, runHost, type Trial } from './host.ts';
import { triesInBrowser } from './inspector-web.ts';
import { startSandboxServer } from './sandbox-server.ts';

/*
 * The MCP Inspector: its command line, where each command makes its own connection; `mcpdo` of the same package, for
 * forms, which need a connection that lasts; and its page, in a browser.
 */

const ALL = toolsets.flatMap((set) => set.tools);
const READING_MS = 1_500;

async function triesInTerminal(host: Installed): Promise<Trial> {
  const { url, stop } = await startSandboxServer();
  const inspect = async (method: string, ...args: string[]): Promise<JsonObject> => {
    const out = await runHost(host, 'mcp-inspector', '--cli', url, '--method', method, ...args);
    const value = parseJson(out)?.value;
    must(isObject(value), 'a JSON object', out);
    return value;
  };
  const call = async (name: string, args: JsonObject) => {
    const pairs = Object.entries(args).flatMap(([key, value]) => ['--tool-arg', `${key}=${value}`]);
    return recordIn(await inspect('tools/call', '--tool-name', name, ...pairs), 'structuredContent');
  };
  const checks: Checks = {
    list: async () => {
      const { length } = rowsIn(await inspect('tools/list', '--strict'), 'tools');
      must(length === ALL.length, `${ALL.length} tools`, `${length}`);
      return `${length} tools, --strict`;
    },
    read: async () => {
      const read = JSON.stringify(await call('get_affiliate', { affiliate_id: 1001 }));
      must(read.includes('ann.arbor@example.com'), 'an affiliate', read);
      return 'get_affiliate';
    },
    token: async () => {
      const asked = await call('archive_affiliate', { affiliate_id: 1001 });
      const token = recordIn(asked, 'confirmation').confirmation_token;
      must(typeof token === 'string', 'a question with a token', JSON.stringify(asked));
      const done = await call('archive_affiliate', { affiliate_id: 1001, confirmation_token: token });
      must(recordIn(done, 'affiliate').status === 'Archived', 'an archived affiliate', JSON.stringify(done));
      return 'archive_affiliate, two connections';
    },
    form: async () => {
      const mcpdo = (...args: string[]) => runHost(host, 'mcpdo', '--format', 'json', ...args);
      try {
        await mcpdo('connect', '@sandbox', '--transport', 'stdio', '--', process.execPath, MAIN, '--sandbox');
        const asked = await mcpdo('--connection', 'sandbox', 'tools/call', 'archive_affiliate', 'affiliate_id:=1001');
        const id = /"elicitationId": "([\w-]+)"/.exec(asked)?.[1];
        must(id !== undefined, 'a form', asked);
        await pause(READING_MS);
        const done = await mcpdo('--connection', 'sandbox', 'elicitation/respond', id, 'confirm:=true');
        must(done.includes('Archived'), 'an archived affiliate', done);
        return 'archive_affiliate, mcpdo over stdio';
      } finally {
        await runHost(host, 'mcpdo', 'daemon', 'stop');
      }
    },
    file: async () => {
      const made = await call('export_records', { records: 'affiliates' });
      const uri = String(rowsIn(made, 'files')[0]?.uri);
      const rows = await call('read_export', { uri, limit: 2 });
      must(rows.rows_in_file === 250, '250 rows', JSON.stringify(rows));
      const resource = JSON.stringify(await inspect('resources/read', '--uri', uri));
      must(resource.includes('ann.arbor@example.com'), 'the file as a resource', resource);
      return 'read_export, resources/read';
    },
  };
  return { checks, end: stop };
}

export const INSPECTOR = { package: '@modelcontextprotocol/inspector', version: '2.12.0', needsNode: 24 } as const;

export const inspectors: readonly Host[] = [
  {
    ...INSPECTOR,
    title: 'MCP Inspector, command line',
    lacks: { page: 'draws no pages in a terminal' },
    tries: triesInTerminal,
  },
  { ...INSPECTOR, title: 'MCP Inspector, web', lacks: {}, tries: triesInBrowser },
];
