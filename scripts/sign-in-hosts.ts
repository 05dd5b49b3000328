import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { parseArgs } from 'node:util';
import { install, must } from './hosts/host.ts';
import { claudeCode, codex, geminiCli, mcporter, mcpRemote } from './hosts/sign-in-clients.ts';
import { inspectors } from './hosts/sign-in-inspector.ts';
import type { SignInClient } from './hosts/sign-in-run.ts';
import { startSignInServer } from './hosts/sign-in-server.ts';

/*
 * `npm run hosts:sign-in`: real clients, fetched from the npm registry into a temporary folder, sign in to the built
 * server with `--sign-in` behind TLS, and read something. `--only WORD` takes only the clients with that word in their
 * name, `--latest` the newest versions. The clients register themselves: without a network beyond the registry, the
 * server could not read their metadata documents.
 */

const CLIENTS: readonly SignInClient[] = [mcpRemote, mcporter, claudeCode, codex, geminiCli, ...inspectors];

const { values } = parseArgs({ options: { only: { type: 'string' }, latest: { type: 'boolean' } } });
const root = mkdtempSync(join(tmpdir(), 'leaddyno-mcp-sign-in-'));
let failed = 0;
try {
  for (const client of CLIENTS.filter(({ title }) => title.includes(values.only ?? ''))) {
    const server = await startSignInServer(root, false);
    try {
      const asked = { ...client, lacks: {}, tries: async () => ({ checks: {} }) };
      const host = await install(asked, values.latest ? 'latest' : client.version, root);
      const saw = await client.tries(host, server);
      must(server.log().includes('signed in'), 'a sign-in in the log', server.log());
      process.stdout.write(`${client.title} ${host.version}: yes, ${saw}\n`);
    } catch (error) {
      failed += 1;
      process.stdout.write(`${client.title}: NO, ${(error as Error).message}\n`);
    } finally {
      await server.stop();
    }
  }
} finally {
  // Programs that clients left running may still write there.
  rmSync(root, { recursive: true, force: true, maxRetries: 5, retryDelay: 500 });
}
process.exit(failed > 0 ? 1 : 0);
