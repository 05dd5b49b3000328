import { execFileSync } from 'node:child_process';
import { mkdtempSync, rmSync, statSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { stage } from './stage-mcpb.ts';

/*
 * `npm run mcpb`: makes an MCP bundle of the build, leaddyno-mcp.mcpb. The official tool validates and packs it; npx
 * fetches that tool, which is not a dependency of this package.
 */

const TOOL = '@anthropic-ai/mcpb@2.1.2';
const bundle = fileURLToPath(new URL('../leaddyno-mcp.mcpb', import.meta.url));

const mcpb = (...args: string[]) =>
  execFileSync('npx', ['-y', TOOL, ...args], { stdio: 'inherit', shell: process.platform === 'win32' });

const folder = mkdtempSync(join(tmpdir(), 'leaddyno-mcpb-'));
try {
  stage(folder);
  mcpb('validate', join(folder, 'manifest.json'));
  mcpb('pack', folder, bundle);
  console.log(`${bundle}: ${Math.round(statSync(bundle).size / 1024)} KiB`);
} finally {
  rmSync(folder, { recursive: true });
}
