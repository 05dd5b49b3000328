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

/** When a file, or anything in a folder, was last changed, in epoch milliseconds; 0 if it does not exist. */
function changedAt(path: string): number {
  const entry = statSync(path, { throwIfNoEntry: false });
  if (!entry) return 0;
  if (!entry.isDirectory()) return entry.mtimeMs;
  return Math.max(0, ...readdirSync(path).map((name) => changedAt(join(path, name))));
}

const isStale = () =>
  changedAt(main) <
  Math.max(...['src', 'scripts/build.ts', 'scripts/third-party-notices.ts'].map((path) => changedAt(join(root, path))));

/** Test files run in parallel, but one build is enough: the process that creates this folder builds. */
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

/** The file of the built server, rebuilt if it is missing or older than its sources. */
export async function builtMain(): Promise<string> {
  await buildOnce();
  return main;
}

/** An environment without the variables of the tests' own (keys, proxies, options), apart from PATH. */
export const cleanEnv = (more: Readonly<Record<string, string>> = {}): Record<string, string> => ({
  PATH: process.env.PATH ?? '',
  ...more,
});

export interface Exit {
  readonly code: number | null;
  readonly signal: NodeJS.Signals | null;
}

/** The built server as a child process; tests write its messages by hand. */
export interface Child {
  readonly pid: number;
  /** What it has written so far. */
  readonly stdout: () => string;
  readonly stderr: () => string;
  /** The JSON-RPC messages it has written so far. @throws if a line of its stdout is not one */
  readonly messages: () => readonly Message[];
  send(...messages: object[]): void;
  /** Writes any text to its stdin. */
  write(text: string): void;
  endStdin(): void;
  /** Closes our end of one of its output streams. */
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
  // It may exit before it has read everything.
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

/** In every test, a process must not write the secrets that it was started with. */
function registerSecrets(env: Readonly<Record<string, string>>): void {
  for (const name of SECRET_VARIABLES) {
    const value = env[name]?.trim() ?? '';
    // A placeholder that the host did not fill in is no secret: the error message that rejects it quotes it.
    if (!value.startsWith('$')) registerSecret(name, value);
  }
}

function readMessage(line: string): Message {
  const message: Message = JSON.parse(line);
  if (message.jsonrpc !== '2.0') throw new Error(`no JSON-RPC message: ${line}`);
  return message;
}

/** Runs the built server until it exits; for starts that fail and for commands that only print. */
export async function runBuilt(args: readonly string[], env: Readonly<Record<string, string>> = {}) {
  const child = await startBuilt(args, env);
  child.endStdin();
  const { code } = await child.exited;
  return { code, stdout: child.stdout(), stderr: child.stderr() };
}

/** The first messages of a client of the older revisions that cannot show forms. */
export const initialize = [
  {
    id: 0,
    method: 'initialize',
    params: { protocolVersion: '2025-11-25', capabilities: {}, clientInfo: { name: 'by-hand', version: '1' } },
  },
  { method: 'notifications/initialized' },
] as const;

/** A tool call, written by hand. */
export const toolCall = (id: number, name: string, args: object = {}) => ({
  id,
  method: 'tools/call',
  params: { name, arguments: args },
});
