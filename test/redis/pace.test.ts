import { randomUUID } from 'node:crypto';
import { setTimeout as delay } from 'node:timers/promises';
import fc from 'fast-check';
import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { createSharedPace } from '../../src/redis/index.ts';
import { type Connected, connect, mostInAnyWindow, recordStarts, settle } from '../support/redis-clients.ts';
import { type RedisServer, redisMissing, startRedis } from '../support/redis-server.ts';

const WINDOW = 300;
/** With the margin that a pace keeps. */
const SPAN = 315;
/** Has a margin that a busy machine does not use up. */
const LONGER = 600;

let server: RedisServer;
/** Each stands for a process. */
let connections: Connected[] = [];
let doomed: Connected;

beforeAll(async () => {
  if (redisMissing) return;
  server = await startRedis();
  connections = [connect(server.url), connect(server.url), connect(server.url)];
  doomed = connect(server.url);
  await settle([...connections, doomed]);
});

afterAll(async () => {
  for (const connection of connections) await connection.close();
  await server?.close();
});

/** The paces of a new account in three processes. */
function createPaces(limit: number, windowMs = WINDOW) {
  const account = randomUUID();
  const paces = connections.map((redis) => createSharedPace({ redis, account, limit, windowMs }));
  const [a, b, c] = paces;
  if (!a || !b || !c) throw new Error('no pace');
  return { account, paces, a, b, c };
}

async function keysOf(account: string): Promise<string[] | undefined> {
  return await connections[0]?.run((client) => client.keys(`*{${account}}*`));
}

describe.skipIf(redisMissing).concurrent('the limit', () => {
  test('holds in any window for bursts from three processes, with cancellations and pauses', async () => {
    const arrival = fc.record({
      process: fc.nat(2),
      delay: fc.integer({ min: 0, max: 60 }),
      cancelAfter: fc.option(fc.integer({ min: 0, max: 900 }), { freq: 4 }),
      pause: fc.option(fc.integer({ min: 1, max: 150 }), { freq: 12 }),
    });
    const limits = fc.integer({ min: 4, max: 9 });
    const manyArrivals = fc.array(arrival, { minLength: 10, maxLength: 25 });
    const plans = fc.sample(fc.tuple(limits, manyArrivals), { numRuns: 25, seed: 20_250_607 });
    // All at the same time, each for an account of its own.
    await Promise.all(
      plans.map(async ([limit, arrivals]) => {
        const { paces } = createPaces(limit, LONGER);
        const { starts, take } = recordStarts();
        const taken: Promise<unknown>[] = [];
        for (const one of arrivals) {
          await delay(one.delay);
          const pace = paces[one.process];
          if (!pace) continue;
          if (one.pause !== null) pace.pause(one.pause);
          const signal = one.cancelAfter === null ? undefined : AbortSignal.timeout(one.cancelAfter);
          taken.push(take(pace, { ...(signal && { signal }) }).catch((error: unknown) => error));
        }
        const outcomes = await Promise.all(taken);
        expect(mostInAnyWindow(starts, LONGER)).toBeLessThanOrEqual(limit);
        // Nobody is lost: each started, or was cancelled.
        const patient = arrivals.filter(({ cancelAfter }) => cancelAfter === null).length;
        expect(starts.length).toBeGreaterThanOrEqual(patient);
        expect(outcomes.filter((outcome) => outcome instanceof Error && outcome.name !== 'TimeoutError')).toEqual([]);
      }),
    );
  });

  test('is used up: the window is full while there is anybody to start', async () => {
    const { a, b } = createPaces(5);
    const { starts, take } = recordStarts();
    await Promise.all(Array.from({ length: 20 }, (_, index) => take(index % 2 ? a : b)));
    expect(mostInAnyWindow(starts, WINDOW)).toBe(5);
    const took = Math.max(...starts) - Math.min(...starts);
    expect(took).toBeGreaterThanOrEqual(3 * WINDOW);
    expect(took).toBeLessThan(3 * SPAN + 1_000);
  });

  test('serves in the order of arrival, whichever process it was', async () => {
    const { a, b } = createPaces(2);
    const order: number[] = [];
    const taken: Promise<unknown>[] = [];
    for (let index = 0; index < 10; index += 1) {
      taken.push((index % 2 ? a : b).take({ maxWaitMs: 30_000 }).then(() => order.push(index)));
      await delay(20);
    }
    await Promise.all(taken);
    // Those of one window may change places, those of two never.
    const windows = order.map((index) => Math.floor(index / 2));
    expect(windows).toEqual(windows.toSorted((x, y) => x - y));
  });

  test('of 0 is none, and a pause holds all the same', async () => {
    const { a, b } = createPaces(0);
    const { starts, take } = recordStarts();
    await Promise.all(Array.from({ length: 300 }, () => take(a)));
    expect(starts).toHaveLength(300);
    a.pause(300);
    await delay(50);
    const before = performance.now();
    await take(b);
    expect(performance.now() - before).toBeGreaterThanOrEqual(190);
  });

  test('of one account leaves another alone', async () => {
    const { a } = createPaces(1);
    await a.take({ maxWaitMs: 0 });
    await createPaces(1).a.take({ maxWaitMs: 0 });
    await expect(a.take({ maxWaitMs: 0 })).rejects.toMatchObject({ name: 'PaceExceeded' });
  });
});

describe.skipIf(redisMissing).concurrent('a process that is gone without a word', () => {
  test('does not hold back the others for long', async () => {
    const { account, a } = createPaces(2);
    const lost = createSharedPace({ redis: doomed, account, limit: 2, windowMs: WINDOW });
    const waiting = Array.from({ length: 50 }, () => lost.take({ maxWaitMs: 60_000 }).catch(() => undefined));
    await delay(100);
    const taken = a.take({ maxWaitMs: 60_000 });
    await delay(100);
    await doomed.close();
    const closed = performance.now();
    await taken;
    expect(performance.now() - closed).toBeLessThan(5_000);
    void Promise.all(waiting);
  });
});

