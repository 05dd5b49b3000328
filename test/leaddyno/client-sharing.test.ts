import type { ServerResponse } from 'node:http';
import { describe, expect, test } from 'vitest';
import { answerJson, connect, failureOf, startUpstream, until } from './upstream.ts';

const read = { method: 'GET', path: '/leads', query: { page: '1', per_page: '50' } } as const;
const startSlow = (ms: number) =>
  startUpstream((response, _request, count) => setTimeout(() => answerJson(response, { count }), ms));

describe('identical reads in flight', () => {
  test('share one request, whatever the order of their parameters', async () => {
    const upstream = await startSlow(30);
    const { client } = connect(upstream.url);
    const again = { method: 'GET', path: '/leads', query: { per_page: '50', page: '1' } } as const;
    expect(await Promise.all([client.send(read), client.send(again), client.send(read)])).toEqual([
      { count: 1 },
      { count: 1 },
      { count: 1 },
    ]);
    expect(upstream.requests).toHaveLength(1);
  });

  test('share their failure as well', async () => {
    const upstream = await startUpstream((response) => answerJson(response, {}, 404));
    const { client } = connect(upstream.url);
    const errors = await Promise.all([failureOf(client.send(read)), failureOf(client.send(read))]);
    expect(errors.map(({ reason }) => reason)).toEqual(['not_found', 'not_found']);
    expect(upstream.requests).toHaveLength(1);
  });

  test('get a value each', async () => {
    const upstream = await startSlow(20);
    const { client } = connect(upstream.url);
    const [one, other] = await Promise.all([client.send(read), client.send(read)]);
    expect(one).toEqual(other);
    expect(one).not.toBe(other);
  });

  test('are asked anew once the answer is there', async () => {
    const upstream = await startSlow(0);
    const { client } = connect(upstream.url);
    expect(await client.send(read)).toEqual({ count: 1 });
    expect(await client.send(read)).toEqual({ count: 2 });
  });

  test('do not share with others: another query, another path, fresh ones, those with beforeSend, writes', async () => {
    const upstream = await startSlow(30);
    const { client } = connect(upstream.url);
    const write = { method: 'POST', path: '/leads', body: {} } as const;
    await Promise.all([
      client.send(read),
      client.send({ ...read, query: { page: '2' } }),
      client.send({ ...read, path: '/visitors' }),
      client.send(read, { fresh: true }),
      client.send(read, { fresh: true }),
      client.send(read, { beforeSend: async () => undefined }),
      client.send(write),
      client.send(write),
    ]);
    expect(upstream.requests).toHaveLength(8);
  });

  test('of one state of the records do not share with those of another', async () => {
    const upstream = await startSlow(30);
    const { client } = connect(upstream.url);
    await Promise.all(['one', 'one', 'other', undefined, undefined].map((asOf) => client.send(read, { asOf })));
    expect(upstream.requests).toHaveLength(3);
  });

  test('a fresh one is not joined', async () => {
    const upstream = await startSlow(30);
    const { client } = connect(upstream.url);
    await Promise.all([client.send(read, { fresh: true }), client.send(read)]);
    expect(upstream.requests).toHaveLength(2);
  });
});

