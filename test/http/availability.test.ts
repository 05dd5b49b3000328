import { existsSync, readFileSync } from 'node:fs';
import { connect, type Socket } from 'node:net';
import { setTimeout as delay } from 'node:timers/promises';
import { McpServer } from '@modelcontextprotocol/server';
import { describe, expect, it } from 'vitest';
import type { JsonObject } from '../../src/json.ts';
import { type HttpOptions, listenOnHttp } from '../../src/transports/http.ts';
import { loopbackAllowlists } from '../../src/transports/http-guards.ts';
import { AUDIENCE, makeKey, startIssuer } from '../support/http-issuer.ts';
import { startBuiltHttp } from '../support/http-process.ts';
import { connectRaw, JSON_HEADERS, legacy, type Message, modern, post, toolCall, until } from '../support/http-raw.ts';
import { startHttp, startHttpAt } from '../support/http-server.ts';
import { writeTokens } from '../support/http-tokens.ts';
import { answerJson, startLeadDyno } from '../support/http-upstream.ts';
import { closeAtEnd } from '../support/protocol-leaks.ts';

const MEGABYTE = 1024 * 1024;
const ping = legacy('ping');

/** A message as bytes of a request. */
function bytesOf({ headers, body }: Message, more: JsonObject = {}): string {
  const lines = Object.entries({ host: 'localhost', ...headers, ...more, 'content-length': Buffer.byteLength(body) });
  return `POST /mcp HTTP/1.1\r\n${lines.map(([name, value]) => `${name}: ${value}\r\n`).join('')}\r\n${body}`;
}

/** A client that sends and never reads. */
function connectDeaf(port: number, bytes: string): Socket {
  const socket = connect(port, '127.0.0.1');
  socket.on('error', () => undefined).pause();
  socket.write(bytes);
  closeAtEnd({ close: async () => void socket.destroy() });
  return socket;
}

describe('clients that do not read', () => {
  /** A server of one tool with an answer of a megabyte. */
  async function listen(more: Partial<HttpOptions>) {
    const refused: string[] = [];
    const serving = await listenOnHttp({
      host: '127.0.0.1',
      port: 0,
      allow: loopbackAllowlists,
      maxConcurrent: 4,
      factory: () => {
        const server = new McpServer({ name: 'test', version: '1' });
        server.registerTool('large', {}, () => ({ content: [{ type: 'text', text: 'x'.repeat(MEGABYTE) }] }));
        return server;
      },
      pages: new Map(),
      onError: () => undefined,
      onRefused: ({ reason }) => refused.push(reason),
      timeouts: { headers: 10_000, request: 30_000, check: 50 },
      ...more,
    });
    return closeAtEnd({ port: serving.port, refused, close: () => serving.close(0) });
  }

  it('keep no place, are ended when they take nothing, and hold no more memory than they may', async () => {
    const flow = { connection: 24 * MEGABYTE, all: 64 * MEGABYTE, stallMs: 400 };
    const server = await listen({ flow });
    const call = bytesOf(toolCall(legacy, 'large'));
    const before = process.memoryUsage().rss;
    const deaf = Array.from({ length: 12 }, () => connectDeaf(server.port, call.repeat(30)));
    let most = 0;
    const watch = setInterval(() => {
      most = Math.max(most, process.memoryUsage().rss - before);
    }, 5);
    let served = 0;
    await until(async () => {
      if ((await post(server.port, ping)).status === 200) served += 1;
      return served > 5 && server.refused.includes('it asks for more and does not read its answers');
    });
    clearInterval(watch);
    // What is buffered, what the calls under way make, and what is not collected yet.
    expect(most).toBeLessThan(350 * MEGABYTE);
    await until(() => deaf.every((socket) => socket.destroyed || socket.readableEnded || socket.resume().closed));
  });

  it('are not told from slow ones that get on: these get everything', async () => {
    const server = await listen({ flow: { stallMs: 300, least: 1_024 } });
    const socket = connectDeaf(server.port, bytesOf(toolCall(legacy, 'large'), { connection: 'close' }).repeat(1));
    let size = 0;
    while (!socket.readableEnded && size < MEGABYTE) {
      await delay(20);
      size += (socket.read() as Buffer | null)?.length ?? 0;
    }
    expect(size).toBeGreaterThan(MEGABYTE);
  });
});

