import type { ServerResponse } from 'node:http';
import { describe, expect, test, vi } from 'vitest';
import {
  type Answerer,
  answerJson,
  connect,
  failureOf,
  KEY,
  type Received,
  startSocketServer,
  startUpstream,
} from './upstream.ts';

const byQuery = ({ url }: Received) => new URL(url, 'http://x').searchParams.get('key') === KEY;
const byHeader = ({ headers }: Received) => headers.key === KEY;

type Way = 'header' | 'query' | 'both' | 'neither';

/** An account that takes the key by one way alone. */
function takes(way: Way) {
  return (response: ServerResponse, request: Received): void => {
    const good = (way !== 'query' && byHeader(request)) || (way !== 'header' && byQuery(request));
    if (good && way !== 'neither') answerJson(response, { count: 1 });
    else answerJson(response, { error: 'Invalid key' }, 401);
  };
}

const read = { method: 'GET', path: '/leads' } as const;
const write = { method: 'POST', path: '/leads', body: {} } as const;

function ways(requests: readonly Received[]): string[] {
  return requests.map(({ method, url, headers }) => {
    const way = url.includes('key=') ? 'query' : 'key' in headers ? 'header' : 'none';
    return `${method} ${way}`;
  });
}

/** A client that has to find out, of an account that answers by the header and by the query as given. */
async function start(header: Answerer, query: Answerer, found?: 'header' | 'query') {
  const upstream = await startUpstream((response, request, count) =>
    (byQuery(request) ? query : header)(response, request, count),
  );
  const { client, events } = connect(upstream.url, { keyTransport: 'auto', foundTransport: found });
  const proven = () => events.flatMap((event) => (event.kind === 'key_transport' ? [event.transport] : []));
  return { client, upstream, proven, ways: () => ways(upstream.requests) };
}

const answers =
  (status: number, body: unknown = {}): Answerer =>
  (response) =>
    answerJson(response, body, status);
const good = answers(200, { count: 1 });

