import { randomUUID } from 'node:crypto';
import { setTimeout as delay } from 'node:timers/promises';
import { beforeEach, describe, expect, test } from 'vitest';
import { Unavailable } from '../../src/ports/unavailable.ts';
import { createSharedUsedConfirmations } from '../../src/redis/index.ts';
import { connect, settle, until } from '../support/redis-clients.ts';
import { type RedisServer, redisMissing, startRedis } from '../support/redis-server.ts';
import { QUICK } from '../support/redis-timing.ts';

const MINUTE = 60_000;

let server: RedisServer;

/** The shared memory as several processes have it. */
function connectStores(count: number, settleMs = QUICK.settleMs) {
  const connections = Array.from({ length: count }, () => connect(server.url, { settleMs }));
  const stores = connections.map((redis) => createSharedUsedConfirmations(redis));
  const [a, b = a] = stores;
  if (!a || !b) throw new Error('no store');
  const lost = () => until(() => connections.every((connection) => !connection.isReachable()));
  const back = () => until(() => connections.every((connection) => connection.isReachable()));
  return { connections, stores, a, b, lost, back };
}

describe.skipIf(redisMissing)('a confirmation', () => {
  beforeEach(async () => {
    server = await startRedis();
  });

  test('works once, however many use it at the same time', async () => {
    const { stores } = connectStores(5);
    for (let round = 0; round < 20; round += 1) {
      const id = randomUUID();
      const uses = Array.from({ length: 50 }, (_, index) => stores[index % stores.length]?.use(id, MINUTE));
      const won = (await Promise.all(uses)).filter((first) => first);
      expect(won).toHaveLength(1);
      expect(await Promise.all(stores.map((store) => store.wasUsed(id)))).toEqual([true, true, true, true, true]);
    }
  });

  test('that was not used is not, and each is its own', async () => {
    const { a, b } = connectStores(2);
    expect(await a.wasUsed('one')).toBe(false);
    expect(await a.use('one', MINUTE)).toBe(true);
    expect(await b.wasUsed('another')).toBe(false);
    expect(await b.use('another', MINUTE)).toBe(true);
  });

  test('is forgotten when its time is over', async () => {
    const { a } = connectStores(1);
    const began = performance.now();
    await a.use('one', 1_000);
    expect(await server.command('KEYS *used*')).toHaveLength(1);
    await until(async () => !(await a.wasUsed('one')));
    expect(performance.now() - began).toBeGreaterThanOrEqual(990);
    expect(await server.command('KEYS *used*')).toEqual([]);
  });

  test('is refused while Redis is away, and works once it is back', async () => {
    const { a, b, lost, back } = connectStores(2);
    await a.wasUsed('one');
    await server.stop();
    await lost();
    const began = performance.now();
    await expect(a.use('one', MINUTE)).rejects.toBeInstanceOf(Unavailable);
    await expect(b.wasUsed('one')).rejects.toBeInstanceOf(Unavailable);
    // Neither waited for an answer.
    expect(performance.now() - began).toBeLessThan(QUICK.silenceMs);
    await server.start();
    await back();
    const uses = await Promise.all([a.use('one', MINUTE), b.use('one', MINUTE)]);
    expect(uses.toSorted()).toEqual([false, true]);
  });

  test('stays used when Redis returns without its memory', async () => {
    const { a, b, connections, lost, back } = connectStores(2, 1_000);
    await a.use('by a', MINUTE);
    await b.use('by b', MINUTE);
    await a.use('short', 500);
    await server.stop();
    await lost();
    await delay(400);
    await server.start();
    await until(() => connections.some((connection) => connection.isReachable()));
    // Whoever is back first waits for the others.
    const uses = stores(connections).flatMap((store) => [store.use('by a', MINUTE), store.use('by b', MINUTE)]);
    for (const use of await Promise.allSettled(uses)) expect(use).not.toMatchObject({ value: true });
    await back();
    await settle(connections);
    expect([await a.use('by b', MINUTE), await b.use('by a', MINUTE)]).toEqual([false, false]);
    expect(await a.use('new', MINUTE)).toBe(true);
    expect(await server.command('KEYS *used:short')).toEqual([]);
  });

  test('that could not be marked stays good, even where Redis did mark it in the end', async () => {
    const { a, b, connections, back } = connectStores(2);
    await a.wasUsed('one');
    await settle(connections);
    server.freeze();
    await expect(a.use('one', MINUTE)).rejects.toBeInstanceOf(Unavailable);
    await until(() => connections[0]?.isReachable() === false);
    server.thaw();
    await back();
    await settle(connections);
    expect(await b.wasUsed('one')).toBe(false);
    expect([await b.use('one', MINUTE), await a.use('one', MINUTE)]).toEqual([true, false]);
  });
});

const stores = (connections: Parameters<typeof createSharedUsedConfirmations>[0][]) =>
  connections.map((redis) => createSharedUsedConfirmations(redis));
