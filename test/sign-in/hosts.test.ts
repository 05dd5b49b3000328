import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { ask, modern, post, toolCall } from '../support/http-raw.ts';
import {
  allow,
  authorizeUrl,
  openPage,
  PUBLIC,
  RESOURCE,
  refresh,
  register,
  type SignInServer,
  sendForm,
  signIn,
  startSignIn,
  tokenRequest,
  verifierAndChallenge,
} from '../support/sign-in.ts';

/*
 * What Claude's and ChatGPT's documents demand of a server where people sign in, as far as excerpts
 * of them say (November 2026; the documents of the clients below are made up in their form):
 * https://claude.com/docs/connectors/building/authentication,
 * https://support.claude.com/en/articles/11503834-building-custom-connectors-via-remote-mcp-servers,
 * https://developers.openai.com/apps-sdk/build/auth. No live host was asked.
 */

const CLAUDE_CODE = 'https://claude.ai/oauth/claude-code-client-metadata';
const CHATGPT = 'https://chatgpt.com/oauth/client.json';

/** Documents of the kind that these hosts publish. */
const DOCUMENTS: Readonly<Record<string, object>> = {
  [CLAUDE_CODE]: {
    client_id: CLAUDE_CODE,
    client_name: 'Claude Code',
    redirect_uris: ['http://localhost/callback', 'http://127.0.0.1/callback'],
    token_endpoint_auth_method: 'none',
  },
  [CHATGPT]: {
    client_id: CHATGPT,
    client_name: 'ChatGPT',
    redirect_uris: ['https://chatgpt.com/connector_platform_oauth_redirect', 'https://chatgpt.com/connector/oauth/abc'],
    token_endpoint_auth_method: 'none',
  },
};

let server: SignInServer;
beforeAll(async () => {
  server = await startSignIn({ readClientDocument: async ({ href }) => JSON.stringify(DOCUMENTS[href] ?? {}) });
});
afterAll(() => server.close());

const json = async (path: string) => {
  const answer = await ask(server.port, { path });
  expect(answer.status).toBe(200);
  expect(answer.headers['content-type']).toBe('application/json');
  return JSON.parse(answer.text) as Record<string, unknown>;
};

/** A whole connection of a client that sends its person back to `redirect`. */
async function connect(clientId: string, redirect: string) {
  const { verifier, challenge } = verifierAndChallenge();
  const url = authorizeUrl(clientId, { redirect_uri: redirect, code_challenge: challenge });
  const answer = await allow(server, url);
  const response = await tokenRequest(server, {
    grant_type: 'authorization_code',
    code: answer.get('code') ?? '',
    client_id: clientId,
    redirect_uri: redirect,
    code_verifier: verifier,
    resource: RESOURCE,
  });
  return { status: response.status, body: (await response.json()) as Record<string, unknown> };
}

describe('both demand', () => {
  test('a 401 that names the resource metadata (RFC 9728), and no scope that would limit what is asked for', async () => {
    const { status, headers } = await post(server.port, toolCall(modern, 'count_affiliates'));
    expect(status).toBe(401);
    const metadata = `${PUBLIC}/.well-known/oauth-protected-resource/mcp`;
    expect(headers['www-authenticate']).toContain(`resource_metadata="${metadata}"`);
    expect(headers['www-authenticate']).not.toContain('scope=');
  });

  test.each(['/.well-known/oauth-protected-resource', '/.well-known/oauth-protected-resource/mcp'])(
    'the resource metadata at %s',
    async (path) => {
      expect(await json(path)).toEqual({
        resource: RESOURCE,
        authorization_servers: [PUBLIC],
        scopes_supported: ['leaddyno:read', 'leaddyno:write', 'leaddyno:money', 'leaddyno:credentials'],
        bearer_methods_supported: ['header'],
        resource_name: 'LeadDyno',
      });
    },
  );

  test.each(['/.well-known/oauth-authorization-server', '/.well-known/oauth-authorization-server/mcp'])(
    'the server metadata at %s (RFC 8414), with all they choose by',
    async (path) => {
      expect(await json(path)).toEqual({
        issuer: PUBLIC,
        authorization_endpoint: `${PUBLIC}/oauth/authorize`,
        token_endpoint: `${PUBLIC}/oauth/token`,
        registration_endpoint: `${PUBLIC}/oauth/register`,
        revocation_endpoint: `${PUBLIC}/oauth/revoke`,
        scopes_supported: ['leaddyno:read', 'leaddyno:write', 'leaddyno:money', 'leaddyno:credentials'],
        response_types_supported: ['code'],
        response_modes_supported: ['query'],
        grant_types_supported: ['authorization_code', 'refresh_token'],
        token_endpoint_auth_methods_supported: ['none'],
        revocation_endpoint_auth_methods_supported: ['none'],
        code_challenge_methods_supported: ['S256'],
        client_id_metadata_document_supported: true,
        authorization_response_iss_parameter_supported: true,
      });
    },
  );

  test('token answers that nobody stores, with a time and a refresh token', async () => {
    const { exchange } = await signIn(server);
    const again = await exchange();
    expect(again.headers.get('cache-control')).toBe('no-store');
    expect(again.headers.get('content-type')).toBe('application/json');
    const { granted, clientId } = await signIn(server);
    expect(granted).toMatchObject({ token_type: 'Bearer', expires_in: 3600 });
    expect((await refresh(server, clientId, granted.refresh_token)).status).toBe(200);
  });
});

