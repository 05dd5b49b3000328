import type { Redis } from 'ioredis';
import type { Payment, PaymentMemory } from '../ports/payment-memory.ts';
import { standingFor } from '../ports/unavailable.ts';
import type { RedisConnection } from './connection.ts';

/** How long this process can restore what it wrote to a Redis that returns without its data. */
const KEPT_MS = 24 * 60 * 60_000;

/** Ids asked for in one command. */
const AT_ONCE = 5_000;

/**
 * What was paid, for all processes: a hash for each account and calendar year, in which nothing has a lifetime, so that
 * a Redis which makes room among what would expire anyway leaves it alone. The year before last is dropped.
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
      // Others may be about to put back what a Redis forgot.
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
