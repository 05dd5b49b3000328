import { createHash } from 'node:crypto';
import { describe, expect, it } from 'vitest';
import { AUDIENCE, makeKey, startIssuer } from '../support/http-issuer.ts';
import { startBuiltHttp } from '../support/http-process.ts';
import { ask, legacy, modern, post, toolCall, until } from '../support/http-raw.ts';
import { KEY, startHttp, startHttpAt } from '../support/http-server.ts';
import { writeTokens } from '../support/http-tokens.ts';
import { absentLeadDyno, answerJson, startLeadDyno } from '../support/http-upstream.ts';
import { builtMain, runBuilt } from '../support/protocol-built.ts';
import { secret } from '../support/written.ts';

const call = toolCall(modern, 'count_affiliates');
const sendTo = async (port: number, headers: Record<string, string>, message = call) =>
  await post(port, { headers: { ...message.headers, ...headers }, body: message.body });

it('/healthz answers a probe by address, and nothing else does', async () => {
  const server = await startHttp({ argv: ['--allowed-hosts', 'mcp.example.com'] });
  for (const host of ['10.0.0.7:3333', '[fd00::7]:3333', 'evil.example', '']) {
    const { status, text } = await ask(server.port, { path: '/healthz', headers: { host } });
    expect({ status, text }).toEqual({ status: 200, text: '{"status":"ok"}' });
    expect((await ask(server.port, { path: '/readyz', headers: { host } })).status).toBe(403);
    expect((await sendTo(server.port, { host })).status).toBe(403);
  }
});

describe('/readyz where every caller brings the key', () => {
  it('is ready before anybody called, and says that nobody asked', async () => {
    const server = await startHttpAt(await absentLeadDyno(), { argv: ['--caller-key'] });
    const { status, text } = await ask(server.port, { path: '/readyz' });
    expect(status).toBe(200);
    expect(JSON.parse(text).leaddyno).toEqual({
      answered: false,
      last_answer: null,
      last_failure: null,
      asked: 'only by calls: each brings its own key',
    });
  });

  it('is not ready while calls meet with no answer', async () => {
    let down = true;
    const upstream = await startLeadDyno((_, response) =>
      down ? void response.destroy() : answerJson(response, { count: 1 }),
    );
    const server = await startHttpAt(upstream.url, { argv: ['--caller-key', '--timeout', '300'] });
    await sendTo(server.port, { 'x-leaddyno-api-key': 'a-key' });
    expect((await ask(server.port, { path: '/readyz' })).status).toBe(503);
    down = false;
    await sendTo(server.port, { 'x-leaddyno-api-key': 'a-key' });
    expect((await ask(server.port, { path: '/readyz' })).status).toBe(200);
  });
});

describe('headers that some clients alone can send', () => {
  it('bring the token where the server has the key', async () => {
    const { path, tokens } = writeTokens({ ann: ['leaddyno:read'], ben: ['leaddyno:read'] });
    const server = await startHttp({ argv: ['--http-tokens-file', path] });
    const ways: Record<string, string>[] = [
      { 'x-auth-token': tokens.ann },
      { 'x-auth-token': `Bearer ${tokens.ann}` },
      { 'x-api-key': tokens.ann },
      { authorization: `Bearer ${tokens.ann}`, 'x-auth-token': tokens.ann },
    ];
    for (const headers of ways) expect((await sendTo(server.port, headers)).status).toBe(200);
    const clash = await sendTo(server.port, { authorization: `Bearer ${tokens.ann}`, 'x-auth-token': tokens.ben });
    expect(clash.status).toBe(400);
    expect(clash.text).toContain('Authorization and X-Auth-Token have different values');
    expect((await sendTo(server.port, { 'x-auth-token': KEY })).status).toBe(401);
  });

  it('bring token and key where callers have their own', async () => {
    const { path, tokens } = writeTokens({ ann: ['leaddyno:read'] });
    const upstream = await startLeadDyno((_, response) => answerJson(response, { count: 1 }));
    const server = await startHttpAt(upstream.url, { argv: ['--caller-key', '--http-tokens-file', path] });
    const mine = secret('key-of-the-caller');
    expect((await sendTo(server.port, { 'x-auth-token': tokens.ann, 'x-api-key': mine })).status).toBe(200);
    expect(upstream.requests.at(-1)?.key).toBe(mine);
    const both = { 'x-auth-token': tokens.ann, 'x-api-key': mine, 'x-leaddyno-api-key': mine };
    expect((await sendTo(server.port, both)).status).toBe(200);
    const before = upstream.requests.length;
    const clash = await sendTo(server.port, { ...both, 'x-leaddyno-api-key': 'another-key' });
    expect(clash.status).toBe(400);
    expect(clash.text).toContain('X-LeadDyno-Api-Key and X-API-Key have different values');
    // The key is no token.
    expect((await sendTo(server.port, { 'x-api-key': tokens.ann })).status).toBe(401);
    expect(upstream.requests).toHaveLength(before);
    expect(server.logged()).not.toContain(mine);
  });
});

