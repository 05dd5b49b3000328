import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { ask, modern, post, toolCall } from '../support/http-raw.ts';
import {
  allow,
  authorizeUrl,
  CODE,
  KEY,
  openPage,
  PUBLIC,
  REDIRECT,
  RESOURCE,
  readPage,
  refresh,
  register,
  type SignInServer,
  sendForm,
  signIn,
  startSignIn,
  tokenRequest,
  verifierAndChallenge,
  wayBack,
} from '../support/sign-in.ts';
import { secret } from '../support/written.ts';

/* What somebody might try against the sign-in. */

let server: SignInServer;
beforeAll(async () => {
  server = await startSignIn();
});
afterAll(() => server.close());

const call = (token: string, at: SignInServer = server) => {
  const message = toolCall(modern, 'count_affiliates');
  return post(at.port, { ...message, headers: { ...message.headers, authorization: `Bearer ${token}` } });
};

const errorOf = async (response: Response) => ({
  status: response.status,
  error: ((await response.json()) as { error?: string }).error,
});

const INVALID_GRANT = { status: 400, error: 'invalid_grant' };

/** A code, and how its own client would exchange it. */
async function obtainCode(clientId: string) {
  const { verifier, challenge } = verifierAndChallenge();
  const answer = await allow(server, authorizeUrl(clientId, { code_challenge: challenge }));
  const fields = {
    grant_type: 'authorization_code',
    code: answer.get('code') ?? '',
    client_id: clientId,
    redirect_uri: REDIRECT,
    code_verifier: verifier,
  };
  return { answer, fields };
}

describe('a code', () => {
  test('is worth nothing to whoever lacks its verifier, client or address, and is not used up by them', async () => {
    const clientId = await register(server);
    const { fields } = await obtainCode(clientId);
    const other = await register(server, { client_name: 'Another' });
    for (const wrong of [
      { code_verifier: verifierAndChallenge().verifier },
      { code_verifier: '' },
      { client_id: other },
      { redirect_uri: 'http://127.0.0.1:10/callback' },
      { redirect_uri: '' },
      { code: `${fields.code}A` },
      { code: '' },
    ])
      expect(await errorOf(await tokenRequest(server, { ...fields, ...wrong })), JSON.stringify(wrong)).toEqual(
        INVALID_GRANT,
      );
    expect((await tokenRequest(server, fields)).status).toBe(200);
  });

  test('of one session is not taken in another: the verifier tells', async () => {
    const clientId = await register(server);
    const [stolen, own] = [await obtainCode(clientId), await obtainCode(clientId)];
    const injected = { ...own.fields, code: stolen.fields.code };
    expect(await errorOf(await tokenRequest(server, injected))).toEqual(INVALID_GRANT);
  });

  test('that comes a second time ends all that came of it', async () => {
    const { granted, exchange, clientId } = await signIn(server);
    expect((await call(granted.access_token)).status).toBe(200);
    expect(await errorOf(await exchange())).toEqual(INVALID_GRANT);
    expect((await call(granted.access_token)).status).toBe(401);
    expect(await errorOf(await refresh(server, clientId, granted.refresh_token))).toEqual(INVALID_GRANT);
  });

  test('comes with the issuer, so that a client can tell servers apart (mix-up)', async () => {
    const clientId = await register(server);
    const { answer } = await obtainCode(clientId);
    expect(answer.get('iss')).toBe(PUBLIC);
    const denied = await allow(server, authorizeUrl(clientId), { decision: 'deny' });
    expect(Object.fromEntries(denied)).toEqual({ error: 'access_denied', state: 'the-state', iss: PUBLIC });
  });
});

