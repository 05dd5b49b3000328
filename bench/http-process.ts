import { type ChildProcess, spawn } from 'node:child_process';
import { readdirSync, readFileSync } from 'node:fs';
import { fileURLToPath } from 'node:url';

/** A child process that serves HTTP on a port of this machine. */
export interface Served {
  readonly origin: string;
  /** Processor time that all its threads have used so far; NaN where the system does not report it. */
  readonly processorMs: () => number;
  /** Resident memory; NaN where the system does not report it. */
  readonly residentMiB: () => number;
  readonly stop: () => Promise<void>;
}

const START_MS = 120_000;

/** Starts a TypeScript file of this folder. */
export function serveSource(file: string, ...args: string[]): Promise<Served> {
  return serve(['--import', 'tsx', fileURLToPath(new URL(file, import.meta.url)), ...args], process.env);
}

/** Starts the built server with these settings and no `LEADDYNO_` variable of this environment. */
export function serveBuilt(args: readonly string[], settings: Readonly<Record<string, string>>): Promise<Served> {
  const others = Object.entries(process.env).filter(([name]) => !name.startsWith('LEADDYNO_'));
  const entry = fileURLToPath(new URL('../dist/main.js', import.meta.url));
  return serve([entry, ...args], { ...Object.fromEntries(others), ...settings });
}

async function serve(args: readonly string[], env: NodeJS.ProcessEnv): Promise<Served> {
  const child = spawn(process.execPath, args, { env, stdio: ['ignore', 'pipe', 'pipe'] });
  process.once('exit', () => child.kill('SIGKILL'));
  const port = await announcedPort(child);
  return {
    origin: `http://127.0.0.1:${port}`,
    processorMs: () => readProcessorMs(child),
    residentMiB: () => readResidentMiB(child),
    stop: () =>
      new Promise((resolve) => {
        child.once('exit', () => resolve());
        child.kill('SIGKILL');
      }),
  };
}

/** The port that a process announces in a line of JSON, on stdout or in its log. */
function announcedPort(child: ChildProcess): Promise<number> {
  return new Promise((resolve, reject) => {
    let said = '';
    const fail = () => reject(new Error(`a process did not start: ${said}`));
    const timer = setTimeout(fail, START_MS);
    child.once('exit', fail);
    for (const stream of [child.stdout, child.stderr]) {
      stream?.setEncoding('utf8').on('data', (chunk: string) => {
        said = (said + chunk).slice(-2_000);
        const port = /"port":(\d+)/.exec(said)?.[1];
        if (port === undefined) return;
        clearTimeout(timer);
        child.off('exit', fail);
        resolve(Number(port));
      });
    }
  });
}

function readProcessorMs({ pid }: ChildProcess): number {
  try {
    const nanoseconds = readdirSync(`/proc/${pid}/task`).map((id) => {
      const [running] = readFileSync(`/proc/${pid}/task/${id}/schedstat`, 'utf8').split(' ');
      return Number(running);
    });
    return nanoseconds.reduce((sum, one) => sum + one, 0) / 1e6;
  } catch {
    return Number.NaN;
  }
}

function readResidentMiB({ pid }: ChildProcess): number {
  try {
    return Number(/VmRSS:\s+(\d+) kB/.exec(readFileSync(`/proc/${pid}/status`, 'utf8'))?.[1]) / 1024;
  } catch {
    return Number.NaN;
  }
}
