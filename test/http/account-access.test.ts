import { writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { describe, expect, it } from 'vitest';
import { makeToken, type NamedToken } from '../../src/auth/tokens.ts';
import { SCOPES } from '../../src/operations/operation.ts';
import { connectHttp } from '../support/http-clients.ts';
import { AUDIENCE, makeKey, startIssuer } from '../support/http-issuer.ts';
import { legacy, modern, post, toolCall } from '../support/http-raw.ts';
import { startHttp } from '../support/http-server.ts';
import { temporaryFolder } from '../support/http-tokens.ts';
import { askedIn } from '../support/protocol-json.ts';
import { keysOf, markOf, startSeveral } from '../support/several-accounts.ts';
import { registerSecret, secret } from '../support/written.ts';

const three = keysOf('acme', 'globex', 'initech');

/** A tokens file whose callers are for these accounts. */
function tokensFor(callers: Readonly<Record<string, NamedToken['accounts']>>) {
  const { path: folder } = temporaryFolder();
  const made = Object.entries(callers).map(([name, accounts]) => makeToken(name, [...SCOPES], accounts));
  const path = join(folder, 'tokens.json');
  writeFileSync(path, JSON.stringify({ tokens: made.map(({ entry }) => entry) }), { mode: 0o600 });
  for (const { token } of made) registerSecret('a bearer token', token);
  return { path, tokens: Object.fromEntries(made.map(({ token, entry }) => [entry.name, token])) };
}

async function start(callers: Readonly<Record<string, NamedToken['accounts']>>, fallback?: string) {
  const { path, tokens } = tokensFor(callers);
  const setup = { argv: ['--http-tokens-file', path], ...(fallback !== undefined && { fallback }) };
  return { tokens, ...(await startSeveral(three, setup)) };
}

const enumIn = (tools: readonly { name: string; inputSchema: { properties?: object } }[]) => {
  const properties = tools.find(({ name }) => name === 'get_affiliate')?.inputSchema.properties ?? {};
  return (properties as { account?: { enum: string[] } }).account?.enum;
};

describe('a token', () => {
  it('shows its caller the accounts that it is for, and no others', async () => {
    const { server, tokens, upstream } = await start({ ann: ['globex', 'acme'], bob: ['initech'], eve: 'all' }, 'acme');
    const ann = await connectHttp(server.url, 'modern', { token: tokens.ann });
    const bob = await connectHttp(server.url, 'legacy', { token: tokens.bob });
    const eve = await connectHttp(server.url, 'v1', { token: tokens.eve });
    expect(enumIn((await ann.client.listTools()).tools)).toEqual(['acme', 'globex']);
    expect(enumIn((await bob.client.listTools()).tools)).toEqual(['initech']);
    expect(enumIn((await eve.client.listTools()).tools)).toEqual(['acme', 'globex', 'initech']);

    const refused = await ann.call('get_affiliate', { affiliate_id: 7, account: 'initech' });
    expect(refused.text).toContain('account: must be one of acme, globex, not "initech"');
    // One alone needs no choice, and the default is only for those who may use it.
    expect((await bob.call('get_affiliate', { affiliate_id: 7 })).text).toContain(markOf('initech'));
    expect((await ann.call('get_affiliate', { affiliate_id: 7 })).text).toContain(markOf('acme'));
    expect(upstream.requests.filter(({ key }) => key === three.get('globex'))).toEqual([]);

    const uris = (await bob.resourceUris()).filter((uri) => uri.startsWith('leaddyno:'));
    expect(uris.filter((uri) => !uri.startsWith('leaddyno://accounts/initech/'))).toEqual([]);
    await expect(bob.read('leaddyno://accounts/acme/affiliates/7')).rejects.toThrow('not found');
    expect(JSON.stringify(bob.client.getInstructions())).not.toContain('acme');
  });

  it('takes no confirmation and no file of another caller, on the same account or not', async () => {
    const { server, tokens, upstream } = await start({ ann: ['acme'], eve: 'all' });
    const ann = await connectHttp(server.url, 'modern', { token: tokens.ann });
    const eve = await connectHttp(server.url, 'modern', { token: tokens.eve });
    const { token } = askedIn(await eve.call('archive_affiliate', { account: 'acme', affiliate_id: 7 }));
    const crossed = await ann.call('archive_affiliate', { affiliate_id: 7, confirmation_token: token });
    expect(crossed.data).toHaveProperty('confirmation');
    expect(upstream.requests.filter(({ method }) => method !== 'GET')).toEqual([]);
    expect(crossed.text).not.toContain('globex');
  });

  it.each([
    ['that names no account', undefined],
    ['for accounts that are not there', ['umbrella']],
  ])('%s is refused by a server with several', async (_, accounts) => {
    const { server, tokens, upstream } = await start({ old: accounts, eve: 'all' });
    for (const message of [modern, legacy]) {
      for (const { headers, body } of [toolCall(message, 'count_leads', { account: 'acme' }), message('tools/list')]) {
        const answer = await post(server.port, {
          headers: { ...headers, authorization: `Bearer ${tokens.old}` },
          body,
        });
        expect({ status: answer.status, text: answer.text }).toEqual({
          status: 403,
          text: expect.stringContaining('for none of the accounts of this server'),
        });
      }
    }
    expect(upstream.requests).toEqual([]);
  });

  it('for named accounts is refused by a server that names none', async () => {
    const { path, tokens } = tokensFor({ ann: ['acme'], eve: 'all', old: undefined });
    const server = await startHttp({ argv: ['--http-tokens-file', path] });
    const { headers, body } = toolCall(modern, 'count_leads');
    const answer = await post(server.port, { headers: { ...headers, authorization: `Bearer ${tokens.ann}` }, body });
    expect(answer.status).toBe(403);
    for (const token of [tokens.eve, tokens.old]) {
      const { data } = await (await connectHttp(server.url, 'modern', { token })).call('count_leads');
      expect(data).not.toHaveProperty('account');
    }
  });

  it('of the environment is for all of them', async () => {
    const token = secret('a-token-of-the-tests');
    const { server } = await startSeveral(three, { env: { LEADDYNO_MCP_TOKEN: token } });
    const client = await connectHttp(server.url, 'modern', { token });
    expect(enumIn((await client.client.listTools()).tools)).toEqual(['acme', 'globex', 'initech']);
  });

  it('must be the key of none of them', async () => {
    const LEADDYNO_MCP_TOKEN = three.get('globex') ?? '';
    await expect(startSeveral(three, { env: { LEADDYNO_MCP_TOKEN } })).rejects.toThrow(
      'must not be the LeadDyno API key',
    );
  });
});

describe('an access token of an authorization server', () => {
  it.each<[string, unknown, string[] | undefined]>([
    ['a list', ['initech', 'acme'], ['acme', 'initech']],
    ['one text', 'globex acme', ['acme', 'globex']],
    ['all', 'all', ['acme', 'globex', 'initech']],
    ['none', undefined, undefined],
    ['an empty list', [], undefined],
    ['something else', { acme: true }, undefined],
    ['names of others', ['umbrella'], undefined],
  ])('says it in its claim leaddyno_accounts: %s', async (_, claim, expected) => {
    const issuer = await startIssuer();
    const key = await makeKey('one');
    issuer.publish(key);
    const { server } = await startSeveral(three, {
      argv: ['--oauth-issuer', issuer.issuer, '--oauth-audience', AUDIENCE],
    });
    const token = await issuer.sign(key, claim === undefined ? {} : { leaddyno_accounts: claim });
    if (expected) {
      const client = await connectHttp(server.url, 'modern', { token });
      expect(enumIn((await client.client.listTools()).tools)).toEqual(expected);
    } else {
      const { headers, body } = modern('tools/list');
      const answer = await post(server.port, { headers: { ...headers, authorization: `Bearer ${token}` }, body });
      expect(answer.status).toBe(403);
    }
  });
});