describe('a redirect', () => {
  test.each([
    ['that was not registered', 'https://evil.example/callback'],
    ['with another path', 'http://127.0.0.1:9/callback/more'],
    ['with a query more', 'http://127.0.0.1:9/callback?next=https://evil.example'],
    ['to another name of this machine', 'http://localhost:9/callback'],
    ['with a user', 'http://evil@127.0.0.1:9/callback'],
    ['that only begins like one', 'http://127.0.0.1:9@evil.example/callback'],
    ['with a fragment', 'http://127.0.0.1:9/callback#x'],
    ['of another scheme', 'https://127.0.0.1:9/callback'],
    ['with a dot segment', 'http://127.0.0.1:9/x/../callback'],
    ['that is missing', undefined],
  ])('%s leads nowhere: the page has no way back', async (_, redirect) => {
    const page = await openPage(server, authorizeUrl(await register(server), { redirect_uri: redirect }));
    expect(page.status).toBe(400);
    expect(page.headers.get('location')).toBeNull();
    expect(page.html).not.toContain('href=');
    expect(page.html).not.toContain('http-equiv="refresh"');
  });

  test('on this machine may have any port, and no other difference', async () => {
    const clientId = await register(server);
    const page = await openPage(server, authorizeUrl(clientId, { redirect_uri: 'http://127.0.0.1:54321/callback' }));
    expect(page.status).toBe(200);
  });

  test.each([
    ['javascript:alert(1)'],
    ['data:text/html,hello'],
    ['file:///etc/passwd'],
    ['http://app.example/callback'],
    ['http://127.0.0.1.evil.example/callback'],
    ['ms-msdt:/id'],
    ['https://user:pass@app.example/'],
    ['https://app.example/#fragment'],
    ['https://app.example/"><script>'],
    ['not a url'],
  ])('to %s cannot be registered', async (uri) => {
    await expect(register(server, { redirect_uris: [uri] })).rejects.toThrow('invalid_redirect_uri');
  });

  test('after a wrong request is a person\u2019s choice: nothing is followed by itself', async () => {
    const url = authorizeUrl(await register(server, { redirect_uris: ['https://evil.example/'] }), {
      redirect_uri: 'https://evil.example/',
      response_type: 'token',
    });
    const page = await openPage(server, url);
    expect(page.status).toBe(400);
    expect(page.headers.get('location')).toBeNull();
    expect(page.html).not.toContain('refresh');
    expect(page.html).toContain('go back to evil.example, if you trust it');
  });
});

describe('PKCE cannot be left out', () => {
  test.each([
    ['with the method plain', { code_challenge_method: 'plain' }],
    ['without a method', { code_challenge_method: undefined }],
    ['without a challenge', { code_challenge: undefined }],
    ['with a short challenge', { code_challenge: 'short' }],
  ])('%s', async (_, more) => {
    const page = await openPage(server, authorizeUrl(await register(server), more));
    expect(page.status).toBe(400);
    expect(page.request).toBe('');
    expect(page.html).toContain('PKCE');
  });

  test.each([
    ['implicit', 'token'],
    ['hybrid', 'code token'],
    ['none', 'none'],
  ])('%s flow is none of ours', async (_, type) => {
    const page = await openPage(server, authorizeUrl(await register(server), { response_type: type }));
    expect(page.status).toBe(400);
    expect(page.request).toBe('');
  });
});

describe('a form', () => {
  const refusedForm = async (headers: Record<string, string>, change: object = {}) => {
    const page = await openPage(server, authorizeUrl(await register(server)));
    return await sendForm(server, { ...page, ...change }, { headers });
  };

  test('that another page sends is refused, whatever it knows (CSRF)', async () => {
    expect((await refusedForm({ cookie: '' })).status).toBe(403);
    expect((await refusedForm({ origin: 'https://evil.example' })).status).toBe(403);
    expect((await refusedForm({ origin: 'null' })).status).toBe(403);
    expect((await refusedForm({ 'sec-fetch-site': 'cross-site' })).status).toBe(403);
    expect((await refusedForm({ 'sec-fetch-site': 'same-site' })).status).toBe(403);
  });

  test('with the request of another browser is refused', async () => {
    const victim = await openPage(server, authorizeUrl(await register(server)));
    const attacker = await openPage(server, authorizeUrl(await register(server)));
    const mixed = await sendForm(server, { ...victim, request: attacker.request });
    expect(mixed.status).toBe(403);
    expect(await mixed.text()).not.toContain('refresh');
  });

  test('with an altered request is refused', async () => {
    const page = await openPage(server, authorizeUrl(await register(server)));
    const altered = `${page.request.slice(0, -2)}AA`;
    expect((await sendForm(server, { ...page, request: altered })).status).toBe(403);
    expect((await sendForm(server, { ...page, request: '' })).status).toBe(403);
  });

  test('grants no scope that there is not, and none at all only with a word', async () => {
    const page = await openPage(server, authorizeUrl(await register(server)));
    const none = await sendForm(server, page, { scopes: ['everything'] });
    expect(none.status).toBe(400);
    expect(await none.text()).toContain('Tick at least one box');
  });

  test('never comes back with the key or the access code in it', async () => {
    const page = await openPage(server, authorizeUrl(await register(server)));
    const key = secret('a-key-that-is-wrong');
    for (const filled of [{ key }, { key, code: secret('guessed') }, { key: `${key} two words` }]) {
      const answer = await sendForm(server, page, { ...filled, headers: { 'x-forwarded-for': '192.0.2.77' } });
      const html = await answer.text();
      expect(answer.status).toBeGreaterThanOrEqual(400);
      expect(html).not.toContain(key);
      expect(html).not.toContain(CODE);
    }
  });
});

