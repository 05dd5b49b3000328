import { McpServer } from '@modelcontextprotocol/server';
import { describe, expect, it } from 'vitest';
import { type HttpOptions, listenOnHttp } from '../../src/transports/http.ts';
import { loopbackAllowlists } from '../../src/transports/http-guards.ts';
import { connectHttp } from '../support/http-clients.ts';
import { ask, connectRaw, JSON_HEADERS, legacy, modern, post, toolCall, until } from '../support/http-raw.ts';
import { startHttp, startHttpAt } from '../support/http-server.ts';
import { answerJson, startLeadDyno } from '../support/http-upstream.ts';
import { closeAtEnd } from '../support/protocol-leaks.ts';

const LIMIT = 1024 * 1024;
const call = toolCall(modern, 'count_affiliates');

/** A call made exactly so long with spaces, which JSON allows. */
const padded = (bytes: number) => call.body + ' '.repeat(bytes - Buffer.byteLength(call.body));

const chunked = (pieces: readonly string[]) =>
  `POST /mcp HTTP/1.1\r\nHost: localhost\r\nContent-Type: application/json\r\nTransfer-Encoding: chunked\r\n\r\n${pieces
    .map((piece) => `${piece.length.toString(16)}\r\n${piece}\r\n`)
    .join('')}0\r\n\r\n`;

describe('a body', () => {
  it('is taken up to 1 MiB and refused beyond, by its announced length', async () => {
    const server = await startHttp();
    expect((await post(server.port, { headers: call.headers, body: padded(LIMIT) })).status).toBe(200);
    const { status, headers, text } = await post(server.port, { headers: call.headers, body: padded(LIMIT + 1) });
    expect({ status, connection: headers.connection }).toEqual({ status: 413, connection: 'close' });
    expect(JSON.parse(text).error.message).toContain('1048576');
  });

  it('is refused by its announced length before any of it has come', async () => {
    const server = await startHttp();
    for (const length of [LIMIT + 1, 2 ** 31, 2 ** 52]) {
      const { socket, received } = connectRaw(server.port);
      socket.write(
        `POST /mcp HTTP/1.1\r\nHost: localhost\r\nContent-Type: application/json\r\nContent-Length: ${length}\r\n\r\n`,
      );
      await until(() => received().startsWith('HTTP/1.1 413 '));
      socket.destroy();
    }
    expect(server.sandbox.requests).toEqual([]);
  });

  it('is refused where it comes in chunks, as soon as it is too much', async () => {
    const server = await startHttp();
    for (let times = 0; times < 10; times += 1) {
      const { socket, received } = connectRaw(server.port);
      socket.write(chunked(Array.from({ length: 20 }, () => 'x'.repeat(60_000))).slice(0, -5));
      await until(() => received().includes('larger than 1048576'));
      expect(received()).toMatch(/^HTTP\/1\.1 413 /);
      socket.destroy();
    }
  });

  it('that is far too much gets its answer all the same, from a client that reads after it has sent', async () => {
    const server = await startHttp();
    const response = await fetch(server.url, { method: 'POST', headers: JSON_HEADERS, body: 'x'.repeat(20 * LIMIT) });
    expect(response.status).toBe(413);
    await response.text();
  });
});

/** A server of one slow tool, on the transport alone. */
async function listen(more: Partial<HttpOptions>) {
  const serving = await listenOnHttp({
    host: '127.0.0.1',
    port: 0,
    allow: loopbackAllowlists,
    maxConcurrent: 4,
    factory: () => new McpServer({ name: 'test', version: '1' }),
    pages: new Map(),
    onError: () => undefined,
    ...more,
  });
  return closeAtEnd({ port: serving.port, close: () => serving.close(0) });
}

describe('an address of a megabyte', () => {
  it.each([
    ['the endpoint', (long: string) => `POST /mcp?x=${long} HTTP/1.1\r\nHost: localhost\r\nContent-Length: 0\r\n\r\n`],
    ['a page', (long: string) => `GET /healthz?x=${long} HTTP/1.1\r\nHost: localhost\r\n\r\n`],
    ['nothing', (long: string) => `GET /${long} HTTP/1.1\r\nHost: localhost\r\n\r\n`],
  ])('of %s is a 4xx, and the server serves on', async (_, bytes) => {
    const server = await startHttp();
    const { socket, closed } = connectRaw(server.port);
    socket.write(bytes('a'.repeat(LIMIT)));
    expect(await closed).toMatch(/^HTTP\/1\.1 4\d\d /);
    expect((await post(server.port, call)).status).toBe(200);
    expect(server.faults).toEqual([]);
  });

  it('of a resource is an error of the protocol, not a fault', async () => {
    const server = await startHttp();
    const uri = `leaddyno://affiliates/${'1'.repeat(LIMIT - 1_000)}`;
    const { status } = await post(server.port, legacy('resources/read', { uri }));
    expect([200, 400]).toContain(status);
    expect(server.faults).toEqual([]);
    expect(server.sandbox.requests).toEqual([]);
  });
});

