import { createHash } from 'node:crypto';
import { Client, StreamableHTTPClientTransport, UnauthorizedError } from '@modelcontextprotocol/client';
import { Client as OldClient } from '@modelcontextprotocol/sdk/client/index.js';
import { StreamableHTTPClientTransport as OldTransport } from '@modelcontextprotocol/sdk/client/streamableHttp.js';
import { describe, expect, test } from 'vitest';
import { connectHttp } from '../support/http-clients.ts';
import { answerJson, startLeadDyno } from '../support/http-upstream.ts';
import { closeAtEnd } from '../support/protocol-leaks.ts';
import {
  allow,
  KEY,
  PUBLIC,
  REDIRECT,
  RESOURCE,
  refresh,
  signIn,
  startSignIn,
  startSignInAt,
  WebApp,
} from '../support/sign-in.ts';
import { secret } from '../support/written.ts';

/* A person connects an app: with the SDKs' own clients, over HTTP, as through a proxy with TLS. */

const DOCUMENT = 'https://app.example/client.json';
const readClientDocument = async (url: URL) => {
  if (url.href !== DOCUMENT) throw new Error('its client metadata document cannot be read');
  return JSON.stringify({ client_id: DOCUMENT, client_name: 'Web app', redirect_uris: [REDIRECT] });
};

describe('an app of the SDK', () => {
  test.each<[string, { readonly metadataUrl?: string }]>([
    ['a client metadata document', { metadataUrl: DOCUMENT }],
    ['dynamic registration', {}],
  ])('connects by %s, and reads with the key that its person pasted', async (_, setup) => {
    const server = await startSignIn({ readClientDocument });
    const app = new WebApp(setup);
    const transport = () =>
      new StreamableHTTPClientTransport(new URL(RESOURCE), { authProvider: app, fetch: server.fetch });
    const first = transport();
    await expect(new Client({ name: 'app', version: '1' }).connect(first)).rejects.toThrow(UnauthorizedError);
    expect(app.goTo?.searchParams.get('resource')).toBe(RESOURCE);
    expect(app.goTo?.searchParams.get('client_id')).toBe(setup.metadataUrl ?? app.client?.client_id);

    await first.finishAuth(await allow(server, app.goTo ?? new URL(PUBLIC)));
    const client = new Client({ name: 'app', version: '1' });
    closeAtEnd({ close: () => client.close() });
    await client.connect(transport());
    const answer = await client.callTool({ name: 'count_affiliates', arguments: {} });
    expect(answer.structuredContent).toEqual({ count: 60 });
    const { tools } = await client.listTools();
    const names = tools.map(({ name }) => name);
    expect(names).toContain('archive_affiliate');
    expect(names).not.toContain('create_affiliate_sign_in_link');
    expect(names).not.toContain('create_commission');
    expect(server.logged()).not.toContain(KEY);
  });

  test('of the first SDK connects as well, and renews its token by itself', async () => {
    const server = await startSignIn();
    const app = new WebApp();
    const transport = () => new OldTransport(new URL(RESOURCE), { authProvider: app as never, fetch: server.fetch });
    const first = transport();
    await expect(new OldClient({ name: 'app', version: '1' }).connect(first)).rejects.toThrow();
    const code = (await allow(server, app.goTo ?? new URL(PUBLIC))).get('code') ?? '';
    await first.finishAuth(code);
    const before = app.tokens();
    app.saveTokens({ ...(before ?? { token_type: 'Bearer' }), access_token: 'ldmcp_access_expired' });
    const client = new OldClient({ name: 'app', version: '1' });
    closeAtEnd({ close: () => client.close() });
    await client.connect(transport());
    const answer = await client.callTool({ name: 'count_affiliates', arguments: {} });
    expect(answer.structuredContent).toEqual({ count: 60 });
    expect(app.tokens()?.refresh_token).not.toBe(before?.refresh_token);
  });
});

test('a refresh token gives new tokens with the same scopes', async () => {
  const server = await startSignIn();
  const { clientId, granted } = await signIn(server, { scopes: ['leaddyno:read', 'leaddyno:money'] });
  expect(granted.scope).toBe('leaddyno:read leaddyno:money');
  const renewed = await (await refresh(server, clientId, granted.refresh_token)).json();
  expect(renewed).toMatchObject({ scope: 'leaddyno:read leaddyno:money', token_type: 'Bearer', expires_in: 3600 });
});

test('two people with keys of their own see their own accounts alone, on one server', async () => {
  const ownerOf = (key: string) => createHash('sha256').update(key).digest('hex').slice(0, 12);
  const upstream = await startLeadDyno(({ key = 'nobody', path }, response) => {
    if (path.endsWith('/count')) return answerJson(response, { count: 1 });
    answerJson(response, { id: 7, email: `${ownerOf(key)}@owner.example` });
  });
  const server = await startSignInAt(upstream.url);
  const people = ['anns', 'bobs'].map((name) => secret(name));
  const tokens = await Promise.all(people.map(async (key) => (await signIn(server, { key })).granted.access_token));
  const clients = await Promise.all(
    tokens.map((token, index) => connectHttp(server.url, index ? 'modern' : 'legacy', { token })),
  );
  for (let round = 0; round < 5; round += 1) {
    const answers = await Promise.all(clients.map((client) => client.call('get_affiliate', { affiliate_id: 7 })));
    answers.forEach(({ text }, index) => {
      people.forEach((key, other) => {
        if (other === index) expect(text).toContain(ownerOf(key));
        else expect(text).not.toContain(ownerOf(key));
      });
    });
  }
  // Files and questions are kept by caller: two sign-ins of one account are two callers.
  const callers = new Set(
    [...server.logged().matchAll(/"caller":"(sign-in:[\w-]{16}\.[\w-]{8})"/g)].map(([, who]) => who),
  );
  expect(callers.size).toBe(2);
});