test('no page may be framed, scripted or cached, and none says where it came from', async () => {
  const page = await openPage(server, authorizeUrl(await register(server)));
  const policy = page.headers.get('content-security-policy') ?? '';
  expect(policy).toContain("default-src 'none'");
  expect(policy).toContain("frame-ancestors 'none'");
  expect(policy).toContain("form-action 'self'");
  expect(policy).not.toMatch(/script-src|unsafe|https?:|\*/);
  expect(page.headers.get('x-frame-options')).toBe('DENY');
  expect(page.headers.get('cache-control')).toBe('no-store');
  expect(page.headers.get('x-content-type-options')).toBe('nosniff');
  expect(page.html).not.toMatch(/<script|javascript:| on\w+=/i);
  expect(page.headers.get('set-cookie')).toMatch(
    /^__Host-[^;]+; Path=\/; Max-Age=900; Secure; HttpOnly; SameSite=Strict$/,
  );
  const back = await sendForm(server, page);
  expect(back.headers.get('referrer-policy')).toBe('no-referrer');
  expect(back.headers.get('content-security-policy')).toContain("frame-ancestors 'none'");
});

test('what an app calls itself stays text', async () => {
  const name = '</title><script>alert(1)</script>\u202e\u200bClaude "official" & co';
  const page = await openPage(server, authorizeUrl(await register(server, { client_name: name })));
  expect(page.html).not.toContain('<script');
  expect(page.html).not.toMatch(/[\u202e\u200b]/);
  expect(page.html).toContain('&lt;script&gt;');
});

