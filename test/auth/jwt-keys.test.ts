import { afterEach, describe, expect, it, vi } from 'vitest';
import {
  AUDIENCE,
  answer,
  type Doctor,
  type Issuer,
  type IssuerKey,
  makeKey,
  startIssuer,
} from '../support/http-issuer.ts';
import { modern, post, toolCall } from '../support/http-raw.ts';
import { type SandboxHttpServer, startHttp } from '../support/http-server.ts';

afterEach(() => vi.useRealTimers());

const MINUTE = 60_000;
const [first, second] = await Promise.all([makeKey('first'), makeKey('second')]);

async function start(...published: IssuerKey[]) {
  const issuer = await startIssuer();
  issuer.publish(...published);
  const server = await startHttp({ argv: ['--oauth-issuer', issuer.issuer, '--oauth-audience', AUDIENCE] });
  return { issuer, server };
}

async function use(server: SandboxHttpServer, token: string) {
  const { headers, body } = toolCall(modern, 'count_affiliates');
  const got = await post(server.port, { headers: { ...headers, authorization: `Bearer ${token}` }, body });
  return { status: got.status, wait: got.headers['retry-after'], challenge: got.headers['www-authenticate'] };
}

const status = async (server: SandboxHttpServer, token: string) => (await use(server, token)).status;

/** Moves the clock by which keys grow old. */
function advance(ms: number): void {
  const then = Date.now() + ms;
  vi.useFakeTimers({ toFake: ['Date'], now: then });
}

const down: Doctor = (response) => response.socket?.destroy();
const failing: Doctor = (response) => answer(response, { error: 'no' }, 500);
const html: Doctor = (response) => response.writeHead(200, { 'content-type': 'text/html' }).end('<p>Login</p>');
const json =
  (value: unknown): Doctor =>
  (response) =>
    answer(response, value);
const elsewhere: Doctor = (response) => response.writeHead(302, { location: 'http://127.0.0.1:9/' }).end();

describe('the keys of the issuer', () => {
  it('are read once for many calls', async () => {
    const { issuer, server } = await start(first);
    const tokens = await Promise.all(Array.from({ length: 10 }, () => issuer.sign(first)));
    for (const one of await Promise.all(tokens.map((token) => use(server, token)))) expect(one.status).toBe(200);
    expect(issuer.asked).toEqual(['/.well-known/oauth-authorization-server', '/keys']);
  });

  it('are found by OpenID Connect Discovery too', async () => {
    const { issuer, server } = await start(first);
    const { issuer: name } = issuer;
    let asked = 0;
    issuer.doctor('metadata', (response) => {
      asked += 1;
      if (asked === 1) answer(response, {}, 404);
      else answer(response, { issuer: name, jwks_uri: `${name}/keys` });
    });
    expect(await status(server, await issuer.sign(first))).toBe(200);
    expect(issuer.asked[1]).toBe('/.well-known/openid-configuration');
  });

  it('may be changed: a new one works as soon as it is published, the old one ends', async () => {
    const { issuer, server } = await start(first);
    expect(await status(server, await issuer.sign(first))).toBe(200);
    expect(await status(server, await issuer.sign(second))).toBe(401);
    issuer.publish(first, second);
    advance(6_000);
    expect(await status(server, await issuer.sign(second))).toBe(200);
    expect(await status(server, await issuer.sign(first))).toBe(200);

    issuer.publish(second);
    advance(11 * MINUTE);
    // This one has the keys read anew, and does not wait for it.
    await use(server, await issuer.sign(second));
    await vi.waitFor(async () => expect(await status(server, await issuer.sign(first))).toBe(401));
    expect(await status(server, await issuer.sign(second))).toBe(200);
  });

  it('are not asked for again by a flood of tokens with invented ones', async () => {
    const { issuer, server } = await start(first);
    await use(server, await issuer.sign(first));
    const before = issuer.asked.length;
    for (let index = 0; index < 20; index += 1)
      expect(await status(server, await issuer.sign(second, {}, { kid: `invented-${index}` }))).toBe(401);
    expect(issuer.asked.length).toBe(before);
  });

  it.each<[string, Doctor]>([
    ['is down', down],
    ['fails', failing],
    ['shows a page', html],
    ['answers something else', json({ error: 'maintenance' })],
    ['sends elsewhere', elsewhere],
  ])('go on serving while the issuer %s', async (_, how) => {
    const { issuer, server } = await start(first);
    expect(await status(server, await issuer.sign(first))).toBe(200);
    issuer.doctor('jwks', how);
    issuer.doctor('metadata', how);
    for (const ms of [6_000, 11 * MINUTE, 11 * MINUTE, 24 * 60 * MINUTE]) {
      advance(ms);
      expect(await status(server, await issuer.sign(first))).toBe(200);
    }
    // An unknown key may be a new one: that cannot be told now, and is not held against the token.
    expect(await use(server, await issuer.sign(second))).toEqual({ status: 503, wait: '5', challenge: undefined });
    // What is wrong by itself stays wrong.
    expect(await status(server, await issuer.sign(first, { aud: 'https://other.example' }))).toBe(401);

    issuer.doctor('jwks', undefined);
    issuer.doctor('metadata', undefined);
    issuer.publish(first, second);
    advance(6_000);
    expect(await status(server, await issuer.sign(second))).toBe(200);
  });
});

