import { type AuthInfo, OAuthError, OAuthErrorCode } from '@modelcontextprotocol/server';
import { createRemoteJWKSet, customFetch, errors, type JWTPayload, type JWTVerifyGetKey, jwtVerify } from 'jose';
import type { VerifyToken } from './tokens.ts';

export interface OAuthSettings {
  readonly issuer: string;
  readonly audience: string;
}

/** Asymmetric signatures alone: with a shared secret, whoever checks a token could make one. */
const ALGORITHMS = ['RS256', 'RS384', 'RS512', 'PS256', 'PS384', 'PS512', 'ES256', 'ES384', 'ES512', 'EdDSA'];
const CLOCK_TOLERANCE_SECONDS = 5;
const FETCH_TIMEOUT_MS = 5_000;
/** Keys older than this are asked for again; while that fails, the old ones go on serving. */
const KEYS_FRESH_MS = 10 * 60_000;

/**
 * Verifies access tokens of an authorization server: signature by its published keys, `iss`, `aud`, `exp`, `nbf`.
 * Where the keys are is found by discovery on the first token; they are read again when a key is unknown.
 */
export function verifyJwts(settings: OAuthSettings, fetcher: typeof fetch = fetch): VerifyToken {
  const keys = createKeys(settings.issuer, fetcher);
  return async (token) => {
    try {
      const { payload } = await jwtVerify(token, keys, {
        issuer: settings.issuer,
        audience: settings.audience,
        algorithms: ALGORITHMS,
        clockTolerance: CLOCK_TOLERANCE_SECONDS,
        requiredClaims: ['exp', 'iss', 'aud'],
      });
      return toAuthInfo(payload);
    } catch (error) {
      throw toOAuthError(error);
    }
  };
}

function toAuthInfo(payload: JWTPayload): AuthInfo {
  // A signed claim may still be of any type, and what is no name must not become one by being made text.
  const subject = [payload.sub, payload.client_id].find((name) => typeof name === 'string' && name !== '');
  if (subject === undefined || payload.exp === undefined)
    throw new OAuthError(OAuthErrorCode.InvalidToken, 'The token names no subject.');
  // The token itself goes no further: nothing behind this point needs it.
  return { token: '', clientId: `${payload.iss} ${subject}`, scopes: scopesOf(payload), expiresAt: payload.exp };
}

/** `scope` as one text (RFC 9068) or `scp` as a list, as some providers send it. */
function scopesOf({ scope, scp }: JWTPayload): string[] {
  if (typeof scope === 'string') return scope.split(' ').filter((one) => one !== '');
  const list = Array.isArray(scope) ? scope : Array.isArray(scp) ? scp : typeof scp === 'string' ? scp.split(' ') : [];
  return list.filter((one): one is string => typeof one === 'string');
}

/** The keys of an issuer. An outage of its server keeps those that are known. */
function createKeys(issuer: string, fetcher: typeof fetch): JWTVerifyGetKey {
  let remote: ReturnType<typeof createRemoteJWKSet> | undefined;
  let finding: Promise<ReturnType<typeof createRemoteJWKSet>> | undefined;

  async function find() {
    const uri = await findKeysUri(issuer, fetcher);
    remote = createRemoteJWKSet(uri, {
      cacheMaxAge: Number.POSITIVE_INFINITY,
      cooldownDuration: 5_000,
      timeoutDuration: FETCH_TIMEOUT_MS,
      [customFetch]: fetcher,
    });
    return remote;
  }

  let reloadedAt = 0;
  return async (header, token) => {
    finding ??= find().catch((error: unknown) => {
      finding = undefined;
      throw error;
    });
    const keys = remote ?? (await finding);
    if (Date.now() - reloadedAt > KEYS_FRESH_MS) {
      reloadedAt = Date.now();
      if (keys.jwks()) void keys.reload().catch(() => undefined);
    }
    return await keys(header, token);
  };
}

/** The two places where an issuer publishes its metadata (RFC 8414, OpenID Connect Discovery). */
function metadataUris(issuer: string): URL[] {
  const { origin, pathname } = new URL(issuer);
  const path = pathname.replace(/\/$/, '');
  return [
    new URL(`${origin}/.well-known/oauth-authorization-server${path}`),
    new URL(`${origin}${path}/.well-known/openid-configuration`),
  ];
}

async function findKeysUri(issuer: string, fetcher: typeof fetch): Promise<URL> {
  for (const uri of metadataUris(issuer)) {
    const response = await fetcher(uri, { redirect: 'error', signal: AbortSignal.timeout(FETCH_TIMEOUT_MS) }).catch(
      () => undefined,
    );
    if (!response?.ok) continue;
    const metadata: unknown = await response.json().catch(() => undefined);
    if (typeof metadata !== 'object' || metadata === null || !('jwks_uri' in metadata) || !('issuer' in metadata))
      continue;
    // A document that speaks for another issuer is not one of ours (RFC 8414, section 3.3).
    if (metadata.issuer === issuer && typeof metadata.jwks_uri === 'string') return new URL(metadata.jwks_uri);
  }
  throw new OAuthError(
    OAuthErrorCode.TemporarilyUnavailable,
    'The authorization server cannot be reached to check tokens.',
  );
}

/** What is wrong with the token is said; what is wrong on our side is not blamed on it. */
function toOAuthError(error: unknown): OAuthError {
  if (error instanceof OAuthError) return error;
  if (error instanceof errors.JWTExpired) return new OAuthError(OAuthErrorCode.InvalidToken, 'The token has expired.');
  if (error instanceof errors.JWTClaimValidationFailed) {
    return new OAuthError(OAuthErrorCode.InvalidToken, `The token's claim ${error.claim} does not fit this server.`);
  }
  const outage =
    error instanceof errors.JWKSTimeout ||
    error instanceof errors.JWKSInvalid ||
    !(error instanceof errors.JOSEError) ||
    error.code === 'ERR_JOSE_GENERIC';
  if (outage)
    return new OAuthError(
      OAuthErrorCode.TemporarilyUnavailable,
      'The keys of the authorization server cannot be read now.',
    );
  return new OAuthError(OAuthErrorCode.InvalidToken, 'The token is not valid.');
}
