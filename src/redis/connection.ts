import { randomUUID } from 'node:crypto';
import { setTimeout as delay } from 'node:timers/promises';
import { Redis } from 'ioredis';
import { Unavailable } from '../ports/unavailable.ts';

/** Writes something to Redis; safe to repeat. */
export type Put = (redis: Redis) => Promise<unknown>;

export interface RedisConnection {
  /**
   * Runs a command.
   * @throws Unavailable (`redis`) within about a second, and at once while Redis is known to be away. A command that
   * was already sent may have been carried out.
   */
  run<Answer>(command: (redis: Redis) => Promise<Answer>): Promise<Answer>;
  /** Writes something again whenever Redis returns within `ttlMs`: Redis may have lost it, or never received it. */
  keep(ttlMs: number, put: Put): void;
  isReachable(): boolean;
  /**
   * Resolves when all processes have had time to write back what they kept; normally at once. A Redis that lost its
   * data has dropped every connection, so each process waits from the time of its own reconnection.
   */
  settled(): Promise<void>;
  /** The number of processes that use this Redis, including this one, as last counted. */
  processes(): number;
  close(): Promise<void>;
}

export interface Timing {
  /** Redis counts as away if it owes an answer and stays silent for this long. */
  readonly silenceMs: number;
  /** The longest wait between two attempts to connect. */
  readonly retryMs: number;
  /** Longer than the reconnections of two processes can be apart. */
  readonly settleMs: number;
  readonly beatMs: number;
  /** A process that has been silent for this long is no longer counted. */
  readonly processMs: number;
}

const TIMING: Timing = { silenceMs: 1_000, retryMs: 500, settleMs: 1_500, beatMs: 2_000, processMs: 7_000 };

const PROCESSES = 'leaddyno-mcp:processes';

/**
 * KEYS: processes. ARGV: this process, its lifetime in ms. Answers how many processes are alive. It starts with a write
 * that needs memory, so it also shows whether Redis accepts writes: out of memory, Redis refuses only a script's first.
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
 * A connection that fails fast and recovers by itself. Redis counts as away if it cannot be connected to, does not
 * answer, or refuses writes (loading, read-only, out of memory). Commands are not queued meanwhile, and reconnecting
 * never stops. Redis is back once everything that was kept has been written to it.
 * @param onChange called once when Redis goes away, with the reason, and once when it is back
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
    // A failed command is not repeated without its caller's knowledge.
    maxRetriesPerRequest: 0,
    autoResendUnfulfilledCommands: false,
    connectTimeout: silenceMs,
    // Silence ends the connection and all its running commands. A timeout for each command would mistake a burst of
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
  /** Changes with every connection and loss, so that late results of an old connection are ignored. */
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
    // Right after a reconnection the others may not be counted yet.
    processes = performance.now() < settledAt || state !== 'up' ? Math.max(processes, alive) : alive;
  }

  /** Redis answers: it is back once everything that was kept has been written. */
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

  /** Checks that Redis still works: at every beat, and after a failed command. */
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
  // Without a listener, a connection error would end the process.
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
