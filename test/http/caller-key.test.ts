import { createHash } from 'node:crypto';
import { describe, expect, it } from 'vitest';
import { connectHttp, httpKinds } from '../support/http-clients.ts';
import { ask, exchangeRaw, legacy, modern, post, toolCall, until } from '../support/http-raw.ts';
import { startHttpAt } from '../support/http-server.ts';
import { writeTokens } from '../support/http-tokens.ts';
import { answerJson, startLeadDyno } from '../support/http-upstream.ts';

const HEADER = 'x-leaddyno-api-key';

/** Whose key it is: not the key itself, which would be struck out of every answer. */
const ownerOf = (key: string) => createHash('sha256').update(key).digest('hex').slice(0, 12);

/** A LeadDyno of many accounts: what it answers says whose key it was asked with. */
const startAccounts = () =>
  startLeadDyno(({ key = 'nobody', path }, response) => {
    if (key.startsWith('wrong')) return answerJson(response, { error: 'Invalid key' }, 401);
    if (path.endsWith('/count')) return answerJson(response, { count: key.length });
    answerJson(response, { id: 7, email: `${ownerOf(key)}@owner.example` });
  });

async function start(...argv: string[]) {
  const upstream = await startAccounts();
  const server = await startHttpAt(upstream.url, { argv: ['--caller-key', ...argv] });
  return { upstream, server };
}

describe('a request', () => {
  it.each<[string, string | undefined]>([
    ['without a key', undefined],
    ['with an empty key', ''],
    ['with a key of spaces', '   '],
    ['with a key of another kind of space', '\u00a0'],
    ['with a key of two words', 'two words'],
    ['with a key that is not ASCII', 'schl\u00fcssel'],
    ['with a key of control characters', 'key\u0080'],
    ['with a key that is far too long', 'x'.repeat(600)],
  ])('%s is refused in either revision, and on nobody else\u2019s key', async (_, key) => {
    const { upstream, server } = await start();
    const good = await connectHttp(server.url, 'modern', { headers: { [HEADER]: 'key-of-somebody' } });
    expect((await good.call('get_affiliate', { affiliate_id: 7 })).text).toContain(ownerOf('key-of-somebody'));
    const before = upstream.requests.length;
    for (const message of [modern, legacy]) {
      for (const { headers, body } of [toolCall(message, 'count_affiliates'), message('tools/list')]) {
        const answer = await post(server.port, {
          headers: { ...headers, ...(key !== undefined && { [HEADER]: key }) },
          body,
        });
        expect(answer.status).toBe(400);
        expect(JSON.parse(answer.text).error.message).toContain('X-LeadDyno-Api-Key');
      }
    }
    expect(upstream.requests).toHaveLength(before);
  });

  it('with two keys is refused, and so is one without on a connection that had one', async () => {
    const { upstream, server } = await start();
    const { headers, body } = toolCall(modern, 'count_affiliates');
    const raw = (keys: string, connection = 'keep-alive') =>
      `POST /mcp HTTP/1.1\r\nHost: localhost\r\nConnection: ${connection}\r\n${keys}${Object.entries(headers)
        .map(([name, value]) => `${name}: ${value}\r\n`)
        .join('')}Content-Length: ${body.length}\r\n\r\n${body}`;
    const one = 'X-LeadDyno-Api-Key: key-of-one\r\n';
    const both = await exchangeRaw(server.port, raw(one) + raw('', 'close'));
    expect(both.match(/HTTP\/1\.1 \d+/g)).toEqual(['HTTP/1.1 200', 'HTTP/1.1 400']);
    const before = upstream.requests.length;
    expect(await exchangeRaw(server.port, raw(`${one}x-leaddyno-api-key: key-of-two\r\n`, 'close'))).toContain(' 400 ');
    expect(upstream.requests).toHaveLength(before);
  });

  it('with its key in another place is refused', async () => {
    const { upstream, server } = await start();
    const { headers, body } = toolCall(modern, 'count_affiliates');
    for (const more of [{ key: 'a-key' }, { 'x-auth-token': 'a-key' }, { authorization: 'Bearer a-key' }])
      expect((await post(server.port, { headers: { ...headers, ...more }, body })).status).toBe(400);
    expect((await ask(server.port, { method: 'POST', path: '/mcp?key=a-key', headers, body })).status).toBe(400);
    expect(upstream.requests).toEqual([]);
  });

  it('needs a token first, where there are tokens; a LeadDyno key is none', async () => {
    const { path, tokens } = writeTokens({ agency: ['leaddyno:read'] });
    const { upstream, server } = await start('--http-tokens-file', path);
    const { headers, body } = toolCall(modern, 'count_affiliates');
    const status = async (more: Record<string, string>) =>
      (await post(server.port, { headers: { ...headers, ...more }, body })).status;
    const authorization = `Bearer ${tokens.agency}`;
    expect(await status({ [HEADER]: 'a-key' })).toBe(401);
    expect(await status({ [HEADER]: 'a-key', authorization: 'Bearer a-key' })).toBe(401);
    expect(await status({ authorization })).toBe(400);
    expect(upstream.requests).toEqual([]);
    expect(await status({ [HEADER]: 'a-key', authorization })).toBe(200);
    for (const { key, headers: sent } of upstream.requests) {
      expect(key).toBe('a-key');
      expect(JSON.stringify(sent)).not.toContain(tokens.agency);
    }
    expect(server.logged()).not.toContain('a-key');
  });
});

