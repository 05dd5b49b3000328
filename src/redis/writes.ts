import { randomUUID } from 'node:crypto';
import type { Redis } from 'ioredis';
import type { Payment, PaymentMemory } from '../ports/payment-memory.ts';
import { isUnavailable, standingFor } from '../ports/unavailable.ts';
import type { UsedConfirmations } from '../ports/used-confirmations.ts';
import type { WriteCounter } from '../ports/write-counter.ts';
import type { RedisConnection } from './connection.ts';

/* What replicas share about writes: which confirmations were used, how many writes there were, and what was paid. */

/** KEYS: a used confirmation. ARGV: who marked it. Removes that mark, and no other. */
const RELEASE = `
if redis.call('GET', KEYS[1]) == ARGV[1] then return redis.call('DEL', KEYS[1]) end
return 0
`;

/**
 * Which confirmations were used, for all processes: each can be used once, in whichever process. While Redis is away
 * this throws, and confirmed writes are refused.
 *
 * If Redis returns without its data, the processes restore the confirmations they used before any of them relies on
 * Redis again. Still lost: those used by a process that ended while Redis was away, and all of them if Redis and all
 * processes end together. A Redis that keeps its data on disk (`appendonly yes`) loses neither.
 */
export function createSharedUsedConfirmations(redis: RedisConnection): UsedConfirmations {
  const key = (id: string) => `leaddyno-mcp:used:${id}`;

  async function mark(id: string, ttlMs: number): Promise<boolean> {
    const by = randomUUID();
    const end = performance.now() + ttlMs;
    const put = (client: Redis) => client.set(key(id), by, 'PX', Math.max(1, Math.ceil(end - performance.now())), 'NX');
    // Other processes may still be restoring what they used.
    await redis.settled();
    try {
      if ((await redis.run(put)) !== 'OK') return false;
    } catch (error) {
      // The write is not sent, so the confirmation must stay usable, even if Redis did mark it.
      redis.keep(ttlMs, (client) => client.eval(RELEASE, 1, key(id), by));
      throw error;
    }
    redis.keep(ttlMs, put);
    return true;
  }

  return {
    use: (id, ttlMs) => standingFor('confirmations', mark(id, ttlMs)),
    async wasUsed(id) {
      const found = redis.run((client) => client.exists(key(id)));
      return (await standingFor('confirmations', found)) === 1;
    },
  };
}

/**
 * KEYS: a count. ARGV: how much to add, its lifetime in ms. A missing count starts at the current time in milliseconds:
 * nobody writes once per millisecond, so it is above all earlier counts, and a Redis that lost its data repeats none.
 */
const COUNT = `
local time = redis.call('TIME')
redis.call('SET', KEYS[1], string.format('%.0f', time[1] * 1000 + math.floor(time[2] / 1000)), 'NX')
redis.call('PEXPIRE', KEYS[1], ARGV[2])
return redis.call('INCRBY', KEYS[1], ARGV[1])
`;
/** Callers may invent keys, and with them accounts, so counts expire. */
const LASTS_MS = 24 * 60 * 60_000;
/** How long an increase that failed is made up for; nothing that was read before is kept longer. */
const OWED_MS = 15 * 60_000;

/** Counts the writes of each account for all processes. After an outage, reading waits until all have caught up. */
export function createSharedWriteCounter(redis: RedisConnection): WriteCounter {
  const add = (account: string, more: number) => (client: Redis) =>
    client.eval(COUNT, 1, `leaddyno-mcp:writes:${account}`, more, LASTS_MS);
  return {
    async count(account) {
      try {
        await redis.settled();
        return Number(await redis.run(add(account, 0)));
      } catch (error) {
        if (!isUnavailable(error)) throw error;
        return undefined;
      }
    },
    async increase(account) {
      const increase = add(account, 1);
      try {
        await redis.run(increase);
      } catch {
        redis.keep(OWED_MS, increase);
      }
    },
  };
}

/** Milliseconds for which this process can restore the payments it wrote if Redis returns without its data. */
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
