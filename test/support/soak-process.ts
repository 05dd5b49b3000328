import { spawn } from 'node:child_process';
import { mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { type Client, StreamableHTTPClientTransport } from '@modelcontextprotocol/client';
import { StdioClientTransport } from '@modelcontextprotocol/client/stdio';
import { createClientFor } from './clients.ts';
import { KEY } from './harness.ts';
import { until } from './http-raw.ts';
import { portIn } from './http-server.ts';
import { builtMain, cleanEnv } from './protocol-built.ts';
import { closeAtEnd } from './protocol-leaks.ts';
import { readFolder } from './written.ts';

/** What the built server holds after a forced garbage collection; memory in bytes. */
export interface Measure {
  readonly heapUsed: number;
  /** Compiled code on the heap: V8 makes more of it for hours, and discards it, as it finds useful. */
  readonly code: number;
  /** Memory outside the heap that V8 counts, such as buffers. */
  readonly external: number;
  readonly rss: number;
  readonly handles: number;
  readonly resources: readonly string[];
}

/** The built server as a process that can be measured, with a connected real client. */
export interface Measured {
  readonly client: Client;
  /** What it wrote to stderr; over HTTP only errors. */
  readonly logged: () => string;
  measure(): Promise<Measure>;
  /** Moves its clock forward by more than a day, so that everything it keeps for a limited time has expired. */
  later(): void;
  close(): Promise<void>;
}

const PRELOAD = fileURLToPath(new URL('measure-preload.mjs', import.meta.url));

/** Options of every run; the caller adds the log level. A bug or an unhandled rejection would be logged as an error. */
const flags = (baseUrl: string) => ['--base-url', baseUrl, '--rate-limit', '0', '--timeout', '4000', '--log-level'];

async function command(baseUrl: string, more: readonly string[]) {
  const folder = mkdtempSync(join(tmpdir(), 'leaddyno-mcp-soak-'));
  const file = join(folder, 'measures');
  writeFileSync(file, '');
  const args = ['--expose-gc', '--import', PRELOAD, await builtMain(), ...flags(baseUrl), ...more];
  return { args, env: cleanEnv({ LEADDYNO_API_KEY: KEY, MEASURE_FILE: file }), folder, file };
}

/** Makes a process measure itself, and reads the result. */
async function measureOf(pid: number, file: string): Promise<Measure> {
  const lines = () => readFileSync(file, 'utf8').split('\n').filter(Boolean);
  const before = lines().length;
  process.kill(pid, 'SIGUSR2');
  await until(() => lines().length > before);
  return JSON.parse(lines().at(-1) ?? '');
}

export async function measuredOnStdio(baseUrl: string): Promise<Measured> {
  const { args, env, folder, file } = await command(baseUrl, ['error']);
  const transport = new StdioClientTransport({ command: process.execPath, args, env, stderr: 'pipe' });
  let stderr = '';
  transport.stderr?.on('data', (text: Buffer) => {
    stderr += text;
  });
  const client = createClientFor('modern', {}, []);
  await client.connect(transport);
  return closeAtEnd({
    client,
    logged: () => stderr,
    measure: () => measureOf(transport.pid ?? 0, file),
    later: () => void process.kill(transport.pid ?? 0, 'SIGWINCH'),
    async close() {
      await client.close();
      readFolder(folder);
      rmSync(folder, { recursive: true, force: true });
    },
  });
}

export async function measuredOverHttp(baseUrl: string): Promise<Measured> {
  // The line with the port is written from level `warn`.
  const { args, env, folder, file } = await command(baseUrl, ['warn', '--http', '0']);
  const child = spawn(process.execPath, args, { env, stdio: ['ignore', 'ignore', 'pipe'] });
  let port = 0;
  let stderr = '';
  let rest = '';
  child.stderr.setEncoding('utf8').on('data', (text: string) => {
    const lines = `${rest}${text}`.split('\n');
    rest = lines.pop() ?? '';
    if (port === 0 && lines.some((line) => line.includes('"port":'))) port = portIn(lines);
    // Keeps only errors: a long run has a warning for every retry.
    stderr += lines.filter((line) => /"level":"error"/.test(line)).join('\n');
  });
  const exited = new Promise<void>((resolve) => child.once('close', () => resolve()));
  await until(() => port > 0);
  const client = createClientFor('modern', {}, []);
  await client.connect(new StreamableHTTPClientTransport(new URL(`http://127.0.0.1:${port}/mcp`)));
  return closeAtEnd({
    client,
    logged: () => stderr,
    measure: () => measureOf(child.pid ?? 0, file),
    later: () => void child.kill('SIGWINCH'),
    async close() {
      await client.close();
      child.kill('SIGKILL');
      await exited;
      readFolder(folder);
      rmSync(folder, { recursive: true, force: true });
    },
  });
}
