import { randomUUID } from 'node:crypto';
import { createPace, type Pace, PaceExceeded } from '../leaddyno/pace.ts';
import { sleepFor } from '../leaddyno/sleep.ts';
import type { RedisConnection } from './connection.ts';

/*
 * One pace for all processes that serve an account: a log of the starts of the last window, kept in Redis and changed
 * by one script, so that no two processes can take the same place. A sliding window, because a fixed one lets twice
 * the limit through around its edge.
 */

/**
 * KEYS: starts, pause, processes. ARGV: limit, window ms, longest wait ms, this start, this process, its lifetime ms.
 * Answers {wait in ms, or -1 - wait where it would be too long; processes alive; 1 where a pause is what takes long}.
 * The time is Redis's own: the clocks of the processes do not matter.
 */
const TAKE = `
local time = redis.call('TIME')
local now = time[1] * 1000 + math.floor(time[2] / 1000)
local limit, window, longest = tonumber(ARGV[1]), tonumber(ARGV[2]), tonumber(ARGV[3])
redis.call('ZREMRANGEBYSCORE', KEYS[3], '-inf', now - tonumber(ARGV[6]))
redis.call('ZADD', KEYS[3], now, ARGV[5])
redis.call('PEXPIRE', KEYS[3], ARGV[6])
local processes = redis.call('ZCARD', KEYS[3])
redis.call('ZREMRANGEBYSCORE', KEYS[1], '-inf', now - window)
local start = now
local held = 0
local pause = tonumber(redis.call('GET', KEYS[2]) or '0')
if pause > start then
  start = pause
  if pause - now > longest then held = 1 end
end
local taken = redis.call('ZCARD', KEYS[1])
if limit > 0 and taken >= limit then
  local leaving = redis.call('ZRANGE', KEYS[1], taken - limit, taken - limit, 'WITHSCORES')
  start = math.max(start, tonumber(leaving[2]) + window)
end
if start - now > longest then return {-1 - (start - now), processes, held} end
if limit > 0 then
  redis.call('ZADD', KEYS[1], start, ARGV[4])
  redis.call('PEXPIRE', KEYS[1], window + start - now)
end
return {start - now, processes, held}
`;

/** KEYS: pause. ARGV: ms. A pause is only ever made longer. */
const PAUSE = `
local time = redis.call('TIME')
local till = time[1] * 1000 + math.floor(time[2] / 1000) + tonumber(ARGV[1])
local before = tonumber(redis.call('GET', KEYS[1]) or '0')
if till > before then redis.call('SET', KEYS[1], till, 'PX', ARGV[1]) end
return 0
`;

/**
 * KEYS: pause, starts. ARGV: this start. Milliseconds that are left of a pause; where none are, the start is moved to
 * now, so that the window counts it when it really happens.
 */
const LEFT = `
local time = redis.call('TIME')
local now = time[1] * 1000 + math.floor(time[2] / 1000)
local left = tonumber(redis.call('GET', KEYS[1]) or '0') - now
if left > 0 then return left end
redis.call('ZADD', KEYS[2], 'XX', 'GT', now, ARGV[1])
return 0
`;

/** A process that has not sent for so long is not counted when the pace has to be shared out. */
const PROCESS_MS = 60_000;

const never = new AbortController().signal;

export interface SharedPaceOptions {
  readonly redis: RedisConnection;
  /** Names the account without naming its key. */
  readonly account: string;
  readonly limit: number;
  readonly windowMs?: number;
}

/**
 * The pace of an account, shared by every process. While Redis is away each process keeps to its share of the limit:
 * the limit divided by the processes last seen.
 */
export function createSharedPace({ redis, account, limit, windowMs = 60_000 }: SharedPaceOptions): Pace {
  const key = (name: string) => `leaddyno-mcp:{${account}}:${name}`;
  const [starts, pause, processes] = [key('starts'), key('pause'), key('processes')];
  const span = windowMs + Math.min(250, windowMs / 20);
  const me = randomUUID();
  let seen = 1;
  let own: { pace: Pace; share: number } | undefined;

  /** What this process may use by itself while Redis is away. */
  function ownPace(): Pace {
    const share = limit === 0 ? 0 : Math.max(1, Math.floor(limit / seen));
    if (own?.share !== share) own = { pace: createPace({ limit: share, windowMs }), share };
    return own.pace;
  }

  async function takeShared(start: string, maxWaitMs: number, signal: AbortSignal): Promise<void> {
    const args = [limit, Math.ceil(span), Math.floor(maxWaitMs), start, me, PROCESS_MS];
    const answer = await redis.run((client) => client.eval(TAKE, 3, starts, pause, processes, ...args));
    const [waitMs = 0, alive = 1, held = 0] = answer as number[];
    seen = alive;
    if (waitMs < 0) throw new PaceExceeded({ waitMs: -1 - waitMs, limit, windowMs, paused: held === 1 });
    await wait(waitMs, start, signal);
  }

  /** Waits for the place that was taken, then for any pause that came meanwhile; gives the place back on cancellation. */
  async function wait(ms: number, start: string, signal: AbortSignal): Promise<void> {
    for (let left = ms; left > 0; ) {
      try {
        await sleepFor(left, signal);
      } catch (error) {
        await redis.run((client) => client.zrem(starts, start)).catch(() => undefined);
        throw error;
      }
      left = Number(await redis.run((client) => client.eval(LEFT, 2, pause, starts, start)).catch(() => 0));
    }
  }

  return {
    async take({ signal, maxWaitMs }) {
      signal?.throwIfAborted();
      try {
        await takeShared(randomUUID(), maxWaitMs, signal ?? never);
      } catch (error) {
        if (error instanceof PaceExceeded || signal?.aborted) throw error;
        await ownPace().take({ signal, maxWaitMs });
      }
    },
    pause(ms) {
      if (!Number.isFinite(ms) || ms <= 0) return;
      ownPace().pause(ms);
      void redis.run((client) => client.eval(PAUSE, 1, pause, Math.ceil(ms))).catch(() => undefined);
    },
  };
}