describe.each(httpKinds)('a %s client', (kind) => {
  it('is served on its own key', async () => {
    const { server } = await start();
    await expect(connectHttp(server.url, kind)).rejects.toThrow();
    for (const key of ['key-one', 'key-number-two']) {
      const client = await connectHttp(server.url, kind, { headers: { [HEADER]: key } });
      expect((await client.call('count_leads')).data).toEqual({ count: key.length });
      expect(await client.read('leaddyno://affiliates/7')).toContain(`${ownerOf(key)}@owner.example`);
    }
    expect(server.logged()).not.toContain('key-');
  });

  it('whose key is wrong hears so, and hurts nobody', async () => {
    const { server } = await start();
    const wrong = await connectHttp(server.url, kind, { headers: { [HEADER]: 'wrong-key' } });
    const right = await connectHttp(server.url, kind, { headers: { [HEADER]: 'right-key' } });
    const [bad, good] = await Promise.all([wrong.call('count_leads'), right.call('count_leads')]);
    expect({ isError: bad.isError, data: good.data }).toEqual({ isError: true, data: { count: 9 } });
    expect(bad.text).not.toContain('wrong-key');
  });
});

describe('callers', () => {
  it('who ask the same at once are each answered with their own key', async () => {
    const held: (() => void)[] = [];
    const upstream = await startLeadDyno(({ key = '' }, response) => {
      held.push(() => answerJson(response, { id: 7, email: `${ownerOf(key)}@owner.example` }));
    });
    const server = await startHttpAt(upstream.url, { argv: ['--caller-key', '--key-transport', 'header'] });
    const keys = ['key-a', 'key-a', 'key-b', 'key-b', 'key-b'];
    const calls = keys.map((key) =>
      post(server.port, toolCall(legacy, 'get_affiliate', { affiliate_id: 7 }, { [HEADER]: key })),
    );
    await until(() => held.length === keys.length);
    expect(upstream.requests.map(({ key }) => key).sort()).toEqual(keys);
    for (const answer of held) answer();
    for (const [index, { text }] of (await Promise.all(calls)).entries())
      expect(text).toContain(`${ownerOf(keys[index] ?? '')}@owner.example`);
  });

  it('have a pace each: who uses up the own one waits alone', async () => {
    const upstream = await startAccounts();
    const argv = ['--caller-key', '--key-transport', 'header', '--rate-limit', '5', '--timeout', '10000'];
    const server = await startHttpAt(upstream.url, { argv });
    const call = (key: string) => post(server.port, toolCall(modern, 'count_leads', {}, { [HEADER]: key }));
    for (let times = 0; times < 5; times += 1) expect((await call('key-a')).text).toContain('"count":5');
    expect((await call('key-a')).text).toContain('This server keeps to 5 requests a minute');
    for (let times = 0; times < 5; times += 1) expect((await call('key-bb')).text).toContain('"count":6');
    expect((await call('key-bb')).text).toContain('"isError":true');
    expect(upstream.requests).toHaveLength(10);
  });
});