describe('a client that takes its time', () => {
  const timeouts = { headers: 150, request: 400, check: 30 };

  it.each([
    ['does not say anything', ''],
    ['stops within its headers', 'POST /mcp HTTP/1.1\r\nHost: localhost\r\nX-Slow: '],
    ['stops within its body', 'POST /mcp HTTP/1.1\r\nHost: localhost\r\nContent-Length: 100\r\n\r\n{'],
    ['stops within its chunks', 'POST /mcp HTTP/1.1\r\nHost: localhost\r\nTransfer-Encoding: chunked\r\n\r\n5\r\n{"a'],
  ])('is cut off where it %s', async (_, bytes) => {
    const server = await listen({ timeouts });
    const { socket, closed } = connectRaw(server.port);
    socket.write(bytes);
    const began = performance.now();
    expect(await closed).toMatch(/^HTTP\/1\.1 408 /);
    // By the times of this test, and not by those of the server.
    expect(performance.now() - began).toBeLessThan(9_000);
  });

  it('is cut off where it sends a byte now and then', async () => {
    const server = await listen({ timeouts });
    for (const [start, byte] of [
      ['GET /healthz HTTP/1.1\r\n', 'X'],
      ['POST /mcp HTTP/1.1\r\nHost: localhost\r\nContent-Length: 1000\r\n\r\n', ' '],
    ] as const) {
      const { socket, closed } = connectRaw(server.port);
      socket.write(start);
      const drip = setInterval(() => socket.write(byte), 20);
      expect(await closed).toMatch(/^HTTP\/1\.1 408 /);
      clearInterval(drip);
    }
  });

  it('takes no place from the others', async () => {
    const server = await listen({ timeouts, maxConcurrent: 1 });
    const slow = connectRaw(server.port);
    slow.socket.write('POST /mcp HTTP/1.1\r\nHost: localhost\r\nContent-Length: 100\r\n\r\n{');
    for (let times = 0; times < 5; times += 1)
      expect((await post(server.port, modern('server/discover'))).status).toBe(200);
    expect(await slow.closed).toMatch(/^HTTP\/1\.1 408 /);
  });
});

describe('the cap on requests at the same time', () => {
  it('answers one more with 503, and the others as ever', async () => {
    const held: (() => void)[] = [];
    const upstream = await startLeadDyno(({ path }, response) => {
      if (path === '/affiliates/count') answerJson(response, { count: 1 });
      else held.push(() => answerJson(response, { count: 5 }));
    });
    const server = await startHttpAt(upstream.url, { argv: ['--max-concurrent', '3'] });
    const message = toolCall(legacy, 'count_leads');
    const running = [1, 2, 3].map(() => post(server.port, message));
    await until(() => held.length === 3);

    await until(async () => (await post(server.port, call)).status === 503);
    const { status, headers, text } = await post(server.port, call);
    expect({ status, wait: headers['retry-after'], type: headers['content-type'] }).toEqual({
      status: 503,
      wait: '1',
      type: 'application/json',
    });
    expect(JSON.parse(text).error.message).toBe('Too many requests at once.');
    // Neither guards nor health wait for a place.
    expect((await ask(server.port, { path: '/healthz' })).status).toBe(200);
    expect((await post(server.port, { ...call, headers: { ...call.headers, origin: 'null' } })).status).toBe(403);

    for (const answer of held) answer();
    for (const { status: served, text: said } of await Promise.all(running)) {
      expect({ served, said: said.includes('"count":5') }).toEqual({ served: 200, said: true });
    }
    expect((await post(server.port, call)).status).toBe(200);
  });

  it('counts those who went away no longer', async () => {
    const upstream = await startLeadDyno(({ path }, response) => {
      if (path === '/affiliates/count') answerJson(response, { count: 1 });
    });
    const server = await startHttpAt(upstream.url, { argv: ['--max-concurrent', '2'] });
    const gone = [1, 2].map(() => {
      const { headers, body } = toolCall(modern, 'count_leads');
      const lines = Object.entries({
        ...headers,
        host: 'localhost',
        'content-length': String(Buffer.byteLength(body)),
      });
      const raw = connectRaw(server.port);
      raw.socket.write(
        `POST /mcp HTTP/1.1\r\n${lines.map(([name, value]) => `${name}: ${value}\r\n`).join('')}\r\n${body}`,
      );
      return raw;
    });
    await until(async () => (await post(server.port, call)).status === 503);
    for (const { socket } of gone) socket.destroy();
    await until(async () => (await post(server.port, call)).status === 200);
    expect((await (await connectHttp(server.url, 'v1')).call('count_affiliates')).data).toEqual({ count: 1 });
  });
});
