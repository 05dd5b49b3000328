import { type ChildProcess, spawn } from 'node:child_process';
import { readFileSync } from 'node:fs';
import { fileURLToPath } from 'node:url';

/*
 * `npx tsx bench/startup.ts [runs]`: from spawning the built server to its `initialize` answer and to its tool list,
 * beside `node -e 0` in the same run, in turn. Medians, and multiples of the baseline; peak memory beside it.
 */

const runs = Number(process.argv[2] ?? 7);
const server = fileURLToPath(new URL('../dist/main.js', import.meta.url));
const env: NodeJS.ProcessEnv = { ...process.env, LEADDYNO_API_KEY: 'not-a-real-key' };
delete env.NODE_EXTRA_CA_CERTS;

const message = (id: number, method: string, params: object) =>
  `${JSON.stringify({ jsonrpc: '2.0', id, method, params })}\n`;
const initialize = message(1, 'initialize', {
  protocolVersion: '2025-11-25',
  capabilities: {},
  clientInfo: { name: 'bench', version: '1' },
});

function bareNode(): Promise<number> {
  const started = performance.now();
  return new Promise((resolve) => {
    spawn(process.execPath, ['-e', '0'], { env, stdio: 'ignore' }).once('exit', () =>
      resolve(performance.now() - started),
    );
  });
}

interface Start {
  readonly initialized: number;
  readonly listed: number;
  /** Peak resident memory in MiB; undefined where the system does not tell. */
  readonly peak: number | undefined;
}

function serverStart(): Promise<Start> {
  const started = performance.now();
  const child = spawn(process.execPath, [server], { env, stdio: ['pipe', 'pipe', 'inherit'] });
  return new Promise((resolve) => {
    let initialized = 0;
    let buffered = '';
    child.stdout.setEncoding('utf8').on('data', (chunk: string) => {
      buffered += chunk;
      if (initialized === 0 && buffered.includes('"id":1')) {
        initialized = performance.now() - started;
        child.stdin.write(
          `${JSON.stringify({ jsonrpc: '2.0', method: 'notifications/initialized' })}\n${message(2, 'tools/list', {})}`,
        );
      }
      if (/"id":2\}\s*$/.test(buffered)) {
        const listed = performance.now() - started;
        const peak = peakMemory(child);
        child.once('exit', () => resolve({ initialized, listed, peak }));
        child.stdin.end();
      }
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

const median = (values: number[]) => [...values].sort((a, b) => a - b)[Math.floor(values.length / 2)] ?? Number.NaN;

const bare: number[] = [];
const starts: Start[] = [];
await bareNode();
await serverStart();
for (let run = 0; run < runs; run += 1) {
  bare.push(await bareNode());
  starts.push(await serverStart());
}
const baseline = median(bare);
const row = (name: string, ms: number) =>
  console.log(`${name.padEnd(32)} ${ms.toFixed(0).padStart(5)} ms   ${(ms / baseline).toFixed(2)} ×`);
console.log(`Node ${process.versions.node}, median of ${runs}, multiples of node -e 0`);
row('node -e 0', baseline);
row('spawn to initialize answer', median(starts.map((start) => start.initialized)));
row('spawn to tool list', median(starts.map((start) => start.listed)));
const peaks = starts.flatMap(({ peak }) => (peak === undefined ? [] : [peak]));
if (peaks.length > 0) console.log(`${'peak memory'.padEnd(32)} ${median(peaks).toFixed(0).padStart(5)} MiB`);
