import { createHmac, randomBytes, timingSafeEqual } from 'node:crypto';
import type { IncomingMessage, ServerResponse } from 'node:http';
import type { Memory } from '../ports/memory.ts';
import { isUnavailable } from '../ports/unavailable.ts';
import type { Route } from '../transports/http.ts';
import type { KeptFile } from '../workflows/workflow.ts';

/*
 * Links to files that tools created, for a person to click. Anyone with a link gets that file until the link expires,
 * and nothing else. A link does not identify a caller; what it refers to is in the memory, so that any replica with the
 * same memory and secret can serve it.
 */

const BELOW = '/exports/';
const ID_BYTES = 16;
/** The id, the expiry time (epoch milliseconds, base 36) and the signature of both. */
const TOKEN = /^([\w-]{22})\.([0-9a-z]{8,9})\.([\w-]{43})$/;

const NO_FILE = 'There is no such file. The link is incomplete or has expired: ask for the file again.\n';

export interface DownloadOptions {
  /** The start of every link, without a final slash. */
  readonly publicUrl: string;
  /** Shared by replicas; absent: links work only in this process. */
  readonly secret: string | undefined;
  readonly memory: Memory;
  readonly now?: () => number;
}

export interface Downloads {
  /**
   * A link to the file stored under a key of the memory.
   * @param expires epoch milliseconds
   * @throws Unavailable
   */
  linkTo(key: string, expires: number): Promise<string>;
  readonly route: Route;
}

export function createDownloads({ publicUrl, secret, memory, now = Date.now }: DownloadOptions): Downloads {
  // A key of its own, because the same secret signs other things too.
  const key = createHmac('sha256', secret ?? randomBytes(32))
    .update('export links')
    .digest();
  const sign = (id: string, end: string) => createHmac('sha256', key).update(`${id}.${end}`).digest('base64url');
  const placeOf = (id: string) => `download:${id}`;

  function isSigned(id: string, end: string, signature: string): boolean {
    return timingSafeEqual(Buffer.from(sign(id, end)), Buffer.from(signature));
  }

  async function find(token: string): Promise<KeptFile | undefined> {
    const [, id = '', end = '', signature = ''] = TOKEN.exec(token) ?? [];
    if (id === '' || !isSigned(id, end, signature) || Number.parseInt(end, 36) <= now()) return undefined;
    const place = await memory.get(placeOf(id));
    const kept = place === undefined ? undefined : await memory.get(place);
    return kept === undefined ? undefined : (JSON.parse(kept) as KeptFile);
  }

  return {
    async linkTo(place, expires) {
      const id = randomBytes(ID_BYTES).toString('base64url');
      const end = Math.floor(expires).toString(36);
      await memory.put(placeOf(id), place, Math.max(1, expires - now()));
      return `${publicUrl}${BELOW}${id}.${end}.${sign(id, end)}`;
    },
    route: {
      below: BELOW,
      async answer(req, res) {
        if (req.method !== 'GET' && req.method !== 'HEAD') {
          res.setHeader('allow', 'GET, HEAD');
          return send(req, res, 405, 'Only GET is allowed.\n');
        }
        try {
          const file = await find((req.url ?? '').slice(BELOW.length));
          return file ? sendFile(req, res, file) : send(req, res, 404, NO_FILE);
        } catch (error) {
          if (!isUnavailable(error, 'memory')) throw error;
          res.setHeader('retry-after', '5');
          return send(req, res, 503, 'The memory that holds files cannot be reached. Try again in a minute.\n');
        }
      },
    },
  };
}

function sendFile(req: IncomingMessage, res: ServerResponse, { name, mimeType, text }: KeptFile): void {
  // This server chose the name, but the plain form still replaces characters that a header cannot hold.
  const plain = name.replace(/[^\w. -]/g, '_');
  const disposition = `attachment; filename="${plain}"; filename*=UTF-8''${encodeURIComponent(name)}`;
  res.setHeader('content-disposition', disposition);
  send(req, res, 200, text, mimeType);
}

function send(req: IncomingMessage, res: ServerResponse, status: number, text: string, type = 'text/plain'): void {
  const body = Buffer.from(text);
  res.writeHead(status, {
    'content-type': `${type}; charset=utf-8`,
    'content-length': body.length,
    // In addition to the headers of every answer (`setHeaders`).
    'content-security-policy': "default-src 'none'; frame-ancestors 'none'; sandbox",
    'cross-origin-resource-policy': 'same-origin',
  });
  res.end(req.method === 'HEAD' ? undefined : body);
}
