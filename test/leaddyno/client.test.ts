import { describe, expect, test } from 'vitest';
import { createClient } from '../../src/leaddyno/client.ts';
import { createPace } from '../../src/leaddyno/pace.ts';
import { answerJson, connect, failureOf, KEY, startUpstream } from './upstream.ts';

describe('a call', () => {
  test('sends what it is told and returns the parsed answer', async () => {
    const upstream = await startUpstream((response) => answerJson(response, { id: 7 }));
    const { client } = connect(`${upstream.url}/`);
    const query = { email: 'a+b c@example.org', page: '2' };
    expect(await client.send({ method: 'GET', path: '/affiliates/by_email', query })).toEqual({ id: 7 });
    const [request] = upstream.requests;
    expect(request?.url).toBe('/v1/affiliates/by_email?email=a%2Bb+c%40example.org&page=2');
    expect(request?.headers).toMatchObject({
      accept: 'application/json',
      'user-agent': 'leaddyno-mcp/0.0.0-test',
      key: KEY,
    });
    expect(request?.headers).not.toHaveProperty('content-type');
    expect(request?.headers).not.toHaveProperty('content-length');
  });

  test('sends JSON where there is a body, and nothing where there is none', async () => {
    const upstream = await startUpstream((response) => answerJson(response, null, 201));
    const { client } = connect(upstream.url);
    for (const method of ['POST', 'PUT', 'DELETE'] as const) {
      expect(await client.send({ method, path: '/purchases', body: { email: 'ü@example.org' } })).toBeNull();
      await client.send({ method, path: '/purchases' });
    }
    expect(upstream.requests.map(({ method, body, headers }) => [method, body, headers['content-length']])).toEqual([
      ['POST', '{"email":"ü@example.org"}', '26'],
      ['POST', '', '0'],
      ['PUT', '{"email":"ü@example.org"}', '26'],
      ['PUT', '', '0'],
      ['DELETE', '{"email":"ü@example.org"}', '26'],
      ['DELETE', '', undefined],
    ]);
    expect(upstream.requests[0]?.headers['content-type']).toBe('application/json');
    expect(upstream.requests[1]?.headers).not.toHaveProperty('content-type');
  });

  test('reads an empty answer as null, and tolerates a byte order mark', async () => {
    const upstream = await startUpstream((response, { url }) => {
      if (url.endsWith('/empty')) response.writeHead(204).end();
      else response.end('\ufeff{"name": "Jürgen"}');
    });
    const { client } = connect(upstream.url);
    expect(await client.send({ method: 'GET', path: '/empty' })).toBeNull();
    expect(await client.send({ method: 'GET', path: '/mark' })).toEqual({ name: 'Jürgen' });
  });

  test('uses its connections again', async () => {
    const upstream = await startUpstream((response) => answerJson(response, {}));
    const { client } = connect(upstream.url);
    for (let page = 1; page <= 5; page++) {
      await client.send({ method: 'GET', path: '/leads', query: { page: String(page) } });
    }
    expect(upstream.requests).toHaveLength(5);
    // Two, because undici lets a socket rest for a turn of the event loop before its next request.
    expect(upstream.connections()).toBeLessThanOrEqual(2);
  });

  test('shares a limited number of connections', async () => {
    const upstream = await startUpstream((response) => setTimeout(() => answerJson(response, {}), 20));
    const { client } = connect(upstream.url);
    const pages = Array.from({ length: 60 }, (_, page) => ({ page: String(page) }));
    await Promise.all(pages.map((query) => client.send({ method: 'GET', path: '/leads', query })));
    expect(upstream.requests).toHaveLength(60);
    expect(upstream.connections()).toBeLessThanOrEqual(16);
  });

  test('sends nothing where the path leads elsewhere', async () => {
    const upstream = await startUpstream((response) => answerJson(response, {}));
    const { client } = connect(upstream.url);
    for (const path of ['/affiliates//leads', '/affiliates/../purchases', '/affiliates?x=1', 'affiliates']) {
      expect(await failureOf(client.send({ method: 'GET', path }))).toMatchObject({
        reason: 'invalid',
        fate: 'not_sent',
      });
    }
    expect(upstream.requests).toHaveLength(0);
  });
});