describe('places', () => {
  /** LeadDyno holds every answer back until it is told. */
  async function startHeld(argv: readonly string[]) {
    const held: (() => void)[] = [];
    const upstream = await startLeadDyno(({ path }, response) => {
      if (path === '/affiliates/count') answerJson(response, { count: 1 });
      else held.push(() => answerJson(response, { count: 5 }));
    });
    const server = await startHttpAt(upstream.url, { argv });
    return { server, upstream, held };
  }

  const headers = { ...JSON_HEADERS, 'mcp-protocol-version': '2025-03-26' };
  const callOf = (id: number, name = 'count_leads') => ({
    jsonrpc: '2.0',
    id,
    method: 'tools/call',
    params: { name, arguments: {} },
  });
  const cancelOf = (requestId: number) => ({
    jsonrpc: '2.0',
    method: 'notifications/cancelled',
    params: { requestId, reason: 'no' },
  });
  const batch = (...messages: object[]) => ({ headers, body: JSON.stringify(messages) });

  it('are counted for each call of a batch', async () => {
    const { server, held } = await startHeld(['--max-concurrent', '3']);
    const many = await post(server.port, batch(...Array.from({ length: 100 }, (_, id) => callOf(id))));
    expect(many.status).toBe(413);
    expect(many.text).toContain('100 calls');
    expect(held).toHaveLength(0);

    const two = post(server.port, batch(callOf(1), callOf(2)));
    await until(() => held.length === 2);
    expect((await post(server.port, batch(callOf(1), callOf(2)))).status).toBe(503);
    expect((await post(server.port, batch(callOf(1, 'count_affiliates')))).status).toBe(200);
    for (const answer of held) answer();
    expect((await two).status).toBe(200);
    expect((await post(server.port, batch(callOf(1, 'count_affiliates'), callOf(2, 'count_affiliates')))).status).toBe(
      200,
    );
  });

  it('come back from calls that their own batch cancels: these are not begun', async () => {
    const { server, held, upstream } = await startHeld(['--max-concurrent', '1']);
    for (let times = 0; times < 3; times += 1) {
      const cancelled = await post(server.port, batch(callOf(1), cancelOf(1)));
      expect({ status: cancelled.status, text: cancelled.text }).toEqual({ status: 202, text: '' });
    }
    const other = await post(server.port, batch(callOf(1), callOf(2, 'count_affiliates'), cancelOf(1)));
    expect(other.status).toBe(200);
    expect(other.text).toContain('"id":2');
    expect(other.text).not.toContain('"id":1');
    expect(held).toHaveLength(0);
    expect(upstream.requests.every(({ path }) => path === '/affiliates/count')).toBe(true);
    expect((await post(server.port, ping)).status).toBe(200);
  });

  it('are refused to a batch that gives one id to two calls', async () => {
    const { server } = await startHeld([]);
    expect((await post(server.port, batch(callOf(1), callOf(1)))).status).toBe(400);
  });
});

it('streams of changes are no calls, and have a bound of their own', async () => {
  const refused: string[] = [];
  const serving = await listenOnHttp({
    host: '127.0.0.1',
    port: 0,
    allow: loopbackAllowlists,
    maxConcurrent: 1,
    streams: 2,
    factory: () => {
      const server = new McpServer({ name: 'test', version: '1' }, { capabilities: { tools: { listChanged: true } } });
      server.registerTool('small', {}, () => ({ content: [{ type: 'text', text: 'x' }] }));
      return server;
    },
    pages: new Map(),
    onError: () => undefined,
    onRefused: ({ reason }) => refused.push(reason),
  });
  const { port } = closeAtEnd({ port: serving.port, close: () => serving.close(0) });
  const listen = modern('subscriptions/listen', { notifications: { toolsListChanged: true } });
  const open = [0, 1].map(() => {
    const socket = connect(port, '127.0.0.1');
    socket.on('error', () => undefined);
    const begun = new Promise((resolve) => socket.once('data', resolve));
    socket.write(bytesOf(listen));
    closeAtEnd({ close: async () => void socket.destroy() });
    return begun;
  });
  for (const begun of open) expect(String(await begun)).toMatch(/^HTTP\/1\.1 200 /);
  expect((await post(port, toolCall(modern, 'small'))).status).toBe(200);
  expect((await post(port, listen)).status).toBe(503);
  expect(refused).toEqual(['Too many open streams at once.']);
});

