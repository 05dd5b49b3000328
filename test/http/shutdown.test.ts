import { Agent, request } from 'node:http';
import { McpServer } from '@modelcontextprotocol/server';
import { beforeAll, describe, expect, it } from 'vitest';
import { listenOnHttp } from '../../src/transports/http.ts';
import { loopbackAllowlists } from '../../src/transports/http-guards.ts';
import { connectHttp, httpKinds } from '../support/http-clients.ts';
import { type HttpChild, startBuiltHttp } from '../support/http-process.ts';
import { ask, connectRaw, legacy, modern, post, toolCall, until } from '../support/http-raw.ts';
import { answerJson, startLeadDyno } from '../support/http-upstream.ts';
import { builtMain, startBuilt } from '../support/protocol-built.ts';
import { toolNames } from '../support/tool-names.ts';
import { secret } from '../support/written.ts';

const KEY = secret('private-key-of-the-process');
const SOAK = process.env.SOAK === '1';
/** What the process gives calls that run; whatever is quick is over long before. */
const GRACE_MS = 10_000;

beforeAll(async () => {
  await builtMain();
});

/** A server process on a LeadDyno that holds back every answer but those to counts. */
async function startHolding() {
  const held: (() => void)[] = [];
  const upstream = await startLeadDyno(({ path }, response) => {
    if (path.endsWith('/count')) answerJson(response, { count: 1 });
    else held.push(() => answerJson(response, { id: 7, email: 'a@b.example' }));
  });
  const child = await startBuiltHttp(['--base-url', upstream.url], { LEADDYNO_API_KEY: KEY });
  return { held, upstream, child };
}

/** A connection that has been answered and is kept open. */
async function keepAlive(child: HttpChild) {
  const agent = new Agent({ keepAlive: true });
  let closed = false;
  await new Promise<void>((resolve, reject) => {
    const sent = request({ port: child.port, host: '127.0.0.1', path: '/healthz', agent }, (response) => {
      response.resume().on('end', resolve);
    });
    sent.on('socket', (socket) =>
      socket.on('close', () => {
        closed = true;
      }),
    );
    sent.on('error', reject).end();
  });
  return { closed: () => closed, close: () => agent.destroy() };
}

const slow = (message: typeof modern) => toolCall(message, 'get_affiliate', { affiliate_id: 7 });

describe.each(['SIGTERM', 'SIGINT'] as const)('after %s', (signal) => {
  it('an idle server is gone soon, keep-alive connections and silent ones or not', async () => {
    const { child } = await startHolding();
    for (const kind of httpKinds) await (await connectHttp(child.url, kind)).call('count_leads');
    const idle = await keepAlive(child);
    const silent = connectRaw(child.port);
    await until(() => silent.socket.readyState === 'open');
    const began = performance.now();
    child.signal(signal);
    expect(await child.exited).toEqual({ code: 0, signal: null });
    expect(performance.now() - began).toBeLessThan(GRACE_MS);
    idle.close();
    silent.socket.destroy();
  });

  it('what runs is answered, nothing new is taken, and the end is quick after that', async () => {
    const { child, held } = await startHolding();
    const idle = await keepAlive(child);
    const running = [post(child.port, slow(modern)), post(child.port, slow(legacy))];
    await until(() => held.length > 0);
    // Both wait for one and the same answer; a moment for the second to have come.
    await new Promise((resolve) => setTimeout(resolve, 100));
    child.signal(signal);
    await until(() =>
      ask(child.port, { path: '/healthz' }).then(
        () => false,
        ({ code }) => code === 'ECONNREFUSED',
      ),
    );
    await until(idle.closed);
    for (const answer of held) answer();
    const began = performance.now();
    for (const { status, text } of await Promise.all(running))
      expect({ status, text }).toEqual({ status: 200, text: expect.stringContaining('a@b.example') });
    expect(await child.exited).toEqual({ code: 0, signal: null });
    expect(performance.now() - began).toBeLessThan(GRACE_MS);
    idle.close();
  });
});

it.runIf(SOAK)(
  'after SIGTERM a call that takes longer than the grace is cut, and the end is as good',
  async () => {
    const { child, held, upstream } = await startHolding();
    const cut = post(child.port, slow(modern)).then(
      ({ text }) => text,
      () => '',
    );
    await until(() => held.length > 0);
    const began = performance.now();
    child.signal('SIGTERM');
    expect(await child.exited).toEqual({ code: 0, signal: null });
    const took = performance.now() - began;
    expect(took).toBeGreaterThanOrEqual(GRACE_MS - 100);
    expect(took).toBeLessThan(1.5 * GRACE_MS);
    expect(await cut).not.toContain('a@b.example');
    await until(() => upstream.abandoned() > 0);
  },
  40_000,
);

