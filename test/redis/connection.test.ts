import { randomUUID } from 'node:crypto';
import { setTimeout as delay } from 'node:timers/promises';
import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { Unavailable } from '../../src/ports/unavailable.ts';
import { createSharedPace, createSharedUsedConfirmations } from '../../src/redis/index.ts';
import { type Connected, connect, mostInAnyWindow, recordStarts, until } from '../support/redis-clients.ts';
import { freePort, type RedisServer, redisMissing, startFakeRedis, startRedis } from '../support/redis-server.ts';
import { QUICK } from '../support/redis-timing.ts';

/** Takes a while until it serves. */
let cluster: RedisServer;

beforeAll(async () => {
  if (redisMissing) return;
  cluster = await startRedis('--cluster-enabled', 'yes');
  // Some versions have taken all slots already.
  await cluster.command('CLUSTER ADDSLOTSRANGE 0 16383').catch(() => undefined);
});

afterAll(async () => {
  await cluster?.close();
});

const ping = (redis: Connected) => redis.run((client) => client.ping());

async function expectFailure(redis: Connected): Promise<void> {
  await expect(ping(redis)).rejects.toBeInstanceOf(Unavailable);
}

/** Fails without having waited for anything: no answer, and no time. */
async function expectFailureAtOnce(redis: Connected): Promise<void> {
  const nextTurn = new Promise((resolve) => setImmediate(resolve));
  await expect(Promise.race([ping(redis), nextTurn])).rejects.toBeInstanceOf(Unavailable);
}

describe.skipIf(redisMissing)('a Redis that is away', () => {
  test('from the start is found out at once, and is used as soon as it is there', async () => {
    const server = await startRedis();
    await server.stop();
    const redis = connect(server.url);
    await expectFailure(redis);
    await delay(250);
    await expectFailureAtOnce(redis);
    expect(redis.changes).toEqual([false]);
    expect(redis.reasons[0]).toContain('ECONNREFUSED');
    await server.start();
    await until(() => redis.isReachable());
    expect(await ping(redis)).toBe('PONG');
    expect(redis.changes).toEqual([false, true]);
  });

  test('in the middle fails what is under way, says so once, and mends itself', async () => {
    const server = await startRedis();
    const redis = connect(server.url);
    await ping(redis);
    server.freeze();
    const underWay = Promise.all(Array.from({ length: 20 }, () => expectFailure(redis)));
    await server.stop();
    await underWay;
    // It was not the silence that told.
    expect(redis.reasons).toEqual([expect.not.stringContaining('timeout')]);
    await delay(250);
    await expectFailureAtOnce(redis);
    await server.start();
    await until(() => redis.isReachable());
    expect(redis.changes).toEqual([true, false, true]);
  });

  test('without any call under way is found out by itself', async () => {
    const server = await startRedis();
    const redis = connect(server.url);
    await ping(redis);
    server.freeze();
    await until(() => !redis.isReachable());
    server.thaw();
    await until(() => redis.isReachable());
    expect(redis.changes).toEqual([true, false, true]);
  });
});

describe.skipIf(redisMissing)('a Redis that does not serve', () => {
  test('because it hangs from the start costs the first call its patience, and no other', async () => {
    const fake = await startFakeRedis();
    const redis = connect(fake.url);
    await expectFailure(redis);
    await expectFailureAtOnce(redis);
    await delay(300);
    expect(redis.changes).toEqual([false]);
    expect(redis.reasons[0]).toContain('no answer within');
  });

  test.each([
    ['LOADING', 'LOADING Redis is loading the dataset in memory'],
    ['NOAUTH', 'NOAUTH Authentication required.'],
  ])('because it answers %s from the start is away', async (_, answer) => {
    const fake = await startFakeRedis(answer);
    const redis = connect(fake.url);
    await expectFailure(redis);
    await delay(150);
    await expectFailureAtOnce(redis);
    expect(redis.changes).toEqual([false]);
    expect(redis.reasons).toEqual([answer]);
  });

  test.each([
    ['READONLY', 'REPLICAOF 127.0.0.1 1', 'REPLICAOF NO ONE'],
    ['OOM', 'CONFIG SET maxmemory 1', 'CONFIG SET maxmemory 0'],
  ])('because it answers %s is away until it does', async (word, begin, end) => {
    const server = await startRedis();
    const redis = connect(server.url);
    const pace = createSharedPace({ redis, account: 'a', limit: 5, windowMs: 60_000 });
    await pace.take({ maxWaitMs: 0 });
    await server.command(begin);
    await pace.take({ maxWaitMs: 0 });
    await until(() => !redis.isReachable());
    expect(redis.reasons[0]).toContain(word);
    await delay(250);
    expect(redis.changes).toEqual([true, false]);
    await server.command(end);
    await until(() => redis.isReachable());
    expect(redis.changes).toEqual([true, false, true]);
    // Of five places two are taken: one by Redis, one meanwhile.
    const more = await Promise.allSettled(Array.from({ length: 5 }, () => pace.take({ maxWaitMs: 0 })));
    expect(more.filter(({ status }) => status === 'fulfilled')).toHaveLength(3);
  });

  test('one command is no outage', async () => {
    const server = await startRedis();
    const redis = connect(server.url);
    await expect(redis.run((client) => client.call('NO-SUCH-COMMAND'))).rejects.toBeInstanceOf(Unavailable);
    await delay(100);
    expect(await ping(redis)).toBe('PONG');
    expect(redis.changes).toEqual([true]);
  });
});

