import { execFileSync } from 'node:child_process';
import { rmSync } from 'node:fs';
import { fileURLToPath } from 'node:url';
import { stagePlugin } from './stage-plugin.ts';

/*
 * `npm run plugins`: builds the plug-in for the hosts that install one from a folder or a repository. It goes into
 * dist-plugins/, which is not committed: a release pushes it to the branch `plugins`. With `-- --validate` the hosts'
 * own commands check it; npx fetches the hosts, which are not dependencies of this package.
 */

const folder = fileURLToPath(new URL('../dist-plugins/leaddyno-mcp', import.meta.url));
rmSync(folder, { recursive: true, force: true });
stagePlugin(folder);
console.log(folder);

const JUDGES = [
  ['@anthropic-ai/claude-code', 'claude', 'plugin', 'validate', '--strict', `${folder}/.claude-plugin/plugin.json`],
  ['@anthropic-ai/claude-code', 'claude', 'plugin', 'validate', '--strict', folder],
  ['@google/gemini-cli', 'gemini', 'extensions', 'validate', folder],
] as const;

if (process.argv.includes('--validate')) {
  for (const [host, ...command] of JUDGES) {
    execFileSync('npx', ['-y', '-p', host, ...command], { stdio: 'inherit', shell: process.platform === 'win32' });
  }
}