describe('Claude', () => {
  test.each(['https://claude.ai/api/mcp/auth_callback', 'https://claude.com/api/mcp/auth_callback'])(
    'registers itself with %s, and connects',
    async (redirect) => {
      const clientId = await register(server, {
        client_name: 'Claude',
        redirect_uris: [redirect],
        grant_types: ['authorization_code', 'refresh_token'],
        response_types: ['code'],
        token_endpoint_auth_method: 'none',
        scope: 'leaddyno:read leaddyno:write leaddyno:money leaddyno:credentials',
      });
      const { status, body } = await connect(clientId, redirect);
      expect(status).toBe(200);
      expect(body).toMatchObject({ scope: 'leaddyno:read leaddyno:write' });
    },
  );

  test('is told by 401 invalid_client to register anew', async () => {
    const answer = await tokenRequest(server, { grant_type: 'refresh_token', refresh_token: 'x', client_id: 'gone' });
    expect(answer.status).toBe(401);
    expect(await answer.json()).toMatchObject({ error: 'invalid_client' });
  });

  test.each(['http://localhost:3118/callback', 'http://127.0.0.1:45678/callback'])(
    'Code connects by its metadata document, which names no port, from %s',
    async (redirect) => {
      expect((await connect(CLAUDE_CODE, redirect)).status).toBe(200);
    },
  );

  test('is understood where it asks for a secret: it gets none, and is told so', async () => {
    const response = await server.fetch(`${PUBLIC}/oauth/register`, {
      method: 'POST',
      body: JSON.stringify({
        redirect_uris: ['https://claude.ai/api/mcp/auth_callback'],
        token_endpoint_auth_method: 'client_secret_post',
      }),
    });
    const registered = (await response.json()) as Record<string, unknown>;
    expect(response.status).toBe(201);
    expect(registered).toMatchObject({ token_endpoint_auth_method: 'none' });
    expect(registered).not.toHaveProperty('client_secret');
  });
});

describe('ChatGPT', () => {
  test.each(['https://chatgpt.com/connector_platform_oauth_redirect', 'https://chatgpt.com/connector/oauth/abc'])(
    'connects by its metadata document, back to %s',
    async (redirect) => {
      expect((await connect(CHATGPT, redirect)).status).toBe(200);
    },
  );

  test('connects again without naming a scope, and is asked for what is usual', async () => {
    const url = authorizeUrl(CHATGPT, { redirect_uri: 'https://chatgpt.com/connector/oauth/abc', scope: undefined });
    const page = await openPage(server, url);
    expect(page.ticked).toEqual(['leaddyno:read', 'leaddyno:write']);
    expect((await sendForm(server, page)).status).toBe(200);
  });

  test.each([RESOURCE, `${RESOURCE}/`, undefined])('names the resource as %s', async (resource) => {
    const url = authorizeUrl(CHATGPT, { redirect_uri: 'https://chatgpt.com/connector/oauth/abc', resource });
    expect((await openPage(server, url)).status).toBe(200);
  });
});

describe('what is asked for and what is ticked', () => {
  test.each([
    ['leaddyno:read', ['leaddyno:read']],
    ['leaddyno:money leaddyno:credentials', ['leaddyno:read']],
    ['leaddyno:read leaddyno:write leaddyno:money leaddyno:credentials', ['leaddyno:read', 'leaddyno:write']],
    ['openid offline_access', ['leaddyno:read', 'leaddyno:write']],
  ])('%s', async (scope, ticked) => {
    const page = await openPage(server, authorizeUrl(await register(server), { scope }));
    expect(page.ticked).toEqual(ticked);
  });

  test('a server that only reads offers nothing else', async () => {
    const reading = await startSignIn({ argv: ['--read-only'] });
    const page = await openPage(reading, authorizeUrl(await register(reading)));
    expect(page.html.match(/name="scope"/g)).toHaveLength(1);
    expect(page.ticked).toEqual(['leaddyno:read']);
  });
});

test('a page of this machine, such as that of the MCP Inspector, may ask for tokens', async () => {
  const origin = 'http://localhost:6274';
  for (const path of ['/oauth/token', '/oauth/register', '/oauth/revoke']) {
    const preflight = await ask(server.port, { method: 'OPTIONS', path, headers: { origin } });
    expect(preflight.status).toBe(204);
    expect(preflight.headers['access-control-allow-origin']).toBe(origin);
    const foreign = await ask(server.port, { method: 'OPTIONS', path, headers: { origin: 'https://evil.example' } });
    expect(foreign.status).toBe(403);
  }
});

test('an agent that reads /llms.txt is told to let its user sign in here', async () => {
  const { status, text } = await ask(server.port, { path: '/llms.txt' });
  expect(status).toBe(200);
  expect(text).toContain('led to a page of this server, where you sign in');
  expect(text).toContain(`${PUBLIC}/mcp`);
});
