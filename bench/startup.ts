import { type ChildProcess, execFileSync, spawn } from 'node:child_process';
import { cpSync, mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { build } from 'esbuild';

/*
 * `npx tsx bench/startup.ts [runs] [--peers]`: the time from spawning a server to its `initialize` answer and to its
 * tool list. Measured in turn in one run: `node -e 0`, a bare SDK server without tools that is bundled like ours, our
 * server, and with --peers two other MCP servers, installed from npm into a temporary folder. Prints medians, multiples
 * of the baselines and peak memory.
 */

const runs = Number(process.argv.slice(2).find((arg) => /^\d+$/.test(arg)) ?? 15);
const root = fileURLToPath(new URL('..', import.meta.url));
const env: NodeJS.ProcessEnv = { ...process.env, LEADDYNO_API_KEY: 'not-a-real-key' };
// This variable alone adds 60 to 80 ms to every start of Node.
delete env.NODE_EXTRA_CA_CERTS;

const message = (id: number, method: string, params: object) =>
  `${JSON.stringify({ jsonrpc: '2.0', id, method, params })}\n`;
const initialize = message(1, 'initialize', {
  protocolVersion: '2025-11-25',
  capabilities: {},
  clientInfo: { name: 'bench', version: '1' },
});
const listTools = `${JSON.stringify({ jsonrpc: '2.0', method: 'notifications/initialized' })}\n${message(2, 'tools/list', {})}`;

interface Start {
  readonly initialized: number;
  readonly listed: number;
  /** Peak resident memory in MiB; undefined where the system does not report it. */
  readonly peak: number | undefined;
}

interface Server {
  readonly name: string;
  readonly args: readonly string[];
  readonly env?: Readonly<Record<string, string>>;
  readonly tools: boolean;
}

function bareNode(): Promise<number> {
  const started = performance.now();
  return new Promise((resolve) => {
    spawn(process.execPath, ['-e', '0'], { env, stdio: 'ignore' }).once('exit', () =>
      resolve(performance.now() - started),
    );
  });
}

function start({ args, env: own, tools }: Server): Promise<Start> {
  const started = performance.now();
  const child = spawn(process.execPath, args, { env: { ...env, ...own }, stdio: ['pipe', 'pipe', 'ignore'] });
  return new Promise((resolve, reject) => {
    let initialized = 0;
    let buffered = '';
    const end = () => {
      const listed = performance.now() - started;
      const peak = peakMemory(child);
      child.removeAllListeners('exit');
      child.once('exit', () => resolve({ initialized, listed, peak }));
      child.kill('SIGKILL');
    };
    child.once('error', reject);
    setTimeout(() => reject(new Error(`${args.join(' ')} does not answer`)), 20_000).unref();
    child.once('exit', () => reject(new Error(`${args.join(' ')} ended before it answered`)));
    child.stdout.setEncoding('utf8').on('data', (chunk: string) => {
      buffered += chunk;
      if (initialized === 0 && /"id":1[,}]/.test(buffered) && buffered.includes('serverInfo')) {
        initialized = performance.now() - started;
        if (!tools) return end();
        buffered = '';
        child.stdin.write(listTools);
      } else if (initialized > 0 && buffered.includes('"tools":') && buffered.endsWith('\n')) end();
    });
    child.stdin.write(initialize);
  });
}

function peakMemory({ pid }: ChildProcess): number | undefined {
  try {
    const line = /VmHWM:\s+(\d+) kB/.exec(readFileSync(`/proc/${pid}/status`, 'utf8'));
    return line ? Number(line[1]) / 1024 : undefined;
  } catch {
    return undefined;
  }
}

/** The smallest server that the SDK allows: no tool, no schema, bundled like ours. */
async function bareSdk(folder: string): Promise<Server> {
  const path = join(folder, 'bare-sdk.mjs');
  await build({
    stdin: {
      contents: `import { McpServer } from '@modelcontextprotocol/server';
        import { serveStdio } from '@modelcontextprotocol/server/stdio';
        serveStdio(() => new McpServer({ name: 'bare', version: '1.0.0' }));`,
      resolveDir: root,
      loader: 'js',
    },
    outfile: path,
    bundle: true,
    format: 'esm',
    platform: 'node',
    target: 'node20',
    minify: true,
    logLevel: 'warning',
  });
  return { name: 'bare SDK v2, bundled', args: [path], tools: false };
}

