import { OAuthError, OAuthErrorCode } from '@modelcontextprotocol/server';
import { createLocalJWKSet, errors, type JSONWebKeySet, type JWTVerifyGetKey } from 'jose';

/** Milliseconds for one document of the issuer, from the first byte asked for to the last one read. */
const FETCH_MS = 5_000;
/** Metadata and keys of real issuers have a few kilobytes. */
const MAX_BYTES = 256 * 1024;
/** Keys older than this are asked for again; while that fails, the old ones go on serving. */
const FRESH_MS = 10 * 60_000;
/** After keys were read, unknown key ids do not make them be read again for so long: anybody can invent one. */
const PAUSE_MS = 5_000;
/** After so many attempts in a row that failed, they come no more often than the pause allows. */
const QUICK_ATTEMPTS = 3;
/** Calls that wait for keys at the same time; one more is put off at once. */
const MOST_WAITING = 32;

type KeySet = ReturnType<typeof createLocalJWKSet>;

/**
 * The keys of an issuer, found by discovery on the first token. Whoever brings a known key never waits for the issuer:
 * an outage keeps the keys that are known. Unknown key ids have them read again, one attempt for all who wait.
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
    // One that cannot be used takes the place of none that can.
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

  /** Waits for keys that may be newer. @returns whether there was an attempt */
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
        // Whether it is a new key cannot be told while the last attempt failed.
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
    // A document that speaks for another issuer is not one of ours (RFC 8414, section 3.3).
    if (metadata.issuer === issuer && typeof metadata.jwks_uri === 'string') return new URL(metadata.jwks_uri);
  }
  throw outOfReach();
}

/** One document, whole and within its bounds. @throws where there is none */
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