describe('a caller who is turned away', () => {
  it('leaves a line with reason, address and the beginning of the digest of its token', async () => {
    const { path } = writeTokens({ ann: ['leaddyno:read'] });
    const server = await startHttp({ argv: ['--http-tokens-file', path] });
    const token = secret('a-token-that-is-none');
    await sendTo(server.port, { authorization: `Bearer ${token}` });
    const digest = createHash('sha256').update(token).digest('hex').slice(0, 8);
    expect(server.logged()).toContain(
      `"request refused","status":401,"reason":"This token is not known.","address":"127.0.0.1","token":"${digest}"`,
    );
    expect(server.logged()).not.toContain(token);
    await sendTo(server.port, { host: 'evil.example' });
    await post(server.port, { headers: call.headers, body: 'x'.repeat(1024 * 1024 + 1) });
    expect(server.logged()).toContain('"status":403');
  });

  it('leaves one for too large a request, and for one too many', async () => {
    const held: (() => void)[] = [];
    const upstream = await startLeadDyno((_, response) => held.push(() => answerJson(response, { count: 1 })));
    const server = await startHttpAt(upstream.url, { argv: ['--max-concurrent', '1'] });
    const large = await post(server.port, { headers: call.headers, body: 'x'.repeat(1024 * 1024 + 1) });
    expect(large.status).toBe(413);
    expect(server.logged()).toMatch(/"request refused","status":413,"reason":"[^"]+","address":"127\.0\.0\.1"/);
    const first = sendTo(server.port, {});
    await until(() => held.length === 1);
    expect((await sendTo(server.port, {})).status).toBe(503);
    expect(server.logged()).toMatch(/"request refused","status":503,"reason":"[^"]+","address":"127\.0\.0\.1"/);
    for (const release of held) release();
    expect((await first).status).toBe(200);
  });

  it('fills no log', async () => {
    const server = await startHttp();
    for (let times = 0; times < 200; times += 1) await sendTo(server.port, { host: 'evil.example' });
    const lines = server
      .logged()
      .split('\n')
      .filter((line) => line.includes('request refused'));
    expect(lines).toHaveLength(10);
  });
});

it('lines of calls say who called', async () => {
  const { path, tokens } = writeTokens({ ann: ['leaddyno:read'] });
  const server = await startHttp({ argv: ['--http-tokens-file', path] });
  await sendTo(server.port, { authorization: `Bearer ${tokens.ann}` });
  expect(server.logged()).toContain('"caller":"token:ann"');
});

it('a token that is revoked or made while the server serves counts from then on', async () => {
  const { path, tokens } = writeTokens({ ann: ['leaddyno:read'], ben: ['leaddyno:read'] });
  const server = await startHttp({ argv: ['--http-tokens-file', path] });
  const status = async (token: string) => (await sendTo(server.port, { authorization: `Bearer ${token}` })).status;
  expect([await status(tokens.ann), await status(tokens.ben)]).toEqual([200, 200]);
  expect((await runBuilt(['token', 'list', '--file', path])).stdout).toMatch(/ann.*\n.*ben/);
  expect(await runBuilt(['token', 'revoke', 'ben', '--file', path])).toMatchObject({ code: 0 });
  await expect.poll(() => status(tokens.ben)).toBe(401);
  const made = await runBuilt(['token', 'new', 'carl', '--scopes', 'leaddyno:read', '--file', path]);
  await expect.poll(() => status(made.stdout.trim())).toBe(200);
  expect(await status(tokens.ann)).toBe(200);
});