describe('where no keys are known yet', () => {
  const cases: readonly (readonly [string, (issuer: Issuer) => void])[] = [
    ['the issuer is down', ({ doctor }) => both(doctor, down)],
    ['the issuer fails', ({ doctor }) => both(doctor, failing)],
    ['the issuer shows a page', ({ doctor }) => both(doctor, html)],
    ['the issuer sends elsewhere', ({ doctor }) => both(doctor, elsewhere)],
    ['the keys are out of reach', ({ doctor }) => doctor('jwks', down)],
    ['the keys are no keys', ({ doctor }) => doctor('jwks', json({ keys: 'none' }))],
    ['the keys are a page', ({ doctor }) => doctor('jwks', html)],
    ['the keys are elsewhere', ({ doctor }) => doctor('jwks', elsewhere)],
    ['the document speaks for another issuer', other('https://issuer.example')],
    ['the document speaks for nobody', other(undefined)],
    ['the document speaks for a text that begins alike', other('{issuer}/')],
    ['the document names no keys', ({ doctor, issuer }) => doctor('metadata', json({ issuer }))],
    [
      'the document names keys that are no address',
      ({ doctor, issuer }) => doctor('metadata', json({ issuer, jwks_uri: 'keys' })),
    ],
    ['the document is a list', ({ doctor }) => doctor('metadata', json([]))],
  ];

  it.each(cases)('a call is put off where %s, and served once that has passed', async (_, bend) => {
    const { issuer, server } = await start(first);
    bend(issuer);
    const token = await issuer.sign(first);
    const answers = await Promise.all([use(server, token), use(server, token), use(server, token)]);
    for (const one of answers) expect(one).toEqual({ status: 503, wait: '5', challenge: undefined });
    expect(server.sandbox.requests).toEqual([]);

    issuer.doctor('jwks', undefined);
    issuer.doctor('metadata', undefined);
    expect(await status(server, token)).toBe(200);
  });

  it('keys that were never published open nothing, whoever names them', async () => {
    const { issuer, server } = await start();
    expect(await status(server, await issuer.sign(first))).toBe(401);
  });
});

function both(doctor: Issuer['doctor'], how: Doctor): void {
  doctor('metadata', how);
  doctor('jwks', how);
}

/** Metadata that is in order but for whom it speaks for. */
function other(named: string | undefined) {
  return ({ doctor, issuer }: Issuer) =>
    doctor('metadata', json({ issuer: named?.replace('{issuer}', issuer), jwks_uri: `${issuer}/keys` }));
}
