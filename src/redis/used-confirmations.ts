import { ConfirmationsUnavailable, type UsedConfirmations } from '../mcp/confirmations.ts';
import { type RedisConnection, RedisUnavailable } from './connection.ts';

/**
 * Which confirmations were used, for all processes: one wins, whichever process it reaches. While Redis is away it
 * throws, and a confirmed write is refused.
 */
export function createSharedUsedConfirmations(redis: RedisConnection): UsedConfirmations {
  const key = (id: string) => `leaddyno-mcp:used:${id}`;
  return {
    use: async (id, ttlMs) =>
      (await orUnavailable(redis.run((client) => client.set(key(id), '1', 'PX', ttlMs, 'NX')))) === 'OK',
    wasUsed: async (id) => (await orUnavailable(redis.run((client) => client.exists(key(id))))) === 1,
  };
}

async function orUnavailable<Answer>(answer: Promise<Answer>): Promise<Answer> {
  try {
    return await answer;
  } catch (error) {
    throw error instanceof RedisUnavailable
      ? new ConfirmationsUnavailable('Redis cannot be reached', { cause: error })
      : error;
  }
}