describe('tokens of an issuer', () => {
  it.each([
    ['https://mcp.example.com', 'https://mcp.example.com/'],
    ['https://mcp.example.com/', 'https://mcp.example.com'],
  ])('for the bare origin %s are good with %s as their audience', async (ours, theirs) => {
    const [issuer, key] = [await startIssuer(), await makeKey('first')];
    issuer.publish(key);
    const server = await startHttp({ argv: ['--oauth-issuer', issuer.issuer, '--oauth-audience', ours] });
    const status = async (aud: string) =>
      (await sendTo(server.port, { authorization: `Bearer ${await issuer.sign(key, { aud })}` })).status;
    expect(await status(theirs)).toBe(200);
    expect(await status(ours)).toBe(200);
    for (const other of [
      `${ours.replace(/\/$/, '')}/mcp`,
      'https://mcp.example.com.evil.example',
      'http://mcp.example.com',
    ])
      expect(await status(other)).toBe(401);
  });

  it('with a path are for that path to the letter', async () => {
    const [issuer, key] = [await startIssuer(), await makeKey('first')];
    issuer.publish(key);
    const server = await startHttp({ argv: ['--oauth-issuer', issuer.issuer, '--oauth-audience', AUDIENCE] });
    const authorization = `Bearer ${await issuer.sign(key, { aud: `${AUDIENCE}/` })}`;
    expect((await sendTo(server.port, { authorization })).status).toBe(401);
  });

  it('of a person and of a client with one name are two callers', async () => {
    const [issuer, key] = [await startIssuer(), await makeKey('first')];
    issuer.publish(key);
    const server = await startHttp({ argv: ['--oauth-issuer', issuer.issuer, '--oauth-audience', AUDIENCE] });
    const scope = 'leaddyno:read leaddyno:write leaddyno:money';
    const person = `Bearer ${await issuer.sign(key, { sub: 'ann', client_id: 'app', scope })}`;
    const client = `Bearer ${await issuer.sign(key, { sub: undefined, client_id: 'ann', scope })}`;
    const args = { affiliate_id: 1001 };
    const asked = await sendTo(server.port, { authorization: person }, toolCall(legacy, 'archive_affiliate', args));
    const [, token = ''] = /confirmation_token\\?":\\?"([\w.-]+)/.exec(asked.text) ?? [];
    expect(token).not.toBe('');
    const again = toolCall(legacy, 'archive_affiliate', { ...args, confirmation_token: token });
    const other = await sendTo(server.port, { authorization: client }, again);
    expect(other.text).toContain('confirmation_token');
    expect(server.writes()).toEqual([]);
    await sendTo(server.port, { authorization: person }, again);
    expect(server.writes()).toHaveLength(1);
    expect(server.logged()).toContain('sub:ann');
    expect(server.logged()).toContain('client_id:ann');
  });
});

it('the built server says once, at info, where it serves and whether it is the sandbox', async () => {
  await builtMain();
  const child = await startBuiltHttp(['--sandbox']);
  const lines = child
    .stderr()
    .trim()
    .split('\n')
    .filter((line) => line.includes('serving over HTTP'));
  expect(lines).toHaveLength(1);
  expect(JSON.parse(lines[0] ?? '')).toMatchObject({
    level: 'info',
    url: `http://127.0.0.1:${child.port}/mcp`,
    sandbox: true,
  });
});

describe('a request with null for what is not given', () => {
  it.each<[string, object]>([
    ['a list', { method: 'tools/list', params: { cursor: null, _meta: null } }],
    ['no params', { method: 'prompts/list', params: null }],
    [
      'a call',
      { method: 'tools/call', params: { name: 'count_affiliates', arguments: null, _meta: { progressToken: null } } },
    ],
    [
      'arguments as JSON text',
      { method: 'tools/call', params: { name: 'get_affiliate', arguments: '{"affiliate_id":1001}' } },
    ],
    ['fields of others', { method: 'tools/call', params: { name: 'count_affiliates', arguments: [] }, session: 1 }],
  ])('is served: %s', async (_, request) => {
    const server = await startHttp({});
    const { headers } = toolCall(legacy, 'count_affiliates');
    const { status, text } = await post(server.port, {
      headers: headers as Record<string, string>,
      body: JSON.stringify({ jsonrpc: '2.0', id: 1, ...request }),
    });
    expect(status).toBe(200);
    expect(text).toContain('"result"');
    expect(text).not.toContain('"isError":true');
  });
});
