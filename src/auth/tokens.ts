import { createHash, randomBytes, timingSafeEqual } from 'node:crypto';
import { readFileSync, statSync } from 'node:fs';
import type { IncomingHttpHeaders } from 'node:http';
import { type AuthInfo, OAuthError, OAuthErrorCode, verifyBearerToken } from '@modelcontextprotocol/server';
import * as z from 'zod';
import { SCOPES } from '../operations/operation.ts';

const NAME = /^[\w.@-]{1,64}$/;
const ACCOUNT = /^[a-z0-9-]{1,32}$/;

/** One caller in the tokens file: its name, the digest of its token, what it may do. */
const namedToken = z.strictObject({
  name: z.string().regex(NAME, 'may have up to 64 letters, digits and . _ @ -'),
  sha256: z.string().regex(/^[0-9a-f]{64}$/, 'must be the SHA-256 of a token as 64 hex digits'),
  scopes: z.array(z.enum(SCOPES)).min(1),
  /** For a server with several accounts: those it may use; absent: none. */
  accounts: z
    .union([z.literal('all'), z.array(z.string().regex(ACCOUNT, 'must be names of accounts')).min(1)])
    .optional(),
});

const tokensFile = z.strictObject({ tokens: z.array(namedToken) });

export type NamedToken = z.infer<typeof namedToken>;

/** The field of `AuthInfo.extra` with the accounts a token is for: `all` or their names; absent if it names none. */
export const ACCOUNTS_OF = 'accounts';

/** Verifies a bearer token of any kind: named tokens, JWTs, tokens of the sign-in. */
export type VerifyToken = (token: string) => Promise<AuthInfo>;

/**
 * Identifies the caller by the `Authorization` header, or by what a request has in its place.
 * @throws OAuthError for the challenge in the answer
 */
export function authenticateBearer(
  verify: VerifyToken,
  authorization: (headers: IncomingHttpHeaders) => string | undefined,
): (headers: IncomingHttpHeaders) => Promise<AuthInfo> {
  return async (headers) =>
    await verifyBearerToken(authorization(headers), { verifier: { verifyAccessToken: verify } });
}

/**
 * The callers in the text of a tokens file; none if the last one was revoked.
 * @throws Error that says what is wrong and where
 */
export function readTokensFile(text: string): NamedToken[] {
  let json: unknown;
  try {
    json = JSON.parse(text);
  } catch {
    throw new Error('the tokens file is not JSON');
  }
  const parsed = tokensFile.safeParse(json);
  if (!parsed.success) {
    const [issue] = parsed.error.issues;
    throw new Error(`the tokens file is wrong at ${issue?.path.join('.') || 'its root'}: ${issue?.message}`);
  }
  const names = parsed.data.tokens.map(({ name }) => name);
  const twice = names.find((name, index) => names.indexOf(name) !== index);
  if (twice !== undefined) throw new Error(`the tokens file names ${twice} twice`);
  if (new Set(parsed.data.tokens.map(({ sha256 }) => sha256)).size < names.length)
    throw new Error('the tokens file gives two names to one token');
  return parsed.data.tokens;
}

const PREFIX = 'ldmcp_';

/**
 * A new token: the text to give to its caller once, and the entry for the file.
 * @throws Error if the name cannot be used
 */
export function makeToken(
  name: string,
  scopes: NamedToken['scopes'],
  accounts?: NamedToken['accounts'],
): { token: string; entry: NamedToken } {
  if (!NAME.test(name))
    throw new Error(`A token name may have up to 64 letters, digits and . _ @ -, unlike ${JSON.stringify(name)}`);
  const token = `${PREFIX}${randomBytes(32).toString('base64url')}`;
  return { token, entry: { name, sha256: sha256(token).toString('hex'), scopes, ...(accounts && { accounts }) } };
}

/** One caller with every scope, from a token in the environment. No token in a file has the same identity. */
export function verifySoleToken(token: string): VerifyToken {
  const sole = { name: 'token', sha256: sha256(token).toString('hex'), scopes: [...SCOPES], accounts: 'all' as const };
  return verifyNamedTokens([sole], 'sole-token');
}

/** Named tokens do not expire, but the SDK requires a time. */
const NEVER_SECONDS = 365 * 24 * 60 * 60;

/** Compares digests in constant time and with every entry, so that timing reveals nothing about them. */
export function verifyNamedTokens(tokens: readonly NamedToken[], kind = 'token'): VerifyToken {
  const digests = tokens.map((entry) => ({ entry, digest: Buffer.from(entry.sha256, 'hex') }));
  return async (token) => {
    const presented = sha256(token);
    let found: NamedToken | undefined;
    for (const { entry, digest } of digests) if (timingSafeEqual(digest, presented)) found = entry;
    if (!found) throw new OAuthError(OAuthErrorCode.InvalidToken, 'This token is not known.');
    const expiresAt = Math.floor(Date.now() / 1000) + NEVER_SECONDS;
    const extra = { [ACCOUNTS_OF]: found.accounts };
    return { token: '', clientId: `${kind}:${found.name}`, scopes: [...found.scopes], expiresAt, extra };
  };
}

/** Told about changes of the tokens file while the server runs. */
export interface TokensFileListeners {
  readonly onRead: (callers: number) => void;
  /** The file cannot be used now, so the previous callers stay. Called once for each state of the file. */
  readonly onProblem: (problem: string) => void;
}

/**
 * Verifies the tokens of a file. Every call checks whether the file has changed, so added tokens work and revoked ones
 * fail at once. A file that was read while being written is read again on the next call.
 * @throws Error if the file cannot be used at the start
 */
export function verifyTokensFile(path: string, { onRead, onProblem }: TokensFileListeners): VerifyToken {
  let seen = markOf(path);
  const first = readTokensFile(readFileSync(path, 'utf8'));
  if (first.length === 0) throw new Error('the tokens file contains no tokens');
  let verify = verifyNamedTokens(first);

  /** Takes the mark before it reads the file, so that a write in between makes the next call read it again. */
  function look(): void {
    const mark = markOf(path);
    if (mark === seen) return;
    seen = mark;
    try {
      if (mark === undefined) throw new Error('the tokens file is no longer a file');
      const callers = readTokensFile(readFileSync(path, 'utf8'));
      verify = verifyNamedTokens(callers);
      onRead(callers.length);
    } catch (error) {
      onProblem((error as Error).message);
    }
  }

  return async (token) => {
    look();
    return await verify(token);
  };
}

/** Changes whenever the file does; undefined if there is no regular file. */
function markOf(path: string): string | undefined {
  const found = statSync(path, { throwIfNoEntry: false });
  return found?.isFile() ? [found.ino, found.size, found.mtimeMs, found.ctimeMs].join(' ') : undefined;
}

const sha256 = (text: string) => createHash('sha256').update(text).digest();
