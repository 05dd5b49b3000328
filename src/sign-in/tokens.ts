import { createHash, randomBytes, timingSafeEqual } from 'node:crypto';
import { type AuthInfo, OAuthError, OAuthErrorCode } from '@modelcontextprotocol/server';
import type { SignInGrants } from '../ports/sign-in-grants.ts';
import { isUnavailable } from '../ports/unavailable.ts';
import { type Asked, fieldsOf, json, OAuthProblem, type Reply } from './reply.ts';
import type { Seals } from './seal.ts';

/** Lifetimes in seconds. */
export const LIVES = {
  code: 60,
  access: 60 * 60,
  /** From the last refresh. */
  refresh: 30 * 24 * 60 * 60,
  /** From the sign-in; then the person must sign in again. */
  grant: 180 * 24 * 60 * 60,
} as const;

const ACCESS_PREFIX = 'ldmcp_access_';
const REFRESH_PREFIX = 'ldmcp_refresh_';

/** What a person allowed. */
export interface Grant {
  readonly grant: string;
  /** The LeadDyno key. Kept only here, sealed. */
  readonly key: string;
  /** Names the account without revealing its key. */
  readonly subject: string;
  readonly client: string;
  readonly scopes: readonly string[];
  readonly resource: string;
  /** Epoch seconds. */
  readonly ends: number;
}

interface Code extends Grant {
  readonly id: string;
  readonly redirect: string;
  readonly challenge: string;
  readonly expires: number;
}

interface Access extends Grant {
  readonly expires: number;
}

interface Refresh extends Grant {
  readonly turn: number;
  readonly expires: number;
}

export interface TokenSetup {
  readonly seals: Seals;
  readonly grants: SignInGrants;
  readonly resource: string;
  readonly now: () => number;
}

