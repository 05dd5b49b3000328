import { describe, expect, test } from 'vitest';
import type { ClientEvent } from '../../src/leaddyno/events.ts';
import { hedgeAfter } from '../../src/leaddyno/hedge.ts';
import { createPace } from '../../src/leaddyno/pace.ts';
import { answerJson, connect, failureOf, startUpstream } from './upstream.ts';

/*
 * A read without an answer is asked a second time after a third of its time: one connection that is dead without either
 * end knowing must not take all of the time there is.
 */

const read = { method: 'GET', path: '/affiliates' } as const;
/** A tenth of the time it takes by default. */
const soon = { hedgeAfter: () => 200 };

describe('a read that is long without an answer', () => {
  test('is asked once more, on another connection, and the first answer counts', async () => {
    const upstream = await startUpstream((response, _, count) => {
      if (count > 1) answerJson(response, { answered: count });
    });
    const events: ClientEvent[] = [];
    const { client } = connect(upstream.url, { ...soon, onEvent: (event) => events.push(event) });
    expect(await client.send(read)).toEqual({ answered: 2 });
    expect(upstream.requests.map(({ url }) => url)).toEqual(['/v1/affiliates', '/v1/affiliates']);
    expect(upstream.connections()).toBe(2);
    expect(events.map(({ kind }) => kind)).toEqual(['retry', 'answer']);
    expect(events[0]).toMatchObject({ reason: 'timeout', waitMs: 200 });
  });

  test('still takes a late answer to the first', async () => {
    const upstream = await startUpstream((response, _, count) => {
      if (count === 1) setTimeout(() => answerJson(response, { answered: count }), 300);
    });
    const { client } = connect(upstream.url, soon);
    expect(await client.send(read)).toEqual({ answered: 1 });
    expect(upstream.requests).toHaveLength(2);
  });

  test('is asked twice at most, and fails at its deadline', async () => {
    const upstream = await startUpstream(() => undefined);
    const { client } = connect(upstream.url, { ...soon, timeoutMs: 400 });
    expect(await failureOf(client.send(read))).toMatchObject({ reason: 'timeout' });
    expect(upstream.requests).toHaveLength(2);
  });

  test('waits on where the pace leaves no room for a second request', async () => {
    const upstream = await startUpstream((response) => {
      setTimeout(() => answerJson(response, { late: true }), 300);
    });
    const { client } = connect(upstream.url, { ...soon, pace: createPace({ limit: 1 }) });
    expect(await client.send(read)).toEqual({ late: true });
    expect(upstream.requests).toHaveLength(1);
  });

  test('ends with its caller', async () => {
    const upstream = await startUpstream(() => undefined);
    const { client } = connect(upstream.url, soon);
    const ending = new AbortController();
    const call = client.send(read, { signal: ending.signal });
    setTimeout(() => ending.abort(new Error('no longer wanted')), 250);
    await expect(call).rejects.toThrow('no longer wanted');
    expect(upstream.requests).toHaveLength(2);
  });
});

test('a write is never sent a second time', async () => {
  const upstream = await startUpstream(() => undefined);
  const { client } = connect(upstream.url, { ...soon, timeoutMs: 400 });
  const write = client.send({ method: 'POST', path: '/leads', body: {} });
  expect(await failureOf(write)).toMatchObject({ reason: 'timeout', fate: 'unknown' });
  expect(upstream.requests).toHaveLength(1);
});

test('a read is asked again after a third of its time, between 2 and 10 s, or not at all', () => {
  expect([1, 2_000, 2_001, 6_000, 15_000, 30_000, 44_000].map(hedgeAfter)).toEqual([
    undefined,
    undefined,
    2_000,
    2_000,
    5_000,
    10_000,
    10_000,
  ]);
});
