import { createHash } from 'node:crypto';
import { writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { describe, expect, it } from 'vitest';
import { SCOPES } from '../../src/operations/operation.ts';
import { connectHttp, httpKinds } from '../support/http-clients.ts';
import { ask, exchangeRaw, modern, post, toolCall } from '../support/http-raw.ts';
import { KEY, startHttp, startHttpAt } from '../support/http-server.ts';
import { temporaryFolder, writeTokens } from '../support/http-tokens.ts';
import { answerJson, startLeadDyno } from '../support/http-upstream.ts';
import { readingTools, toolNames } from '../support/tool-names.ts';
import { secret } from '../support/written.ts';

const call = toolCall(modern, 'count_affiliates');
const SOLE = secret('the-sole-token');

/** What a call with this `Authorization` header is answered. */
const callWith = (port: number, authorization?: string) =>
  post(port, { ...call, headers: { ...call.headers, ...(authorization !== undefined && { authorization }) } });

describe('a call', () => {
  it.each<[string, string | undefined]>([
    ['no token', undefined],
    ['an empty header', ''],
    ['a scheme alone', 'Bearer'],
    ['a scheme and spaces', 'Bearer   '],
    ['another scheme', `Basic ${Buffer.from(`token:${SOLE}`).toString('base64')}`],
    ['a token without a scheme', SOLE],
    ['an unknown token', 'Bearer another-token-of-the-tests-012'],
    ['a token cut short', `Bearer ${SOLE.slice(0, -1)}`],
    ['a longer token', `Bearer ${SOLE}x`],
    ['another case', `Bearer ${SOLE.toUpperCase()}`],
    ['a token after two spaces', `Bearer  ${SOLE}`],
    ['the digest of the token', `Bearer ${createHash('sha256').update(SOLE).digest('hex')}`],
    ['the LeadDyno key', `Bearer ${KEY}`],
    ['a huge token', `Bearer ${'x'.repeat(10_000)}`],
    ['text that is not ASCII', 'Bearer \u00e4\u00f6\u00fc\u00df\u00e4\u00f6\u00fc\u00df'],
  ])('with %s is refused with a challenge', async (_, authorization) => {
    const server = await startHttp({ env: { LEADDYNO_MCP_TOKEN: SOLE } });
    const { status, headers, text } = await callWith(server.port, authorization);
    expect(status).toBe(401);
    expect(headers['www-authenticate']).toMatch(/^Bearer .*error="invalid_token"/);
    expect(JSON.parse(text)).toMatchObject({ error: 'invalid_token' });
    expect(server.sandbox.requests).toEqual([]);
    if (authorization) expect(server.logged()).not.toContain(authorization.split(' ').at(-1) || '-');
  });

  it('with the token is served, however its scheme is written', async () => {
    const server = await startHttp({ env: { LEADDYNO_MCP_TOKEN: SOLE } });
    for (const scheme of ['Bearer', 'bearer', 'BEARER'])
      expect((await callWith(server.port, `${scheme} ${SOLE}`)).status).toBe(200);
  });

  it('is judged by the first of two headers, and never by the address', async () => {
    const server = await startHttp({ env: { LEADDYNO_MCP_TOKEN: SOLE } });
    for (const [path, lines, status] of [
      ['/mcp', `Authorization: Bearer wrong\r\nAuthorization: Bearer ${SOLE}\r\n`, 401],
      ['/mcp', `X-Authorization: Bearer ${SOLE}\r\n`, 401],
      ['/mcp', `Proxy-Authorization: Bearer ${SOLE}\r\n`, 401],
      ['/mcp', `Cookie: access_token=${SOLE}\r\n`, 401],
      [`/mcp?access_token=${SOLE}`, '', 401],
      [`/mcp?authorization=Bearer%20${SOLE}`, '', 401],
    ] as const) {
      const request = `POST ${path} HTTP/1.1\r\nHost: localhost\r\nConnection: close\r\n${lines}Content-Length: 2\r\n\r\n{}`;
      expect(await exchangeRaw(server.port, request)).toContain(`HTTP/1.1 ${status} `);
    }
  });

  it('is refused before its body is read', async () => {
    const server = await startHttp({ env: { LEADDYNO_MCP_TOKEN: SOLE } });
    for (const method of ['POST', 'GET', 'DELETE']) {
      const { status } = await ask(server.port, { method, ...(method === 'POST' && { body: 'x'.repeat(2 ** 21) }) });
      expect(status).toBe(401);
    }
  });
});

describe.each(httpKinds)('a %s client', (kind) => {
  it('is refused without a token, and served with one of the file', async () => {
    const { path, tokens } = writeTokens({ analyst: ['leaddyno:read'], admin: [...SCOPES] });
    const server = await startHttp({ argv: ['--http-tokens-file', path] });
    await expect(connectHttp(server.url, kind)).rejects.toThrow(/401|invalid_token/);
    await expect(connectHttp(server.url, kind, { token: KEY })).rejects.toThrow();

    const analyst = await connectHttp(server.url, kind, { token: tokens.analyst });
    const names = await analyst.toolNames();
    expect(names).toHaveLength(readingTools.length);
    expect(names.filter((name) => !readingTools.includes(name))).toEqual([]);
    expect((await analyst.call('count_affiliates')).data).toEqual({ count: 60 });
    const admin = await connectHttp(server.url, kind, { token: tokens.admin });
    expect(await admin.toolNames()).toHaveLength(toolNames.length);
    for (const token of Object.values(tokens)) expect(server.logged()).not.toContain(token);
  });
});

describe('the token', () => {
  it('never reaches LeadDyno, whatever is called', async () => {
    const upstream = await startLeadDyno((request, response) => {
      answerJson(response, request.path.endsWith('count') ? { count: 1 } : { id: 5, email: 'a@b.example' });
    });
    const server = await startHttpAt(upstream.url, { argv: ['--confirm', 'off'], env: { LEADDYNO_MCP_TOKEN: SOLE } });
    for (const kind of httpKinds) {
      const client = await connectHttp(server.url, kind, {
        token: SOLE,
        headers: { cookie: `token=${SOLE}`, 'x-forwarded-for': SOLE, 'x-leaddyno-api-key': 'a-key-of-a-caller' },
      });
      await client.call('count_affiliates');
      await client.call('get_affiliate', { affiliate_id: 5 });
      await client.call('archive_affiliate', { affiliate_id: 5 });
      await client.read('leaddyno://affiliates/5');
    }
    expect(upstream.requests.length).toBeGreaterThan(9);
    for (const { headers, query, body, key } of upstream.requests) {
      expect(key).toBe(KEY);
      const all = JSON.stringify({ headers, query, body });
      expect(all).not.toContain(SOLE);
      expect(all).not.toContain('a-key-of-a-caller');
      expect(headers).not.toHaveProperty('authorization');
      expect(headers).not.toHaveProperty('cookie');
    }
    expect(server.logged()).not.toContain(SOLE);
  });
});

describe('a start', () => {
  it('is refused where the LeadDyno key is a token', async () => {
    const folder = temporaryFolder();
    const path = join(folder.path, 'tokens.json');
    const sha256 = createHash('sha256').update(KEY).digest('hex');
    writeFileSync(path, JSON.stringify({ tokens: [{ name: 'key', sha256, scopes: [...SCOPES] }] }));
    await expect(startHttp({ argv: ['--http-tokens-file', path] })).rejects.toThrow(/must not be the LeadDyno API key/);
    await expect(startHttp({ env: { LEADDYNO_MCP_TOKEN: KEY } })).rejects.toThrow(/must not be the LeadDyno API key/);
  });

  it('is refused where the file cannot be read', async () => {
    await expect(startHttp({ argv: ['--http-tokens-file', '/nonexistent/tokens'] })).rejects.toThrow(/ENOENT/);
  });
});
