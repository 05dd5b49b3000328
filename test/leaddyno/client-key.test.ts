import type { ServerResponse } from 'node:http';
import { describe, expect, test } from 'vitest';
import {
  type Answerer,
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

  describe.each<[string, Answerer]>([
    ['400 and "key is missing"', (response) => answerJson(response, { error: 'key is missing' }, 400)],
    ['404', (response) => answerJson(response, null, 404)],
    ['422', (response) => answerJson(response, { error: { key: ['is missing'] } }, 422)],
    ['a redirect to the sign-in', (response) => response.writeHead(302, { location: 'https://x.example/' }).end()],
    ['200 with an error', (response) => answerJson(response, { error: 'Invalid API key' })],
    ['200 with a page', (response) => response.writeHead(200, { 'content-type': 'text/html' }).end('<h1>Sign in</h1>')],
  ])('where a missing key is answered with %s', (_name, refuse) => {
    const byQuery = ({ url }: Received) => new URL(url, 'http://x').searchParams.get('key') === KEY;

    test('takes the query, and asks once', async () => {
      const upstream = await startUpstream((response, request, count) =>
        byQuery(request) ? answerJson(response, { count: 1 }) : refuse(response, request, count),
      );
      const { client, events } = connect(upstream.url, { keyTransport: 'auto' });
      expect(await client.send(read)).toEqual({ count: 1 });
      expect(await client.send(read)).toEqual({ count: 1 });
      expect(ways(upstream.requests)).toEqual([
        `${PROBE} header`,
        `${PROBE} query`,
        '/v1/leads query',
        '/v1/leads query',
      ]);
      expect(events.filter(({ kind }) => kind === 'key_transport')).toEqual([
        { kind: 'key_transport', transport: 'query' },
      ]);
    });

    test('says that the key is refused where the query says so', async () => {
      const upstream = await startUpstream((response, request, count) =>
        byQuery(request) ? answerJson(response, { error: 'Invalid key' }, 401) : refuse(response, request, count),
      );
      const { client } = connect(upstream.url, { keyTransport: 'auto' });
      const error = await failureOf(client.send({ method: 'POST', path: '/leads', body: {} }));
      expect(error).toMatchObject({ reason: 'auth', fate: 'not_sent' });
      expect(upstream.requests).toHaveLength(2);
    });

    test('takes the query where the probe shows nothing at all, and asks no more once a call was answered', async () => {
      const upstream = await startUpstream((response, request, count) =>
        byQuery(request) && !request.url.startsWith(PROBE)
          ? answerJson(response, {}, request.url.startsWith('/v1/leads/0') ? 404 : 200)
          : refuse(response, request, count),
      );
      const { client, events } = connect(upstream.url, { keyTransport: 'auto' });
      // It may be the way that this failed for.
      expect(await failureOf(client.send({ method: 'GET', path: '/leads/0' }))).toMatchObject({ reason: 'not_found' });
      expect(events.filter(({ kind }) => kind === 'key_transport')).toEqual([]);
      expect(await client.send(read)).toEqual({});
      expect(upstream.requests).toHaveLength(6);
      expect(events).toContainEqual({ kind: 'key_transport', transport: 'query' });
      await failureOf(client.send({ method: 'GET', path: '/leads/0' }));
      expect(await client.send(read)).toEqual({});
      expect(upstream.requests).toHaveLength(8);
      expect(ways(upstream.requests).filter((way) => !way.startsWith(PROBE))).toEqual([
        '/v1/leads/0 query',
        '/v1/leads query',
        '/v1/leads/0 query',
        '/v1/leads query',
      ]);
    });

    test('leaves what was found out earlier where it fails', async () => {
      const upstream = await startUpstream((response, request, count) =>
        byQuery(request) ? answerJson(response, { count: 1 }) : refuse(response, request, count),
      );
      const { client } = connect(upstream.url, { keyTransport: 'auto', foundTransport: 'header' });
      await failureOf(client.send(read));
      expect(await client.send(read)).toEqual({ count: 1 });
      expect(ways(upstream.requests).slice(0, 3)).toEqual(['/v1/leads header', `${PROBE} header`, `${PROBE} query`]);
    });
  });

  test.each([404, 400, 422])('keeps a way that works, whatever a call is refused with: %s', async (status) => {
    const upstream = await startUpstream((response, request) => {
      if (request.method === 'POST') answerJson(response, {}, status);
      else takes('header')(response, request);
    });
    const { client } = connect(upstream.url, { keyTransport: 'auto' });
    await failureOf(client.send({ method: 'POST', path: '/leads', body: {} }));
    await client.send(read);
    expect(ways(upstream.requests)).toEqual([`${PROBE} header`, '/v1/leads header', '/v1/leads header']);
  });

  test('a query that was not tried to the end decides nothing', async () => {
    let broken = true;
    const upstream = await startUpstream((response, request) => {
      const byQuery = request.url.includes('key=');
      if (byQuery && broken) answerJson(response, {}, 503);
      else if (byQuery) answerJson(response, {});
      else answerJson(response, { error: 'key is missing' }, 400);
    });
    const { client } = connect(upstream.url, { keyTransport: 'auto' });
    expect(await failureOf(client.send(read))).toMatchObject({ reason: 'upstream', fate: 'not_sent' });
    broken = false;
    expect(await client.send(read)).toEqual({});
    expect(ways(upstream.requests).at(-1)).toBe('/v1/leads query');
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
