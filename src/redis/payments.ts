import type { Redis } from 'ioredis';
import type { Payment, PaymentMemory } from '../ports/payment-memory.ts';
import { standingFor } from '../ports/unavailable.ts';
import type { RedisConnection } from './connection.ts';

/** Milliseconds for which this process can restore what it wrote if Redis returns without its data. */
const KEPT_MS = 24 * 60 * 60_000;

/** Ids per command. */
const AT_ONCE = 5_000;

/**
 * What was paid, for all processes: one hash for each account and calendar year. The hashes do not expire, so a Redis
 * that evicts only keys with an expiry keeps them. A write drops the year before last.
 */
export function createSharedPayments(redis: RedisConnection): PaymentMemory {
  const key = (account: string, year: number) => `leaddyno-mcp:payments:${account}:${year}`;
  return {
    lasts: true,
    async add(account, ids, payment) {
      if (ids.length === 0) return;
      const year = Number(payment.at.slice(0, 4));
      const text = JSON.stringify(payment);
      const put = async (client: Redis) => {
        await client.hset(key(account, year), Object.fromEntries(ids.map((id) => [id, text])));
        await client.del(key(account, year - 2));
      };
      await standingFor('confirmations', redis.run(put));
      redis.keep(KEPT_MS, put);
    },
    async find(account, ids) {
      if (ids.length === 0) return new Map();
      const year = new Date().getUTCFullYear();
      // Other processes may still be restoring what Redis lost.
      await redis.settled();
      const found = new Map<string, Payment>();
      for (let from = 0; from < ids.length; from += AT_ONCE) {
        const some = ids.slice(from, from + AT_ONCE);
        for (const one of [year - 1, year]) {
          const values = await standingFor(
            'confirmations',
            redis.run((client) => client.hmget(key(account, one), ...some)),
          );
          values.forEach((value, index) => {
            // Only the code above writes under this key.
            if (value !== null) found.set(some[index] ?? '', JSON.parse(value) as Payment);
          });
        }
      }
      return found;
    },
  };
}
