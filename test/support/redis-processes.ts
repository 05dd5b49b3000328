import { type ChildProcess, fork } from 'node:child_process';
import { once } from 'node:events';
import { fileURLToPath } from 'node:url';
import { closeAtEnd } from './protocol-leaks.ts';

/** What a process does: `atOnce` loops of `takes` takes each, of which some are `cancelled` (0 to 1). */
export interface Plan {
  readonly url: string;
  readonly account: string;
  readonly limit: number;
  readonly windowMs: number;
  readonly maxWaitMs: number;
  readonly atOnce: number;
  readonly takes: number;
  readonly cancelled: number;
}

export type Told =
  | { readonly kind: 'ready' }
  | { readonly kind: 'redis'; readonly reachable: boolean }
  | { readonly kind: 'start'; readonly at: number }
  | { readonly kind: 'failure'; readonly name: string };

export interface PaceProcess {
  /** When it started something, in milliseconds of the monotonic clock. */
  readonly starts: readonly number[];
  /** The names of the errors that its takes ended with. */
  readonly failures: readonly string[];
  readonly redisChanges: readonly boolean[];
  /** Begins with its plan; resolves when it has ended. */
  run(): Promise<void>;
  kill(): void;
  close(): Promise<void>;
}

const SCRIPT = fileURLToPath(new URL('redis-pace-process.ts', import.meta.url));

/** A process of its own with a shared pace, connected and ready to begin. */
export async function startPaceProcess(plan: Plan): Promise<PaceProcess> {
  const child: ChildProcess = fork(SCRIPT, [JSON.stringify(plan)], { execArgv: ['--import', 'tsx'] });
  const ended = once(child, 'close');
  const starts: number[] = [];
  const failures: string[] = [];
  const redisChanges: boolean[] = [];
  await new Promise<void>((resolve, reject) => {
    child.once('exit', () => reject(new Error('the process ended before it was ready')));
    child.on('message', (told: Told) => {
      switch (told.kind) {
        case 'ready':
          return resolve();
        case 'redis':
          return redisChanges.push(told.reachable);
        case 'start':
          return starts.push(told.at);
        case 'failure':
          return failures.push(told.name);
      }
    });
  });
  return closeAtEnd({
    starts,
    failures,
    redisChanges,
    async run() {
      child.send('go');
      await ended;
    },
    kill: () => void child.kill('SIGKILL'),
    async close() {
      if (child.exitCode === null && child.signalCode === null) child.kill('SIGKILL');
      await ended;
    },
  });
}
