import { type ChildProcess, fork } from 'node:child_process';
import { once } from 'node:events';
import { fileURLToPath } from 'node:url';
import { closeAtEnd } from './protocol-leaks.ts';

/** What a process does: `atOnce` parallel loops of `takes` takes each; `cancelled` is the share cancelled (0 to 1). */
export interface Plan {
  readonly account: string;
  readonly limit: number;
  readonly windowMs: number;
  readonly atOnce: number;
  readonly takes: number;
  readonly cancelled: number;
}

/** What a process reports, besides `ready` and `done`. */
export interface Told {
  /** Milliseconds of the monotonic clock. */
  readonly starts: number[];
  /** The names of the errors of failed takes. */
  readonly failures: string[];
  /** Each change: whether Redis is reachable now. */
  readonly redis: boolean[];
}

export interface PaceProcess {
  /** Carries out a plan; resolves when it is done or the process has ended. */
  run(plan: Plan): Promise<Told>;
  kill(): void;
  close(): Promise<void>;
}

const SCRIPT = fileURLToPath(new URL('redis-pace-process.ts', import.meta.url));

/** Starts a separate process with a connection to Redis; resolves when it is ready. */
export async function startPaceProcess(url: string): Promise<PaceProcess> {
  const child: ChildProcess = fork(SCRIPT, [url], { execArgv: ['--import', 'tsx'] });
  // Not `close`: the compiler that the process starts may hold the channel open a little longer.
  const ended = once(child, 'exit');
  let told: Told = { starts: [], failures: [], redis: [] };
  child.on('message', (message: Told | string) => {
    if (typeof message === 'string') return;
    told.starts.push(...message.starts);
    told.failures.push(...message.failures);
    told.redis.push(...message.redis);
  });

  function hears(word: string): Promise<void> {
    return new Promise((resolve) => {
      child.on('message', function listen(message) {
        if (message !== word) return;
        child.off('message', listen);
        resolve();
      });
    });
  }

  await Promise.race([hears('ready'), ended]);
  if (!child.connected) throw new Error('a process with a pace did not start');
  return closeAtEnd({
    async run(plan) {
      told = { starts: [], failures: [], redis: [] };
      child.send(plan);
      await Promise.race([hears('done'), ended]);
      return told;
    },
    kill: () => void child.kill('SIGKILL'),
    async close() {
      if (child.connected) child.disconnect();
      await ended;
    },
  });
}
