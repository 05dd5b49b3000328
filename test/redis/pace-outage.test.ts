import { randomUUID } from 'node:crypto';
import { beforeEach, describe, expect, test } from 'vitest';
import { createSharedPace } from '../../src/redis/index.ts';
import { arrived, connect, recordStarts, settle, until } from '../support/redis-clients.ts';
import { freePort, type RedisServer, redisMissing, startRedis } from '../support/redis-server.ts';
import { QUICK } from '../support/redis-timing.ts';

const WINDOW = 2_000;
/** Does not end within a test. */
const MINUTE = 60_000;

let server: RedisServer;

/** The paces of an account in several processes, that know of each other. */
async function connectPaces(count: number, limit: number, windowMs = WINDOW, settleMs = QUICK.settleMs) {
  const account = randomUUID();
  const connections = Array.from({ length: count }, () => connect(server.url, { settleMs }));
  await settle(connections);
  await until(() => connections.every((connection) => connection.processes() === count));
  const paces = connections.map((redis) => createSharedPace({ redis, account, limit, windowMs }));
  const lost = () => until(() => connections.every((connection) => !connection.isReachable()));
  const back = () => until(() => connections.every((connection) => connection.isReachable()));
  const [a, b = a] = paces;
  if (!a || !b) throw new Error('no pace');
  const key = (name: string) => `leaddyno-mcp:{${account}}:${name}`;
  return { connections, paces, a, b, lost, back, key };
}

/** How many of `wanted` takes start at once. */
async function startAtOnce(pace: ReturnType<typeof createSharedPace>, wanted: number): Promise<number> {
  const takes = await Promise.allSettled(Array.from({ length: wanted }, () => pace.take({ maxWaitMs: 0 })));
  return takes.filter(({ status }) => status === 'fulfilled').length;
}

describe.skipIf(redisMissing)('while Redis is away', () => {
  beforeEach(async () => {
    server = await startRedis();
  });

  test('each process keeps to its share of the limit', async () => {
    const { paces, lost } = await connectPaces(3, 10, MINUTE);
    await server.stop();
    await lost();
    expect(await Promise.all(paces.map((pace) => startAtOnce(pace, 20)))).toEqual([3, 3, 3]);
    const error = await paces[0]?.take({ maxWaitMs: 1_000 }).catch((reason: unknown) => reason);
    expect(error).toMatchObject({ name: 'PaceExceeded', limit: 3, windowMs: MINUTE });
  });

  test('who waits goes on with the share, and is cancelled as ever', async () => {
    const { a, b, lost, key } = await connectPaces(2, 2);
    await startAtOnce(a, 2);
    const { starts, take } = recordStarts();
    const waiting = [take(a), take(b)];
    const controller = new AbortController();
    const cancelled = take(a, { signal: controller.signal });
    await until(async () => (await server.command(`ZCARD ${key('queue')}`)) === 3);
    await server.stop();
    await lost();
    controller.abort(new Error('not any more'));
    await expect(cancelled).rejects.toThrow('not any more');
    await Promise.all(waiting);
    expect(starts).toHaveLength(2);
  });

  test('a pause holds, and from the return on for all', async () => {
    const { a, b, lost, back } = await connectPaces(2, 100);
    await server.stop();
    await lost();
    const paused = performance.now();
    a.pause(WINDOW);
    expect(await startAtOnce(a, 1)).toBe(0);
    await server.start();
    await back();
    await b.take({ maxWaitMs: 10_000 });
    expect(performance.now() - paused).toBeGreaterThanOrEqual(WINDOW - 10);
  });

  test('a pause of before holds too', async () => {
    const { a, b, lost, connections } = await connectPaces(2, 100);
    a.pause(MINUTE);
    await Promise.all(connections.map(arrived));
    expect(await startAtOnce(b, 1)).toBe(0);
    await server.stop();
    await lost();
    expect([await startAtOnce(a, 1), await startAtOnce(b, 1)]).toEqual([0, 0]);
  });

  test('nothing hangs when it gives no answer, and only the first call waits for one', async () => {
    const { a, connections } = await connectPaces(1, 100);
    server.freeze();
    const began = performance.now();
    await Promise.all(Array.from({ length: 10 }, () => a.take({ maxWaitMs: 0 })));
    const first = performance.now() - began;
    expect(first).toBeGreaterThanOrEqual(QUICK.silenceMs / 2);
    const again = performance.now();
    await Promise.all(Array.from({ length: 10 }, () => a.take({ maxWaitMs: 0 })));
    expect(performance.now() - again).toBeLessThan(QUICK.silenceMs / 2);
    server.thaw();
    await until(() => connections.every((connection) => connection.isReachable()));
  });
});

describe.skipIf(redisMissing)('when Redis returns', () => {
  beforeEach(async () => {
    server = await startRedis();
  });

  test('without its memory, no more than twice the limit has started', async () => {
    const { a, b, connections, lost, back } = await connectPaces(2, 10, MINUTE);
    await Promise.all([startAtOnce(a, 5), startAtOnce(b, 5)]);
    await server.stop();
    await lost();
    const meanwhile = (await startAtOnce(a, 20)) + (await startAtOnce(b, 20));
    expect(meanwhile).toBe(10);
    await server.start();
    await back();
    await settle(connections);
    // Those of before are forgotten, those of meanwhile count.
    expect((await startAtOnce(a, 20)) + (await startAtOnce(b, 20))).toBe(0);
    await expect(b.take({ maxWaitMs: 100 })).rejects.toMatchObject({ name: 'PaceExceeded', limit: 10 });
  });

  test('one process may use the whole limit again', async () => {
    const { a, connections, lost, back, key } = await connectPaces(2, 10);
    await server.stop();
    await lost();
    expect(await startAtOnce(a, 10)).toBe(5);
    await server.start();
    await back();
    await settle(connections);
    await until(async () => (await server.command(`EXISTS ${key('starts')}`)) === 0);
    expect(await startAtOnce(a, 12)).toBe(10);
  });
});

describe.skipIf(redisMissing)('where Redis was never there', () => {
  test('the process takes the limit for itself', async () => {
    const redis = connect(`redis://127.0.0.1:${await freePort()}`);
    const pace = createSharedPace({ redis, account: 'alone', limit: 7, windowMs: MINUTE });
    expect(await startAtOnce(pace, 20)).toBe(7);
    expect(redis.changes).toEqual([false]);
  });
});
