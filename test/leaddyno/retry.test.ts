import { describe, expect, test } from 'vitest';
import { headersWithin, planRetry, readRetryAfter } from '../../src/leaddyno/course.ts';
import type { FailureReason } from '../../src/leaddyno/errors.ts';

function plan(
  reason: FailureReason,
  facts: {
    method?: 'GET' | 'POST' | 'PUT' | 'DELETE';
    attempt?: number;
    remainingMs?: number;
    retryAfterSeconds?: number;
    random?: number;
  } = {},
) {
  const { method = 'GET', attempt = 1, remainingMs = 30_000, retryAfterSeconds, random = 0.5 } = facts;
  return planRetry({
    failure: { reason, fate: 'unknown', said: 'x', retryAfterSeconds },
    method,
    attempt,
    remainingMs,
    random: () => random,
  });
}

describe('what is repeated', () => {
  test.each(['upstream', 'network', 'timeout'] as const)('%s: reads only', (reason) => {
    expect(plan(reason).waitMs).toBe(100);
    for (const method of ['POST', 'PUT', 'DELETE'] as const) expect(plan(reason, { method }).waitMs).toBeUndefined();
  });

  test('a call turned away for its rate, whatever it was', () => {
    for (const method of ['GET', 'POST', 'PUT', 'DELETE'] as const) {
      expect(plan('rate_limited', { method }).waitMs).toBe(100);
    }
  });

  test.each(['auth', 'forbidden', 'not_found', 'invalid', 'conflict', 'unexpected'] as const)('%s: never', (reason) => {
    expect(plan(reason).waitMs).toBeUndefined();
  });

  test('at most three attempts', () => {
    expect(plan('upstream', { attempt: 2 }).waitMs).toBeDefined();
    expect(plan('upstream', { attempt: 3 }).waitMs).toBeUndefined();
  });
});

describe('how long is waited', () => {
  test('a random part of 200 ms, then of 400 ms', () => {
    expect(plan('upstream', { random: 0 }).waitMs).toBe(0);
    expect(plan('upstream', { random: 0.99 }).waitMs).toBeCloseTo(198);
    expect(plan('upstream', { attempt: 2, random: 0.99 }).waitMs).toBeCloseTo(396);
  });

  test('never past the deadline', () => {
    expect(plan('upstream', { remainingMs: 101 }).waitMs).toBe(100);
    expect(plan('upstream', { remainingMs: 100 }).waitMs).toBeUndefined();
  });

  test('as long as LeadDyno asks, which pauses everybody', () => {
    expect(plan('rate_limited', { retryAfterSeconds: 7, method: 'POST' })).toEqual({ waitMs: 7_000, pauseMs: 7_000 });
    expect(plan('rate_limited', { retryAfterSeconds: 60, remainingMs: 90_000 })).toEqual({
      waitMs: 60_000,
      pauseMs: 60_000,
    });
  });

  test('a longer wait than 60 s fails the call alone', () => {
    expect(plan('rate_limited', { retryAfterSeconds: 61, remainingMs: 900_000 })).toEqual({
      waitMs: undefined,
      pauseMs: 0,
    });
  });

  test('a wait that does not fit in the deadline fails the call, and still pauses the others', () => {
    expect(plan('rate_limited', { retryAfterSeconds: 40 })).toEqual({ waitMs: undefined, pauseMs: 40_000 });
  });

  test('the last attempt and a write that failed pause the others, too', () => {
    expect(plan('rate_limited', { retryAfterSeconds: 4, attempt: 3 })).toEqual({ waitMs: undefined, pauseMs: 4_000 });
    expect(plan('upstream', { retryAfterSeconds: 4, method: 'POST' })).toEqual({ waitMs: undefined, pauseMs: 4_000 });
  });
});

test('the first attempt of a read waits for half of its time, at most 15 s; all else until the deadline', () => {
  expect([400, 6_000, 30_000, 44_000].map((ms) => headersWithin('GET', 1, ms))).toEqual([200, 3_000, 15_000, 15_000]);
  expect(headersWithin('GET', 2, 6_000)).toBeUndefined();
  for (const method of ['POST', 'PUT', 'DELETE'] as const) expect(headersWithin(method, 1, 6_000)).toBeUndefined();
});

describe('Retry-After', () => {
  const now = Date.parse('2026-01-01T00:00:00Z');

  test.each([
    ['5', 5],
    [' 120 ', 120],
    ['86400', 86_400],
    ['Thu, 01 Jan 2026 00:00:30 GMT', 30],
  ])('%s', (header, seconds) => {
    expect(readRetryAfter(header, now)).toBe(seconds);
  });

  test('counts the first where there are several', () => {
    expect(readRetryAfter(['3', '9'], now)).toBe(3);
  });

  test.each([
    undefined,
    '',
    '0',
    '-5',
    '1.5',
    'soon',
    '5 apples',
    '99999999999999999999',
    '86401',
    'Thu, 01 Jan 2015 00:00:30 GMT',
    'Thu, 01 Jan 2099 00:00:30 GMT',
    'Thu, 99 Jan 2026 00:00:30 GMT',
    '2026-01-01T00:00:30Z',
  ])('absent where it cannot be meant: %s', (header) => {
    expect(readRetryAfter(header, now)).toBeUndefined();
  });
});