describe('an issuer', () => {
  const [first, second] = [makeKey('first'), makeKey('second')];

  async function start() {
    const issuer = await startIssuer();
    issuer.publish(await first);
    const argv = ['--oauth-issuer', issuer.issuer, '--oauth-audience', AUDIENCE, '--max-concurrent', '4'];
    const server = await startHttp({ argv });
    const use = async (token: string) => {
      const { headers, body } = toolCall(modern, 'count_affiliates');
      return await post(server.port, { headers: { ...headers, authorization: `Bearer ${token}` }, body });
    };
    return { issuer, server, use };
  }

  it.each(['metadata', 'jwks'] as const)(
    'that never ends its %s is put off, without filling memory',
    async (what) => {
      const { issuer, use } = await start();
      let sent = 0;
      issuer.doctor(what, (response) => {
        response.writeHead(200, { 'content-type': 'application/json' });
        const more = () => {
          while (!response.destroyed && response.write('{"x":"y"},'.repeat(6_000))) sent += 60_000;
          if (!response.destroyed) response.once('drain', more);
        };
        more();
      });
      const answer = await use(await issuer.sign(await first));
      expect({ status: answer.status, wait: answer.headers['retry-after'] }).toEqual({ status: 503, wait: '5' });
      expect(sent).toBeLessThan(40 * MEGABYTE);
      issuer.doctor(what, undefined);
      expect((await use(await issuer.sign(await first))).status).toBe(200);
    },
    20_000,
  );

  it('that hangs takes nothing from callers with known keys, whatever strangers send', async () => {
    const { issuer, use } = await start();
    const good = await issuer.sign(await first);
    expect((await use(good)).status).toBe(200);
    issuer.doctor('jwks', () => undefined);
    issuer.doctor('metadata', () => undefined);
    // A window of real time: so long that unknown keys are looked up again.
    await delay(5_200);
    const asked = issuer.asked.length;
    const strangers = Array.from({ length: 60 }, async (_, index) =>
      use(await issuer.sign(await second, {}, { kid: `invented-${index}` })),
    );
    await until(() => issuer.asked.length > asked);
    let left = strangers.length;
    for (const stranger of strangers) void stranger.then(() => (left -= 1));
    expect((await use(good)).status).toBe(200);
    // It did not wait for the issuer: those who made it be asked still do.
    expect(left).toBeGreaterThan(0);
    for (let times = 0; times < 19; times += 1) expect((await use(good)).status).toBe(200);
    for (const { status } of await Promise.all(strangers)) expect([401, 503]).toContain(status);
    expect(issuer.asked.length - asked).toBeLessThanOrEqual(2);
    expect((await use(good)).status).toBe(200);
  });
});

describe('callers who bring their key', () => {
  it('keep the pace of a real key through a thousand invented ones', async () => {
    const upstream = await startLeadDyno(({ key }, response) =>
      key === 'a-real-key' ? answerJson(response, { count: 1 }) : answerJson(response, { error: 'no' }, 401),
    );
    const server = await startHttpAt(upstream.url, { argv: ['--caller-key', '--rate-limit', '4', '--timeout', '500'] });
    const call = async (key: string, message = toolCall(legacy, 'count_affiliates')) => {
      const { headers, body } = message;
      return await post(server.port, { headers: { ...headers, 'x-leaddyno-api-key': key }, body });
    };
    const sentBy = (key: string) => upstream.requests.filter((request) => request.key === key).length;
    for (let times = 0; times < 4; times += 1) await call('a-real-key');
    expect(sentBy('a-real-key')).toBe(4);
    // More than the accounts that are kept open.
    for (let from = 0; from < 1_100; from += 50)
      await Promise.all(Array.from({ length: 50 }, (_, index) => call(`invented-${from + index}`, ping)));
    for (let index = 0; index < 30; index += 1) await call(`guessed-${index}`);
    const late = await call('a-real-key');
    expect(late.text).toContain('rate_limited');
    expect(sentBy('a-real-key')).toBe(4);
  });
});

it('gives a named caller no more than its share, by calls', async () => {
  const { path, tokens } = writeTokens({ ann: ['leaddyno:read'], ben: ['leaddyno:read'] });
  const server = await startHttp({ argv: ['--http-tokens-file', path, '--max-concurrent', '4'] });
  const pings = Array.from({ length: 4 }, (_, id) => ({ jsonrpc: '2.0', id, method: 'ping' }));
  const send = (token: string, count: number) =>
    post(server.port, {
      headers: { ...JSON_HEADERS, 'mcp-protocol-version': '2025-03-26', authorization: `Bearer ${token}` },
      body: JSON.stringify(pings.slice(0, count)),
    });
  expect((await send(tokens.ann, 4)).status).toBe(413);
  expect((await send(tokens.ann, 3)).status).toBe(200);
  expect((await send(tokens.ben, 3)).status).toBe(200);
});

/** How many connections the system lets wait for a process, where it says so. */
const QUEUE = '/proc/sys/net/core/somaxconn';
const most = existsSync(QUEUE) ? Number(readFileSync(QUEUE, 'utf8')) : 0;

describe('a server that has no time to accept', () => {
  it.skipIf(most < 2_048)('keeps 1,000 callers waiting and answers them all', { timeout: 60_000 }, async () => {
    const child = await startBuiltHttp(['--sandbox']);
    child.signal('SIGSTOP');
    const callers = Array.from({ length: 1_000 }, () => connectRaw(child.port));
    // Those beyond the queue would be connected once it has run, and it does not.
    await until(() => callers.every(({ socket }) => socket.readyState === 'open'));
    child.signal('SIGCONT');
    for (const { socket } of callers) socket.write('GET /healthz HTTP/1.1\r\nhost: localhost\r\n\r\n');
    await until(() => callers.every(({ received }) => received().startsWith('HTTP/1.1 200 OK\r\n')));
    for (const { socket } of callers) socket.destroy();
  });
});
