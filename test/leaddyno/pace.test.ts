import fc from 'fast-check';
import { describe, expect, test } from 'vitest';
import { createPace, PaceExceeded } from '../../src/leaddyno/pace.ts';
import { createClock, settle } from './clock.ts';

const PATIENT = { maxWaitMs: 1e9 };

function createTestPace(limit: number, windowMs = 1_000) {
  const clock = createClock();
  const pace = createPace({ limit, windowMs, now: clock.now, sleep: clock.sleep });
  const starts: { who: string; at: number }[] = [];
  const take = (who: string, options: { signal?: AbortSignal; maxWaitMs?: number } = {}) =>
    pace.take({ ...PATIENT, ...options }).then(() => {
      starts.push({ who, at: clock.now() - 1_000 });
    });
  return { clock, pace, starts, take };
}

describe('the limit', () => {
  test('lets as many start at once as it allows, and the next one a window and a margin later', async () => {
    const { clock, starts, take } = createTestPace(2);
    void take('a');
    void take('b');
    void take('c');
    await clock.advance(1_049);
    expect(starts.map(({ who }) => who)).toEqual(['a', 'b']);
    await clock.advance(1);
    expect(starts[2]).toEqual({ who: 'c', at: 1_050 });
  });

  test('has a margin of 250 ms in a window of a minute', async () => {
    const { clock, starts, take } = createTestPace(1, 60_000);
    void take('a');
    void take('b');
    await clock.advance(100_000);
    expect(starts[1]?.at).toBe(60_250);
  });

  test('of 0 is none', async () => {
    const { starts, take } = createTestPace(0);
    await Promise.all(Array.from({ length: 500 }, () => take('x')));
    expect(starts).toHaveLength(500);
  });

  test('serves in the order of arrival, also those who arrive when a place is free', async () => {
    const { clock, starts, take } = createTestPace(1);
    for (const who of ['a', 'b', 'c']) void take(who);
    await clock.advance(1_050);
    void take('d');
    await clock.advance(5_000);
    expect(starts.map(({ who }) => who)).toEqual(['a', 'b', 'c', 'd']);
  });

  test('never lets more than itself start in any window, whatever comes', async () => {
    await fc.assert(
      fc.asyncProperty(
        fc.integer({ min: 1, max: 5 }),
        fc.array(
          fc.record({
            delay: fc.integer({ min: 0, max: 700 }),
            cancelAfter: fc.option(fc.integer({ min: 0, max: 2_000 })),
            pause: fc.option(fc.integer({ min: 1, max: 900 }), { freq: 6 }),
          }),
          { maxLength: 30 },
        ),
        async (limit, arrivals) => {
          const { clock, pace, starts, take } = createTestPace(limit);
          const cancels: { at: number; controller: AbortController }[] = [];
          for (const [index, { delay, cancelAfter, pause }] of arrivals.entries()) {
            await clock.advance(delay);
            for (const { at, controller } of cancels) if (at <= clock.now()) controller.abort();
            if (pause !== null) pace.pause(pause);
            const controller = new AbortController();
            if (cancelAfter !== null) cancels.push({ at: clock.now() + cancelAfter, controller });
            take(String(index), { signal: controller.signal }).catch(() => undefined);
          }
          await clock.advance(60_000);
          for (const { at } of starts) {
            expect(starts.filter((other) => other.at >= at && other.at <= at + 1_000).length).toBeLessThanOrEqual(
              limit,
            );
          }
          const order = starts.map(({ who }) => Number(who));
          expect(order).toEqual([...order].sort((a, b) => a - b));
          expect(clock.sleepers()).toBe(0);
        },
      ),
      { numRuns: 60 },
    );
  });
});

describe('a cancelled wait', () => {
  test('rejects with the reason and gives its place back', async () => {
    const { clock, starts, take } = createTestPace(1);
    await take('a');
    const controller = new AbortController();
    const cancelled = take('b', { signal: controller.signal });
    void take('c');
    controller.abort(new Error('not any more'));
    await expect(cancelled).rejects.toThrow('not any more');
    await clock.advance(1_050);
    expect(starts.map(({ who }) => who)).toEqual(['a', 'c']);
  });

  test('that was the only one leaves no timer', async () => {
    const { clock, take } = createTestPace(1);
    await take('a');
    const controller = new AbortController();
    const cancelled = take('b', { signal: controller.signal });
    await settle();
    expect(clock.sleepers()).toBe(1);
    controller.abort();
    await expect(cancelled).rejects.toThrow();
    await settle();
    expect(clock.sleepers()).toBe(0);
  });

  test('takes no place where the signal was aborted before', async () => {
    const { starts, take } = createTestPace(1);
    await expect(take('a', { signal: AbortSignal.abort(new Error('gone')) })).rejects.toThrow('gone');
    await take('b');
    expect(starts).toHaveLength(1);
  });
});

describe('a wait that is too long', () => {
  test('fails at once and says how long it would be', async () => {
    const { clock, take } = createTestPace(2);
    await take('a');
    await clock.advance(100);
    await take('b');
    const error = await take('c', { maxWaitMs: 900 }).catch((reason: unknown) => reason);
    expect(error).toBeInstanceOf(PaceExceeded);
    expect(error).toMatchObject({ waitMs: 950, limit: 2, windowMs: 1_000, paused: false });
  });

  test('counts those who wait before', async () => {
    const { take } = createTestPace(1);
    await take('a');
    void take('b');
    await expect(take('c', { maxWaitMs: 2_099 })).rejects.toMatchObject({ waitMs: 2_100 });
    void take('c', { maxWaitMs: 2_100 });
  });
});

describe('a pause', () => {
  test('holds back everybody, those already waiting too', async () => {
    const { clock, pace, starts, take } = createTestPace(1);
    void take('a');
    void take('b');
    await clock.advance(500);
    pace.pause(5_000);
    await clock.advance(4_999);
    expect(starts).toHaveLength(1);
    await clock.advance(1);
    expect(starts[1]).toEqual({ who: 'b', at: 5_500 });
  });

  test('holds without a limit as well, and a shorter one does not end it', async () => {
    const { clock, pace, starts, take } = createTestPace(0);
    pace.pause(3_000);
    pace.pause(10);
    void take('a');
    await clock.advance(2_999);
    expect(starts).toHaveLength(0);
    await clock.advance(1);
    expect(starts).toHaveLength(1);
  });

  test('sends away whoever cannot wait for its end', async () => {
    const { clock, pace, starts, take } = createTestPace(1);
    await take('a');
    const impatient = take('b', { maxWaitMs: 2_000 }).catch((reason: unknown) => reason);
    void take('c');
    pace.pause(9_000);
    expect(await impatient).toMatchObject({ name: 'PaceExceeded', paused: true, waitMs: 9_000 });
    await clock.advance(9_000);
    expect(starts.map(({ who }) => who)).toEqual(['a', 'c']);
  });

  test('of nonsense is none', async () => {
    const { pace, starts, take } = createTestPace(1);
    for (const ms of [Number.NaN, -5, 0, Number.POSITIVE_INFINITY]) pace.pause(ms);
    await take('a');
    expect(starts).toHaveLength(1);
  });
});

test('the real clock works the same', async () => {
  const pace = createPace({ limit: 1, windowMs: 40 });
  const began = performance.now();
  await pace.take({ maxWaitMs: 5_000 });
  await pace.take({ maxWaitMs: 5_000 });
  expect(performance.now() - began).toBeGreaterThanOrEqual(40);
});
