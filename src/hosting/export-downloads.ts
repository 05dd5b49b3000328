import { createHmac, randomBytes, timingSafeEqual } from 'node:crypto';
import type { IncomingMessage, ServerResponse } from 'node:http';
import type { Memory } from '../ports/memory.ts';
import { isUnavailable } from '../ports/unavailable.ts';
import type { Route } from '../transports/http.ts';
import type { KeptFile } from '../workflows/workflow.ts';

/*
 * Links to files that tools made, for a person to click: whoever has one gets that file until its time is over, and
 * nothing else. A link holds no name of a caller; what it stands for lies in the memory, so that any replica with the
 * same memory and the same secret serves it.
 */

const BELOW = '/exports/';
const ID_BYTES = 16;
/** The id, its end (milliseconds, base 36), the signature over both. */
const TOKEN = /^([\w-]{22})\.([0-9a-z]{8,9})\.([\w-]{43})$/;

const NO_FILE = 'There is no such file. The link is incomplete or has expired: ask for the file again.\n';

export interface DownloadOptions {
  /** What links begin with, without a final slash. */
  readonly publicUrl: string;
  /** Shared by replicas; absent: links work in this process alone. */
  readonly secret: string | undefined;
  readonly memory: Memory;
  readonly now?: () => number;
}

export interface Downloads {
  /** A link to the file that lies under a key of the memory. @throws Unavailable */
  linkTo(key: string, expires: number): Promise<string>;
  readonly route: Route;
}

export function createDownloads({ publicUrl, secret, memory, now = Date.now }: DownloadOptions): Downloads {
  // Apart from what the same secret signs elsewhere.
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
  // Names are this server's own; what a header cannot hold is left out of the plain form all the same.
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
    // Those of every answer (`setHeaders`) say the rest.
    'content-security-policy': "default-src 'none'; frame-ancestors 'none'; sandbox",
    'cross-origin-resource-policy': 'same-origin',
  });
  res.end(req.method === 'HEAD' ? undefined : body);
}
