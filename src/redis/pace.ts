import { randomUUID } from 'node:crypto';
import { type Pace, PaceExceeded } from '../leaddyno/pace.ts';
import { sleepFor } from '../leaddyno/sleep.ts';
import { type Put, type RedisConnection, RedisUnavailable } from './connection.ts';
import { LEAVE, NOTE, PAUSE, REFUSED, STARTED, TAKE } from './pace-scripts.ts';
import { createShare } from './share.ts';

/** Who waits asks again at least so often: somebody ahead may have left. */
const ASK_EVERY_MS = 1_000;
/** Who did not ask for so long is gone: its process was killed. */
const LEASE_MS = 3_000;
/** A grant that took longer to arrive is reported: the request starts now, not when Redis granted it. */
const LATE_MS = 5;
/** Longer waits are no different. */
const FOREVER_MS = 2 ** 40;

export interface SharedPaceOptions {
  readonly redis: RedisConnection;
  /** Names the account without naming its key. */
  readonly account: string;
  readonly limit: number;
  readonly windowMs?: number;
}

/**
 * The pace of an account, shared by every process: a sliding window kept in Redis, because a fixed one lets twice the
 * limit through around its edge. While Redis is away each process keeps to its share of the limit.
 *
 * Over the loss and the return of Redis the limit holds as well: a process begins its share with what it last saw of
 * the window, and on return puts into Redis what it started meanwhile; until all have, it keeps to its share besides.
 * What cannot be avoided: starts of others since this process last asked are not known to it when Redis is lost; a
 * process that was started while Redis is away knows of no others and takes the whole limit; where there are more
 * processes than the limit allows starts, each still gets one; and a process cut off from a Redis that the others
 * reach uses its share on top of theirs.
 */
export function createSharedPace({ redis, account, limit, windowMs = 60_000 }: SharedPaceOptions): Pace {
  const key = (name: string) => `leaddyno-mcp:{${account}}:${name}`;
  const starts = key('starts');
  const queue = key('queue');
  const leases = key('leases');
  const pauses = key('pause');
  // The same margin as the pace of one process has.
  const span = Math.ceil(windowMs + Math.min(250, windowMs / 20));
  const askEveryMs = Math.min(ASK_EVERY_MS, windowMs / 4);
  const share = createShare({ redis, limit, windowMs });

  function leave(ticket: string): void {
    void redis.run((client) => client.eval(LEAVE, 3, starts, queue, leases, ticket)).catch(() => undefined);
  }

  /** Counts a start that happens now; put into Redis again whenever it returns while the start still counts. */
  function keepStart(ticket: string): Put {
    const at = performance.now();
    const put: Put = (client) => client.eval(NOTE, 1, starts, Math.floor(performance.now() - at), ticket, span);
    if (limit > 0) redis.keep(span, put);
    return put;
  }

  async function ask(ticket: string, longestMs: number) {
    const longest = Math.max(0, Math.min(FOREVER_MS, Math.floor(longestMs)));
    const args = [limit, span, longest, ticket, LEASE_MS, share.points];
    const answer = await redis.run((client) => client.eval(TAKE, 4, starts, queue, leases, pauses, ...args));
    const [decision = REFUSED, waitMs = 0, pausedMs = 0, ...ages] = answer as number[];
    share.note(pausedMs, ages);
    return { decision, waitMs, paused: pausedMs > longest };
  }

  /** Waits for a start that Redis grants. */
  async function takeShared(ticket: string, until: number, signal: AbortSignal): Promise<void> {
    for (;;) {
      const asked = performance.now();
      const { decision, waitMs, paused } = await ask(ticket, until - asked);
      try {
        signal.throwIfAborted();
        if (decision === REFUSED) throw new PaceExceeded({ waitMs, limit, windowMs, paused });
        if (decision !== STARTED) await sleepFor(Math.min(waitMs, askEveryMs), signal);
      } catch (error) {
        if (!signal.aborted) throw error;
        leave(ticket);
        throw signal.reason;
      }
      if (decision !== STARTED) continue;
      const put = keepStart(ticket);
      if (performance.now() - asked > LATE_MS) void redis.run(put).catch(() => undefined);
      return;
    }
  }

  /** Right after a return Redis does not know yet what the others started: nobody passes its own share. */
  async function whileSettling(until: number, signal: AbortSignal): Promise<void> {
    const settlesIn = limit > 0 ? await redis.settlesIn() : 0;
    if (settlesIn === 0) return;
    try {
      await share.pace().take({ signal, maxWaitMs: Math.max(0, Math.min(settlesIn, until - performance.now())) });
    } catch (error) {
      if (!(error instanceof PaceExceeded)) throw error;
      const { paused } = error;
      if (performance.now() + settlesIn > until) throw new PaceExceeded({ waitMs: settlesIn, limit, windowMs, paused });
      await sleepFor(settlesIn, signal);
    }
  }

  return {
    async take({ signal = new AbortController().signal, maxWaitMs }) {
      signal.throwIfAborted();
      const until = performance.now() + maxWaitMs;
      const ticket = randomUUID();
      for (let ofOurShare = false; ; ) {
        try {
          if (!ofOurShare) await whileSettling(until, signal);
          return await takeShared(ticket, until, signal);
        } catch (error) {
          if (signal.aborted) throw signal.reason;
          if (!(error instanceof RedisUnavailable)) throw error;
          if (!ofOurShare) await share.pace().take({ signal, maxWaitMs: Math.max(0, until - performance.now()) });
          ofOurShare = true;
        }
        // Came back during the wait: what it knows by now decides.
        if (redis.isReachable()) continue;
        keepStart(ticket);
        return;
      }
    },
    pause(ms) {
      if (!Number.isFinite(ms) || ms <= 0) return;
      const until = performance.now() + ms;
      const put: Put = (client) => client.eval(PAUSE, 1, pauses, Math.max(1, Math.ceil(until - performance.now())));
      share.pause(ms);
      redis.keep(ms, put);
      void redis.run(put).catch(() => undefined);
    },
  };
}
