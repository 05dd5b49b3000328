import type { IncomingMessage, ServerResponse } from 'node:http';
import { validateHostHeader } from '@modelcontextprotocol/server';

/** Who may address this server, and from which pages a browser may. */
export interface Allowlists {
  /** Host names without port. */
  readonly hosts: readonly string[];
  /** Origins (`https://app.example.com`), or host names, which then stand for any scheme and port. */
  readonly origins: readonly string[];
}

const LOOPBACK = ['localhost', '127.0.0.1', '[::1]'];

/** What a local server answers to: this machine by name or address. */
export const loopbackAllowlists: Allowlists = { hosts: LOOPBACK, origins: LOOPBACK };

/** Why a request is refused before anything of it is read: DNS rebinding and foreign pages end here. */
export function guard(
  req: IncomingMessage,
  allow: Allowlists,
  anyHost = false,
  anyOrigin = false,
): { status: number; message: string } | undefined {
  // Node's parser takes a few forms of other versions for requests as well.
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

/** A name or address, perhaps with a port. What else a URL may hold there (`user@`, a path) is no host. */
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
 * Clients end idle connections by themselves after less, long before this server does: so none is ended under a request
 * that is on its way, and a server that is told to stop has soon no idle ones (`drainMs`).
 */
const KEEP_ALIVE = 'timeout=3';

/** Headers of every answer, refusals included: a browser must be able to read a 401. */
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

/** What says the same to everybody, pages of any origin included, and changes only with the server. */
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

/** A body that is not taken. */
export class BodyRefused extends Error {
  override readonly name = 'BodyRefused';
  readonly status: number;

  constructor(status: number, message: string) {
    super(message);
    this.status = status;
  }
}

/**
 * The body of a request as text, at most `limit` bytes of it.
 * @param bodies bytes that are free for all bodies that are being read
 * @throws BodyRefused 413 past the limit, 503 where too much is being read, 400 where it is not UTF-8, begins with a byte
 * order mark or breaks off
 */
export async function readBody(req: IncomingMessage, limit: number, bodies: { free: number }): Promise<string> {
  // Made where it is needed: an error costs a stack trace.
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

/** JSON has no byte order mark, and some readers skip one: what we judge and what the SDK serves must be the same. */
function decode(bytes: Buffer): string {
  const text = new TextDecoder('utf-8', { fatal: true, ignoreBOM: true }).decode(bytes);
  if (text.startsWith('\uFEFF')) throw new BodyRefused(400, 'The body begins with a byte order mark.');
  return text;
}

/** No request of MCP comes near this depth. */
const MAX_DEPTH = 100;

/** Whether a text of JSON is nested so deeply that working on it could exhaust the stack. Brackets in strings do not count. */
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

/** Where the string that begins at `start` ends. */
function endOfString(text: string, start: number): number {
  for (let index = start + 1; index < text.length; index += 1) {
    if (text[index] === '\\') index += 1;
    else if (text[index] === '"') return index;
  }
  return text.length;
}
