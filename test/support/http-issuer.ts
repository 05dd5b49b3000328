import { createServer, type ServerResponse } from 'node:http';
import { exportJWK, generateKeyPair, type JWTHeaderParameters, type JWTPayload, SignJWT } from 'jose';
import type { JsonObject } from '../../src/json.ts';
import { listenOnLoopback } from './loopback.ts';
import { closeAtEnd } from './protocol-leaks.ts';

export const AUDIENCE = 'https://mcp.example.com/mcp';

type KeyPair = Awaited<ReturnType<typeof generateKeyPair>>;

/** A key of the issuer, which may or may not be published. */
export interface IssuerKey {
  readonly kid: string;
  readonly alg: string;
  readonly pair: KeyPair;
  readonly publicJwk: JsonObject;
}

export async function makeKey(kid: string, alg = 'ES256'): Promise<IssuerKey> {
  const pair = await generateKeyPair(alg, { extractable: true });
  return { kid, alg, pair, publicJwk: { ...(await exportJWK(pair.publicKey)), kid, alg, use: 'sig' } };
}

/** Answers a request for one of the issuer's documents, in place of the document. */
export type Doctor = (response: ServerResponse) => void;

/** An issuer of tokens whose documents the test can change and whose keys the test holds. */
export interface Issuer {
  readonly issuer: string;
  /** Paths requested so far. */
  readonly asked: readonly string[];
  /** Publishes exactly these keys. */
  publish(...keys: readonly IssuerKey[]): void;
  /** Replaces the answer for a document; `undefined` restores it. */
  doctor(path: 'metadata' | 'jwks', how: Doctor | undefined): void;
  /** A token signed with `key`; valid, apart from the claims and header fields given. */
  sign(key: IssuerKey, claims?: JWTPayload, header?: Partial<JWTHeaderParameters>): Promise<string>;
  close(): Promise<void>;
}

export async function startIssuer(): Promise<Issuer> {
  const asked: string[] = [];
  const doctors = new Map<string, Doctor>();
  let published: readonly IssuerKey[] = [];
  const server = createServer((request, response) => {
    const path = request.url ?? '';
    asked.push(path);
    const what =
      path === '/keys' ? 'jwks' : path === '/.well-known/oauth-authorization-server' ? 'metadata' : undefined;
    const doctor = doctors.get(what ?? 'metadata');
    if (doctor) return doctor(response);
    if (what === 'jwks') return answer(response, { keys: published.map(({ publicJwk }) => publicJwk) });
    if (what === 'metadata') return answer(response, { issuer, jwks_uri: `${issuer}/keys` });
    answer(response, {}, 404);
  });
  const { port, close } = await listenOnLoopback(server);
  const issuer = `http://127.0.0.1:${port}`;
  return closeAtEnd({
    issuer,
    asked,
    publish: (...keys: readonly IssuerKey[]) => {
      published = keys;
    },
    doctor: (path: 'metadata' | 'jwks', how: Doctor | undefined) => {
      if (how) doctors.set(path, how);
      else doctors.delete(path);
    },
    sign: (key: IssuerKey, claims: JWTPayload = {}, header: Partial<JWTHeaderParameters> = {}) =>
      new SignJWT({ ...goodClaims(issuer), ...claims })
        .setProtectedHeader({ alg: key.alg, kid: key.kid, typ: 'at+jwt', ...header })
        .sign(key.pair.privateKey, { crit: Object.fromEntries((header.crit ?? []).map((name) => [name, false])) }),
    close,
  });
}

/** The claims of a valid token. */
export function goodClaims(issuer: string): JWTPayload {
  const now = Math.floor(Date.now() / 1000);
  return { iss: issuer, aud: AUDIENCE, sub: 'jane', scope: 'leaddyno:read', iat: now, nbf: now, exp: now + 300 };
}

export function answer(response: ServerResponse, value: unknown, status = 200): void {
  response.writeHead(status, { 'content-type': 'application/json' }).end(JSON.stringify(value));
}
