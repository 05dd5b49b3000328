import { execFileSync } from 'node:child_process';
import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { Client } from '@modelcontextprotocol/client';
import { StdioClientTransport } from '@modelcontextprotocol/client/stdio';
import { version } from '../src/version.ts';

/*
 * `npx tsx scripts/smoke-start.ts`, after a build: packs the package, installs it into an empty folder, starts it with
 * the sandbox and lists its tools. For systems on which the tests do not run.
 */

const root = join(import.meta.dirname, '..');
const folder = mkdtempSync(join(tmpdir(), 'leaddyno-mcp-'));
const npm = (cwd: string, ...args: string[]) =>
  execFileSync('npm', args, { cwd, shell: process.platform === 'win32', encoding: 'utf8' });
try {
  npm(root, 'pack', '--silent', '--pack-destination', folder);
  npm(folder, 'install', '--no-audit', '--no-fund', `./leaddyno-mcp-${version}.tgz`);
  const client = new Client({ name: 'smoke', version: '1.0.0' });
  const args = [join(folder, 'node_modules/leaddyno-mcp/dist/main.js'), '--sandbox'];
  await client.connect(new StdioClientTransport({ command: process.execPath, args }));
  const { tools } = await client.listTools();
  await client.close();
  if (tools.length < 40) throw new Error(`only ${tools.length} tools`);
  console.log(`Node ${process.versions.node} on ${process.platform}: ${tools.length} tools`);
} finally {
  rmSync(folder, { recursive: true, force: true, maxRetries: 5, retryDelay: 200 });
}
