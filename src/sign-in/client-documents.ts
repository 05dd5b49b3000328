import type { LookupAddress } from 'node:dns';
import { lookup } from 'node:dns/promises';
import { request } from 'node:https';
import { isIP, type LookupFunction } from 'node:net';
import { isPublicAddress } from './public-address.ts';

/** Reads the document at an address that a stranger named. @throws Error whose message may be shown to anybody */
export type ReadDocument = (url: URL) => Promise<string>;

export interface DocumentBounds {
  readonly resolve: (host: string) => Promise<readonly LookupAddress[]>;
  readonly isAllowed: (address: string) => boolean;
  /** Milliseconds from the look-up of the name to the last byte. */
  readonly timeoutMs: number;
  readonly maxBytes: number;
  /** Certificates to trust in place of the usual ones. */
  readonly ca?: string | undefined;
}

const BOUNDS: DocumentBounds = {
  resolve: (host) => lookup(host, { all: true }),
  isAllowed: isPublicAddress,
  timeoutMs: 5_000,
  maxBytes: 64 * 1024,
};

/** Does not say which rule it broke: an answer must not tell what is in the network behind this server. */
const UNREADABLE = 'its client metadata document cannot be read';

/**
 * Reads a document over https from the public internet, and from nowhere else: the name is looked up once, each address
 * must be public, and the connection goes to one of those that were checked, so that a name cannot change its address in
 * between. Redirects are not followed.
 */
export function createDocumentReader(bounds: Partial<DocumentBounds> = {}): ReadDocument {
  const { resolve, isAllowed, timeoutMs, maxBytes, ca } = { ...BOUNDS, ...bounds };

  const checked: LookupFunction = (host, options, done) => {
    resolve(host).then(
      (found) => {
        const [first] = found;
        if (!first || !found.every(({ address }) => isAllowed(address))) done(new Error(UNREADABLE), '', 0);
        else if (options.all) done(null, [...found]);
        else done(null, first.address, first.family);
      },
      () => done(new Error(UNREADABLE), '', 0),
    );
  };

  return (url) =>
    new Promise((fulfil, reject) => {
      const fail = () => reject(new Error(UNREADABLE));
      // An address in place of a name is looked up nowhere.
      if (url.protocol !== 'https:' || isIP(url.hostname.replace(/^\[|\]$/g, '')) !== 0) return fail();
      const asked = request(url, {
        lookup: checked,
        agent: false,
        headers: { accept: 'application/json' },
        signal: AbortSignal.timeout(timeoutMs),
        ...(ca !== undefined && { ca }),
      });
      asked.on('error', fail);
      asked.on('response', (response) => {
        const give = () => {
          response.destroy();
          fail();
        };
        const isJson = /^application\/(json|[\w.+-]+\+json)\b/i.test(response.headers['content-type'] ?? '');
        if (response.statusCode !== 200 || !isJson || !isAllowed(response.socket.remoteAddress ?? '')) return give();
        const chunks: Buffer[] = [];
        let size = 0;
        response.on('error', fail);
        response.on('data', (chunk: Buffer) => {
          size += chunk.length;
          if (size > maxBytes) return give();
          chunks.push(chunk);
        });
        response.on('end', () => fulfil(Buffer.concat(chunks).toString('utf8')));
      });
      asked.end();
    });
}

interface Cached {
  readonly answer: Promise<string>;
  readonly until: number;
}

/** What was read is good for so long; what could not be read is not asked for again before. */
const GOOD_MS = 10 * 60_000;
const BAD_MS = 60_000;
const MOST_CACHED = 500;
/** Documents of strangers that are read in a minute, and at the same time. */
const IN_A_MINUTE = 60;
const AT_ONCE = 8;

/** Keeps what was read for a while, and bounds how often strangers can make this server ask somebody else's. */
export function cacheDocuments(read: ReadDocument, now: () => number = Date.now): ReadDocument {
  const cached = new Map<string, Cached>();
  let minute = now();
  let inMinute = 0;
  let running = 0;

  function begin(url: URL): Promise<string> {
    if (now() - minute >= 60_000) {
      minute = now();
      inMinute = 0;
    }
    if (inMinute >= IN_A_MINUTE || running >= AT_ONCE)
      return Promise.reject(new Error('too many client metadata documents are being read. Try again in a minute'));
    inMinute += 1;
    running += 1;
    const answer = read(url).finally(() => {
      running -= 1;
    });
    cached.set(url.href, { answer, until: now() + GOOD_MS });
    answer.catch(() => cached.set(url.href, { answer, until: now() + BAD_MS }));
    for (const oldest of cached.keys()) {
      if (cached.size <= MOST_CACHED) break;
      cached.delete(oldest);
    }
    return answer;
  }

  return async (url) => {
    const found = cached.get(url.href);
    return await (found && found.until > now() ? found.answer : begin(url));
  };
}
