import { type AuthInfo, OAuthError, OAuthErrorCode } from '@modelcontextprotocol/server';
import { errors, type JWTPayload, jwtVerify } from 'jose';
import { createIssuerKeys } from './issuer-keys.ts';
import { ACCOUNTS_OF, type VerifyToken } from './tokens.ts';

export interface OAuthSettings {
  readonly issuer: string;
  readonly audience: string;
}

/** Only asymmetric signatures: with a shared secret, anyone who can check a token could also make one. */
const ALGORITHMS = ['RS256', 'RS384', 'RS512', 'PS256', 'PS384', 'PS512', 'ES256', 'ES384', 'ES512', 'EdDSA'];
const CLOCK_TOLERANCE_SECONDS = 5;

/**
 * Verifies access tokens of an authorization server: signature by its published keys, `iss`, `aud`, `exp`, `nbf`.
 * Discovery on the first token finds the keys; an unknown key makes us read them again.
 */
export function verifyJwts(settings: OAuthSettings, fetcher: typeof fetch = fetch): VerifyToken {
  const keys = createIssuerKeys(settings.issuer, fetcher);
  const audience = formsOf(settings.audience);
  return async (token) => {
    try {
      const { payload } = await jwtVerify(token, keys, {
        issuer: settings.issuer,
        audience,
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
  // A signed claim may still have any type, and only text is accepted as a name. A person and a client may have the
  // same name, so the claim it comes from is part of the caller's id.
  const claim = (['sub', 'client_id'] as const).find((one) => typeof payload[one] === 'string' && payload[one] !== '');
  if (claim === undefined || payload.exp === undefined)
    throw new OAuthError(OAuthErrorCode.InvalidToken, 'The token names no subject.');
  // The token itself is not passed on: nothing after this point needs it.
  const clientId = `${payload.iss} ${claim}:${payload[claim]}`;
  const extra = { [ACCOUNTS_OF]: accountsOf(payload) };
  return { token: '', clientId, scopes: scopesOf(payload), expiresAt: payload.exp, extra };
}

/** Our own claim, for a server with several accounts: a list of names, one text with spaces, or `all`. */
function accountsOf({ leaddyno_accounts: claim }: JWTPayload): 'all' | string[] | undefined {
  const list = typeof claim === 'string' ? claim.split(/\s+/) : claim;
  if (!Array.isArray(list)) return undefined;
  const names = list.filter((one): one is string => typeof one === 'string' && one !== '');
  return names.length === 1 && names[0] === 'all' ? 'all' : names;
}

/** `scope` as one text (RFC 9068) or `scp` as a list, as some providers send it. */
function scopesOf({ scope, scp }: JWTPayload): string[] {
  if (typeof scope === 'string') return scope.split(' ').filter((one) => one !== '');
  const list = Array.isArray(scope) ? scope : Array.isArray(scp) ? scp : typeof scp === 'string' ? scp.split(' ') : [];
  return list.filter((one): one is string => typeof one === 'string');
}

/** A bare origin means the same with and without a final slash (RFC 3986, 6.2.3). */
function formsOf(audience: string): string[] {
  if (!URL.canParse(audience)) return [audience];
  const { origin } = new URL(audience);
  return audience === origin || audience === `${origin}/` ? [origin, `${origin}/`] : [audience];
}

/** Says what is wrong with the token, and does not blame it for failures on our side or the issuer's. */
function toOAuthError(error: unknown): OAuthError {
  if (error instanceof OAuthError) return error;
  if (error instanceof errors.JWTExpired) return new OAuthError(OAuthErrorCode.InvalidToken, 'The token has expired.');
  if (error instanceof errors.JWTClaimValidationFailed) {
    return new OAuthError(OAuthErrorCode.InvalidToken, `The token's claim ${error.claim} does not fit this server.`);
  }
  const outage =
    error instanceof errors.JWKSInvalid || !(error instanceof errors.JOSEError) || error.code === 'ERR_JOSE_GENERIC';
  if (outage)
    return new OAuthError(OAuthErrorCode.TemporarilyUnavailable, "The authorization server's keys cannot be read now.");
  return new OAuthError(OAuthErrorCode.InvalidToken, 'The token is not valid.');
}
