import { execFile, spawn } from 'node:child_process';
import { mkdirSync, readdirSync, rmdirSync, statSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { promisify } from 'node:util';
import { closeAtEnd } from './protocol-leaks.ts';
import { registerSecret } from './written.ts';

const root = fileURLToPath(new URL('../..', import.meta.url));
const main = join(root, 'dist/main.js');

/** When a file, or anything in a folder, was changed last; 0 where it is not there. */
function changedAt(path: string): number {
  const entry = statSync(path, { throwIfNoEntry: false });
  if (!entry) return 0;
  if (!entry.isDirectory()) return entry.mtimeMs;
  return Math.max(0, ...readdirSync(path).map((name) => changedAt(join(path, name))));
}

const isStale = () =>
  changedAt(main) <
  Math.max(...['src', 'scripts/build.ts', 'scripts/third-party-notices.ts'].map((path) => changedAt(join(root, path))));

/** Test files run side by side, and one build is enough: whoever makes this folder builds. */
const lock = join(tmpdir(), `leaddyno-mcp-build-${Buffer.from(root).toString('base64url')}`);

async function buildOnce(): Promise<void> {
  for (let tries = 0; isStale(); tries += 1) {
    try {
      mkdirSync(lock);
    } catch {
      if (tries > 600) rmdirSync(lock);
      await new Promise((resolve) => setTimeout(resolve, 100));
      continue;
    }
    try {
      await promisify(execFile)('npm', ['run', '--silent', 'build'], { cwd: root });
    } finally {
      rmdirSync(lock);
    }
  }
}

/** The built server's file, built anew where it is missing or older than its source. */
export async function builtMain(): Promise<string> {
  await buildOnce();
  return main;
}

/** Nothing of the environment that the tests run in: no key, no proxy, no option. */
export const cleanEnv = (more: Readonly<Record<string, string>> = {}): Record<string, string> => ({
  PATH: process.env.PATH ?? '',
  ...more,
});

export interface Exit {
  readonly code: number | null;
  readonly signal: NodeJS.Signals | null;
}

/** The built server as a child process, spoken to by hand. */
export interface Child {
  readonly pid: number;
  /** What it wrote so far. */
  readonly stdout: () => string;
  readonly stderr: () => string;
  /** The JSON-RPC messages it wrote so far; fails where a line of its stdout is none. */
  readonly messages: () => readonly Message[];
  send(...messages: object[]): void;
  /** Any text on its stdin. */
  write(text: string): void;
  endStdin(): void;
  /** Closes our end of a stream that it writes to. */
  stopReading(stream: 'stdout' | 'stderr'): void;
  signal(signal: NodeJS.Signals): void;
  readonly exited: Promise<Exit>;
  close(): Promise<void>;
}

export interface Message {
  readonly jsonrpc: '2.0';
  readonly id?: number | string;
  readonly method?: string;
  readonly result?: unknown;
  readonly error?: unknown;
}

export async function startBuilt(args: readonly string[], env: Readonly<Record<string, string>> = {}): Promise<Child> {
  registerSecrets(env);
  const child = spawn(process.execPath, [await builtMain(), ...args], { env: cleanEnv(env), stdio: 'pipe' });
  const written = { stdout: '', stderr: '' };
  for (const stream of ['stdout', 'stderr'] as const) {
    child[stream].setEncoding('utf8').on('data', (text: string) => {
      written[stream] += text;
    });
  }
  // It may be gone before it has read everything.
  child.stdin.on('error', () => undefined);
  const exited = new Promise<Exit>((resolve) => child.once('close', (code, signal) => resolve({ code, signal })));
  return closeAtEnd({
    pid: child.pid ?? 0,
    stdout: () => written.stdout,
    stderr: () => written.stderr,
    messages: () => written.stdout.split('\n').filter(Boolean).map(readMessage),
    send: (...messages: object[]) => {
      child.stdin.write(messages.map((message) => `${JSON.stringify({ jsonrpc: '2.0', ...message })}\n`).join(''));
    },
    write: (text: string) => {
      child.stdin.write(text);
    },
    endStdin: () => {
      child.stdin.end();
    },
    stopReading: (stream: 'stdout' | 'stderr') => {
      child[stream].destroy();
    },
    signal: (signal: NodeJS.Signals) => {
      child.kill(signal);
    },
    exited,
    async close() {
      if (child.exitCode === null && child.signalCode === null) child.kill('SIGKILL');
      await exited;
    },
  });
}

const SECRET_VARIABLES = ['LEADDYNO_API_KEY', 'LEADDYNO_MCP_TOKEN', 'LEADDYNO_MCP_STATE_SECRET'];

/** Whatever the test is about: no process writes the secrets that it was started with. */
function registerSecrets(env: Readonly<Record<string, string>>): void {
  for (const name of SECRET_VARIABLES) {
    const value = env[name]?.trim() ?? '';
    // A variable that the host did not fill in is no secret, and named in what refuses it.
    if (!value.startsWith('$')) registerSecret(name, value);
  }
}

function readMessage(line: string): Message {
  const message: Message = JSON.parse(line);
  if (message.jsonrpc !== '2.0') throw new Error(`no JSON-RPC message: ${line}`);
  return message;
}

/** Runs the built server to its end; for starts that are refused, and for what only prints. */
export async function runBuilt(args: readonly string[], env: Readonly<Record<string, string>> = {}) {
  const child = await startBuilt(args, env);
  child.endStdin();
  const { code } = await child.exited;
  return { code, stdout: child.stdout(), stderr: child.stderr() };
}

/** The opening of a client of the older revisions, without forms. */
export const initialize = [
  {
    id: 0,
    method: 'initialize',
    params: { protocolVersion: '2025-11-25', capabilities: {}, clientInfo: { name: 'by-hand', version: '1' } },
  },
  { method: 'notifications/initialized' },
] as const;

/** A tool call by hand. */
export const toolCall = (id: number, name: string, args: object = {}) => ({
  id,
  method: 'tools/call',
  params: { name, arguments: args },
});