/** Issues and reads codes and tokens. They are sealed and hold everything, so nothing has to be stored. */
export function createTokens({ seals, grants, resource, now }: TokenSetup) {
  const keys = new WeakMap<AuthInfo, string>();
  const seconds = () => Math.floor(now() / 1_000);

  function issue(granted: Grant, turn: number): Reply {
    const { grant, key, subject, client, scopes, ends } = granted;
    const held = { grant, key, subject, client, scopes, resource, ends };
    const access: Access = { ...held, expires: Math.min(ends, seconds() + LIVES.access) };
    const refresh: Refresh = { ...held, turn, expires: Math.min(ends, seconds() + LIVES.refresh) };
    return json(200, {
      access_token: `${ACCESS_PREFIX}${seals.seal('access token', access)}`,
      token_type: 'Bearer',
      expires_in: access.expires - seconds(),
      refresh_token: `${REFRESH_PREFIX}${seals.seal('refresh token', refresh)}`,
      scope: scopes.join(' '),
    });
  }

  function read<Value extends object>(purpose: 'access token' | 'refresh token', prefix: string, text = '') {
    return text.startsWith(prefix) ? seals.open<Value>(purpose, text.slice(prefix.length)) : undefined;
  }

  async function fromCode(fields: ReadonlyMap<string, string>): Promise<Reply> {
    const code = seals.open<Code>('code', fields.get('code') ?? '');
    const refused = new OAuthProblem('invalid_grant', 'The code is not valid, or has expired.');
    if (!code || code.resource !== resource) throw refused;
    const fits =
      code.client === fields.get('client_id') &&
      code.redirect === fields.get('redirect_uri') &&
      code.expires > seconds() &&
      isVerified(code.challenge, fields.get('code_verifier') ?? '');
    // Checked before `useOnce`, so that nobody can use up somebody else's code.
    if (!fits) throw refused;
    if (!(await grants.useOnce(code.id, 2 * LIVES.code * 1_000))) {
      await grants.end(code.grant, LIVES.refresh * 1_000);
      throw new OAuthProblem('invalid_grant', 'The code was used before: all its tokens are revoked.');
    }
    return issue(code, 1);
  }

  async function fromRefresh(fields: ReadonlyMap<string, string>): Promise<Reply> {
    const token = read<Refresh>('refresh token', REFRESH_PREFIX, fields.get('refresh_token'));
    const fits = token?.resource === resource && token.client === fields.get('client_id');
    if (!token || !fits || token.expires <= seconds())
      throw new OAuthProblem('invalid_grant', 'The refresh token is not valid, or has expired.');
    const asked = fields.get('scope')?.split(' ');
    // A refresh cannot add scopes (RFC 6749, section 6).
    if (asked?.some((scope) => !token.scopes.includes(scope)))
      throw new OAuthProblem('invalid_scope', 'This scope was not granted. Sign in again to grant more.');
    if (!(await grants.turn(token.grant, token.turn, LIVES.refresh * 1_000)))
      throw new OAuthProblem('invalid_grant', 'The refresh token was used before or revoked. Sign in again.');
    return issue(token, token.turn + 1);
  }

  return {
    /** A code for the client, after a person has allowed access. */
    issueCode(given: Omit<Grant, 'grant' | 'ends' | 'resource'>, redirect: string, challenge: string): string {
      const code: Code = {
        ...given,
        resource,
        grant: randomBytes(16).toString('base64url'),
        id: randomBytes(16).toString('base64url'),
        ends: seconds() + LIVES.grant,
        expires: seconds() + LIVES.code,
        redirect,
        challenge,
      };
      return seals.seal('code', code);
    },

    /** The token endpoint. @throws OAuthProblem @throws Unavailable */
    async exchange({ body }: Asked): Promise<Reply> {
      const params = new URLSearchParams(body);
      const fields = fieldsOf(params, ['resource']);
      checkResource(params.getAll('resource'), resource);
      switch (fields.get('grant_type')) {
        case 'authorization_code':
          return await fromCode(fields);
        case 'refresh_token':
          return await fromRefresh(fields);
        default:
          throw new OAuthProblem('unsupported_grant_type', 'Use authorization_code or refresh_token.');
      }
    },

    /**
     * Revocation (RFC 7009): either token ends the grant and all its tokens.
     * @throws OAuthProblem @throws Unavailable
     */
    async revoke({ body }: Asked): Promise<Reply> {
      const fields = fieldsOf(new URLSearchParams(body));
      const text = fields.get('token');
      if (text === undefined) throw new OAuthProblem('invalid_request', 'The parameter token is missing.');
      const found =
        read<Refresh>('refresh token', REFRESH_PREFIX, text) ?? read<Access>('access token', ACCESS_PREFIX, text);
      const client = fields.get('client_id');
      // Anyone who has the token may end it, but a client that names itself may end only its own grants.
      if (found && (client === undefined || client === found.client))
        await grants.end(found.grant, LIVES.refresh * 1_000);
      return { status: 200, headers: {}, body: '' };
    },

    /** The caller behind an access token. @throws OAuthError */
    async verify(text: string): Promise<AuthInfo> {
      const token = read<Access>('access token', ACCESS_PREFIX, text);
      if (!token) throw new OAuthError(OAuthErrorCode.InvalidToken, 'The token is not valid.');
      if (token.resource !== resource)
        throw new OAuthError(OAuthErrorCode.InvalidToken, 'The token is for another server.');
      if (token.expires <= seconds()) throw new OAuthError(OAuthErrorCode.InvalidToken, 'The token has expired.');
      if (await hasEnded(token.grant)) throw new OAuthError(OAuthErrorCode.InvalidToken, 'The token was revoked.');
      const caller = { clientId: `sign-in:${token.subject}.${token.grant.slice(0, 8)}`, scopes: [...token.scopes] };
      const auth: AuthInfo = { token: '', ...caller, expiresAt: token.expires };
      keys.set(auth, token.key);
      return auth;
    },

    /** The LeadDyno key of a verified caller. It is kept beside the `AuthInfo` that is passed on, not in it. */
    keyOf: (auth: AuthInfo | undefined): string | undefined => auth && keys.get(auth),
  };

  /** While Redis is away, an access token works until it expires: an outage does not stop reads. */
  async function hasEnded(grant: string): Promise<boolean> {
    try {
      return await grants.hasEnded(grant);
    } catch (error) {
      if (isUnavailable(error)) return false;
      throw error;
    }
  }
}

export type Tokens = ReturnType<typeof createTokens>;

/** Accepts the endpoint's URL with or without a final slash. @throws OAuthProblem for any other resource */
export function checkResource(asked: readonly string[], resource: string): void {
  if (asked.some((one) => one !== '' && one !== resource && one !== `${resource}/`))
    throw new OAuthProblem('invalid_target', `Tokens of this server are for ${resource} alone.`);
}

/** PKCE with S256 (RFC 7636). */
function isVerified(challenge: string, verifier: string): boolean {
  if (!/^[\w.~-]{43,128}$/.test(verifier)) return false;
  const made = createHash('sha256').update(verifier).digest();
  const given = Buffer.from(challenge, 'base64url');
  return given.length === made.length && timingSafeEqual(given, made);
}
