import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { ask, exchangeRaw, modern, post, toolCall } from '../support/http-raw.ts';
import { type SandboxHttpServer, startHttp } from '../support/http-server.ts';

const { headers, body } = toolCall(modern, 'count_affiliates');

let local: SandboxHttpServer;
let named: SandboxHttpServer;

beforeAll(async () => {
  local = await startHttp();
  const lists = [
    '--allowed-hosts',
    'MCP.Example.com,::1',
    '--allowed-origins',
    'https://App.Example.com,pages.example',
  ];
  named = await startHttp({ argv: lists });
});
afterAll(async () => {
  await local.close();
  await named.close();
});

/** The status with these headers, and how many requests reached LeadDyno because of it. */
async function statusWith(server: SandboxHttpServer, more: Record<string, string>) {
  const before = server.sandbox.requests.length;
  const { status, text } = await post(server.port, { headers: { ...headers, ...more }, body });
  if (status === 403) expect(JSON.parse(text)).toMatchObject({ jsonrpc: '2.0', error: { code: -32600 }, id: null });
  return { status, sent: server.sandbox.requests.length > before };
}

const served = { status: 200, sent: true };
const refused = { status: 403, sent: false };

describe('the Host header', () => {
  it.each([
    'localhost',
    'LocalHost',
    '127.0.0.1',
    'localhost:3333',
    '127.0.0.1:1',
    '[::1]',
    '[::1]:65535',
    '[0::1]:80',
  ])('may name this machine: %s', async (host) => {
    expect(await statusWith(local, { host })).toEqual(served);
  });

  it.each([
    '',
    ' ',
    'evil.example',
    'evil.example:3333',
    'localhost.evil.example',
    'evil-localhost',
    'localhost.',
    '127.0.0.2',
    '0.0.0.0',
    '[::]',
    '[::ffff:127.0.0.1]',
    '::1',
    '[::1',
    '[::1]evil',
    'localhost:99999',
    'localhost:80:80',
    'localhost:x',
    'localhost@evil.example',
    'evil.example@localhost',
    'user:password@localhost',
    'localhost/x',
    'localhost?x',
    'localhost#x',
    'localhost\\x',
    'evil.example#localhost',
    'local host',
    'localhost, evil.example',
    'localhost%00',
    'loc%61lhost',
    'mcp.example.com',
  ])('is refused where it is another: %j', async (host) => {
    expect(await statusWith(local, { host })).toEqual(refused);
  });

  it('is refused where it comes twice, or not at all in HTTP/1.0', async () => {
    const lines = (host: string, version: string) =>
      `POST /mcp HTTP/${version}\r\n${host}Content-Type: application/json\r\nConnection: close\r\nContent-Length: 2\r\n\r\n{}`;
    for (const [host, version] of [
      ['Host: localhost\r\nHost: evil.example\r\n', '1.1'],
      ['Host: localhost\r\nhost: localhost\r\n', '1.1'],
      ['', '1.1'],
      ['', '1.0'],
    ] as const) {
      expect(await exchangeRaw(local.port, lines(host, version))).toMatch(/^HTTP\/1\.1 403 /);
    }
    expect(await exchangeRaw(local.port, lines('Host: localhost\r\n', '1.1'))).toMatch(/^HTTP\/1\.1 400 /);
  });

  it('is one of --allowed-hosts where they are given, and then no other', async () => {
    for (const host of ['mcp.example.com', 'MCP.EXAMPLE.COM', 'mcp.example.com:443', '[::1]:3333'])
      expect(await statusWith(named, { host }), host).toEqual(served);
    for (const host of ['localhost', '127.0.0.1', 'example.com', 'a.mcp.example.com', 'mcp.example.com.evil.example'])
      expect(await statusWith(named, { host }), host).toEqual(refused);
  });
});

describe('the Origin header', () => {
  it.each([
    'http://localhost',
    'http://localhost:5173',
    'https://LOCALHOST:1',
    'http://127.0.0.1:8080',
    'http://[::1]',
  ])('may name this machine: %s', async (origin) => {
    expect(await statusWith(local, { origin })).toEqual(served);
  });

  it.each([
    '',
    'null',
    'NULL',
    'undefined',
    'localhost',
    'https://evil.example',
    'http://localhost.evil.example',
    'http://localhost.',
    'http://localhost@evil.example',
    'http://evil.example#@localhost',
    'http://evil.example?localhost',
    'http://localhost, http://evil.example',
    'http://evil.example http://localhost',
    'file://',
    'file://localhost/x',
    'blob:http://localhost/1',
    'data:text/html,localhost',
    'javascript:localhost',
    'http://127.0.0.2',
    'http://[::ffff:127.0.0.1]',
    'http://',
  ])('is refused where it is another: %j', async (origin) => {
    expect(await statusWith(local, { origin })).toEqual(refused);
  });

  it('is one of --allowed-origins where they are given: whole, or a host name for any scheme and port', async () => {
    const at = (origin: string) => statusWith(named, { host: 'mcp.example.com', origin });
    for (const origin of ['https://app.example.com', 'https://pages.example', 'http://pages.example:8080'])
      expect(await at(origin), origin).toEqual(served);
    for (const origin of [
      'http://app.example.com',
      'https://app.example.com:444',
      'https://app.example.com.evil.example',
      'https://x.app.example.com',
      'https://x.pages.example',
      'http://localhost',
      'null',
    ])
      expect(await at(origin), origin).toEqual(refused);
  });

  it('is looked at before anything else, and on every page', async () => {
    for (const path of ['/mcp', '/healthz', '/readyz', '/nowhere', '/.well-known/oauth-protected-resource']) {
      // A probe of the process comes by address.
      const others = path === '/healthz' ? [] : [{ host: 'evil.example' }];
      for (const more of [{ origin: 'null' }, ...others]) {
        for (const method of ['GET', 'POST', 'OPTIONS', 'DELETE'])
          expect((await ask(local.port, { method, path, headers: more })).status).toBe(403);
      }
    }
  });
});
