import { beforeEach, describe, expect, test } from 'vitest';
import { createSharedWriteCounter } from '../../src/redis/index.ts';
import { connect, settle, until } from '../support/redis-clients.ts';
import { type RedisServer, redisMissing, startRedis } from '../support/redis-server.ts';

let server: RedisServer;

/** The counter as two processes have it. */
async function connectTwo(settleMs?: number) {
  const connections = [1, 2].map(() => connect(server.url, settleMs === undefined ? {} : { settleMs }));
  await settle(connections);
  const [here, there] = connections.map(createSharedWriteCounter);
  if (!here || !there) throw new Error('no counter');
  const lost = () => until(() => connections.every((connection) => !connection.isReachable()));
  const back = () => until(() => connections.every((connection) => connection.isReachable()));
  return { here, there, lost, back };
}

describe.skipIf(redisMissing)('the shared write counter', () => {
  beforeEach(async () => {
    server = await startRedis();
  });

  test('is the same for all processes, until one of them writes', async () => {
    const { here, there } = await connectTwo();
    const before = await here.count('a');
    expect(before).toBeGreaterThan(1_700_000_000_000);
    expect([await there.count('a'), await here.count('a')]).toEqual([before, before]);
    const other = await here.count('b');
    await here.increase('a');
    const after = await there.count('a');
    expect(after).toBeGreaterThan(Number(before));
    expect([await here.count('a'), await there.count('b')]).toEqual([after, other]);
  });

  test('cannot be told while Redis is away, and what was written meanwhile is made up for', async () => {
    const { here, there, back } = await connectTwo();
    const before = await there.count('a');
    server.freeze();
    await here.increase('a');
    expect(await there.count('a')).toBeUndefined();
    // It comes back with its memory.
    server.thaw();
    await back();
    expect(await there.count('a')).toBeGreaterThan(Number(before));
  });

  test('waits after a return until all have made up for theirs', async () => {
    const { here, there } = await connectTwo(1_000);
    const before = await there.count('a');
    server.freeze();
    await here.increase('a');
    await until(async () => (await there.count('a')) === undefined);
    server.thaw();
    const seen = new Set<number | undefined>();
    await until(async () => {
      const count = await there.count('a');
      seen.add(count);
      return count !== undefined;
    });
    expect(seen).not.toContain(before);
  });

  test('never repeats a count, though Redis returns without its memory', async () => {
    const { here, there, lost, back } = await connectTwo();
    await here.count('a');
    for (let writes = 0; writes < 20; writes += 1) await here.increase('a');
    const before = await there.count('a');
    await server.stop();
    await lost();
    await server.start();
    await back();
    expect(await there.count('a')).toBeGreaterThan(Number(before));
    expect(await here.count('a')).toBe(await there.count('a'));
  });

  test('does not keep the counts of accounts for ever', async () => {
    const { here } = await connectTwo();
    await here.increase('a');
    expect(Number(await server.command('PTTL leaddyno-mcp:writes:a'))).toBeGreaterThan(60 * 60_000);
  });
});
