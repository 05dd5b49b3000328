import { execFileSync, spawn } from 'node:child_process';
import { once } from 'node:events';
import { readdirSync, statSync } from 'node:fs';
import { createInterface } from 'node:readline';
import { fileURLToPath } from 'node:url';
import { type Client, StreamableHTTPClientTransport } from '@modelcontextprotocol/client';
import { type Connection, createClientFor, type Era, readResult } from './clients.ts';
import { closeAtEnd } from './protocol-leaks.ts';
import { secret } from './written.ts';

const ROOT = fileURLToPath(new URL('../../', import.meta.url));
const MAIN = `${ROOT}dist/main.js`;

/** Builds the server if the build is missing or older than its sources. */
export function ensureBuilt(): void {
  const sources = readdirSync(`${ROOT}src`, { recursive: true, encoding: 'utf8' }).map((path) => `${ROOT}src/${path}`);
  const changed = Math.max(...[...sources, `${ROOT}scripts/build.ts`].map((path) => statSync(path).mtimeMs));
  const built = statSync(MAIN, { throwIfNoEntry: false })?.mtimeMs ?? 0;
  if (built < changed) execFileSync('npm', ['run', '--silent', 'build'], { cwd: ROOT, stdio: 'ignore' });
}

export interface ReplicaSetup {
  readonly redis: string;
  /** The LeadDyno to talk to, and its key. */
  readonly upstream: { readonly url: string; readonly key: string };
  readonly rateLimit: number;
  readonly timeoutMs?: number;
}

/** The built server as a separate process, serving over HTTP. */
export interface Replica {
  readonly port: number;
  /** The messages of its log, in order. */
  readonly log: readonly string[];
  kill(): void;
  close(): Promise<void>;
}

const SECRET = secret('what-all-replicas-of-the-test-share');

export async function startReplica({ redis, upstream, rateLimit, timeoutMs }: ReplicaSetup): Promise<Replica> {
  const flags = ['--http', '0', '--redis', redis, '--rate-limit', String(rateLimit), '--max-concurrent', '1000'];
  if (timeoutMs !== undefined) flags.push('--timeout', String(timeoutMs));
  const child = spawn(process.execPath, [MAIN, ...flags], {
    env: {
      LEADDYNO_BASE_URL: upstream.url,
      LEADDYNO_API_KEY: upstream.key,
      LEADDYNO_KEY_TRANSPORT: 'header',
      LEADDYNO_MCP_STATE_SECRET: SECRET,
    },
    stdio: ['ignore', 'ignore', 'pipe'],
  });
  const ended = once(child, 'close');
  const log: string[] = [];
  const port = await new Promise<number>((resolve, reject) => {
    createInterface({ input: child.stderr }).on('line', (line) => {
      const entry: { msg?: string; port?: number } = line.startsWith('{') ? JSON.parse(line) : { msg: line };
      log.push(entry.msg ?? '');
      if (entry.msg === 'serving over HTTP' && entry.port !== undefined) resolve(entry.port);
    });
    child.once('close', () => reject(new Error(`the server did not start: ${log.join(' ')}`)));
  });
  return closeAtEnd({
    port,
    log,
    kill: () => void child.kill('SIGKILL'),
    async close() {
      if (child.exitCode === null && child.signalCode === null) child.kill('SIGTERM');
      await ended;
    },
  });
}

/** Connects a real client that cannot show forms. */
export async function connectTo(url: string, era: Era, timeoutMs = 60_000): Promise<Connection> {
  const client: Client = createClientFor(era, {}, []);
  await client.connect(new StreamableHTTPClientTransport(new URL(url)));
  return {
    client,
    forms: [],
    call: async (name, args = {}, options = {}) =>
      readResult(await client.callTool({ name, arguments: args }, { timeout: timeoutMs, ...options })),
    close: () => client.close(),
  };
}