/** Other MCP servers that use an API. They start and list their tools without a real key. */
const PEERS: readonly { readonly package: string; readonly entry: string; readonly env: Record<string, string> }[] = [
  {
    package: '@notionhq/notion-mcp-server',
    entry: 'bin/cli.mjs',
    env: { OPENAPI_MCP_HEADERS: '{}', NOTION_TOKEN: 'not-a-real-token' },
  },
  {
    package: '@upstash/context7-mcp',
    entry: 'dist/index.js',
    env: {},
  },
];

function installPeers(folder: string): Server[] {
  const names = PEERS.map((peer) => peer.package);
  execFileSync('npm', ['install', '--no-audit', '--no-fund', '--ignore-scripts', '--loglevel=error', ...names], {
    cwd: folder,
    stdio: ['ignore', 'ignore', 'inherit'],
  });
  return PEERS.map((peer) => {
    const installed = join(folder, 'node_modules', peer.package);
    const { version } = JSON.parse(readFileSync(join(installed, 'package.json'), 'utf8')) as { version: string };
    return { name: `${peer.package} ${version}`, args: [join(installed, peer.entry)], env: peer.env, tools: true };
  });
}

const median = (values: readonly number[]) =>
  [...values].sort((a, b) => a - b)[Math.floor(values.length / 2)] ?? Number.NaN;

const folder = mkdtempSync(join(tmpdir(), 'startup-'));
try {
  const bare = await bareSdk(folder);
  writeFileSync(join(folder, 'package.json'), '{"private":true,"type":"module"}');
  // A copy, so that a build during the run changes nothing.
  cpSync(join(root, 'dist'), join(folder, 'dist'), { recursive: true });
  const ours: Server = { name: 'leaddyno-mcp', args: [join(folder, 'dist/main.js')], tools: true };
  const peers = process.argv.includes('--peers') ? installPeers(folder) : [];
  const servers = [bare, ours, ...peers];

  const node: number[] = [];
  const starts = new Map<Server, Start[]>(servers.map((server) => [server, []]));
  // One uncounted start each, so that all files are in the system's cache.
  await bareNode();
  for (const server of servers) await start(server);
  for (let run = 0; run < runs; run += 1) {
    node.push(await bareNode());
    for (const server of servers) starts.get(server)?.push(await start(server));
  }

  const baseline = median(node);
  const sdk = median((starts.get(bare) ?? []).map(({ initialized }) => initialized));
  const cell = (ms: number) => `${ms.toFixed(0).padStart(6)} ms ${(ms / baseline).toFixed(1).padStart(5)} ×`;
  console.log(
    `Node ${process.versions.node}, median of ${runs}; × are multiples of node -e 0 (${baseline.toFixed(0)} ms)\n`,
  );
  console.log(`${''.padEnd(42)} ${'initialize'.padStart(17)} ${'tool list'.padStart(17)} ${'peak MiB'.padStart(9)}`);
  for (const server of servers) {
    const own = starts.get(server) ?? [];
    const peak = median(own.flatMap((one) => (one.peak === undefined ? [] : [one.peak])));
    const listed = server.tools ? cell(median(own.map((one) => one.listed))) : ''.padStart(17);
    const initialized = cell(median(own.map((one) => one.initialized)));
    console.log(`${server.name.padEnd(42)} ${initialized} ${listed} ${peak.toFixed(0).padStart(9)}`);
  }

  const own = starts.get(ours) ?? [];
  const initialized = median(own.map((one) => one.initialized));
  const more = median(own.map((one) => one.listed - one.initialized));
  const peak = median(own.flatMap((one) => (one.peak === undefined ? [] : [one.peak])));
  const met = (is: boolean) => (is ? 'met' : 'missed');
  console.log(
    `\ninitialize beside the bare SDK: ${(initialized / sdk).toFixed(2)} (aim 1.15: ${met(initialized / sdk <= 1.15)})`,
  );
  console.log(`tool list after that: ${more.toFixed(0)} ms (aim 15: ${met(more <= 15)})`);
  console.log(`peak memory: ${peak.toFixed(0)} MiB (aim below 65: ${met(peak < 65)})`);
} finally {
  rmSync(folder, { recursive: true, force: true });
}