describe('a write', () => {
  const write = { method: 'POST', path: '/leads', body: {} } as const;

  /** Reads are answered with the state in which they came, and late; `state` counts the writes. */
  async function startWritten(end: (response: ServerResponse) => void) {
    let state = 0;
    const upstream = await startUpstream((response, { method }) => {
      if (method === 'POST') {
        state += 1;
        return end(response);
      }
      const seen = { state };
      setTimeout(() => answerJson(response, seen), 150);
    });
    return { upstream, ...connect(upstream.url, { timeoutMs: 2_000 }) };
  }

  test.each<[string, (response: ServerResponse) => void]>([
    ['was carried out', (response) => answerJson(response, {})],
    ['was refused', (response) => answerJson(response, {}, 422)],
    ['broke off', (response) => response.socket?.destroy()],
  ])('that %s: what was under way keeps its answer, what is read after it is read after it', async (_name, end) => {
    const { client, upstream } = await startWritten(end);
    const before = client.send(read);
    await until(() => upstream.requests.length === 1);
    await client.send(write).catch(() => undefined);
    const after = [client.send(read), client.send(read)];
    expect(await before).toEqual({ state: 0 });
    expect(await Promise.all(after)).toEqual([{ state: 1 }, { state: 1 }]);
    // Those after it share a request as ever.
    expect(upstream.requests).toHaveLength(3);
  });

  test.each([
    ['was cancelled', true],
    ['had no answer in time', false],
  ])('that %s counts as one', async (_name, cancelled) => {
    const { client, upstream } = await startWritten(() => undefined);
    const before = client.send(read);
    await until(() => upstream.requests.length === 1);
    const signal = cancelled ? AbortSignal.timeout(50) : undefined;
    // The first thing that its caller does about it.
    const after = client
      .send(write, { timeoutMs: cancelled ? 2_000 : 50, ...(signal && { signal }) })
      .catch(() => client.send(read));
    expect(await before).toEqual({ state: 0 });
    expect(await after).toEqual({ state: 1 });
  });

  test('that is under way is not read past either', async () => {
    const { client, upstream } = await startWritten((response) => setTimeout(() => answerJson(response, {}), 100));
    const before = client.send(read);
    await until(() => upstream.requests.length === 1);
    const writing = client.send(write);
    await until(() => upstream.requests.length === 2);
    expect(await client.send(read)).toEqual({ state: 1 });
    expect(await before).toEqual({ state: 0 });
    await writing;
  });
});

describe('who gives up', () => {
  test('by cancellation leaves the others alone, also when it was the first', async () => {
    const upstream = await startSlow(60);
    const { client } = connect(upstream.url);
    const controller = new AbortController();
    const first = client.send(read, { signal: controller.signal });
    const second = client.send(read);
    await until(() => upstream.requests.length === 1);
    controller.abort(new Error('enough'));
    await expect(first).rejects.toThrow('enough');
    expect(await second).toEqual({ count: 1 });
    expect(upstream.requests).toHaveLength(1);
  });

  test('by its deadline leaves the others alone, and the others keep theirs', async () => {
    const upstream = await startSlow(150);
    const { client } = connect(upstream.url);
    const first = client.send(read, { timeoutMs: 40 });
    const second = client.send(read, { timeoutMs: 5_000 });
    const third = client.send(read, { timeoutMs: 60 });
    expect(await failureOf(first)).toMatchObject({ reason: 'timeout' });
    expect(await failureOf(third)).toMatchObject({ reason: 'timeout' });
    expect(await second).toEqual({ count: 1 });
    expect(upstream.requests).toHaveLength(1);
  });

  test('last ends the request; the next one starts anew', async () => {
    const upstream = await startUpstream((response, _request, count) => {
      if (count > 1) answerJson(response, { count });
    });
    const { client } = connect(upstream.url);
    const controller = new AbortController();
    const calls = [client.send(read, { signal: controller.signal }), client.send(read, { signal: controller.signal })];
    await until(() => upstream.requests.length === 1);
    controller.abort(new Error('enough'));
    const next = client.send(read);
    for (const call of calls) await expect(call).rejects.toThrow('enough');
    expect(await next).toEqual({ count: 2 });
    await until(() => upstream.abandoned() === 1);
  });

  test('early does not decide whether there is time for a repetition', async () => {
    const upstream = await startUpstream((response, _request, count) =>
      setTimeout(() => answerJson(response, { count }, count === 1 ? 500 : 200), 80),
    );
    const { client } = connect(upstream.url);
    const hasty = client.send(read, { timeoutMs: 30 });
    const patient = client.send(read);
    expect(await failureOf(hasty)).toMatchObject({ reason: 'timeout' });
    expect(await patient).toEqual({ count: 2 });
  });
});
