import { randomUUID } from 'node:crypto';
import { createPace, type Pace, PaceExceeded, sleepFor } from '../leaddyno/pace.ts';
import { isUnavailable } from '../ports/unavailable.ts';
import type { Put, RedisConnection } from './connection.ts';

/*
 * The scripts for an account's pace; each runs in Redis as one step. The time is Redis's own: the clocks of the
 * processes do not matter. All keys of an account have it as their hash tag, so that a cluster keeps them together.
 */

const NOW = `
local time = redis.call('TIME')
local micros = time[1] * 1000000 + time[2]
local now = math.floor(micros / 1000)
`;

/** Decisions of `TAKE`: the request may start; it would have to wait too long. 0: it waits in the queue. */
const STARTED = 1;
const REFUSED = -1;

/**
 * KEYS: starts, queue, leases, pause. ARGV: limit, window ms, longest wait ms, ticket, lease ms,
 * microseconds by which its place is earlier than its arrival.
 *
 * `starts` holds the starts of the last window by time, `queue` the waiting tickets by arrival, and `leases` until when
 * each of these is assumed to be still waiting. A ticket may start only if the window has room for it and for all ahead
 * of it, so the window is never overfilled, in whatever order they ask. If a ticket leaves, those behind it move up.
 * If a ticket cannot start yet, the answer says when its turn comes if all ahead of it start; it asks again then.
 *
 * Answers {decision, ms to wait, ms of pause left}.
 */
const TAKE = `${NOW}
local starts, queue, leases = KEYS[1], KEYS[2], KEYS[3]
local limit, window, longest = tonumber(ARGV[1]), tonumber(ARGV[2]), tonumber(ARGV[3])
local ticket = ARGV[4]
local paused = math.max(0, redis.call('PTTL', KEYS[4]))
local start = now + paused

-- Who goes before all has a place before the beginning of time.
local place = string.format('%.0f', micros - tonumber(ARGV[6]))

local function leave()
  redis.call('ZREM', queue, ticket)
  redis.call('ZREM', leases, ticket)
end

if limit > 0 then
  redis.call('ZREMRANGEBYSCORE', starts, '-inf', now - window)
  -- Left behind by a clock that was set back: counted from now on.
  for _, ahead in ipairs(redis.call('ZRANGEBYSCORE', starts, '(' .. now, '+inf')) do
    redis.call('ZADD', starts, now, ahead)
  end
  for _, gone in ipairs(redis.call('ZRANGEBYSCORE', leases, '-inf', now)) do
    redis.call('ZREM', queue, gone)
    redis.call('ZREM', leases, gone)
  end
  local taken = redis.call('ZCARD', starts)
  local ahead = redis.call('ZRANK', queue, ticket) or redis.call('ZCOUNT', queue, '-inf', '(' .. place)
  local leaving = taken - limit + ahead % limit
  if leaving >= 0 then
    start = math.max(start, tonumber(redis.call('ZRANGE', starts, leaving, leaving, 'WITHSCORES')[2]) + window)
  end
  start = start + math.floor(ahead / limit) * window
end

if start - now > longest then
  leave()
  return {${REFUSED}, start - now, paused}
end
if start > now then
  if limit > 0 then
    local lease = tonumber(ARGV[5])
    redis.call('ZADD', queue, 'NX', place, ticket)
    redis.call('ZADD', leases, now + lease, ticket)
    redis.call('PEXPIRE', queue, lease)
    redis.call('PEXPIRE', leases, lease)
  end
  return {0, start - now, paused}
end
if limit > 0 then
  leave()
  redis.call('ZADD', starts, now, ticket)
  redis.call('PEXPIRE', starts, window)
end
return {${STARTED}, 0, paused}
`;

/** KEYS: starts. ARGV: age ms, ticket, window ms. Counts a start of that age. */
const NOTE = `${NOW}
redis.call('ZADD', KEYS[1], now - tonumber(ARGV[1]), ARGV[2])
redis.call('PEXPIRE', KEYS[1], ARGV[3])
return 0
`;

/** KEYS: starts, queue, leases. ARGV: ticket. Removes the ticket everywhere. */
const LEAVE = `
for _, key in ipairs(KEYS) do redis.call('ZREM', key, ARGV[1]) end
return 0
`;

/** KEYS: pause. ARGV: ms. A pause is only ever made longer. */
const PAUSE = `
if redis.call('PTTL', KEYS[1]) < tonumber(ARGV[1]) then redis.call('SET', KEYS[1], '1', 'PX', ARGV[1]) end
return 0
`;

/** The longest time between two polls of a waiting request: one ahead of it may have left. */
const ASK_EVERY_MS = 1_000;
/** A waiting request that has not polled for this long is gone: its process was killed. */
const LEASE_MS = 3_000;
/** A grant that took longer to arrive is reported: the request starts now, not when Redis granted it. */
const LATE_MS = 5;
/** More microseconds than any queue lasts: puts a request at the front. */
const BEFORE_ALL = 1e15;
/** Longer waits make no difference. */
const FOREVER_MS = 2 ** 40;