it('what does not end in time is ended', async () => {
  let called = 0;
  const serving = await listenOnHttp({
    host: '127.0.0.1',
    port: 0,
    allow: loopbackAllowlists,
    maxConcurrent: 4,
    factory: () => {
      const server = new McpServer({ name: 'test', version: '1' });
      server.registerTool('never', {}, () => {
        called += 1;
        return new Promise<never>(() => undefined);
      });
      return server;
    },
    pages: new Map([
      ['/never', { contentType: 'text/plain', open: true, render: () => new Promise<never>(() => undefined) }],
    ]),
    onError: () => undefined,
  });
  const never = connectRaw(serving.port);
  never.socket.write('GET /never HTTP/1.1\r\nHost: localhost\r\n\r\n');
  const half = connectRaw(serving.port);
  half.socket.write('POST /mcp HTTP/1.1\r\nHost: localhost\r\nContent-Length: 10\r\n\r\n{');
  await until(() => half.socket.readyState === 'open' && never.socket.readyState === 'open');
  const calls = [modern, legacy].map((message) =>
    post(serving.port, toolCall(message, 'never')).catch(() => undefined),
  );
  await until(() => called === 2);
  const began = performance.now();
  await serving.close(300);
  const took = performance.now() - began;
  expect(took).toBeGreaterThan(250);
  expect(took).toBeLessThan(GRACE_MS / 2);
  await Promise.all([never.closed, half.closed, ...calls]);
});

describe('the process', () => {
  it('says on stderr where it serves, nothing on stdout, and no secret anywhere', async () => {
    const token = 'a-token-of-the-tests-0123456789';
    const upstream = await startLeadDyno((_, response) =>
      answerJson(response, { id: 7, email: 'person@private.example' }),
    );
    const child = await startBuiltHttp(
      ['--base-url', upstream.url, '--log-level', 'debug', '--confirm', 'off', '--metrics'],
      { LEADDYNO_API_KEY: KEY, LEADDYNO_MCP_TOKEN: token },
    );
    for (const kind of httpKinds) {
      const client = await connectHttp(child.url, kind, { token });
      expect(await client.toolNames()).toHaveLength(toolNames.length);
      await client.call('get_affiliate', { affiliate_id: 7 });
      await client.call('archive_affiliate', { affiliate_id: 7 });
      await client.call('find_lead_by_email', { email: 'person@private.example' });
      await client.call('get_affiliate', { affiliate_id: 'person@private.example' });
      await client.close();
    }
    for (const wrong of [`${token}x`, KEY]) {
      const { headers, body } = toolCall(modern, 'count_leads');
      expect((await post(child.port, { headers: { ...headers, authorization: `Bearer ${wrong}` }, body })).status).toBe(
        401,
      );
    }
    await ask(child.port, { method: 'POST', path: `/mcp?token=${token}&key=${KEY}`, body: `{"${token}":"${KEY}"` });
    await ask(child.port, { path: '/metrics', headers: { authorization: `Bearer ${token}` } });
    child.signal('SIGTERM');
    await child.exited;
    const lines = child
      .stderr()
      .trim()
      .split('\n')
      .map((line) => JSON.parse(line));
    expect(lines[0]).toMatchObject({
      level: 'info',
      msg: 'serving over HTTP',
      url: `http://127.0.0.1:${child.port}/mcp`,
      sandbox: false,
      host: '127.0.0.1',
      port: child.port,
      tools: toolNames.length,
      authentication: true,
    });
    expect(lines.length).toBeGreaterThan(10);
    for (const secret of [token, KEY, 'private.example']) expect(child.stderr()).not.toContain(secret);
    expect(child.stdout()).toBe('');
  });

  it('runs on the simulated LeadDyno, and says so where a port is taken', async () => {
    const child = await startBuiltHttp(['--sandbox']);
    expect((await (await connectHttp(child.url, 'modern')).call('count_affiliates')).data).toEqual({ count: 250 });
    const second = await startBuilt(['--sandbox', '--http', String(child.port)]);
    expect(await second.exited).toEqual({ code: 2, signal: null });
    expect(second.stderr()).toMatch(/^[^\n]*EADDRINUSE[^\n]*\n$/);
  });
});
