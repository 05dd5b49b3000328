import { describe, expect, test } from 'vitest';
import { createPace } from '../../src/leaddyno/pace.ts';
import { answerJson, connect, failureOf, startUpstream, until } from './upstream.ts';

/*
 * A connection may be dead without either end knowing. The first attempt of a read waits for an answer to begin for half
 * of the call's time, so that one such connection does not use up the call.
 */

const read = { method: 'GET', path: '/affiliates' } as const;
const write = { method: 'POST', path: '/leads', body: {} } as const;

describe('a read whose connection hangs', () => {
  test('is asked again, on another connection, with the rest of its time', async () => {
    const upstream = await startUpstream((response, _, count) => {
      // Longer than half of the rest: only the first attempt is cut short.
      if (count > 1) setTimeout(() => answerJson(response, { answered: count }), 900);
    });
    const { client, events } = connect(upstream.url, { timeoutMs: 3_000 });
    expect(await client.send(read)).toEqual({ answered: 2 });
    expect(upstream.requests.map(({ url }) => url)).toEqual(['/v1/affiliates', '/v1/affiliates']);
    expect(upstream.connections()).toBeGreaterThan(1);
    await until(() => upstream.abandoned() === 1);
    expect(events.map(({ kind }) => kind)).toEqual(['no_answer', 'retry', 'answer']);
    expect(events.slice(0, 2)).toMatchObject([{ reason: 'timeout' }, { reason: 'timeout' }]);
  });

  test('twice fails at its deadline', async () => {
    const upstream = await startUpstream(() => undefined);
    const { client } = connect(upstream.url, { timeoutMs: 400 });
    expect(await failureOf(client.send(read))).toMatchObject({ reason: 'timeout', fate: 'unknown' });
    expect(upstream.requests).toHaveLength(2);
  });

  test('fails then if the pace leaves no room for another request', async () => {
    const upstream = await startUpstream(() => undefined);
    const { client } = connect(upstream.url, { timeoutMs: 400, pace: createPace({ limit: 1 }) });
    expect(await failureOf(client.send(read))).toMatchObject({
      reason: 'timeout',
      fate: 'unknown',
      message: 'LeadDyno did not answer in time',
    });
    expect(upstream.requests).toHaveLength(1);
  });

  test('ends with its caller', async () => {
    const upstream = await startUpstream(() => undefined);
    const { client } = connect(upstream.url, { timeoutMs: 400 });
    const ending = new AbortController();
    const call = client.send(read, { signal: ending.signal });
    setTimeout(() => ending.abort(new Error('no longer wanted')), 300);
    await expect(call).rejects.toThrow('no longer wanted');
    expect(upstream.requests).toHaveLength(2);
    await until(() => upstream.abandoned() === 2);
  });
});

test('an answer that has begun may take all of the time there is', async () => {
  const upstream = await startUpstream((response) => {
    response.writeHead(200, { 'content-type': 'application/json' }).write('[1,');
    setTimeout(() => response.end('2]'), 500);
  });
  const { client } = connect(upstream.url, { timeoutMs: 800 });
  expect(await client.send(read)).toEqual([1, 2]);
  expect(upstream.requests).toHaveLength(1);
});

test('a write is waited for until its deadline, and never sent a second time', async () => {
  const upstream = await startUpstream((response, _, count) => {
    if (count === 1) setTimeout(() => answerJson(response, { late: true }), 500);
  });
  const { client } = connect(upstream.url, { timeoutMs: 800 });
  expect(await client.send(write)).toEqual({ late: true });
  expect(await failureOf(client.send(write))).toMatchObject({ reason: 'timeout', fate: 'unknown' });
  expect(upstream.requests).toHaveLength(2);
});

describe('identical reads at the same time', () => {
  test('are sent each for itself', async () => {
    const upstream = await startUpstream((response, _, count) => setTimeout(() => answerJson(response, { count }), 30));
    const { client } = connect(upstream.url);
    const answers = await Promise.all([client.send(read), client.send(read), client.send(read)]);
    expect(answers.toSorted((a, b) => JSON.stringify(a).localeCompare(JSON.stringify(b)))).toEqual([
      { count: 1 },
      { count: 2 },
      { count: 3 },
    ]);
  });

  test('leave each other alone when one gives up or is late', async () => {
    const upstream = await startUpstream((response) => setTimeout(() => answerJson(response, { ok: true }), 150));
    const { client } = connect(upstream.url);
    const controller = new AbortController();
    const cancelled = client.send(read, { signal: controller.signal });
    // Waited for from now on: it may fail before all three requests have arrived.
    const hasty = failureOf(client.send(read, { timeoutMs: 40 }));
    const patient = client.send(read);
    await until(() => upstream.requests.length === 3);
    controller.abort(new Error('enough'));
    await expect(cancelled).rejects.toThrow('enough');
    expect(await hasty).toMatchObject({ reason: 'timeout' });
    expect(await patient).toEqual({ ok: true });
  });
});
