import { OAuthError, OAuthErrorCode } from '@modelcontextprotocol/server';
import { createLocalJWKSet, errors, type JSONWebKeySet, type JWTVerifyGetKey } from 'jose';

/** Milliseconds for one document of the issuer, from the request to the last byte. */
const FETCH_MS = 5_000;
/** Metadata and keys of real issuers are a few kilobytes. */
const MAX_BYTES = 256 * 1024;
/** Older keys are read again in the background; while that fails, they stay in use. */
const FRESH_MS = 10 * 60_000;
/** The shortest time between two attempts that unknown key ids cause: anybody can invent one. */
const PAUSE_MS = 5_000;
/** While no keys are known, this many failed attempts in a row may follow each other without the pause. */
const QUICK_ATTEMPTS = 3;
/** The most calls that wait for keys at the same time; any more fail at once. */
const MOST_WAITING = 32;

type KeySet = ReturnType<typeof createLocalJWKSet>;

/**
 * The keys of an issuer, found by discovery on the first token. A token with a known key never waits for the issuer,
 * and known keys stay in use during an outage. An unknown key id makes us read the keys again, once for all that wait.
 */
export function createIssuerKeys(issuer: string, fetcher: typeof fetch): JWTVerifyGetKey {
  let known: KeySet | undefined;
  let uri: URL | undefined;
  let triedAt = Number.NEGATIVE_INFINITY;
  let failures = 0;
  let waiting = 0;
  let attempt: Promise<void> | undefined;

  async function read(): Promise<void> {
    uri ??= await findKeysUri(issuer, fetcher);
    // Throws if the new set cannot be used, so it never replaces a usable one.
    known = createLocalJWKSet((await fetchJson(uri, fetcher)) as JSONWebKeySet);
  }

  function begin(): Promise<void> {
    triedAt = Date.now();
    attempt ??= read()
      .then(
        () => {
          failures = 0;
        },
        (error: unknown) => {
          failures += 1;
          // The keys may have moved.
          uri = undefined;
          throw error;
        },
      )
      .finally(() => {
        attempt = undefined;
      });
    return attempt;
  }

  /** Waits for an attempt to read newer keys. @returns whether there was one */
  async function renew(): Promise<boolean> {
    const mayBegin = Date.now() - triedAt >= PAUSE_MS || (!known && failures < QUICK_ATTEMPTS);
    if (!attempt && !mayBegin) return false;
    if (waiting >= MOST_WAITING) throw outOfReach();
    waiting += 1;
    try {
      await (attempt ?? begin());
      return true;
    } finally {
      waiting -= 1;
    }
  }

  return async (header, token) => {
    if (known) {
      if (Date.now() - triedAt > FRESH_MS) void begin().catch(() => undefined);
      try {
        return await known(header, token);
      } catch (error) {
        if (!(error instanceof errors.JWKSNoMatchingKey)) throw error;
        const tried = await renew();
        // After a failed attempt we cannot tell whether this is a new key.
        if (!tried && failures > 0) throw outOfReach();
        if (!tried) throw error;
      }
    } else if (!(await renew())) throw outOfReach();
    if (!known) throw outOfReach();
    return await known(header, token);
  };
}

const outOfReach = () =>
  new OAuthError(OAuthErrorCode.TemporarilyUnavailable, 'The authorization server cannot be reached to check tokens.');

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
    const metadata = await fetchJson(uri, fetcher).catch(() => undefined);
    if (typeof metadata !== 'object' || metadata === null || !('jwks_uri' in metadata) || !('issuer' in metadata))
      continue;
    // Metadata of another issuer must not be used (RFC 8414, section 3.3).
    if (metadata.issuer === issuer && typeof metadata.jwks_uri === 'string') return new URL(metadata.jwks_uri);
  }
  throw outOfReach();
}

/** One complete JSON document within the limits. @throws Error if there is none */
async function fetchJson(uri: URL, fetcher: typeof fetch): Promise<unknown> {
  const response = await fetcher(uri, {
    redirect: 'error',
    headers: { accept: 'application/json' },
    signal: AbortSignal.timeout(FETCH_MS),
  });
  const reader = response.body?.getReader();
  const chunks: Uint8Array[] = [];
  let size = 0;
  try {
    if (!response.ok) throw new Error(`the answer is ${response.status}`);
    for (let part = await reader?.read(); part && !part.done; part = await reader?.read()) {
      size += part.value.length;
      if (size > MAX_BYTES) throw new Error('the document is too large');
      chunks.push(part.value);
    }
  } catch (error) {
    await reader?.cancel().catch(() => undefined);
    throw error;
  }
  return JSON.parse(Buffer.concat(chunks).toString('utf8'));
}
