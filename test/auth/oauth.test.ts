import {
  Client,
  ClientCredentialsProvider,
  StreamableHTTPClientTransport,
  UnauthorizedError,
} from '@modelcontextprotocol/client';
import { decodeJwt } from 'jose';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { connectHttp } from '../support/http-clients.ts';
import {
  type AuthorizationServer,
  browse,
  DesktopApp,
  freePort,
  JOB,
  startAuthorizationServer,
} from '../support/http-oauth.ts';
import { ask, modern, post, toolCall } from '../support/http-raw.ts';
import { type SandboxHttpServer, startHttp } from '../support/http-server.ts';
import { readingTools, toolNames } from '../support/tool-names.ts';

let authorization: AuthorizationServer;
let server: SandboxHttpServer;

beforeAll(async () => {
  authorization = await startAuthorizationServer();
  const port = String(await freePort());
  const audience = `http://127.0.0.1:${port}/mcp`;
  server = await startHttp({
    argv: ['--http', port, '--oauth-issuer', authorization.issuer, '--oauth-audience', audience, '--confirm', 'off'],
  });
});
afterAll(async () => {
  await server.close();
  await authorization.close();
});

const call = toolCall(modern, 'count_affiliates');

describe('a client without a token', () => {
  it('is told where to get one', async () => {
    const { status, headers } = await post(server.port, call);
    expect(status).toBe(401);
    const metadata = `${server.origin}/.well-known/oauth-protected-resource/mcp`;
    expect(headers['www-authenticate']).toContain(`resource_metadata="${metadata}"`);
    for (const path of [new URL(metadata).pathname, '/.well-known/oauth-protected-resource']) {
      const answer = await ask(server.port, { path });
      expect(answer.status).toBe(200);
      expect(answer.headers['content-type']).toBe('application/json');
      expect(JSON.parse(answer.text)).toEqual({
        resource: server.url,
        authorization_servers: [authorization.issuer],
        scopes_supported: ['leaddyno:read', 'leaddyno:write', 'leaddyno:money', 'leaddyno:credentials'],
        bearer_methods_supported: ['header'],
        resource_name: 'LeadDyno',
      });
    }
  });

  it.each(['modern', 'legacy'] as const)('finds its way by itself: a job, %s', async (kind) => {
    const client = await connectHttp(server.url, kind, {
      authProvider: new ClientCredentialsProvider({ ...JOB, expectedIssuer: authorization.issuer }),
    });
    expect((await client.call('count_affiliates')).data).toEqual({ count: 60 });
    // It asked for the scope that the answer without a token named: no more than it was told it needs.
    const names = await client.toolNames();
    expect(names.length).toBeLessThan(toolNames.length);
    expect(names).toContain('get_affiliate');
    expect(names).not.toContain('archive_affiliate');
  });

  it.each(['modern', 'legacy'] as const)('finds its way by a browser: a person, %s', async (kind) => {
    const app = new DesktopApp();
    await expect(connectHttp(server.url, kind, { authProvider: app })).rejects.toThrow(UnauthorizedError);
    expect(app.goTo?.searchParams.get('resource')).toBe(server.url);
    const transport = new StreamableHTTPClientTransport(new URL(server.url), { authProvider: app });
    if (!app.goTo) throw new Error('was not sent anywhere');
    await transport.finishAuth(await browse(app.goTo));

    const client = await connectHttp(server.url, kind, { authProvider: app });
    expect((await client.call('get_affiliate', { affiliate_id: 1001 })).data).toMatchObject({
      affiliate: { id: 1001 },
    });
    const { sub, aud, iss } = decodeJwt(app.tokens()?.access_token ?? '');
    expect({ sub, aud, iss }).toEqual({ sub: 'jane', aud: server.url, iss: authorization.issuer });
  });
});

/** A token as the authorization server gives it out. */
async function tokenFor(resource: string, scope: string): Promise<string> {
  const response = await fetch(`${authorization.issuer}/token`, {
    method: 'POST',
    headers: { authorization: `Basic ${Buffer.from(`${JOB.clientId}:${JOB.clientSecret}`).toString('base64')}` },
    body: new URLSearchParams({ grant_type: 'client_credentials', resource, scope }),
  });
  const { access_token: token } = (await response.json()) as { access_token: string };
  return token;
}

const withToken = (token: string, message = call) =>
  post(server.port, { ...message, headers: { ...message.headers, authorization: `Bearer ${token}` } });

describe('a token of the authorization server', () => {
  it('is taken where it is for this server', async () => {
    expect((await withToken(await tokenFor(server.url, 'leaddyno:read'))).status).toBe(200);
  });

  it('is refused where it is for another, or was changed', async () => {
    const other = await withToken(await tokenFor('https://another.example/mcp', 'leaddyno:read'));
    expect(other.status).toBe(401);
    expect(other.headers['www-authenticate']).toMatch(/error="invalid_token".*claim aud.*resource_metadata="/);
    const [header = '', payload = '', signature = ''] = (await tokenFor(server.url, 'leaddyno:read')).split('.');
    const claims = { ...JSON.parse(Buffer.from(payload, 'base64url').toString()), scope: 'leaddyno:money' };
    const forged = [header, Buffer.from(JSON.stringify(claims)).toString('base64url'), signature].join('.');
    expect((await withToken(forged)).status).toBe(401);
  });

  it('opens what its scopes allow', async () => {
    const token = await tokenFor(server.url, 'leaddyno:read leaddyno:credentials');
    const client = await connectHttp(server.url, 'v1', { token });
    expect(await client.toolNames()).toHaveLength(readingTools.length + 1);
    const { status, headers } = await withToken(token, toolCall(modern, 'archive_affiliate', { affiliate_id: 1001 }));
    expect(status).toBe(403);
    expect(headers['www-authenticate']).toMatch(/insufficient_scope.*scope="leaddyno:write".*resource_metadata="/);
    expect(server.writes()).toEqual([]);
  });

  it('without a scope of ours opens nothing at all', async () => {
    const token = await tokenFor(server.url, '');
    for (const message of [modern('server/discover'), modern('tools/list'), call]) {
      const { status, headers } = await withToken(token, message);
      expect(status).toBe(403);
      expect(headers['www-authenticate']).toContain('scope="leaddyno:read"');
    }
  });

  it('leads a client that lacks a scope to one that has it', async () => {
    const asked: (string | null)[] = [];
    const provider = new ClientCredentialsProvider({
      ...JOB,
      scope: 'leaddyno:read',
      expectedIssuer: authorization.issuer,
    });
    const transport = new StreamableHTTPClientTransport(new URL(server.url), {
      authProvider: provider,
      fetch: async (url, init) => {
        if (String(url).endsWith('/token')) asked.push(new URLSearchParams(String(init?.body)).get('scope'));
        return await fetch(url, init);
      },
    });
    provider.saveTokens({ access_token: await tokenFor(server.url, 'leaddyno:read'), token_type: 'Bearer' });
    const client = new Client({ name: 'step-up', version: '1' });
    await client.connect(transport);
    const result = await client.callTool({ name: 'archive_affiliate', arguments: { affiliate_id: 1001 } });
    await client.close();
    expect(result.isError ?? false).toBe(false);
    expect(asked.at(-1)).toContain('leaddyno:write');
    expect(server.writes()).toHaveLength(1);
  });
});