describe.skipIf(redisMissing)('a process that is busy when its grant arrives', () => {
  test('is counted from when it really starts', async () => {
    const { a, b } = createPaces(1);
    const { take } = recordStarts();
    const granted = take(a);
    // Redis has been asked when all that needs no time has been done.
    for (let turns = 0; turns < 50; turns += 1) await undefined;
    const busyUntil = performance.now() + 200;
    while (performance.now() < busyUntil);
    const first = await granted;
    const second = await take(b);
    expect(second - first).toBeGreaterThanOrEqual(WINDOW);
  });
});

describe.skipIf(redisMissing).concurrent('a cancelled wait', () => {
  test('rejects with the reason and gives its place to the next', async () => {
    const { a, b } = createPaces(1);
    const { take } = recordStarts();
    const first = await take(a);
    const controller = new AbortController();
    const cancelled = take(a, { signal: controller.signal });
    await delay(20);
    const next = take(b);
    await delay(20);
    controller.abort(new Error('not any more'));
    await expect(cancelled).rejects.toThrow('not any more');
    const waited = (await next) - first;
    expect(waited).toBeGreaterThanOrEqual(WINDOW);
    expect(waited).toBeLessThan(2 * WINDOW);
  });

  test('takes no place where the signal was aborted before, or while Redis was asked', async () => {
    const { a } = createPaces(1);
    const gone = new Error('gone');
    await expect(a.take({ signal: AbortSignal.abort(gone), maxWaitMs: 0 })).rejects.toBe(gone);
    const controller = new AbortController();
    const asked = a.take({ signal: controller.signal, maxWaitMs: 0 });
    controller.abort(gone);
    await expect(asked).rejects.toBe(gone);
    await a.take({ maxWaitMs: 0 });
  });
});

describe.skipIf(redisMissing).concurrent('a wait that is too long', () => {
  test('fails at once and says how long it would be', async () => {
    const { a, b } = createPaces(2, 10_000);
    await a.take({ maxWaitMs: 0 });
    await b.take({ maxWaitMs: 0 });
    const before = performance.now();
    const error = await a.take({ maxWaitMs: 5_000 }).catch((reason: unknown) => reason);
    expect(performance.now() - before).toBeLessThan(1_000);
    expect(error).toMatchObject({ name: 'PaceExceeded', limit: 2, windowMs: 10_000, paused: false });
    expect(error).toHaveProperty('waitMs', expect.closeTo(10_250, -3));
  });

  test('counts those who wait before, in every process', async () => {
    const { a, b } = createPaces(1, 10_000);
    await a.take({ maxWaitMs: 0 });
    const controller = new AbortController();
    const { signal } = controller;
    const waiting = Promise.allSettled([a.take({ signal, maxWaitMs: 60_000 }), b.take({ signal, maxWaitMs: 60_000 })]);
    await delay(50);
    const error = await a.take({ maxWaitMs: 25_000 }).catch((reason: unknown) => reason);
    expect(error).toHaveProperty('waitMs', expect.closeTo(30_750, -3));
    controller.abort();
    await waiting;
    // And not those who left.
    const later = await b.take({ maxWaitMs: 5_000 }).catch((reason: unknown) => reason);
    expect(later).toHaveProperty('waitMs', expect.closeTo(10_250, -3));
  });
});

describe.skipIf(redisMissing).concurrent('a pause', () => {
  test('holds all processes, those already waiting too, and a shorter one does not end it', async () => {
    const { a, b, c } = createPaces(1, 200);
    const { take } = recordStarts();
    await take(a);
    const waiting = take(b);
    const paused = performance.now();
    c.pause(1_000);
    c.pause(10);
    const started = [waiting, take(a)].map((one) => one.then(() => performance.now() - paused));
    for (const ms of await Promise.all(started)) expect(ms).toBeGreaterThanOrEqual(990);
  });

  test('sends away whoever cannot wait for its end, and says why', async () => {
    const { a, b } = createPaces(5);
    a.pause(5_000);
    const error = await b.take({ maxWaitMs: 1_000 }).catch((reason: unknown) => reason);
    expect(error).toMatchObject({ name: 'PaceExceeded', paused: true });
    expect(error).toHaveProperty('waitMs', expect.closeTo(5_000, -3));
  });

  test('of nonsense is none', async () => {
    const { a } = createPaces(1);
    for (const ms of [Number.NaN, -5, 0, Number.POSITIVE_INFINITY]) a.pause(ms);
    await a.take({ maxWaitMs: 0 });
  });
});

describe.skipIf(redisMissing).concurrent('what is in Redis', () => {
  test('does not grow, and goes away by itself', async () => {
    const { a, b, account } = createPaces(3, 200);
    const { take } = recordStarts();
    b.pause(50);
    const controllers = Array.from({ length: 50 }, () => new AbortController());
    const taken = Array.from({ length: 12 }, (_, index) => take(index % 2 ? a : b));
    const cancelled = controllers.map(({ signal }) => take(a, { signal }));
    await delay(100);
    for (const controller of controllers) controller.abort();
    await Promise.allSettled(cancelled);
    const impatient = Array.from({ length: 50 }, () => take(b, { maxWaitMs: 0 }));
    await Promise.allSettled(impatient);
    await Promise.all(taken);
    expect(await keysOf(account)).toEqual([`leaddyno-mcp:{${account}}:starts`]);
    await delay(300);
    expect(await keysOf(account)).toEqual([]);
  });
});
