import type { IncomingMessage, ServerResponse } from 'node:http';
import { validateHostHeader } from '@modelcontextprotocol/server';

/** The host names this server answers to, and the origins whose pages may call it. */
export interface Allowlists {
  /** Host names without a port. */
  readonly hosts: readonly string[];
  /** Origins (`https://app.example.com`), or host names, which allow any scheme and port. */
  readonly origins: readonly string[];
}

const LOOPBACK = ['localhost', '127.0.0.1', '[::1]'];

/** For a local server: this machine, by name or address. */
export const loopbackAllowlists: Allowlists = { hosts: LOOPBACK, origins: LOOPBACK };

/** Why a request is refused before its body is read. Stops DNS rebinding and foreign pages. */
export function guard(
  req: IncomingMessage,
  allow: Allowlists,
  anyHost = false,
  anyOrigin = false,
): { status: number; message: string } | undefined {
  // Node's parser also accepts some requests with other HTTP versions.
  if (req.httpVersionMajor !== 1) return { status: 400, message: 'Only HTTP/1.1 is supported.' };
  if (!anyHost && !isAllowedHost(req, allow)) {
    return { status: 403, message: 'This host name is not allowed (see --allowed-hosts).' };
  }
  const { origin } = req.headers;
  if (!anyOrigin && origin !== undefined && !isAllowedOrigin(origin, allow)) {
    return { status: 403, message: 'Pages of this origin may not call this server (see --allowed-origins).' };
  }
  return undefined;
}

/** A name or address, with an optional port. Anything else that a URL may hold there (`user@`, a path) is refused. */
const HOST = /^([\w.-]+|\[[\da-f:.]+\])(:\d*)?$/i;

function isAllowedHost(req: IncomingMessage, { hosts }: Allowlists): boolean {
  const [host = '', ...more] = req.headersDistinct.host ?? [];
  return more.length === 0 && HOST.test(host) && validateHostHeader(host, [...hosts]).ok;
}

function isAllowedOrigin(origin: string, { origins }: Allowlists): boolean {
  if (!URL.canParse(origin)) return false;
  const { origin: whole, hostname } = new URL(origin);
  return (
    hostname !== '' &&
    origins.some((allowed) => (allowed.includes('://') ? new URL(allowed).origin === whole : allowed === hostname))
  );
}

/**
 * Makes clients close idle connections themselves, long before this server would. So no connection is closed while a
 * request is on its way, and a server that is told to stop soon has no idle ones (`drainMs`).
 */
const KEEP_ALIVE = 'timeout=3';

/** Headers of every answer, including refusals: a browser must be able to read a 401. */
export function setHeaders(req: IncomingMessage, res: ServerResponse, allow: Allowlists): void {
  res.setHeader('x-content-type-options', 'nosniff');
  res.setHeader('cache-control', 'no-store');
  res.setHeader('referrer-policy', 'no-referrer');
  res.setHeader('content-security-policy', "default-src 'none'; frame-ancestors 'none'");
  res.setHeader('vary', 'Origin');
  res.setHeader('keep-alive', KEEP_ALIVE);
  const { origin } = req.headers;
  if (origin === undefined || !isAllowedOrigin(origin, allow)) return;
  res.setHeader('access-control-allow-origin', origin);
  res.setHeader('access-control-expose-headers', 'WWW-Authenticate, Retry-After, MCP-Protocol-Version');
}

/** For documents that every client and any origin may read and that change only with the server. */
export function setPublicHeaders(res: ServerResponse, tag: string): void {
  res.setHeader('access-control-allow-origin', '*');
  res.setHeader('access-control-allow-methods', 'GET');
  res.setHeader('access-control-allow-headers', 'Content-Type, If-None-Match');
  res.setHeader('access-control-expose-headers', 'ETag');
  res.setHeader('cache-control', 'public, max-age=3600');
  res.setHeader('etag', tag);
}

export function answerPreflight(res: ServerResponse): void {
  res.writeHead(204, {
    'access-control-allow-methods': 'GET, POST, OPTIONS',
    'access-control-allow-headers':
      'Authorization, Content-Type, Accept, MCP-Protocol-Version, Mcp-Method, Mcp-Name, Last-Event-ID, X-LeadDyno-Api-Key, X-API-Key, X-Auth-Token',
    'access-control-max-age': '600',
  });
  res.end();
}

/** The request is refused because of its body; `status` is the HTTP status of the answer. */
export class BodyRefused extends Error {
  override readonly name = 'BodyRefused';
  readonly status: number;

