import { spawn } from 'node:child_process';
import { mkdirSync, readFileSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';

/* What the hosts of the matrix have in common: how one is installed, started with a time limit, and judged. */

/** What is tried, and what it is called in the matrix. */
export const COLUMNS = {
  list: 'connects, lists',
  read: 'reads',
  token: 'write by token',
  form: 'write by form',
  file: 'file opened',
  page: 'page drawn',
} as const;

export type Column = keyof typeof COLUMNS;

/** `yes`: seen to work. `NO`: seen not to work. `–`: not offered by the host without a login, or not tried. */
export interface Cell {
  readonly outcome: 'yes' | 'NO' | '–';
  readonly note: string;
}

export type Cells = Readonly<Record<Column, Cell>>;

/** A host that is installed, with an empty home folder of its own. */
export interface Installed {
  readonly version: string;
  /** Path of the Node that it runs on. */
  readonly node: string;
  /** The folder with its commands. */
  readonly bin: string;
  readonly home: string;
  /** The folder that it is started in. */
  readonly folder: string;
  readonly env: Readonly<Record<string, string>>;
}

export interface Host {
  readonly title: string;
  readonly package: string;
  /** The version that the matrix was made with. */
  readonly version: string;
  /** The oldest major version of Node that it runs on, if that is newer than ours. */
  readonly needsNode?: number;
  /** What it does not offer, and why. */
  readonly lacks: Readonly<Partial<Record<Column, string>>>;
  readonly tries: (host: Installed) => Promise<Trial>;
}

/** Returns what it saw, or throws. */
export type Check = () => string | Promise<string>;

/** By column; run in the order of `COLUMNS`. */
export type Checks = Readonly<Partial<Record<Column, Check>>>;

export interface Trial {
  readonly checks: Checks;
  readonly end?: () => void | Promise<void>;
}

export const MAIN = fileURLToPath(new URL('../../dist/main.js', import.meta.url));

/** @throws Error with what was wanted and what was seen instead */
export function must(truth: boolean, wanted: string, saw: string): asserts truth {
  if (!truth) throw new Error(`wanted ${wanted}, saw: ${saw.replace(/\s+/g, ' ').slice(0, 300)}`);
}

export async function judge(check: Check | undefined, lacking: string | undefined): Promise<Cell> {
  if (!check) return { outcome: '–', note: lacking ?? 'not tried' };
  try {
    return { outcome: 'yes', note: await check() };
  } catch (error) {
    return { outcome: 'NO', note: (error as Error).message };
  }
}

interface Run {
  readonly cwd?: string;
  readonly env?: Readonly<Record<string, string>>;
  readonly limitMs?: number;
}

export interface Ended {
  readonly code: number | null;
  readonly out: string;
  readonly all: string;
}

const LIMIT_MS = 120_000;

/** Kills a process group: its leader with all its children. */
export function endGroup(pid: number | undefined): void {
  try {
    if (pid) process.kill(-pid, 'SIGKILL');
  } catch {
    // It has ended already.
  }
}

/** Starts a program in a process group of its own, which is killed at the time limit and when this program exits. */
export function start(command: string, args: readonly string[], { cwd, env, limitMs = LIMIT_MS }: Run = {}) {
  const child = spawn(command, args, { cwd, env, detached: true, stdio: ['pipe', 'pipe', 'pipe'] });
  const stop = () => endGroup(child.pid);
  const limit = setTimeout(stop, limitMs);
  process.once('exit', stop);
  child.once('close', () => {
    clearTimeout(limit);
    process.off('exit', stop);
  });
  child.stdout.setEncoding('utf8');
  child.stderr.setEncoding('utf8');
  return { child, stop };
}

export function runToEnd(command: string, args: readonly string[], run: Run = {}): Promise<Ended> {
  const { child, stop } = start(command, args, run);
  child.stdin.end();
  return new Promise((resolve) => {
    let [out, all] = ['', ''];
    child.stdout.on('data', (chunk: string) => {
      out += chunk;
      all += chunk;
    });
    child.stderr.on('data', (chunk: string) => {
      all += chunk;
    });
    child.once('error', (error) => resolve({ code: null, out, all: error.message }));
    // Does not wait for its pipes to close: programs that a host leaves running keep them open.
    child.once('exit', (code) => setTimeout(() => resolve({ code, out, all }), 200));
    child.once('exit', () => setTimeout(stop, 400));
  });
}

/** Runs a command of a host. @returns its stdout @throws Error if it fails */
export async function runHost(host: Installed, command: string, ...args: readonly string[]): Promise<string> {
  const { code, out, all } = await runToEnd(join(host.bin, command), args, { cwd: host.folder, env: host.env });
  must(code === 0, `${command} ${args.slice(0, 3).join(' ')} to end with 0`, `${code}: ${all}`);
  return out;
}

const INSTALL_MS = 5 * 60_000;

/** Installs a host from the npm registry. @throws Error with the end of npm's output */
export async function install(host: Host, version: string, root: string): Promise<Installed> {
  const folder = join(root, host.package.replace(/\W+/g, '-'));
  const [place, home] = [join(folder, 'work'), join(folder, 'home')];
  mkdirSync(place, { recursive: true });
  mkdirSync(home, { recursive: true });
  writeFileSync(join(folder, 'package.json'), '{}');
  const old = Number.parseInt(process.versions.node, 10) < (host.needsNode ?? 0);
  const platform = process.platform === 'win32' ? 'win' : process.platform;
  const runtime = old ? [`node-${platform}-${process.arch}@${host.needsNode}`] : [];
  const flags = ['install', '--no-audit', '--no-fund', '--loglevel=error'];
  const { code, all } = await runToEnd('npm', [...flags, `${host.package}@${version}`, ...runtime], {
    cwd: folder,
    limitMs: INSTALL_MS,
  });
  must(code === 0, 'npm to install it', all.slice(-300));
  const modules = join(folder, 'node_modules');
  const nodeFolder = old ? join(modules, `node-${platform}-${process.arch}`, 'bin') : join(process.execPath, '..');
  const described = JSON.parse(readFileSync(join(modules, host.package, 'package.json'), 'utf8'));
  return {
    version: String(described.version),
    node: join(nodeFolder, 'node'),
    bin: join(modules, '.bin'),
    home,
    folder: place,
    env: { HOME: home, PATH: [nodeFolder, process.env.PATH ?? ''].join(':'), NO_COLOR: '1' },
  };
}
