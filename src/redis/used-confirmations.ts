import { randomUUID } from 'node:crypto';
import { setTimeout as delay } from 'node:timers/promises';
import { Unavailable } from '../ports/unavailable.ts';
import type { UsedConfirmations } from '../ports/used-confirmations.ts';
import { type RedisConnection, RedisUnavailable } from './connection.ts';

/** KEYS: a used confirmation. ARGV: who marked it. Takes back that mark, and no other. */
const RELEASE = `
if redis.call('GET', KEYS[1]) == ARGV[1] then return redis.call('DEL', KEYS[1]) end
return 0
`;

/**
 * Which confirmations were used, for all processes: one wins, whichever process it reaches. While Redis is away it
 * throws, and a confirmed write is refused.
 *
 * A Redis that returns without its memory is given back what was used by the processes that used it, before any of them
 * relies on it again. What is lost all the same: what a process used that ended while Redis was away, and everything
 * where Redis and all processes end together. A Redis that keeps its data on disk (`appendonly yes`) loses neither.
 */
export function createSharedUsedConfirmations(redis: RedisConnection): UsedConfirmations {
  const key = (id: string) => `leaddyno-mcp:used:${id}`;

  async function mark(id: string, ttlMs: number): Promise<boolean> {
    const by = randomUUID();
    const end = performance.now() + ttlMs;
    // The others may still be putting back what they used.
    await delay(await redis.settlesIn());
    const put = (ms: number) => redis.run((client) => client.set(key(id), by, 'PX', Math.max(1, Math.ceil(ms)), 'NX'));
    try {
      if ((await put(ttlMs)) !== 'OK') return false;
    } catch (error) {
      // Nothing is sent now, so the confirmation stays good, should Redis have marked it all the same.
      if (error instanceof RedisUnavailable && error.sent)
        redis.keep(ttlMs, (client) => client.eval(RELEASE, 1, key(id), by));
      throw error;
    }
    redis.keep(ttlMs, (client) => client.set(key(id), by, 'PX', Math.max(1, Math.ceil(end - performance.now())), 'NX'));
    return true;
  }

  return {
    use: (id, ttlMs) => orUnavailable(mark(id, ttlMs)),
    wasUsed: async (id) => (await orUnavailable(redis.run((client) => client.exists(key(id))))) === 1,
  };
}

async function orUnavailable<Answer>(answer: Promise<Answer>): Promise<Answer> {
  try {
    return await answer;
  } catch (error) {
    throw error instanceof RedisUnavailable
      ? new Unavailable('confirmations', 'Redis cannot be reached', error)
      : error;
  }
}
