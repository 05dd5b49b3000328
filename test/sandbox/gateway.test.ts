import { setTimeout as sleep } from 'node:timers/promises';
import { describe, expect, it } from 'vitest';
import { RateLimit } from '../../src/sandbox/gateway.ts';
import { startSandbox } from '../../src/sandbox/index.ts';
import { call, small } from './api-call.ts';

describe('the sliding window', () => {
  it('lets exactly the limit through and frees one place at a time', () => {
    const limit = new RateLimit(3, 60_000);
    expect([0, 10_000, 20_000].map((now) => limit.take(now))).toEqual([0, 0, 0]);
    expect(limit.take(30_000)).toBe(30);
    expect(limit.take(59_999)).toBe(1);
    expect(limit.take(60_000)).toBe(0);
    expect(limit.take(60_001)).toBe(10);
    expect(limit.take(70_000)).toBe(0);
  });

  it('never lets more than the limit into any window', () => {
    const limit = new RateLimit(5, 1_000);
    const passed: number[] = [];
    for (let now = 0; now < 10_000; now += 37) if (limit.take(now) === 0) passed.push(now);
    for (const start of passed) {
      expect(passed.filter((at) => at >= start && at < start + 1_000).length).toBeLessThanOrEqual(5);
    }
    expect(passed.length).toBeGreaterThan(45);
  });

  it('is off at 0', () => {
    const limit = new RateLimit(0, 1_000);
    expect(Array.from({ length: 500 }, () => limit.take(0)).every((wait) => wait === 0)).toBe(true);
  });
});

describe('the limit over HTTP', () => {
  it('answers 429 with a message and Retry-After, then recovers', async () => {
    const sandbox = await startSandbox({ ...small, rateLimit: 3, rateWindowMs: 800 });
    for (let index = 0; index < 3; index += 1) expect((await call(sandbox, 'GET', '/leads/count')).status).toBe(200);
    const refused = await call(sandbox, 'GET', '/leads/count');
    expect(refused).toMatchObject({ status: 429, body: { message: 'API rate limit exceeded' } });
    expect(refused.headers.get('retry-after')).toBe('1');
    await sleep(Number(refused.headers.get('retry-after')) * 1_000);
    expect((await call(sandbox, 'GET', '/leads/count')).status).toBe(200);
    await sandbox.close();
    expect(sandbox.requests.map((request) => request.status)).toEqual([200, 200, 200, 429, 200]);
  });

  it('changes nothing when it refuses', async () => {
    const sandbox = await startSandbox({ ...small, rateLimit: 1 });
    await call(sandbox, 'GET', '/leads/count');
    const refused = await call(sandbox, 'POST', '/affiliates', { email: 'n@example.com' });
    expect(refused.status).toBe(429);
    expect(Number(refused.headers.get('retry-after'))).toBe(60);
    expect(sandbox.programme.affiliateByEmail('n@example.com')).toBeUndefined();
    await sandbox.close();
  });
});