describe('a token', () => {
  test('of another server with the same secret is refused', async () => {
    const other = await startSignIn({ argv: ['--public-url', 'https://other.example.com'] });
    const { granted, clientId } = await signIn(server);
    expect((await call(granted.access_token)).status).toBe(200);
    const answer = await call(granted.access_token, other);
    expect(answer.status).toBe(401);
    expect(answer.headers['www-authenticate']).toContain('for another server');
    expect(await errorOf(await refresh(other, clientId, granted.refresh_token))).toEqual(INVALID_GRANT);
  });

  test('is refused for another resource from the start', async () => {
    const page = await openPage(
      server,
      authorizeUrl(await register(server), { resource: 'https://other.example.com/mcp' }),
    );
    expect(page.status).toBe(400);
    expect(page.html).toContain(RESOURCE);
    const { clientId, granted } = await signIn(server);
    const wrong = await refresh(server, clientId, granted.refresh_token, { resource: 'https://other.example.com/mcp' });
    expect(await errorOf(wrong)).toEqual({ status: 400, error: 'invalid_target' });
  });

  test('of one kind is none of another', async () => {
    const { granted, code } = await signIn(server);
    const bare = granted.refresh_token.replace('ldmcp_refresh_', '');
    for (const token of [granted.refresh_token, `ldmcp_access_${bare}`, `ldmcp_access_${code}`])
      expect((await call(token)).status).toBe(401);
  });

  test('that was altered anywhere is refused', async () => {
    const { granted } = await signIn(server);
    const token = granted.access_token;
    for (let at = 13; at < token.length; at += 17) {
      const altered = `${token.slice(0, at)}${token[at] === 'A' ? 'B' : 'A'}${token.slice(at + 1)}`;
      expect((await call(altered)).status, String(at)).toBe(401);
    }
  });

  test('holds the key sealed: nothing of it can be read', async () => {
    const { granted, code, clientId } = await signIn(server);
    for (const text of [granted.access_token, granted.refresh_token, code, clientId])
      for (const part of text.split(/[._]/))
        expect(Buffer.from(part, 'base64url').toString('latin1')).not.toContain(KEY.slice(0, 12));
  });

  test('is ended by its client, with all that came of the same sign-in', async () => {
    const { granted, clientId } = await signIn(server);
    const revoke = (fields: Record<string, string>) =>
      server.fetch(`${PUBLIC}/oauth/revoke`, { method: 'POST', body: new URLSearchParams(fields) });
    expect((await revoke({ token: granted.refresh_token, client_id: 'https://another.example/app' })).status).toBe(200);
    expect((await call(granted.access_token)).status).toBe(200);
    expect((await revoke({ token: 'unknown' })).status).toBe(200);
    expect((await revoke({ token: granted.refresh_token, client_id: clientId })).status).toBe(200);
    expect((await call(granted.access_token)).status).toBe(401);
    expect(await errorOf(await refresh(server, clientId, granted.refresh_token))).toEqual(INVALID_GRANT);
  });

  test('opens only what was ticked', async () => {
    const { granted } = await signIn(server, { scopes: ['leaddyno:read'] });
    const message = toolCall(modern, 'archive_affiliate', { affiliate_id: 1001 });
    const answer = await post(server.port, {
      ...message,
      headers: { ...message.headers, authorization: `Bearer ${granted.access_token}` },
    });
    expect(answer.status).toBe(403);
    expect(answer.headers['www-authenticate']).toContain('scope="leaddyno:write"');
  });
});

describe('a refresh token', () => {
  test('that comes again after it was used ends the sign-in, for whoever has it', async () => {
    const { granted, clientId } = await signIn(server);
    const second = (await (await refresh(server, clientId, granted.refresh_token)).json()) as typeof granted;
    const third = (await (await refresh(server, clientId, second.refresh_token)).json()) as typeof granted;
    expect((await call(third.access_token)).status).toBe(200);
    expect(await errorOf(await refresh(server, clientId, granted.refresh_token))).toEqual(INVALID_GRANT);
    expect((await call(third.access_token)).status).toBe(401);
    expect(await errorOf(await refresh(server, clientId, third.refresh_token))).toEqual(INVALID_GRANT);
  });

  test('whose answer was lost works once more at once', async () => {
    const { granted, clientId } = await signIn(server);
    for (const _ of [1, 2]) expect((await refresh(server, clientId, granted.refresh_token)).status).toBe(200);
  });

  test('is its client\u2019s alone, and grants no more than it did', async () => {
    const { granted, clientId } = await signIn(server, { scopes: ['leaddyno:read'] });
    const other = await register(server, { client_name: 'Another' });
    expect(await errorOf(await refresh(server, other, granted.refresh_token))).toEqual(INVALID_GRANT);
    const more = await refresh(server, clientId, granted.refresh_token, { scope: 'leaddyno:read leaddyno:money' });
    expect(await errorOf(more)).toEqual({ status: 400, error: 'invalid_scope' });
  });
});

test('a client that is not registered is told to register (401 invalid_client)', async () => {
  const { granted } = await signIn(server);
  for (const id of ['unknown', 'ldmcp_client_AAAAAAAA.AAAA', 'http://app.example/client.json', ''])
    expect(await errorOf(await refresh(server, id, granted.refresh_token))).toEqual({
      status: 401,
      error: 'invalid_client',
    });
});

test('parameters that come twice are refused: nobody chooses between them', async () => {
  const url = authorizeUrl(await register(server));
  url.searchParams.append('redirect_uri', 'https://evil.example/');
  const page = await openPage(server, url);
  expect(page.status).toBe(400);
  expect(page.html).not.toContain('href=');
});

