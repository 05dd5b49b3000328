import { Redis } from 'ioredis';

/** Redis is out of reach, or answered with an error. */
export class RedisUnavailable extends Error {
  override readonly name = 'RedisUnavailable';
}

export interface RedisConnection {
  /** Runs a command; @throws RedisUnavailable instead of waiting for a server that is away. */
  run<Answer>(command: (redis: Redis) => Promise<Answer>): Promise<Answer>;
  isReachable(): boolean;
  close(): Promise<void>;
}

const COMMAND_TIMEOUT_MS = 1_000;
const CONNECT_TIMEOUT_MS = 2_000;
const MAX_RECONNECT_WAIT_MS = 2_000;

/**
 * A connection that fails fast: a command does not queue up for a server that is away, and reconnecting goes on behind.
 * @param onChange told when the server goes and when it is back
 */
export function connectRedis(url: string, onChange: (reachable: boolean) => void): RedisConnection {
  const redis = new Redis(url, {
    enableOfflineQueue: false,
    maxRetriesPerRequest: 0,
    connectTimeout: CONNECT_TIMEOUT_MS,
    commandTimeout: COMMAND_TIMEOUT_MS,
    retryStrategy: (times) => Math.min(100 * times, MAX_RECONNECT_WAIT_MS),
  });
  let reachable = false;
  const change = (now: boolean) => {
    if (now === reachable) return;
    reachable = now;
    onChange(now);
  };
  redis.on('ready', () => change(true));
  redis.on('close', () => change(false));
  // Without a listener an error of the connection would end the process; `close` tells the same.
  redis.on('error', () => undefined);
  const ready = new Promise<void>((resolve) => {
    redis.once('ready', resolve);
    redis.once('close', resolve);
  });

  return {
    async run(command) {
      await ready;
      try {
        return await command(redis);
      } catch (error) {
        throw new RedisUnavailable('Redis cannot be reached', { cause: error });
      }
    },
    isReachable: () => reachable,
    async close() {
      redis.disconnect();
    },
  };
}
