import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { type Answer, ask, JSON_HEADERS, modern, post, toolCall } from '../support/http-raw.ts';
import { KEY, type SandboxHttpServer, startHttp } from '../support/http-server.ts';
import { secret } from '../support/written.ts';

const TOKEN = secret('a-token-of-the-tests');
const ORIGIN = 'https://app.example.com';
const message = toolCall(modern, 'count_affiliates');
const bearer = { authorization: `Bearer ${TOKEN}` };

let server: SandboxHttpServer;

beforeAll(async () => {
  server = await startHttp({
    argv: ['--allowed-origins', ORIGIN, '--metrics'],
    env: { LEADDYNO_MCP_TOKEN: TOKEN },
  });
});
afterAll(() => server.close());

/** Every kind of answer there is, by what it answers. */
const answers: Readonly<Record<string, (headers: Record<string, string>) => Promise<Answer>>> = {
  '200 of a call': (more) => post(server.port, { ...message, headers: { ...message.headers, ...bearer, ...more } }),
  '200 of health': (more) => ask(server.port, { path: '/healthz', headers: more }),
  '200 of metrics': (more) => ask(server.port, { path: '/metrics', headers: { ...bearer, ...more } }),
  '204 of a preflight': (more) =>
    ask(server.port, { method: 'OPTIONS', headers: { 'access-control-request-method': 'POST', ...more } }),
  '400 of no JSON': (more) => post(server.port, { headers: { ...JSON_HEADERS, ...bearer, ...more }, body: '{' }),
  '401 without a token': (more) => post(server.port, { ...message, headers: { ...message.headers, ...more } }),
  '401 of metrics': (more) => ask(server.port, { path: '/metrics', headers: more }),
  '404 of nothing': (more) => ask(server.port, { path: '/nothing', headers: more }),
  '405 of GET': (more) => ask(server.port, { headers: { ...bearer, ...more } }),
  '413 of too much': (more) =>
    post(server.port, { headers: { ...JSON_HEADERS, ...bearer, ...more }, body: 'x'.repeat(1024 * 1024 + 1) }),
  '415 of text': (more) =>
    post(server.port, { headers: { 'content-type': 'text/plain', ...bearer, ...more }, body: 'x' }),
};

describe.each(Object.entries(answers))('the answer %s', (name, get) => {
  it('has the security headers', async () => {
    const { status, headers, text } = await get({});
    expect(status).toBe(Number(name.slice(0, 3)));
    expect(headers).toMatchObject({
      'x-content-type-options': 'nosniff',
      'cache-control': expect.stringContaining('no-'),
      'referrer-policy': 'no-referrer',
      'content-security-policy': "default-src 'none'; frame-ancestors 'none'",
      vary: 'Origin',
    });
    expect(headers).not.toHaveProperty('x-powered-by');
    expect(headers).not.toHaveProperty('server');
    expect(headers).not.toHaveProperty('access-control-allow-origin');
    expect(headers).not.toHaveProperty('access-control-allow-credentials');
    for (const secret of [KEY, TOKEN]) expect(text + JSON.stringify(headers)).not.toContain(secret);
  });

  it('may be read by a page of an allowed origin, and of no other', async () => {
    const allowed = await get({ origin: ORIGIN });
    expect(allowed.status).toBe(Number(name.slice(0, 3)));
    expect(allowed.headers['access-control-allow-origin']).toBe(ORIGIN);
    expect(allowed.headers['access-control-expose-headers']).toContain('WWW-Authenticate');
    for (const origin of ['https://evil.example', 'null', 'http://app.example.com', 'http://localhost']) {
      const { status, headers } = await get({ origin });
      expect(status).toBe(403);
      expect(Object.keys(headers).filter((header) => header.startsWith('access-control'))).toEqual([]);
      expect(headers['x-content-type-options']).toBe('nosniff');
    }
  });
});

describe('a preflight', () => {
  it('allows what a client in a browser sends, without a token', async () => {
    const { status, headers, text } = await ask(server.port, {
      method: 'OPTIONS',
      headers: {
        origin: ORIGIN,
        'access-control-request-method': 'POST',
        'access-control-request-headers': 'authorization,content-type,mcp-protocol-version',
      },
    });
    expect({ status, text }).toEqual({ status: 204, text: '' });
    expect(headers['access-control-allow-methods']).toContain('POST');
    for (const name of [...Object.keys(message.headers), 'authorization', 'x-leaddyno-api-key']) {
      expect(headers['access-control-allow-headers']?.toLowerCase().split(', ')).toContain(name);
    }
  });

  it('of another origin is refused', async () => {
    const { status, headers } = await ask(server.port, {
      method: 'OPTIONS',
      headers: { origin: 'https://evil.example', 'access-control-request-method': 'POST' },
    });
    expect(status).toBe(403);
    expect(headers).not.toHaveProperty('access-control-allow-origin');
    expect(headers).not.toHaveProperty('access-control-allow-methods');
  });
});
