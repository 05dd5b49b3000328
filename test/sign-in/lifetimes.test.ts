import { describe, expect, test } from 'vitest';
import { createSignInGrants } from '../../src/ports/sign-in-grants.ts';
import { createSignIn, type KeyCheck, type SignInEvent } from '../../src/sign-in/index.ts';
import { createSeals } from '../../src/sign-in/seal.ts';
import { PUBLIC, REDIRECT, verifierAndChallenge, wayBack } from '../support/sign-in.ts';
import { secret } from '../support/written.ts';

/* What holds for how long, and what survives a change of the secret: the sign-in by itself, with a clock of the test. */

const DAY = 24 * 60 * 60_000;
const CODE = secret('access-code');
const KEY = secret('leaddyno-key');
const [FIRST, SECOND] = [secret('the-first-state-secret-of-all'), secret('the-second-state-secret')];

function start(secrets: readonly string[] = [FIRST], grants = createSignInGrants()) {
  const clock = { now: Date.UTC(2026, 10, 28) };
  const events: SignInEvent[] = [];
  const key: { check: KeyCheck } = { check: 'accepted' };
  const signIn = createSignIn({
    issuer: PUBLIC,
    secrets,
    grants,
    scopes: ['leaddyno:read', 'leaddyno:write'],
    accessCode: CODE,
    checkKey: async () => key.check,
    subjectOf: () => 'account',
    onEvent: (event) => void events.push(event),
    now: () => clock.now,
  });
  const ask = (method: string, path: string, more: { query?: string; body?: string; cookie?: string } = {}) =>
    signIn.answer({
      method,
      path,
      query: new URLSearchParams(more.query),
      body: more.body ?? '',
      cookie: more.cookie,
      site: undefined,
      address: '192.0.2.1',
    });
  const token = async (fields: Record<string, string>) => {
    const { status, body } = await ask('POST', '/token', { body: String(new URLSearchParams(fields)) });
    return { status, ...(JSON.parse(body) as Record<string, string>) } as Record<string, string> & { status: number };
  };
  async function register() {
    const { body } = await ask('POST', '/register', { body: JSON.stringify({ redirect_uris: [REDIRECT] }) });
    return (JSON.parse(body) as { client_id: string }).client_id;
  }
  async function open(clientId: string) {
    const { verifier, challenge } = verifierAndChallenge();
    const query = {
      response_type: 'code',
      client_id: clientId,
      redirect_uri: REDIRECT,
      code_challenge: challenge,
      code_challenge_method: 'S256',
    };
    const { body, headers } = await ask('GET', '/authorize', { query: String(new URLSearchParams(query)) });
    const request = /name="request" value="([^"]*)"/.exec(body)?.[1] ?? '';
    const cookie = headers['set-cookie']?.split(';')[0] ?? '';
    const form = { request, leaddyno_key: KEY, access_code: CODE, decision: 'allow', scope: 'leaddyno:read' };
    return {
      verifier,
      send: () => ask('POST', '/authorize', { body: String(new URLSearchParams(form)), cookie }),
    };
  }
  async function code(clientId: string) {
    const page = await open(clientId);
    const { body } = await page.send();
    return {
      grant_type: 'authorization_code',
      code: wayBack(body).searchParams.get('code') ?? '',
      client_id: clientId,
      redirect_uri: REDIRECT,
      code_verifier: page.verifier,
    };
  }
  const renew = (clientId: string, refreshToken = '') =>
    token({ grant_type: 'refresh_token', refresh_token: refreshToken, client_id: clientId });
  return { signIn, clock, events, key, token, register, open, code, renew };
}

