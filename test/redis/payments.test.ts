import { beforeEach, describe, expect, test } from 'vitest';
import { combinePaymentMemories, createPaymentMemory } from '../../src/ports/payment-memory.ts';
import { Unavailable } from '../../src/ports/unavailable.ts';
import { createSharedPayments } from '../../src/redis/index.ts';
import { connect, until } from '../support/redis-clients.ts';
import { type RedisServer, redisMissing, startRedis } from '../support/redis-server.ts';
import { QUICK } from '../support/redis-timing.ts';

let server: RedisServer;

const open = () => {
  const redis = connect(server.url, { settleMs: QUICK.settleMs });
  return { redis, payments: createSharedPayments(redis) };
};

const today = { how: 'by_hand', at: new Date().toISOString() } as const;
const year = new Date().getUTCFullYear();
const lastYear = { how: 'marked', at: `${year - 1}-01-01T00:00:00.000Z` } as const;

describe.skipIf(redisMissing)('what was paid', () => {
  beforeEach(async () => {
    server = await startRedis();
  });

  test('is known to every process, to its account alone, and has no lifetime', async () => {
    const [a, b] = [open(), open()];
    await a.payments.add('mine', ['1', '2'], today);
    await a.payments.add('mine', ['3'], lastYear);
    await a.payments.add('mine', [], today);
    expect([...(await b.payments.find('mine', ['1', '3', '9']))]).toEqual([
      ['3', lastYear],
      ['1', today],
    ]);
    expect((await b.payments.find('theirs', ['1'])).size).toBe(0);
    expect((await b.payments.find('mine', [])).size).toBe(0);
    const keys = (await server.command('KEYS *payments*')) as string[];
    expect(keys).toHaveLength(2);
    for (const key of keys) expect(await server.command(`TTL ${key}`)).toBe(-1);
  });

  test('of the year before last is dropped', async () => {
    const { payments } = open();
    await payments.add('mine', ['1'], { how: 'marked', at: `${year - 2}-05-01T00:00:00.000Z` });
    await payments.add('mine', ['2'], today);
    expect(await server.command('KEYS *payments*')).toEqual([`leaddyno-mcp:payments:mine:${year}`]);
  });

  test('is not known while Redis is away, and is given back to one that forgot', async () => {
    const { redis, payments } = open();
    await payments.add('mine', ['1'], today);
    await server.stop();
    await until(() => !redis.isReachable());
    await expect(payments.find('mine', ['1'])).rejects.toThrow(Unavailable);
    await expect(payments.add('mine', ['2'], today)).rejects.toThrow(Unavailable);
    await server.start();
    await until(() => redis.isReachable());
    await until(async () => (await payments.find('mine', ['1'])).size === 1);
  });
});

test('several memories are told alike, and what one knows counts', async () => {
  const [one, other] = [createPaymentMemory(), createPaymentMemory()];
  const both = combinePaymentMemories([one, other]);
  await both.add('mine', ['1'], today);
  await other.add('mine', ['2'], lastYear);
  expect((await one.find('mine', ['1'])).size).toBe(1);
  expect([...(await both.find('mine', ['1', '2', '3'])).keys()]).toEqual(['1', '2']);
  expect(both.lasts).toBe(false);
});
