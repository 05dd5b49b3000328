import { createHmac, createPublicKey, randomBytes } from 'node:crypto';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { AUDIENCE, goodClaims, type Issuer, type IssuerKey, makeKey, startIssuer } from '../support/http-issuer.ts';
import { modern, post, toolCall } from '../support/http-raw.ts';
import { type SandboxHttpServer, startHttp } from '../support/http-server.ts';

let issuer: Issuer;
let key: IssuerKey;
let rsa: IssuerKey;
let foreign: IssuerKey;
let server: SandboxHttpServer;

beforeAll(async () => {
  issuer = await startIssuer();
  [key, rsa, foreign] = await Promise.all([makeKey('first'), makeKey('second', 'RS256'), makeKey('first')]);
  issuer.publish(key, rsa);
  server = await startHttp({ argv: ['--oauth-issuer', issuer.issuer, '--oauth-audience', AUDIENCE] });
});
afterAll(async () => {
  await server.close();
  await issuer.close();
});

async function use(token: string) {
  const { headers, body } = toolCall(modern, 'count_affiliates');
  const answer = await post(server.port, { headers: { ...headers, authorization: `Bearer ${token}` }, body });
  return { status: answer.status, challenge: String(answer.headers['www-authenticate'] ?? ''), text: answer.text };
}

const encode = (value: unknown) => Buffer.from(JSON.stringify(value)).toString('base64url');
const now = () => Math.floor(Date.now() / 1000);
const claims = (more: object = {}) => ({ ...goodClaims(issuer.issuer), ...more });

/** A token signed with a shared secret, whatever its header says. */
function hmac(header: object, secret: string | Buffer): string {
  const signed = `${encode(header)}.${encode(claims())}`;
  return `${signed}.${createHmac('sha256', secret).update(signed).digest('base64url')}`;
}

const pem = (of: IssuerKey, type: 'spki' | 'pkcs1' = 'spki') =>
  createPublicKey({ key: of.publicJwk, format: 'jwk' }).export({ type, format: 'pem' }).toString();

describe('a token that is right', () => {
  it.each<[string, () => Promise<string>]>([
    ['signed with ES256', () => issuer.sign(key)],
    ['signed with RS256', () => issuer.sign(rsa)],
    ['for several audiences', () => issuer.sign(key, { aud: ['https://other.example', AUDIENCE] })],
    ['with its scopes in a list', () => issuer.sign(key, { scope: undefined, scp: ['leaddyno:read'] })],
    ['of a client without a person', () => issuer.sign(key, { sub: undefined, client_id: 'job' })],
    ['a moment early', () => issuer.sign(key, { nbf: now() + 3 })],
  ])('%s is taken', async (_, make) => {
    expect(await use(await make())).toMatchObject({ status: 200 });
  });
});

