import { randomBytes } from 'node:crypto';
import { beforeEach, describe, expect, test } from 'vitest';
import { MAX_LINES } from '../../src/ports/memory.ts';
import { Unavailable } from '../../src/ports/unavailable.ts';
import { createSharedMemory } from '../../src/redis/index.ts';
import { connect, until } from '../support/redis-clients.ts';
import { type RedisServer, redisMissing, startRedis } from '../support/redis-server.ts';
import { QUICK } from '../support/redis-timing.ts';

const MINUTE = 60_000;

let server: RedisServer;

/** The memory as two processes have it. */
function connectTwo() {
  const connections = [connect(server.url), connect(server.url)] as const;
  const [a, b] = [createSharedMemory(connections[0]), createSharedMemory(connections[1])];
  const lost = () => until(() => connections.every((connection) => !connection.isReachable()));
  const back = () => until(() => connections.every((connection) => connection.isReachable()));
  return { a, b, connections, lost, back };
}

describe.skipIf(redisMissing)('the shared memory', () => {
  beforeEach(async () => {
    server = await startRedis();
  });

  test.each([
    ['nothing', ''],
    ['a word', 'word'],
    ['every kind of text', '王 😀 \0 \ud83d é\r\n'.repeat(3)],
    ['4 kB', 'x'.repeat(4_096)],
    ['a byte more', 'x'.repeat(4_097)],
    ['what does not compress', randomBytes(300_000).toString('base64')],
    ['a large file', 'a,b,c\r\n'.repeat(1_500_000)],
  ])('gives back %s at another process', async (_, text) => {
    const { a, b } = connectTwo();
    await a.put('key', text, MINUTE);
    expect((await b.get('key')) === text.toWellFormed()).toBe(true);
    expect(await b.get('other')).toBeUndefined();
  });

  test('appends the lines of two processes, and knows what is there', async () => {
    const { a, b } = connectTwo();
    expect([await a.lines('list'), await a.has('list')]).toEqual([[], false]);
    await Promise.all([a.append('list', 'one', MINUTE), b.append('list', 'two', MINUTE)]);
    expect([...(await a.lines('list'))].sort()).toEqual(['one', 'two']);
    expect(await b.has('list')).toBe(true);
    for (let index = 0; index < MAX_LINES; index += 1) await a.append('list', `${index}`, MINUTE);
    expect(await b.lines('list')).toEqual(Array.from({ length: MAX_LINES }, (_, index) => `${index}`));
    const left = Number(await server.command('PTTL leaddyno-mcp:memory:list'));
    expect(left).toBeGreaterThan(MINUTE - 10_000);
    await a.append('list', 'last', 1);
    await until(async () => !(await b.has('list')));
  });

  test('has a budget for each owner: what one keeps pushes out nothing of another', async () => {
    const [first, second] = [connect(server.url), connect(server.url)];
    const [a, b] = [createSharedMemory(first, 250_000), createSharedMemory(second, 250_000)];
    const file = () => randomBytes(75_000).toString('base64');
    await a.put('file:acct:ann:1', file(), MINUTE);
    await a.put('scan', 'small', MINUTE);
    for (let id = 1; id <= 5; id += 1) await (id % 2 ? a : b).put(`file:acct:ben:${id}`, file(), MINUTE + id);
    const there = async (id: string) => await a.has(`file:acct:${id}`);
    expect(await Promise.all(['ann:1', 'ben:1', 'ben:2', 'ben:3', 'ben:4', 'ben:5'].map(there))).toEqual([
      ...[true, false, false],
      ...[true, true, true],
    ]);
    expect(await a.get('scan')).toBe('small');
    // The same place again counts once.
    for (let times = 0; times < 3; times += 1) await b.put('file:acct:ann:1', file(), MINUTE);
    expect(await there('ann:1')).toBe(true);
    await expect(a.put('file:acct:ann:2', randomBytes(400_000).toString('base64'), MINUTE)).rejects.toThrow(
      Unavailable,
    );
    expect(await there('ann:1')).toBe(true);
  });

  test('is small in Redis where it is large, and under a name of ours', async () => {
    const { a } = connectTwo();
    await a.put('small', 'y'.repeat(4_000), MINUTE);
    await a.put('large', 'y'.repeat(1_000_000), MINUTE);
    expect(Number(await server.command('STRLEN leaddyno-mcp:memory:small'))).toBe(4_001);
    expect(Number(await server.command('STRLEN leaddyno-mcp:memory:large'))).toBeLessThan(10_000);
    const names = (await server.command('KEYS *')) as string[];
    expect(names.every((name) => name.startsWith('leaddyno-mcp:'))).toBe(true);
  });

  test('forgets when the time is over', async () => {
    const { a, b } = connectTwo();
    await a.put('key', 'text', 700);
    expect(await b.get('key')).toBe('text');
    const left = Number(await server.command('PTTL leaddyno-mcp:memory:key'));
    expect(left).toBeGreaterThan(0);
    expect(left).toBeLessThanOrEqual(700);
    await until(async () => (await b.get('key')) === undefined);
    await a.put('key', 'text', 0.2);
    await until(async () => (await b.get('key')) === undefined);
  });

  test('reads nothing into what is not its own', async () => {
    const { a } = connectTwo();
    await server.command('SET leaddyno-mcp:memory:key something');
    expect(await a.get('key')).toBeUndefined();
  });

  test('says at once that it is out of reach, and works again', async () => {
    const { a, b, lost, back } = connectTwo();
    await a.put('key', 'text', MINUTE);
    await server.stop();
    await lost();
    const began = performance.now();
    await expect(a.put('key', 'text', MINUTE)).rejects.toBeInstanceOf(Unavailable);
    await expect(b.get('key')).rejects.toBeInstanceOf(Unavailable);
    expect(performance.now() - began).toBeLessThan(QUICK.silenceMs);
    await server.start();
    await back();
    expect(await b.get('key')).toBeUndefined();
    await a.put('key', 'again', MINUTE);
    expect(await b.get('key')).toBe('again');
  });
});
