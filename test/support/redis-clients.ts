import type { Pace } from '../../src/leaddyno/pace.ts';
import { connectRedis, type Timing } from '../../src/redis/index.ts';
import { closeAtEnd } from './protocol-leaks.ts';
import { QUICK } from './redis-timing.ts';

/** A connection as a process of the server has it. */
export function connect(url: string, timing: Partial<Timing> = {}) {
  /** What its log would say, in order. */
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

/** Waits until connections have left the time after their start or return behind. */
export async function settle(connections: readonly Connected[]): Promise<void> {
  await Promise.all(connections.map((connection) => connection.settled()));
}

/** Waits until Redis has carried out all that was asked of it on a connection so far: it answers in order. */
export async function arrived(connection: Connected): Promise<void> {
  // What is about to be sent, is.
  await new Promise((resolve) => setImmediate(resolve));
  await connection.run((client) => client.ping());
}

/** Milliseconds of the clock that all processes of this machine share. */
export const monotonic = (): number => Number(process.hrtime.bigint()) / 1e6;

export interface TakeOptions {
  readonly signal?: AbortSignal;
  readonly maxWaitMs?: number;
}

/** Takes from a pace, and notes when. */
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

/** The most starts that lie within any window. */
export function mostInAnyWindow(starts: readonly number[], windowMs: number): number {
  const sorted = [...starts].sort((a, b) => a - b);
  let most = 0;
  for (let first = 0, last = 0; last < sorted.length; last += 1) {
    while ((sorted[last] ?? 0) - (sorted[first] ?? 0) >= windowMs) first += 1;
    most = Math.max(most, last - first + 1);
  }
  return most;
}

/** Waits until `condition` holds. */
export async function until(condition: () => boolean | Promise<boolean>, ms = 30_000): Promise<void> {
  const end = performance.now() + ms;
  while (!(await condition())) {
    if (performance.now() > end) throw new Error('the condition did not come about');
    await new Promise((resolve) => setTimeout(resolve, 10));
  }
}