describe('auto', () => {
  test('takes the header if the account does, and says so once', async () => {
    const { client, ways, proven } = await start(good, good);
    await client.send(write);
    await client.send(read);
    expect(ways()).toEqual(['POST header', 'GET header']);
    expect(proven()).toEqual(['header']);
  });

  test.each([read, write])('takes the query if the header is refused: $method', async (request) => {
    const { client, ways, proven } = await start(answers(401), good);
    const beforeSend = vi.fn(async () => undefined);
    expect(await client.send(request, { beforeSend })).toEqual({ count: 1 });
    await client.send(read);
    expect(ways()).toEqual([`${request.method} header`, `${request.method} query`, 'GET query']);
    expect(proven()).toEqual(['query']);
    expect(beforeSend).toHaveBeenCalledTimes(1);
  });

  test('an empty answer proves the way as well', async () => {
    const { client, proven } = await start(answers(200, null), good);
    expect(await client.send(read)).toBeNull();
    expect(proven()).toEqual(['header']);
  });

  test('is found out by calls at the same time, and said once', async () => {
    const { client, proven } = await start(answers(401), good);
    await Promise.all([1, 2, 3].map((id) => client.send({ method: 'GET', path: `/leads/${id}` })));
    expect(proven()).toEqual(['query']);
  });

  test('says so if both are refused, and remembers nothing', async () => {
    let way: Way = 'neither';
    const upstream = await startUpstream((response, request) => takes(way)(response, request));
    const { client, events } = connect(upstream.url, { keyTransport: 'auto' });
    const error = await failureOf(client.send(write));
    expect(error).toMatchObject({ reason: 'auth', fate: 'refused', status: 401, detail: 'Invalid key' });
    expect(error.message).toBe(
      'LeadDyno answered 401: it did not accept the API key, neither as a header nor in the query',
    );
    expect(ways(upstream.requests)).toEqual(['POST header', 'POST query']);
    expect(events.filter(({ kind }) => kind === 'key_transport')).toEqual([]);
    way = 'header';
    expect(await client.send(read)).toEqual({ count: 1 });
  });

  test.each<[string, Answerer, { readonly reads?: true }]>([
    ['400 and "key is missing"', answers(400, { error: 'key is missing' }), {}],
    ['403', answers(403), {}],
    ['404', answers(404, null), {}],
    ['422', answers(422, { error: { key: ['is missing'] } }), {}],
    [
      'a redirect to the sign-in',
      (response) => response.writeHead(302, { location: 'https://x.example/' }).end(),
      { reads: true },
    ],
    ['200 with an error', answers(200, { error: 'Invalid API key' }), { reads: true }],
    [
      '200 with a page',
      (response) => response.writeHead(200, { 'content-type': 'text/html' }).end('<h1>Sign in</h1>'),
      { reads: true },
    ],
  ])('takes the query if a missing key is answered with %s', async (_name, refuse, { reads }) => {
    const { client, ways, proven } = await start(refuse, good);
    if (reads) {
      // LeadDyno may have taken it: a write is never sent again after such an answer.
      expect(await failureOf(client.send(write))).not.toMatchObject({ reason: 'auth' });
      expect(ways()).toEqual(['POST header']);
    } else {
      expect(await client.send(write)).toEqual({ count: 1 });
      expect(ways()).toEqual(['POST header', 'POST query']);
    }
    expect(await client.send(read)).toEqual({ count: 1 });
    expect(proven()).toEqual(['query']);
    expect(await client.send(read)).toEqual({ count: 1 });
    expect(ways().at(-1)).toBe('GET query');
  });

  test('proves the query by an answer that is no refusal of the key, if the header was refused', async () => {
    const { client, ways, proven } = await start(answers(401), answers(404));
    expect(await failureOf(client.send(read))).toMatchObject({ reason: 'not_found' });
    expect(proven()).toEqual(['query']);
    await failureOf(client.send(read));
    expect(ways()).toEqual(['GET header', 'GET query', 'GET query']);
  });

  test('proves the header by the refusal of the query, and its answer counts', async () => {
    const { client, ways, proven } = await start(answers(422, { error: 'email is taken' }), answers(401));
    expect(await failureOf(client.send(write))).toMatchObject({ reason: 'invalid', detail: 'email is taken' });
    expect(proven()).toEqual(['header']);
    await failureOf(client.send(write));
    expect(ways()).toEqual(['POST header', 'POST query', 'POST header']);
  });

  test.each([404, 400, 422])('is not decided by two refusals for something else: %s', async (status) => {
    const { client, ways, proven } = await start(answers(status), answers(status));
    await failureOf(client.send(read));
    await failureOf(client.send(read));
    expect(ways()).toEqual(['GET header', 'GET query', 'GET header', 'GET query']);
    expect(proven()).toEqual([]);
  });

  test.each([403, 404, 400, 422])('keeps a way that works, whatever a call is refused with: %s', async (status) => {
    const { client, ways } = await start(
      (response, request, count) => (request.method === 'POST' ? answers(status) : good)(response, request, count),
      good,
    );
    await client.send(read);
    await failureOf(client.send(write));
    await client.send(read);
    expect(ways()).toEqual(['GET header', 'POST header', 'GET header']);
  });

  test('a query that was not tried to the end decides nothing', async () => {
    let broken = true;
    const { client, ways, proven } = await start(answers(401), (response, request, count) =>
      (broken ? answers(503) : good)(response, request, count),
    );
    expect(await failureOf(client.send(write))).toMatchObject({ reason: 'upstream', fate: 'unknown' });
    expect(proven()).toEqual([]);
    broken = false;
    expect(await client.send(read)).toEqual({ count: 1 });
    expect(ways()).toEqual(['POST header', 'POST query', 'GET header', 'GET query']);
  });

  test.each([
    ['500', 500, 'upstream', 'unknown', 1],
    ['408', 408, 'timeout', 'unknown', 1],
    ['429', 429, 'rate_limited', 'refused', 3],
  ] as const)('%s says nothing about the key', async (_name, status, reason, fate, attempts) => {
    let healthy = false;
    const { client, ways } = await start(
      (response, request, count) => (healthy ? good : answers(status))(response, request, count),
      good,
    );
    expect(await failureOf(client.send(write))).toMatchObject({ reason, fate, status });
    expect(ways()).toEqual(Array(attempts).fill('POST header'));
    healthy = true;
    await client.send(read);
    expect(ways().at(-1)).toBe('GET header');
  });

  test('neither does a broken connection', async () => {
    let connections = 0;
    const port = await startSocketServer((socket) => {
      connections += 1;
      socket.once('data', () => socket.destroy());
    });
    const { client } = connect(`http://127.0.0.1:${port}`, { keyTransport: 'auto' });
    expect(await failureOf(client.send(write))).toMatchObject({ reason: 'network', fate: 'unknown' });
    expect(connections).toBe(1);
  });

  test('finds out anew once the key is refused by the way that was proven', async () => {
    let way: Way = 'header';
    const upstream = await startUpstream((response, request) => takes(way)(response, request));
    const { client } = connect(upstream.url, { keyTransport: 'auto' });
    await client.send(read);
    way = 'query';
    expect(await failureOf(client.send(read))).toMatchObject({ reason: 'auth', status: 401 });
    expect(await client.send(read)).toEqual({ count: 1 });
    expect(ways(upstream.requests)).toEqual(['GET header', 'GET header', 'GET header', 'GET query']);
  });
});

describe('what was found out earlier', () => {
  test('is tried first', async () => {
    const { client, ways, proven } = await start(good, good, 'query');
    await client.send(read);
    expect(ways()).toEqual(['GET query']);
    expect(proven()).toEqual(['query']);
  });

  test('is left if it fails', async () => {
    const { client, ways, proven } = await start(good, answers(401), 'query');
    expect(await client.send(write)).toEqual({ count: 1 });
    await client.send(read);
    expect(ways()).toEqual(['POST query', 'POST header', 'GET header']);
    expect(proven()).toEqual(['header']);
  });
});

describe('a way that is given', () => {
  test.each(['header', 'query'] as const)('%s is used alone', async (keyTransport) => {
    const upstream = await startUpstream(takes('neither'));
    const { client } = connect(upstream.url, { keyTransport });
    expect(await failureOf(client.send(read))).toMatchObject({ reason: 'auth' });
    expect(ways(upstream.requests)).toEqual([`GET ${keyTransport}`]);
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