  constructor(status: number, message: string) {
    super(message);
    this.status = status;
  }
}

/**
 * The body of a request as text.
 * @param limit maximum length in bytes
 * @param bodies bytes left for all bodies being read at the same time
 * @throws BodyRefused 413 if it exceeds the limit, 503 if too much is being read at once, 400 if it is not UTF-8,
 * starts with a byte order mark or breaks off
 */
export async function readBody(req: IncomingMessage, limit: number, bodies: { free: number }): Promise<string> {
  // Created only when needed: an error costs a stack trace.
  const tooLarge = () => new BodyRefused(413, `The request is larger than ${limit} bytes.`);
  if (Number(req.headers['content-length'] ?? 0) > limit) throw tooLarge();
  const chunks: Buffer[] = [];
  let size = 0;
  try {
    for await (const chunk of req as AsyncIterable<Buffer>) {
      size += chunk.length;
      if (size > limit) throw tooLarge();
      bodies.free -= chunk.length;
      chunks.push(chunk);
      if (bodies.free < 0) throw new BodyRefused(503, 'Too much is being sent at once.');
    }
    return decode(Buffer.concat(chunks));
  } catch (error) {
    throw error instanceof BodyRefused ? error : new BodyRefused(400, 'The body is not UTF-8 text, or it broke off.');
  } finally {
    bodies.free += chunks.reduce((sum, chunk) => sum + chunk.length, 0);
  }
}

/** JSON has no byte order mark, but some parsers skip one: what is checked here must be exactly what the SDK serves. */
function decode(bytes: Buffer): string {
  const text = new TextDecoder('utf-8', { fatal: true, ignoreBOM: true }).decode(bytes);
  if (text.startsWith('\uFEFF')) throw new BodyRefused(400, 'The body begins with a byte order mark.');
  return text;
}

/** No MCP request comes near this depth. */
const MAX_DEPTH = 100;

/** Whether JSON text is nested so deeply that processing could exhaust the stack. Ignores brackets in strings. */
export function isNestedTooDeeply(text: string): boolean {
  let depth = 0;
  for (let index = 0; index < text.length; index += 1) {
    const character = text[index];
    if (character === '"') index = endOfString(text, index);
    else if (character === '[' || character === '{') depth += 1;
    else if (character === ']' || character === '}') depth -= 1;
    if (depth > MAX_DEPTH) return true;
  }
  return false;
}

/** Index of the closing quote of the string that starts at `start`. */
function endOfString(text: string, start: number): number {
  for (let index = start + 1; index < text.length; index += 1) {
    if (text[index] === '\\') index += 1;
    else if (text[index] === '"') return index;
  }
  return text.length;
}

/** Limits how many calls run at the same time. A batch needs a place for each of its calls. */
export interface Places {
  /** Why a request with this many calls may not start now (503) or ever (413); undefined if it may. */
  refuses(calls: number, caller: string | undefined): PlaceRefusal | undefined;
  /** @returns a function that gives the places back; calling it again does nothing */
  take(calls: number, caller: string | undefined): () => void;
}

export interface PlaceRefusal {
  readonly status: 413 | 503;
  readonly message: string;
}

/**
 * @param most how many calls may run at the same time
 * @param mostPerCaller how many of them one named caller may have
 * @param what their name in refusals
 */
export function createPlaces(most: number, mostPerCaller: number, what = 'requests'): Places {
  let running = 0;
  const runningOf = new Map<string, number>();

  function count(calls: number, caller: string | undefined): void {
    running += calls;
    if (caller === undefined) return;
    const left = (runningOf.get(caller) ?? 0) + calls;
    if (left > 0) runningOf.set(caller, left);
    else runningOf.delete(caller);
  }

  return {
    refuses(calls, caller) {
      const share = caller === undefined ? most : Math.min(most, mostPerCaller);
      if (calls > share)
        return {
          status: 413,
          message: `A batch of ${calls} calls exceeds how many may run at the same time (${share}). Send fewer at once.`,
        };
      if (running + calls > most) return { status: 503, message: `Too many ${what} at once.` };
      const own = caller === undefined ? 0 : (runningOf.get(caller) ?? 0);
      if (own + calls > share) return { status: 503, message: `Too many ${what} from one caller at once.` };
      return undefined;
    },
    take(calls, caller) {
      count(calls, caller);
      let given = false;
      return () => {
        if (!given) count(-calls, caller);
        given = true;
      };
    },
  };
}