describe('in time', () => {
  test('a page waits a quarter of an hour', async () => {
    const { clock, open, register } = start();
    const page = await open(await register());
    clock.now += 14 * 60_000;
    expect((await page.send()).status).toBe(200);
    clock.now += 61_000;
    expect((await page.send()).status).toBe(403);
  });

  test('a code is good for a minute', async () => {
    const { clock, token, code, register } = start();
    const clientId = await register();
    const [one, other] = [await code(clientId), await code(clientId)];
    clock.now += 59_000;
    expect(await token(one)).toMatchObject({ status: 200 });
    clock.now += 2_000;
    expect(await token(other)).toMatchObject({ status: 400, error: 'invalid_grant' });
  });

  test('an access token is good for an hour', async () => {
    const { signIn, clock, token, code, register } = start();
    const { access_token: access = '' } = await token(await code(await register()));
    clock.now += 59 * 60_000;
    const auth = await signIn.verify(access);
    expect(auth.scopes).toEqual(['leaddyno:read']);
    expect(auth.clientId).toMatch(/^sign-in:account\.[\w-]{8}$/);
    // The key is beside what is handed on, not in it.
    expect(JSON.stringify(auth)).not.toContain(KEY);
    expect(signIn.keyOf(auth)).toBe(KEY);
    expect(signIn.keyOf({ ...auth })).toBeUndefined();
    clock.now += 61_000;
    await expect(signIn.verify(access)).rejects.toThrow('expired');
  });

  test('a refresh token is good for 30 days, a sign-in for 180', async () => {
    const { clock, token, code, register, renew } = start();
    const clientId = await register();
    let last = await token(await code(clientId));
    for (let month = 0; month < 6; month += 1) {
      clock.now += 29 * DAY;
      last = await renew(clientId, last.refresh_token);
      expect(last.status).toBe(200);
    }
    clock.now += 6 * DAY;
    expect(await renew(clientId, last.refresh_token)).toMatchObject({ status: 400, error: 'invalid_grant' });
    const fresh = await token(await code(clientId));
    clock.now += 31 * DAY;
    expect(await renew(clientId, fresh.refresh_token)).toMatchObject({ status: 400, error: 'invalid_grant' });
  });
});

describe('when the secret changes', () => {
  test('what was sealed before goes on while the old one is named, and is sealed anew', async () => {
    const grants = createSignInGrants();
    const before = start([FIRST], grants);
    const clientId = await before.register();
    const old = await before.token(await before.code(clientId));
    const during = start([SECOND, FIRST], grants);
    expect((await during.signIn.verify(old.access_token ?? '')).scopes).toEqual(['leaddyno:read']);
    const renewed = await during.renew(clientId, old.refresh_token);
    const after = start([SECOND], grants);
    expect((await after.signIn.verify(renewed.access_token ?? '')).scopes).toEqual(['leaddyno:read']);
    await expect(after.signIn.verify(old.access_token ?? '')).rejects.toThrow('not valid');
    // Its registration was sealed with the secret that is gone: the client is told to register anew.
    expect(await after.renew(clientId, renewed.refresh_token)).toMatchObject({ status: 401, error: 'invalid_client' });
  });

  test('nobody opens what another secret sealed', () => {
    const sealed = createSeals([FIRST]).seal('client', { a: 1 });
    expect(createSeals([FIRST]).open('client', sealed)).toEqual({ a: 1 });
    expect(createSeals([FIRST]).open('code', sealed)).toBeUndefined();
    expect(createSeals([SECOND]).open('client', sealed)).toBeUndefined();
    const [id] = createSeals([SECOND]).seal('client', {}).split('.');
    expect(createSeals([FIRST, SECOND]).open('client', `${id}.${sealed.split('.')[1]}`)).toBeUndefined();
  });

  test('the same is never sealed the same twice', () => {
    const seals = createSeals([FIRST]);
    expect(seals.seal('client', { a: 1 })).not.toBe(seals.seal('client', { a: 1 }));
  });
});

test('LeadDyno that gives no answer is no wrong key: nobody is stopped for it', async () => {
  const { events, open, register, key } = start();
  const page = await open(await register());
  key.check = 'unreachable';
  for (let tries = 0; tries < 10; tries += 1) {
    const { status, body } = await page.send();
    expect(status).toBe(503);
    expect(body).toContain('LeadDyno gives no answer');
  }
  key.check = 'accepted';
  expect((await page.send()).status).toBe(200);
  expect(events).toEqual([
    { kind: 'allowed', app: 'an app on this computer', scopes: ['leaddyno:read'], subject: 'account' },
  ]);
});
