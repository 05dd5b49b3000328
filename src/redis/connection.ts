import { randomUUID } from 'node:crypto';
import { setTimeout as delay } from 'node:timers/promises';
import { Redis } from 'ioredis';
import { Unavailable } from '../ports/unavailable.ts';

/** Writes one thing into Redis; written twice it does no harm. */
export type Put = (redis: Redis) => Promise<unknown>;

export interface RedisConnection {
  /**
   * Runs a command.
   * @throws Unavailable (`redis`) within about a second, and at once while Redis is known to be away. What was on its
   * way then may have been carried out all the same.
   */
  run<Answer>(command: (redis: Redis) => Promise<Answer>): Promise<Answer>;
  /** Puts something into Redis again whenever it returns within `ttlMs`: it may have forgotten it or never got it. */
  keep(ttlMs: number, put: Put): void;
  isReachable(): boolean;
  /**
   * Resolves when all processes have put back what they kept, at once in quiet times: a Redis that forgot has dropped
   * every connection, so each process counts by itself from its own return.
   */
  settled(): Promise<void>;
  /** The processes that use this Redis, this one included, as last counted. */
  processes(): number;
  close(): Promise<void>;
}

export interface Timing {
  /** Redis counts as away if it owes an answer and stays silent for this long. */
  readonly silenceMs: number;
  /** The longest wait between two attempts to connect. */
  readonly retryMs: number;
  /** More than the returns of two processes can lie apart. */
  readonly settleMs: number;
  readonly beatMs: number;
  /** A process that has been silent for this long is no longer counted. */
  readonly processMs: number;
}

const TIMING: Timing = { silenceMs: 1_000, retryMs: 500, settleMs: 1_500, beatMs: 2_000, processMs: 7_000 };

const PROCESSES = 'leaddyno-mcp:processes';

/**
 * KEYS: processes. ARGV: this process, its lifetime in ms. How many processes are alive. It adds something first, so it
 * also finds out whether this Redis can be written to: one that is out of memory lets the rest of a script pass.
 */
const COUNT = `
local time = redis.call('TIME')
local now = time[1] * 1000 + math.floor(time[2] / 1000)
redis.call('ZADD', KEYS[1], now, ARGV[1])
redis.call('ZREMRANGEBYSCORE', KEYS[1], '-inf', now - tonumber(ARGV[2]))
redis.call('PEXPIRE', KEYS[1], ARGV[2])
return redis.call('ZCARD', KEYS[1])
`;

/**
 * A connection that fails fast and recovers by itself. Redis counts as away if it cannot be connected to, gives no
 * answer, or refuses to write (loading, read-only, out of memory); no command queues up for it. Reconnecting is tried
 * all the time. Redis is back once it has taken everything that was kept.
 * @param onChange told once when Redis goes, and why, and once when it is back
 */
export function connectRedis(
  url: string,
  onChange: (reachable: boolean, reason?: string) => void,
  timing: Partial<Timing> = {},
): RedisConnection {
  const { silenceMs, retryMs, settleMs, beatMs, processMs } = { ...TIMING, ...timing };
  const redis = new Redis(url, {
    connectionName: 'leaddyno-mcp',
    enableOfflineQueue: false,
    // A command that failed is not sent again behind its caller's back.
    maxRetriesPerRequest: 0,
    autoResendUnfulfilledCommands: false,
    connectTimeout: silenceMs,
    // Silence ends the connection and with it every command under way. A limit for each command would take a burst of
    // many for an outage.
    socketTimeout: silenceMs,
    disconnectTimeout: 100,
    maxLoadingRetryTime: retryMs,
    retryStrategy: (times) => Math.min(50 * times, retryMs),
  });
  const me = randomUUID();
  let state: 'starting' | 'up' | 'down' = 'starting';
  let closed = false;
  let processes = 1;
  let settledAt = Number.NEGATIVE_INFINITY;
  /** Counts the connections, so that what belongs to an old one does not speak for a new one. */
  let session = 0;
  let kept: { readonly until: number; readonly put: Put; session: number }[] = [];
  let lastError: Error | undefined;
  let checking = false;

  let know: () => void = () => undefined;
  const known = new Promise<void>((resolve) => {
    know = resolve;
  });

  function enter(next: 'up' | 'down', reason?: string): void {
    if (closed || state === next) return;
    state = next;
    know();
    onChange(next === 'up', reason);
  }

  function lose(error: Error): void {
    session += 1;
    enter('down', error.message);
  }

  /** Reconnects, unless ioredis is already doing so. */
  function reconnect(): void {
    if (closed) return;
    if (redis.status === 'ready') redis.disconnect(true);
    else if (redis.status === 'end') redis.connect().catch(() => undefined);
  }

  async function count(): Promise<void> {
    const alive = Number(await redis.eval(COUNT, 1, PROCESSES, me, processMs));
    // After a return the others may not have been counted yet.
    processes = performance.now() < settledAt || state !== 'up' ? Math.max(processes, alive) : alive;
  }

  /** Redis answers: it is back once it has everything again. */
  async function arrive(): Promise<void> {
    session += 1;
    lastError = undefined;
    const mine = session;
    try {
      await count();
      for (;;) {
        const now = performance.now();
        const missing = kept.filter((entry) => entry.until > now && entry.session !== mine);
        if (missing.length === 0) break;
        for (const entry of missing) entry.session = mine;
        await Promise.all(missing.map(({ put }) => put(redis)));
      }
    } catch (error) {
      if (mine !== session) return;
      lose(error as Error);
      setTimeout(reconnect, retryMs).unref();
      return;
    }
    if (mine !== session) return;
    settledAt = performance.now() + settleMs;
    enter('up');
  }

  /** Whether Redis still serves, after a command failed or nothing was heard for a while. */
  async function check(): Promise<void> {
    const mine = session;
    try {
      await count();
    } catch (error) {
      if (mine !== session) return;
      lose(error as Error);
      reconnect();
    }
  }

  function checkOnce(): void {
    if (state !== 'up' || checking) return;
    checking = true;
    void check().finally(() => {
      checking = false;
    });
  }

  redis.on('ready', () => void arrive());
  redis.on('close', () => lose(lastError ?? new Error('the connection was closed')));
  // Without a listener an error of the connection would end the process.
  redis.on('error', (error: Error) => {
    lastError = error;
  });
  redis.on('end', () => setTimeout(reconnect, retryMs).unref());
  const patience = setTimeout(() => {
    if (state === 'starting') enter('down', `no answer within ${silenceMs} ms`);
  }, silenceMs).unref();
  const beat = setInterval(() => {
    const now = performance.now();
    kept = kept.filter(({ until }) => until > now);
    checkOnce();
  }, beatMs).unref();

  return {
    async run(command) {
      if (state === 'starting') await known;
      if (state !== 'up') throw new Unavailable('redis', 'Redis cannot be reached');
      const mine = session;
      try {
        return await command(redis);
      } catch (error) {
        if (mine === session) checkOnce();
        throw new Unavailable('redis', 'Redis cannot be reached', error);
      }
    },
    keep(ttlMs, put) {
      kept.push({ until: performance.now() + ttlMs, put, session: state === 'up' ? session : 0 });
    },
    isReachable: () => state === 'up',
    async settled() {
      if (state === 'starting') await known;
      if (state === 'up') await delay(Math.max(0, settledAt - performance.now()));
    },
    processes: () => processes,
    async close() {
      closed = true;
      clearTimeout(patience);
      clearInterval(beat);
      if (state === 'up') await redis.zrem(PROCESSES, me).catch(() => undefined);
      state = 'down';
      know();
      redis.disconnect();
    },
  };
}
