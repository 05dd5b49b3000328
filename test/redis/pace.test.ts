import { randomUUID } from 'node:crypto';
import { setTimeout as delay } from 'node:timers/promises';
import fc from 'fast-check';
import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { PaceExceeded } from '../../src/leaddyno/pace.ts';
import { createSharedPace } from '../../src/redis/index.ts';
import {
  arrived,
  type Connected,
  connect,
  mostInAnyWindow,
  recordStarts,
  settle,
  until,
} from '../support/redis-clients.ts';
import { type RedisServer, redisMissing, startRedis } from '../support/redis-server.ts';

/** Long enough that its margin (a twentieth) is not used up by a busy machine. */
const WINDOW = 1_000;
/** Does not end within a test. */
const MINUTE = 60_000;
/** Waits are told with the margin of the pace, which is never more than this. */
const MARGIN = 250;

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

/** Waits until Redis has so many in its queue. */
async function untilQueued(account: string, count: number): Promise<void> {
  await until(
    async () => (await connections[0]?.run((client) => client.zcard(`leaddyno-mcp:{${account}}:queue`))) === count,
  );
}

/** Waits until Redis has carried out all that the processes asked of it so far. */
const untilArrived = () => Promise.all(connections.map(arrived));

describe.skipIf(redisMissing).concurrent('the limit', () => {
  test('holds in any window for bursts from three processes, with cancellations and pauses', async () => {
    const arrival = fc.record({
      process: fc.nat(2),
      delay: fc.integer({ min: 0, max: 60 }),
      cancelAfter: fc.option(fc.integer({ min: 0, max: 1_500 }), { freq: 4 }),
      pause: fc.option(fc.integer({ min: 1, max: 150 }), { freq: 12 }),
    });
    const limits = fc.integer({ min: 4, max: 9 });
    const manyArrivals = fc.array(arrival, { minLength: 10, maxLength: 25 });
    const plans = fc.sample(fc.tuple(limits, manyArrivals), { numRuns: 25, seed: 20_250_607 });
    // All at the same time, each for an account of its own.
    await Promise.all(
      plans.map(async ([limit, arrivals]) => {
        const { paces } = createPaces(limit);
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
        expect(mostInAnyWindow(starts, WINDOW)).toBeLessThanOrEqual(limit);
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
    // One window more would be a place in four that nobody used.
    expect(took).toBeLessThan(4 * WINDOW);
  });

  test('serves in the order of arrival, whichever process it was', async () => {
    const { account, a, b, c } = createPaces(2, 300);
    // Nobody starts until all have come.
    c.pause(MINUTE);
    await untilArrived();
    const order: number[] = [];
    const taken: Promise<unknown>[] = [];
    for (let index = 0; index < 10; index += 1) {
      taken.push((index % 2 ? a : b).take({ maxWaitMs: 2 * MINUTE }).then(() => order.push(index)));
      await untilQueued(account, index + 1);
    }
    await connections[0]?.run((client) => client.del(`leaddyno-mcp:{${account}}:pause`));
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
    const before = performance.now();
    a.pause(500);
    await untilArrived();
    await take(b);
    expect(performance.now() - before).toBeGreaterThanOrEqual(490);
  });

  test('of one account leaves another alone', async () => {
    const { a } = createPaces(1, MINUTE);
    await a.take({ maxWaitMs: 0 });
    await createPaces(1, MINUTE).a.take({ maxWaitMs: 0 });
    await expect(a.take({ maxWaitMs: 0 })).rejects.toMatchObject({ name: 'PaceExceeded' });
  });
});

describe.skipIf(redisMissing).concurrent('a process that is gone without a word', () => {
  test('does not hold back the others for long', async () => {
    const { account, a } = createPaces(2);
    const lost = createSharedPace({ redis: doomed, account, limit: 2, windowMs: WINDOW });
    const controllers = Array.from({ length: 50 }, () => new AbortController());
    const waiting = Promise.allSettled(controllers.map(({ signal }) => lost.take({ signal, maxWaitMs: 2 * MINUTE })));
    await arrived(doomed);
    const taken = a.take({ maxWaitMs: 2 * MINUTE });
    await untilArrived();
    await doomed.close();
    const closed = performance.now();
    await taken;
    // Those 48 ahead would have taken 24 windows.
    expect(performance.now() - closed).toBeLessThan(12 * WINDOW);
    for (const controller of controllers) controller.abort();
    await waiting;
  });
});

describe.skipIf(redisMissing)('a process that is busy when its grant arrives', () => {
  test('is counted from when it really starts', async () => {
    const { a, b } = createPaces(1);
    const { take } = recordStarts();
    const granted = take(a);
    // Redis has been asked when all that needs no time has been done.
    for (let turns = 0; turns < 50; turns += 1) await undefined;
    const busyUntil = performance.now() + WINDOW / 4;
    while (performance.now() < busyUntil);
    const first = await granted;
    const second = await take(b);
    expect(second - first).toBeGreaterThanOrEqual(WINDOW);
  });
});

describe.skipIf(redisMissing).concurrent('a cancelled wait', () => {
  test('rejects with the reason and gives its place to the next', async () => {
    const windowMs = 1.5 * WINDOW;
    const { account, a, b } = createPaces(1, windowMs);
    const { take } = recordStarts();
    const first = await take(a);
    const controller = new AbortController();
    const cancelled = take(a, { signal: controller.signal });
    await untilQueued(account, 1);
    const next = take(b);
    await untilQueued(account, 2);
    controller.abort(new Error('not any more'));
    await expect(cancelled).rejects.toThrow('not any more');
    const waited = (await next) - first;
    expect(waited).toBeGreaterThanOrEqual(windowMs);
    // Behind the other, or until that one is taken for gone, it would have been two.
    expect(waited).toBeLessThan(2 * windowMs);
  });

  test('takes no place where the signal was aborted before, or while Redis was asked', async () => {
    const { a } = createPaces(1, MINUTE);
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
    const { a, b } = createPaces(2, MINUTE);
    await a.take({ maxWaitMs: 0 });
    await b.take({ maxWaitMs: 0 });
    // At once: the time of this test is over before it could have waited so long.
    const error = await a.take({ maxWaitMs: MINUTE / 2 }).catch((reason: unknown) => reason);
    expect(error).toMatchObject({ name: 'PaceExceeded', limit: 2, windowMs: MINUTE, paused: false });
    expectWait(error, 1);
  });

  test('counts those who wait before, in every process', async () => {
    const { account, a, b } = createPaces(1, MINUTE);
    await a.take({ maxWaitMs: 0 });
    const controller = new AbortController();
    const patience = { signal: controller.signal, maxWaitMs: 10 * MINUTE };
    const waiting = Promise.allSettled([a.take(patience), b.take(patience)]);
    await untilQueued(account, 2);
    expectWait(await a.take({ maxWaitMs: 2.5 * MINUTE }).catch((reason: unknown) => reason), 3);
    controller.abort();
    await waiting;
    await untilQueued(account, 0);
    // And not those who left.
    expectWait(await b.take({ maxWaitMs: MINUTE / 2 }).catch((reason: unknown) => reason), 1);
  });
});

/** The wait that was told ends when so many windows have passed since the start of the test, which took a while. */
function expectWait(error: unknown, minutes: number): void {
  expect(error).toBeInstanceOf(PaceExceeded);
  const { waitMs } = error as PaceExceeded;
  expect(waitMs).toBeLessThanOrEqual(minutes * (MINUTE + MARGIN));
  expect(waitMs).toBeGreaterThan((minutes - 0.5) * MINUTE);
}

describe.skipIf(redisMissing).concurrent('a pause', () => {
  test('holds all processes, those already waiting too, and a shorter one does not end it', async () => {
    const { account, a, b, c } = createPaces(1);
    const { take } = recordStarts();
    await take(a);
    const waiting = take(b);
    await untilQueued(account, 1);
    const paused = performance.now();
    c.pause(1.5 * WINDOW);
    c.pause(10);
    const started = [waiting, take(a)].map((one) => one.then(() => performance.now() - paused));
    for (const ms of await Promise.all(started)) expect(ms).toBeGreaterThanOrEqual(1.5 * WINDOW - 10);
  });

  test('sends away whoever cannot wait for its end, and says why', async () => {
    const { a, b } = createPaces(5);
    a.pause(MINUTE);
    await untilArrived();
    const error = await b.take({ maxWaitMs: MINUTE / 2 }).catch((reason: unknown) => reason);
    expect(error).toMatchObject({ paused: true });
    expectWait(error, 1);
  });

  test('of nonsense is none', async () => {
    const { a } = createPaces(1);
    for (const ms of [Number.NaN, -5, 0, Number.POSITIVE_INFINITY]) a.pause(ms);
    await a.take({ maxWaitMs: 0 });
  });
});

describe.skipIf(redisMissing).concurrent('what is in Redis', () => {
  test('does not grow, and goes away by itself', async () => {
    const { a, b, account } = createPaces(3);
    const starts = `leaddyno-mcp:{${account}}:starts`;
    const { take } = recordStarts();
    b.pause(50);
    const controllers = Array.from({ length: 50 }, () => new AbortController());
    const taken = Array.from({ length: 6 }, (_, index) => take(index % 2 ? a : b));
    const cancelled = controllers.map(({ signal }) => take(a, { signal }));
    await untilArrived();
    for (const controller of controllers) controller.abort();
    await Promise.allSettled(cancelled);
    const impatient = Array.from({ length: 50 }, () => take(b, { maxWaitMs: 0 }));
    await Promise.allSettled(impatient);
    await Promise.all(taken);
    await untilArrived();
    expect(await keysOf(account)).toEqual([starts]);
    expect(await connections[0]?.run((client) => client.zcard(starts))).toBeLessThanOrEqual(3);
    await until(async () => (await keysOf(account))?.length === 0);
  });
});
