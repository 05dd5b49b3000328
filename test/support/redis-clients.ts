import type { Pace } from '../../src/leaddyno/pace.ts';
import { connectRedis, type Timing } from '../../src/redis/index.ts';
import { closeAtEnd } from './protocol-leaks.ts';
import { QUICK } from './redis-timing.ts';

/** A connection like that of a server process, with short times. */
export function connect(url: string, timing: Partial<Timing> = {}) {
  /** What it would log, in order: whether Redis became reachable or not. */
  const changes: boolean[] = [];
  const reasons: string[] = [];
  const onChange = (reachable: boolean, reason?: string) => {
    changes.push(reachable);
    if (reason !== undefined) reasons.push(reason);
  };
  const connection = connectRedis(url, onChange, { ...QUICK, ...timing });
  return closeAtEnd({ ...connection, changes, reasons });
}

export type Connected = ReturnType<typeof connect>;

/** Waits until the settling time after the start or the return of each connection is over. */
export async function settle(connections: readonly Connected[]): Promise<void> {
  await Promise.all(connections.map((connection) => connection.settled()));
}

/** Waits until Redis has carried out all commands so far of a connection. Redis answers in order. */
export async function arrived(connection: Connected): Promise<void> {
  // Lets commands that are about to be sent go first.
  await new Promise((resolve) => setImmediate(resolve));
  await connection.run((client) => client.ping());
}

/** Milliseconds of the monotonic clock, which all processes of this machine share. */
export const monotonic = (): number => Number(process.hrtime.bigint()) / 1e6;

export interface TakeOptions {
  readonly signal?: AbortSignal;
  readonly maxWaitMs?: number;
}

/** Takes from a pace and records the times. */
export function recordStarts(starts: number[] = []) {
  return {
    starts,
    async take(pace: Pace, { signal, maxWaitMs = 30_000 }: TakeOptions = {}): Promise<number> {
      await pace.take({ signal, maxWaitMs });
      const at = monotonic();
      starts.push(at);
      return at;
    },
  };
}

/** The largest number of starts within any window. */
export function mostInAnyWindow(starts: readonly number[], windowMs: number): number {
  const sorted = [...starts].sort((a, b) => a - b);
  let most = 0;
  for (let first = 0, last = 0; last < sorted.length; last += 1) {
    while ((sorted[last] ?? 0) - (sorted[first] ?? 0) >= windowMs) first += 1;
    most = Math.max(most, last - first + 1);
  }
  return most;
}

/** Waits until `condition` is true. @throws after `ms` milliseconds */
export async function until(condition: () => boolean | Promise<boolean>, ms = 30_000): Promise<void> {
  const end = performance.now() + ms;
  while (!(await condition())) {
    if (performance.now() > end) throw new Error('the condition did not come about');
    await new Promise((resolve) => setTimeout(resolve, 10));
  }
}