describe('an answer that is no success', () => {
  test("carries reason, status and LeadDyno's own words", async () => {
    const upstream = await startUpstream((response) => answerJson(response, { error: { email: ['is invalid'] } }, 422));
    const { client } = connect(upstream.url);
    expect(await failureOf(client.send({ method: 'POST', path: '/leads', body: {} }))).toMatchObject({
      name: 'LeadDynoError',
      reason: 'invalid',
      fate: 'refused',
      status: 422,
      detail: 'email: is invalid',
      message: 'LeadDyno answered 422: it did not accept the values',
    });
  });

  test('is not followed where it is a redirect, and its target is not quoted', async () => {
    const upstream = await startUpstream((response) => {
      response
        .writeHead(302, { location: '/v1/elsewhere?key=secret-in-query' })
        .end('Redirecting to /x?key=secret-in-query');
    });
    const { client } = connect(upstream.url);
    const error = await failureOf(client.send({ method: 'GET', path: '/leads' }));
    expect(error).toMatchObject({ reason: 'unexpected', status: 302 });
    expect(error.message).toBe('LeadDyno answered 302: a redirect, which was not followed');
    expect(JSON.stringify([error, error.detail])).not.toContain('secret');
    expect(upstream.requests).toHaveLength(1);
  });

  test('is unexpected where it is a page or broken JSON', async () => {
    const upstream = await startUpstream((response, { url }) => {
      if (url.includes('page')) response.setHeader('content-type', 'text/html').end('<h1>Back soon</h1>');
      else response.setHeader('content-type', 'application/json').end('{"id": ');
    });
    const { client } = connect(upstream.url);
    expect(await failureOf(client.send({ method: 'GET', path: '/page' }))).toMatchObject({
      reason: 'unexpected',
      detail: 'Back soon',
      message: 'LeadDyno answered 200 with text/html where JSON was expected',
    });
    const error = await failureOf(client.send({ method: 'POST', path: '/broken' }));
    expect(error).toMatchObject({ reason: 'unexpected', fate: 'unknown', status: 200 });
    expect(error.message).toContain('most likely took effect');
    expect(upstream.requests).toHaveLength(2);
  });
});

describe('repetition', () => {
  test('a read is tried three times, and the error counts them', async () => {
    const upstream = await startUpstream((response) => response.writeHead(502).end('<title>502 Bad Gateway</title>'));
    const { client, events } = connect(upstream.url);
    expect(await failureOf(client.send({ method: 'GET', path: '/leads' }))).toMatchObject({
      reason: 'upstream',
      status: 502,
      detail: '502 Bad Gateway',
      message: 'LeadDyno answered 502 after 3 attempts',
    });
    expect(upstream.requests).toHaveLength(3);
    expect(events.filter(({ kind }) => kind === 'retry')).toEqual([
      { kind: 'retry', method: 'GET', path: '/leads', attempt: 1, reason: 'upstream', waitMs: 100 },
      { kind: 'retry', method: 'GET', path: '/leads', attempt: 2, reason: 'upstream', waitMs: 200 },
    ]);
  });

  test('a read that works the second time is a success', async () => {
    const upstream = await startUpstream((response, _request, count) =>
      answerJson(response, { count }, count === 1 ? 500 : 200),
    );
    const { client } = connect(upstream.url);
    expect(await client.send({ method: 'GET', path: '/leads/count' })).toEqual({ count: 2 });
  });

  test('a write that failed is not repeated', async () => {
    const upstream = await startUpstream((response) => answerJson(response, {}, 500));
    const { client } = connect(upstream.url);
    expect(await failureOf(client.send({ method: 'POST', path: '/leads' }))).toMatchObject({
      reason: 'upstream',
      fate: 'unknown',
      message: 'LeadDyno answered 500',
    });
    expect(upstream.requests).toHaveLength(1);
  });

  test('a write turned away for its rate is repeated, whatever the refusal', async () => {
    const upstream = await startUpstream((response, _request, count) => {
      if (count === 1) response.writeHead(429).end();
      else if (count === 2) answerJson(response, { message: 'API limit exceeded' }, 403);
      else answerJson(response, { id: 3 }, 201);
    });
    const { client } = connect(upstream.url);
    expect(await client.send({ method: 'POST', path: '/leads' })).toEqual({ id: 3 });
  });

  test.each([
    [200, { message: 'API limit exceeded' }, 'unexpected', 'unknown'],
    [201, { error: 'Too many requests' }, 'unexpected', 'unknown'],
    [422, { error: 'Affiliate limit exceeded. Please upgrade your plan.' }, 'invalid', 'refused'],
    [403, { message: 'Rate limit exceeded for this account' }, 'forbidden', 'refused'],
    [500, { error: 'Execution time limit exceeded' }, 'upstream', 'unknown'],
    [503, { message: 'API limit exceeded' }, 'upstream', 'unknown'],
    [200, { error: 'Mail limit exceeded, commission saved' }, 'unexpected', 'unknown'],
  ])('a write answered %i %j is not repeated', async (status, body, reason, fate) => {
    const upstream = await startUpstream((response) => answerJson(response, body, status));
    const { client } = connect(upstream.url);
    const failure = await failureOf(client.send({ method: 'POST', path: '/leads' }));
    expect(failure).toMatchObject({ reason, fate, detail: Object.values(body)[0] });
    expect(upstream.requests).toHaveLength(1);
  });

  test('Retry-After pauses the pace and is waited out', async () => {
    const upstream = await startUpstream((response, _request, count) => {
      if (count === 1) response.writeHead(429, { 'retry-after': '3' }).end();
      else answerJson(response, {});
    });
    const waits: number[] = [];
    const pauses: number[] = [];
    const { client, events } = connect(upstream.url, {
      pace: { take: async () => undefined, pause: (ms) => pauses.push(ms) },
      sleep: async (ms) => {
        waits.push(ms);
      },
    });
    await client.send({ method: 'PUT', path: '/leads/1', body: {} });
    expect(pauses).toEqual([3_000]);
    expect(waits).toEqual([3_000]);
    expect(events).toContainEqual({ kind: 'pace_pause', ms: 3_000 });
  });

  test('a longer Retry-After fails this call alone, with the seconds', async () => {
    const upstream = await startUpstream((response) => response.writeHead(429, { 'retry-after': '600' }).end());
    const pauses: number[] = [];
    const { client } = connect(upstream.url, { pace: { take: async () => undefined, pause: (ms) => pauses.push(ms) } });
    expect(await failureOf(client.send({ method: 'GET', path: '/leads' }))).toMatchObject({
      reason: 'rate_limited',
      fate: 'refused',
      retryAfterSeconds: 600,
      message: 'LeadDyno answered 429: too many requests; it asks to wait 600 s',
    });
    expect(pauses).toEqual([]);
    expect(upstream.requests).toHaveLength(1);
  });

  test('a Retry-After that does not fit in the deadline fails now', async () => {
    const upstream = await startUpstream((response) => response.writeHead(503, { 'retry-after': '30' }).end());
    const { client } = connect(upstream.url);
    expect(await failureOf(client.send({ method: 'GET', path: '/leads' }))).toMatchObject({
      reason: 'upstream',
      retryAfterSeconds: 30,
    });
    expect(upstream.requests).toHaveLength(1);
  });

  test('a place in the pace that comes too late for a repetition leaves the first failure standing', async () => {
    const upstream = await startUpstream((response) => answerJson(response, {}, 500));
    const { client } = connect(upstream.url, { pace: createPace({ limit: 1 }) });
    expect(await failureOf(client.send({ method: 'GET', path: '/leads' }))).toMatchObject({
      reason: 'upstream',
      message: 'LeadDyno answered 500',
    });
  });
});

