import { mkdirSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { isObject, parseJson, rowsIn } from '../../src/json.ts';
import { toolsets } from '../../src/workflows/index.ts';
import { type Checks, type Host, type Installed, must, runHost, type Trial } from './host.ts';
import { startSandboxServer } from './sandbox-server.ts';

/* mcporter: each call is a command with its own connection, so the server runs over HTTP to outlive them. */

const ALL = toolsets.flatMap((set) => set.tools);

async function tries(host: Installed): Promise<Trial> {
  const { url, stop } = await startSandboxServer();
  mkdirSync(join(host.folder, 'config'));
  const config = { mcpServers: { leaddyno: { url } } };
  writeFileSync(join(host.folder, 'config', 'mcporter.json'), JSON.stringify(config));
  const call = async (tool: string, args: object) => {
    const out = await runHost(host, 'mcporter', 'call', `leaddyno.${tool}`, '--args', JSON.stringify(args));
    const value = parseJson(out)?.value;
    must(isObject(value), 'a JSON object', out);
    return value;
  };
  const checks: Checks = {
    list: async () => {
      const out = await runHost(host, 'mcporter', 'list', 'leaddyno', '--json');
      const { length } = rowsIn(parseJson(out)?.value, 'tools');
      must(length === ALL.length, `${ALL.length} tools`, `${length}`);
      return `${length} tools`;
    },
    read: async () => {
      const read = JSON.stringify(await call('get_affiliate', { affiliate_id: 1001 }));
      must(read.includes('ann.arbor@example.com'), 'an affiliate', read);
      return 'get_affiliate';
    },
    token: async () => {
      const asked = await call('archive_affiliate', { affiliate_id: 1001 });
      const token = isObject(asked.confirmation) ? asked.confirmation.confirmation_token : undefined;
      must(typeof token === 'string', 'a question with a token', JSON.stringify(asked));
      const done = JSON.stringify(await call('archive_affiliate', { affiliate_id: 1001, confirmation_token: token }));
      must(done.includes('"Archived"'), 'an archived affiliate', done);
      return 'archive_affiliate, two connections';
    },
    file: async () => {
      const made = await call('export_records', { records: 'affiliates' });
      const uri = String(rowsIn(made, 'files')[0]?.uri);
      const rows = await call('read_export', { uri, limit: 2 });
      must(rows.rows_in_file === 250, '250 rows', JSON.stringify(rows));
      const resource = await runHost(host, 'mcporter', 'resource', 'leaddyno', uri);
      must(resource.includes('ann.arbor@example.com'), 'the file as a resource', resource);
      return 'read_export, mcporter resource';
    },
  };
  return { checks, end: stop };
}

export const mcporter: Host = {
  title: 'mcporter',
  package: 'mcporter',
  version: '0.12.3',
  lacks: { form: 'a command that ends: nobody is asked', page: 'draws no pages in a terminal' },
  tries,
};
