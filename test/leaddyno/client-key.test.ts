import type { ServerResponse } from 'node:http';
import { describe, expect, test } from 'vitest';
import {
  answerJson,
  connect,
  failureOf,
  KEY,
  type Received,
  startSocketServer,
  startUpstream,
  until,
} from './upstream.ts';

const PROBE = '/v1/affiliates/count';

/** An account that takes the key by one way alone. */
function takes(way: 'header' | 'query' | 'both' | 'neither') {
  return (response: ServerResponse, request: Received): void => {
    const byHeader = request.headers.key === KEY;
    const byQuery = new URL(request.url, 'http://x').searchParams.get('key') === KEY;
    const good = way === 'both' ? byHeader || byQuery : way === 'header' ? byHeader : way === 'query' ? byQuery : false;
    if (good) answerJson(response, { count: 1 });
    else answerJson(response, { error: 'Invalid key' }, 401);
  };
}

const read = { method: 'GET', path: '/leads' } as const;

function ways(requests: readonly Received[]): string[] {
  return requests.map(({ url, headers }) => {
    const way = url.includes('key=') ? 'query' : 'key' in headers ? 'header' : 'none';
    return `${url.split('?')[0]} ${way}`;
  });
}

describe('auto', () => {
  test('takes the header where the account does', async () => {
    const upstream = await startUpstream(takes('both'));
    const { client, events } = connect(upstream.url, { keyTransport: 'auto' });
    await client.send(read);
    await client.send(read);
    expect(ways(upstream.requests)).toEqual([`${PROBE} header`, '/v1/leads header', '/v1/leads header']);
    expect(events).toContainEqual({ kind: 'key_transport', transport: 'header' });
  });

  test('takes the query where the header is refused', async () => {
    const upstream = await startUpstream(takes('query'));
    const { client, events } = connect(upstream.url, { keyTransport: 'auto' });
    await client.send(read);
    expect(ways(upstream.requests)).toEqual([`${PROBE} header`, `${PROBE} query`, '/v1/leads query']);
    expect(events).toContainEqual({ kind: 'key_transport', transport: 'query' });
  });

  test('finds out once for concurrent first calls', async () => {
    const upstream = await startUpstream((response, request) =>
      setTimeout(() => takes('query')(response, request), 20),
    );
    const { client } = connect(upstream.url, { keyTransport: 'auto' });
    const paths = ['/leads/1', '/leads/2', '/leads/3'];
    await Promise.all(paths.map((path) => client.send({ method: 'GET', path })));
    expect(upstream.requests.filter(({ url }) => url.startsWith(PROBE))).toHaveLength(2);
  });

  test('says so where both are refused, and remembers nothing', async () => {
    let way: 'neither' | 'header' = 'neither';
    const upstream = await startUpstream((response, request) => takes(way)(response, request));
    const { client, events } = connect(upstream.url, { keyTransport: 'auto' });
    const error = await failureOf(client.send({ method: 'POST', path: '/leads', body: {} }));
    expect(error).toMatchObject({ reason: 'auth', fate: 'not_sent', status: 401, detail: 'Invalid key' });
    expect(error.message).toContain('neither as a header nor in the query');
    expect(events.filter(({ kind }) => kind === 'key_transport')).toEqual([]);
    way = 'header';
    expect(await client.send(read)).toEqual({ count: 1 });
  });

  test('is left alone by a missing path: any such answer shows that the key was taken', async () => {
    const upstream = await startUpstream((response, { url }) => answerJson(response, {}, url === PROBE ? 404 : 200));
    const { client } = connect(upstream.url, { keyTransport: 'auto' });
    expect(await client.send(read)).toEqual({});
  });

  test.each([
    ['500', 500, 'upstream', 'LeadDyno answered 500 after 3 attempts'],
    ['429', 429, 'rate_limited', 'LeadDyno answered 429 after 3 attempts: too many requests'],
  ] as const)(
    'a probe that fails with %s fails the call, which was not sent',
    async (_name, status, reason, message) => {
      let healthy = false;
      const upstream = await startUpstream((response) => answerJson(response, {}, healthy ? 200 : status));
      const { client } = connect(upstream.url, { keyTransport: 'auto' });
      const call = client.send({ method: 'POST', path: '/leads', body: {} });
      expect(await failureOf(call)).toMatchObject({ reason, fate: 'not_sent', status, message });
      expect(upstream.requests.every(({ url }) => url === PROBE)).toBe(true);
      healthy = true;
      await client.send(read);
      expect(ways(upstream.requests).slice(-2)).toEqual([`${PROBE} header`, '/v1/leads header']);
    },
  );

  test('a broken connection fails the call, which was not sent', async () => {
    const port = await startSocketServer((socket) => socket.once('data', () => socket.destroy()));
    const { client } = connect(`http://127.0.0.1:${port}`, { keyTransport: 'auto' });
    const call = client.send({ method: 'POST', path: '/leads', body: {} });
    expect(await failureOf(call)).toMatchObject({ reason: 'network', fate: 'not_sent' });
  });

  test('one caller that gives up does not end the search for the others', async () => {
    const upstream = await startUpstream((response) => setTimeout(() => answerJson(response, {}), 80));
    const { client } = connect(upstream.url, { keyTransport: 'auto' });
    const hasty = client.send({ method: 'POST', path: '/leads', body: {} }, { timeoutMs: 20 });
    const patient = client.send({ method: 'GET', path: '/leads/2' });
    expect(await failureOf(hasty)).toMatchObject({ reason: 'timeout', fate: 'not_sent' });
    expect(await patient).toEqual({});
    expect(ways(upstream.requests)).toEqual([`${PROBE} header`, '/v1/leads/2 header']);
  });

  test('the search is given up with the last caller', async () => {
    const upstream = await startUpstream(() => undefined);
    const { client } = connect(upstream.url, { keyTransport: 'auto' });
    const controller = new AbortController();
    const call = client.send(read, { signal: controller.signal });
    await until(() => upstream.requests.length === 1);
    controller.abort(new Error('enough'));
    await expect(call).rejects.toThrow('enough');
    await until(() => upstream.abandoned() === 1);
  });

  test('finds out anew once the key is refused by the way it remembers', async () => {
    let way: 'header' | 'query' = 'header';
    const upstream = await startUpstream((response, request) => takes(way)(response, request));
    const { client } = connect(upstream.url, { keyTransport: 'auto' });
    await client.send(read);
    way = 'query';
    expect(await failureOf(client.send(read))).toMatchObject({ reason: 'auth', status: 401 });
    expect(await client.send(read)).toEqual({ count: 1 });
  });
});

describe('a way that is given', () => {
  test.each(['header', 'query'] as const)('%s is used without a probe', async (keyTransport) => {
    const upstream = await startUpstream(takes(keyTransport));
    const { client } = connect(upstream.url, { keyTransport });
    await client.send(read);
    expect(ways(upstream.requests)).toEqual([`/v1/leads ${keyTransport}`]);
  });

  test.each(['header', 'auto'] as const)(
    '%s gives way to the query for a key that no header carries',
    async (keyTransport) => {
      const upstream = await startUpstream((response) => answerJson(response, {}));
      const { client } = connect(upstream.url, { keyTransport, key: 'schlüssel' });
      await client.send(read);
      expect(upstream.requests.map(({ url }) => url)).toEqual(['/v1/leads?key=schl%C3%BCssel']);
    },
  );
});