describe('guessing', () => {
  test('the access code is stopped for its address, and tells nothing of keys', async () => {
    const own = await startSignIn();
    const page = await openPage(own, authorizeUrl(await register(own)));
    const before = own.sandbox.requests.length;
    const guess = (address: string, code = secret('a-wrong-access-code')) =>
      sendForm(own, page, { code, headers: { 'x-forwarded-for': `198.51.100.1, ${address}` } });
    for (let tries = 0; tries < 5; tries += 1) expect((await guess('203.0.113.5')).status).toBe(403);
    const stopped = await guess('203.0.113.5', CODE);
    expect(stopped.status).toBe(429);
    expect(Number(stopped.headers.get('retry-after'))).toBeGreaterThan(0);
    // No guess had LeadDyno asked about a key.
    expect(own.sandbox.requests).toHaveLength(before);
    const elsewhere = await guess('203.0.113.6', CODE);
    expect(wayBack(await elsewhere.text()).searchParams.get('code')).toBeTruthy();
    expect(own.logged()).toContain('wrong access code');
    expect(own.logged()).not.toContain(CODE);
  });

  test('of many keys at once, by somebody who has the code, is stopped as well', async () => {
    const own = await startSignIn();
    const page = await openPage(own, authorizeUrl(await register(own)));
    const keys = Array.from({ length: 30 }, (_, index) => secret(`a-wrong-key-${index}`));
    const answers = await Promise.all(keys.map(async (key) => (await sendForm(own, page, { key })).status));
    expect(answers.filter((status) => status === 403)).toHaveLength(5);
    expect(answers.filter((status) => status === 429)).toHaveLength(25);
  });

  test('from very many addresses is stopped for all', async () => {
    const own = await startSignIn();
    const page = await openPage(own, authorizeUrl(await register(own)));
    const guess = (address: string, code: string) =>
      sendForm(own, page, { code, headers: { 'x-forwarded-for': address } });
    for (let tries = 0; tries < 60; tries += 1)
      expect((await guess(`2001:db8:${tries}::1`, secret('a-wrong-access-code'))).status).toBe(403);
    expect((await guess('203.0.113.6', CODE)).status).toBe(429);
  });

  test('from one network of IPv6 counts as one', async () => {
    const own = await startSignIn();
    const page = await openPage(own, authorizeUrl(await register(own)));
    const guess = (address: string) =>
      sendForm(own, page, { code: secret('a-wrong-access-code'), headers: { 'x-forwarded-for': address } });
    for (let tries = 0; tries < 5; tries += 1) expect((await guess(`2001:db8::${tries}`)).status).toBe(403);
    expect((await guess('2001:db8:0:0:ffff::1')).status).toBe(429);
    expect((await guess('2001:db8:0:1::1')).status).toBe(403);
  });
});

test('nothing of it is in the log: no key, no code, no token', async () => {
  const own = await startSignIn();
  const { granted, code } = await signIn(own);
  await call(granted.access_token, own);
  await sendForm(own, await openPage(own, authorizeUrl(await register(own))), { key: secret('a-key-that-is-wrong') });
  const log = own.logged();
  expect(log).toContain('signed in');
  expect(log).toContain('LeadDyno refused the key');
  for (const word of [KEY, CODE, code, granted.access_token, granted.refresh_token, secret('a-key-that-is-wrong')])
    expect(log).not.toContain(word);
});

test('a key in a header is not taken: it comes with the token alone', async () => {
  const message = toolCall(modern, 'count_affiliates');
  const answer = await post(server.port, { ...message, headers: { ...message.headers, 'x-leaddyno-api-key': KEY } });
  expect(answer.status).toBe(401);
});

test('other methods and paths answer nothing', async () => {
  for (const [method, path] of [
    ['PUT', '/oauth/authorize'],
    ['GET', '/oauth/token'],
    ['GET', '/oauth/revoke'],
    ['POST', '/oauth/introspect'],
  ] as const) {
    const { status } = await ask(server.port, { method, path });
    expect([404, 405], `${method} ${path}`).toContain(status);
  }
  const huge = await server.fetch(`${PUBLIC}/oauth/register`, { method: 'POST', body: 'x'.repeat(70_000) });
  expect(huge.status).toBe(413);
  expect((await readPage(await server.fetch(`${PUBLIC}/oauth/authorize`))).status).toBe(400);
});
