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
export function guard(req: IncomingMessage, allow: Allowlists): { status: number; message: string } | undefined {
  // Node's parser takes a few forms of other versions for requests as well.
  if (req.httpVersionMajor !== 1) return { status: 400, message: 'Only HTTP/1.1 is spoken here.' };
  if (!isAllowedHost(req, allow)) {
    return { status: 403, message: 'This host name is not served here (see --allowed-hosts).' };
  }
  const { origin } = req.headers;
  if (origin !== undefined && !isAllowedOrigin(origin, allow)) {
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

/** Headers of every answer, refusals included: a browser must be able to read a 401. */
export function setHeaders(req: IncomingMessage, res: ServerResponse, allow: Allowlists): void {
  res.setHeader('x-content-type-options', 'nosniff');
  res.setHeader('cache-control', 'no-store');
  res.setHeader('referrer-policy', 'no-referrer');
  res.setHeader('content-security-policy', "default-src 'none'; frame-ancestors 'none'");
  res.setHeader('vary', 'Origin');
  const { origin } = req.headers;
  if (origin === undefined || !isAllowedOrigin(origin, allow)) return;
  res.setHeader('access-control-allow-origin', origin);
  res.setHeader('access-control-expose-headers', 'WWW-Authenticate, Retry-After, MCP-Protocol-Version');
}

export function answerPreflight(res: ServerResponse): void {
  res.writeHead(204, {
    'access-control-allow-methods': 'GET, POST, OPTIONS',
    'access-control-allow-headers':
      'Authorization, Content-Type, Accept, MCP-Protocol-Version, Mcp-Method, Mcp-Name, Last-Event-ID, X-LeadDyno-Api-Key',
    'access-control-max-age': '600',
  });
  res.end();
}
