import type { LookupAddress } from 'node:dns';
import { lookup } from 'node:dns/promises';
import { request } from 'node:https';
import { BlockList, isIP, type LookupFunction } from 'node:net';

/** Reads the document at a URL that a stranger gave. @throws Error with a message that anybody may see */
export type ReadDocument = (url: URL) => Promise<string>;

export interface DocumentBounds {
  readonly resolve: (host: string) => Promise<readonly LookupAddress[]>;
  readonly isAllowed: (address: string) => boolean;
  /** Milliseconds from the DNS look-up to the last byte. */
  readonly timeoutMs: number;
  readonly maxBytes: number;
  /** Certificates to trust instead of the usual ones. */
  readonly ca?: string | undefined;
}

const BOUNDS: DocumentBounds = {
  resolve: (host) => lookup(host, { all: true }),
  isAllowed: isPublicAddress,
  timeoutMs: 5_000,
  maxBytes: 64 * 1024,
};

/** Does not say which check failed: an answer must not reveal the network behind this server. */
const UNREADABLE = 'its client metadata document cannot be read';

/**
 * Reads a document over https, only from the public internet. The name is looked up once, each of its addresses must be
 * public, and the connection goes to one of these addresses, so that DNS cannot change in between. Redirects are not
 * followed.
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
      // Node does not look up an IP address, so it would skip the check.
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

/** Milliseconds until a document is read again after success, and after failure. */
const GOOD_MS = 10 * 60_000;
const BAD_MS = 60_000;
const MOST_CACHED = 500;
/** Limits for reading documents: per minute, and at the same time. */
const IN_A_MINUTE = 60;
const AT_ONCE = 8;

/** Caches documents, and limits how often strangers can make this server send requests to other servers. */
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

/*
 * The addresses that a stranger's URL may lead to: only those of the public internet. All that IANA lists as special
 * (RFC 6890 and its registry) is refused: this machine, private and link-local networks, cloud metadata services.
 */

const V4: readonly (readonly [network: string, prefix: number])[] = [
  ['0.0.0.0', 8],
  ['10.0.0.0', 8],
  ['100.64.0.0', 10],
  ['127.0.0.0', 8],
  ['169.254.0.0', 16],
  ['172.16.0.0', 12],
  ['192.0.0.0', 24],
  ['192.0.2.0', 24],
  ['192.31.196.0', 24],
  ['192.52.193.0', 24],
  ['192.88.99.0', 24],
  ['192.168.0.0', 16],
  ['192.175.48.0', 24],
  ['198.18.0.0', 15],
  ['198.51.100.0', 24],
  ['203.0.113.0', 24],
  ['224.0.0.0', 4],
  ['240.0.0.0', 4],
];

/** Special networks within 2000::/3, the only public part of IPv6, and those that wrap an IPv4 address. */
const V6: readonly (readonly [network: string, prefix: number])[] = [
  ['2001::', 23],
  ['2001:db8::', 32],
  ['2002::', 16],
  ['2620:4f:8000::', 48],
  ['3fff::', 20],
];

const special = new BlockList();
for (const [network, prefix] of V4) special.addSubnet(network, prefix, 'ipv4');
for (const [network, prefix] of V6) special.addSubnet(network, prefix, 'ipv6');
const global = new BlockList();
global.addSubnet('2000::', 3, 'ipv6');

/** Whether an IP address belongs to the public internet. */
export function isPublicAddress(address: string): boolean {
  const family = isIP(address);
  if (family === 4) return !special.check(address, 'ipv4');
  return family === 6 && global.check(address, 'ipv6') && !special.check(address, 'ipv6');
}