describe('a token that is wrong', () => {
  it.each<[string, () => string | Promise<string>]>([
    ['is signed by another key of that name', () => issuer.sign(foreign)],
    ['is signed by a key that is not published', async () => issuer.sign(await makeKey('unknown'))],
    ['names a key that is not published', () => issuer.sign(key, {}, { kid: 'unknown' })],
    ['names the key of another algorithm', () => issuer.sign(key, {}, { kid: 'second' })],
    ['has no signature', async () => `${(await issuer.sign(key)).split('.').slice(0, 2).join('.')}.`],
    [
      'has the signature of another',
      async () => splice(await issuer.sign(key), await issuer.sign(key, { sub: 'joe' })),
    ],
    ['has a signature with a changed bit', async () => flip(await issuer.sign(key))],
    ['has more than its three parts', async () => `${await issuer.sign(key)}.${encode({})}`],
    ['says alg none', () => `${encode({ alg: 'none' })}.${encode(claims())}.`],
    ['says alg None', () => `${encode({ alg: 'None', kid: 'first' })}.${encode(claims())}.`],
    ['says alg none, with a signature', async () => `${encode({ alg: 'none' })}.${encode(claims())}.${'A'.repeat(86)}`],
    ['says no alg', () => `${encode({ kid: 'first' })}.${encode(claims())}.${'A'.repeat(86)}`],
    ['is HS256 with the public key for a secret', () => hmac({ alg: 'HS256', kid: 'second' }, pem(rsa))],
    ['is HS256 with it in the older form', () => hmac({ alg: 'HS256', kid: 'second' }, pem(rsa, 'pkcs1'))],
    ['is HS256 with it as JSON', () => hmac({ alg: 'HS256', kid: 'first' }, JSON.stringify(key.publicJwk))],
    ['is HS256 with nothing for a secret', () => hmac({ alg: 'HS256', kid: 'first' }, '')],
    ['brings its own key', () => issuer.sign(foreign, {}, { jwk: foreign.publicJwk, kid: 'own' })],
    ['says where its key is', () => issuer.sign(foreign, {}, { jku: 'http://127.0.0.1:9/keys', kid: 'own' })],
    ['asks for what nobody understands', () => issuer.sign(key, {}, { crit: ['x'], x: 1 })],
    ['is of another issuer', () => issuer.sign(key, { iss: 'https://issuer.example' })],
    ['is of an issuer with a slash', () => issuer.sign(key, { iss: `${issuer.issuer}/` })],
    ['names no issuer', () => issuer.sign(key, { iss: undefined })],
    ['is for another audience', () => issuer.sign(key, { aud: 'https://other.example/mcp' })],
    ['is for an audience that begins alike', () => issuer.sign(key, { aud: `${AUDIENCE}/more` })],
    ['names no audience', () => issuer.sign(key, { aud: undefined })],
    ['has expired', () => issuer.sign(key, { exp: now() - 60 })],
    ['has just expired', () => issuer.sign(key, { exp: now() - 2 })],
    ['never expires', () => issuer.sign(key, { exp: undefined })],
    ['expires in words', () => issuer.sign(key, { exp: 'never' as unknown as number })],
    ['is not valid yet', () => issuer.sign(key, { nbf: now() + 60 })],
    ['contains no tokens', () => issuer.sign(key, { sub: undefined })],
    ['contains no tokens, in a text', () => issuer.sign(key, { sub: '' })],
    ['names a number', () => issuer.sign(key, { sub: 5 as unknown as string })],
    ['names an object', () => issuer.sign(key, { sub: {} as unknown as string })],
    ['is empty in its middle', async () => (await issuer.sign(key)).replace(/\.[^.]+\./, '..')],
    ['is no token', () => 'not.a.token'],
    ['is dots', () => '..'],
    ['is random', () => `${randomBytes(20).toString('base64url')}.${randomBytes(50).toString('base64url')}.x`],
    ['has a header that is no object', () => `${encode([])}.${encode(claims())}.${'A'.repeat(86)}`],
    ['has a header of nulls', () => `${encode({ alg: null, kid: null })}.${encode(claims())}.${'A'.repeat(86)}`],
    ['names its key by a number', () => `${encode({ alg: 'ES256', kid: 1 })}.${encode(claims())}.${'A'.repeat(86)}`],
    [
      'names its key by a list',
      () => `${encode({ alg: 'ES256', kid: ['first'] })}.${encode(claims())}.${'A'.repeat(86)}`,
    ],
    ['is encrypted', () => `${encode({ alg: 'dir', enc: 'A256GCM' })}....`],
  ])('is refused where it %s', async (_, make) => {
    const before = server.sandbox.requests.length;
    const token = await make();
    const { status, challenge, text } = await use(token);
    expect(status).toBe(401);
    expect(challenge).toMatch(/^Bearer error="invalid_token".*resource_metadata="https:\/\/mcp\.example\.com\//);
    expect(text).not.toContain(token);
    expect(server.sandbox.requests).toHaveLength(before);
    expect(server.logged()).not.toContain(token);
  });

  it('is refused with its scopes in another form', async () => {
    for (const more of [
      { scope: undefined },
      { scope: 'leaddyno' },
      { scope: 'LEADDYNO:READ' },
      { scope: 'leaddyno:read,leaddyno:write' },
      { scope: 'leaddyno:*' },
      { scope: { 'leaddyno:read': true } },
      { scope: '', scp: ['leaddyno:read'] },
      { scope: [['leaddyno:read']] },
    ]) {
      const { status, challenge } = await use(await issuer.sign(key, more));
      expect({ status, challenge }).toMatchObject({
        status: 403,
        challenge: expect.stringContaining('error="insufficient_scope"'),
      });
    }
  });
});

function splice(token: string, other: string): string {
  const [header, payload] = token.split('.');
  return [header, payload, other.split('.')[2]].join('.');
}

function flip(token: string): string {
  const [header, payload, signature = ''] = token.split('.');
  const bytes = Buffer.from(signature, 'base64url');
  bytes[0] = (bytes[0] ?? 0) ^ 1;
  return [header, payload, bytes.toString('base64url')].join('.');
}