export interface SharedPaceOptions {
  readonly redis: RedisConnection;
  /** Names the account without naming its key. */
  readonly account: string;
  readonly limit: number;
  readonly windowMs?: number;
}

/**
 * The pace of an account, shared by all processes: a sliding window in Redis, because a fixed one lets twice the limit
 * through around its edge.
 *
 * While Redis is away, each process limits itself to its share: the limit divided by the processes last counted, but at
 * least one start. A process that started meanwhile knows of no others. When Redis is back, each process reports its
 * starts. No process knows what the others started before the outage, and neither does a Redis that lost its data: in a
 * window around the outage, up to about twice the limit may start.
 */
export function createSharedPace({ redis, account, limit, windowMs = 60_000 }: SharedPaceOptions): Pace {
  const key = (name: string) => `leaddyno-mcp:{${account}}:${name}`;
  const starts = key('starts');
  const queue = key('queue');
  const leases = key('leases');
  const pauses = key('pause');
  // The same margin as in the pace of one process.
  const span = Math.ceil(windowMs + Math.min(250, windowMs / 20));
  const askEveryMs = Math.min(ASK_EVERY_MS, windowMs / 4);
  let pausedUntil = Number.NEGATIVE_INFINITY;
  let alone: { readonly pace: Pace; readonly share: number } | undefined;

  const notePause = (ms: number) => {
    pausedUntil = Math.max(pausedUntil, performance.now() + ms);
  };

  /** Counts a start that happens now in Redis, even if it is sent later. */
  function noteStart(ticket: string): Put {
    const at = performance.now();
    return (client) => client.eval(NOTE, 1, starts, Math.floor(performance.now() - at), ticket, span);
  }

  /** The pace of this process alone while Redis is away. */
  function paceAlone(): Pace {
    const share = limit === 0 ? 0 : Math.max(1, Math.floor(limit / redis.processes()));
    if (alone?.share !== share) alone = { pace: createPace({ limit: share, windowMs }), share };
    alone.pace.pause(pausedUntil - performance.now());
    return alone.pace;
  }

  async function ask(ticket: string, longestMs: number, next: boolean) {
    const longest = Math.max(0, Math.min(FOREVER_MS, Math.floor(longestMs)));
    const args = [limit, span, longest, ticket, LEASE_MS, next ? BEFORE_ALL : 0];
    const answer = await redis.run((client) => client.eval(TAKE, 4, starts, queue, leases, pauses, ...args));
    const [decision = REFUSED, waitMs = 0, pausedMs = 0] = answer as number[];
    notePause(pausedMs);
    return { decision, waitMs, paused: pausedMs > longest };
  }

  /** Waits until Redis grants a start. */
  async function takeShared(ticket: string, until: number, signal: AbortSignal, next: boolean): Promise<void> {
    for (;;) {
      const asked = performance.now();
      const { decision, waitMs, paused } = await ask(ticket, until - asked, next);
      signal.throwIfAborted();
      if (decision === REFUSED) throw new PaceExceeded({ waitMs, limit, windowMs, paused });
      if (decision !== STARTED) {
        await sleepFor(Math.min(waitMs, askEveryMs), signal);
        continue;
      }
      if (limit > 0 && performance.now() - asked > LATE_MS) send(noteStart(ticket));
      return;
    }
  }

  /** Sends without waiting; a failure does not matter. */
  function send(put: Put): void {
    void redis.run(put).catch(() => undefined);
  }

  return {
    async take({ signal = new AbortController().signal, maxWaitMs, next = false }) {
      signal.throwIfAborted();
      const until = performance.now() + maxWaitMs;
      const ticket = randomUUID();
      try {
        await takeShared(ticket, until, signal, next);
      } catch (error) {
        if (signal.aborted) {
          send((client) => client.eval(LEAVE, 3, starts, queue, leases, ticket));
          throw signal.reason;
        }
        if (!isUnavailable(error)) throw error;
        await paceAlone().take({ signal, next, maxWaitMs: Math.max(0, until - performance.now()) });
        if (limit === 0) return;
        const note = noteStart(ticket);
        redis.keep(span, note);
        // Redis may have come back during the wait.
        send(note);
      }
    },
    pause(ms) {
      if (!Number.isFinite(ms) || ms <= 0) return;
      notePause(ms);
      const until = pausedUntil;
      const put: Put = (client) => client.eval(PAUSE, 1, pauses, Math.max(1, Math.ceil(until - performance.now())));
      redis.keep(ms, put);
      send(put);
      // For requests that already wait in this process's own pace.
      alone?.pace.pause(ms);
    },
  };
}