describe.skipIf(redisMissing)('the processes', () => {
  test('are counted, and those that end are not', async () => {
    const server = await startRedis();
    const [a, b, c] = [connect(server.url), connect(server.url), connect(server.url)];
    await until(() => [a, b, c].every((one) => one.processes() === 3));
    await b.close();
    await until(() => [a, c].every((one) => one.processes() === 2));
    expect(await server.command('ZCARD leaddyno-mcp:processes')).toBe(2);
    expect(Number(await server.command('PTTL leaddyno-mcp:processes'))).toBeGreaterThan(0);
  });

  test('are still known while Redis is away, and until all can have returned', async () => {
    const server = await startRedis();
    const processMs = 4 * QUICK.beatMs;
    const [a, b] = [1, 2].map(() => connect(server.url, { processMs, settleMs: 1_000 }));
    if (!a || !b) throw new Error('no connection');
    await until(() => a.processes() === 2 && b.processes() === 2);
    await server.stop();
    await until(() => !a.isReachable());
    await b.close();
    await delay(1.5 * processMs);
    expect(a.processes()).toBe(2);
    await server.start();
    await until(() => a.isReachable());
    expect(a.processes()).toBe(2);
    await until(() => a.processes() === 1);
  });
});

describe.skipIf(redisMissing)('a connection', () => {
  test('that is closed says nothing, and nothing can be run on it', async () => {
    const server = await startRedis();
    const redis = connect(server.url);
    await ping(redis);
    await redis.close();
    await delay(100);
    expect(redis.changes).toEqual([true]);
    await expectFailureAtOnce(redis);
  });

  test('that never came about can be closed', async () => {
    const redis = connect(`redis://127.0.0.1:${await freePort()}`);
    await redis.close();
    await expectFailureAtOnce(redis);
    expect(redis.changes).toEqual([]);
  });

  test('with a wrong password is away, and the reason does not tell the password', async () => {
    const server = await startRedis('--requirepass', 'the-right-one');
    const redis = connect(server.url.replace('redis://', 'redis://:the-wrong-one@'));
    await expectFailure(redis);
    expect(redis.reasons[0]).toContain('WRONGPASS');
    expect(redis.reasons.join()).not.toContain('the-wrong-one');
    const right = connect(server.url.replace('redis://', 'redis://:the-right-one@'));
    expect(await ping(right)).toBe('PONG');
  });

  test('to a cluster works: the keys of a step lie together', async () => {
    await until(async () => String(await cluster.command('CLUSTER INFO')).includes('cluster_state:ok'));
    const redis = connect(cluster.url);
    const pace = createSharedPace({ redis, account: randomUUID(), limit: 2, windowMs: 1_000 });
    const { starts, take } = recordStarts();
    await Promise.all(Array.from({ length: 5 }, () => take(pace)));
    pace.pause(50);
    await take(pace);
    expect(mostInAnyWindow(starts, 1_000)).toBe(2);
    const used = createSharedUsedConfirmations(redis);
    expect([await used.use('one', 60_000), await used.use('one', 60_000)]).toEqual([true, false]);
    expect(redis.changes).toEqual([true]);
  });
});