describe('the key', () => {
  test('is taken out of whatever comes back, and never reported', async () => {
    const key = encodeURIComponent(KEY);
    const upstream = await startUpstream((response, { url }) => {
      const echo = `${url} ${KEY}`;
      if (url.includes('/fine')) answerJson(response, { echo });
      else if (url.includes('/refused')) answerJson(response, { error: echo }, 400);
      else response.end(`<p>${echo}`);
    });
    const { client, events } = connect(upstream.url, { keyTransport: 'query' });
    const fine = await client.send({ method: 'GET', path: '/fine' });
    expect(fine).toEqual({ echo: '/v1/fine?key=[key] [key]' });
    const errors = [
      await failureOf(client.send({ method: 'GET', path: '/refused' })),
      await failureOf(client.send({ method: 'GET', path: '/page' })),
    ];
    expect(errors[0]?.detail).toBe('/v1/refused?key=[key] [key]');
    const seen = JSON.stringify([
      fine,
      events,
      ...errors.map((error) => [error, error.message, error.stack, error.cause]),
    ]);
    for (const form of [KEY, key, new URLSearchParams({ key: KEY }).toString().slice(4)])
      expect(seen).not.toContain(form);
  });
});

describe('events', () => {
  test('tell of answers without the query', async () => {
    const upstream = await startUpstream((response) => answerJson(response, {}));
    const { client, events } = connect(upstream.url);
    await client.send({ method: 'GET', path: '/leads/by_email', query: { email: 'ann@example.org' } });
    expect(events).toEqual([
      { kind: 'answer', method: 'GET', path: '/leads/by_email', attempt: 1, status: 200, ms: expect.any(Number) },
    ]);
  });

  test('whose listener throws do not disturb the call', async () => {
    const upstream = await startUpstream((response) => answerJson(response, { id: 1 }));
    const { client } = connect(upstream.url, {
      onEvent: () => {
        throw new Error('broken listener');
      },
    });
    expect(await client.send({ method: 'GET', path: '/leads/1' })).toEqual({ id: 1 });
  });
});

test('an address that cannot be used stops the making of the client', () => {
  const options = {
    key: KEY,
    keyTransport: 'auto',
    timeoutMs: 1,
    userAgent: 'x',
    pace: createPace({ limit: 0 }),
  } as const;
  expect(() => createClient({ ...options, baseUrl: 'http://api.leaddyno.com/v1' })).toThrow('must begin with https://');
  const proxy = { httpsProxy: 'gopher://user:secret@proxy' };
  expect(() => createClient({ ...options, baseUrl: 'https://api.leaddyno.com/v1', proxy })).toThrow(
    /^(?!.*secret).*HTTPS proxy/,
  );
});
