import type { HttpRequest } from './exchange.ts';
import type { LeadDynoRequest } from './request.ts';

/** Where LeadDyno is. */
export interface Address {
  /** `https://api.leaddyno.com` */
  readonly origin: string;
  /** What comes before every path: `/v1`, or nothing. */
  readonly prefix: string;
  /** Whether it is on this machine. */
  readonly loopback: boolean;
}

/**
 * The parts of a base URL, with or without a slash at its end. HTTPS only, except to this machine: the API key gives
 * full access to the account (API reference 4.1).
 * @throws Error that says what is wrong, without quoting the URL (it may hold a secret).
 */
export function readBaseUrl(baseUrl: string): Address {
  const url = URL.canParse(baseUrl) ? new URL(baseUrl) : undefined;
  if (url === undefined) throw new Error('The LeadDyno base URL is not a URL.');
  if (url.username !== '' || url.password !== '')
    throw new Error('The LeadDyno base URL must not contain credentials.');
  if (/[?#]/.test(url.href)) throw new Error('The LeadDyno base URL must not have a query or a fragment.');
  const loopback = isLoopback(url.hostname);
  if (url.protocol !== 'https:' && !(url.protocol === 'http:' && loopback)) {
    throw new Error('The LeadDyno base URL must begin with https:// (http:// is accepted only for this machine).');
  }
  return { origin: url.origin, prefix: url.pathname.replace(/\/+$/, ''), loopback };
}

/** `hostname` as `URL` gives it: numeric forms of an address are already normal, IPv6 is in brackets. */
function isLoopback(hostname: string): boolean {
  return hostname === 'localhost' || hostname === '[::1]' || /^127\.\d+\.\d+\.\d+$/.test(hostname);
}

/** How the key travels (API reference 4.1): as a request header or as a query parameter, named `key` either way. */
export type KeyTransport = 'header' | 'query';

export interface Credentials {
  readonly key: string;
  readonly transport: KeyTransport;
}

/** `request` as it goes over the wire. */
export function buildHttpRequest(
  address: Address,
  request: LeadDynoRequest,
  { key, transport }: Credentials,
  userAgent: string,
): HttpRequest {
  const query = new URLSearchParams(request.query);
  const headers: Record<string, string> = { accept: 'application/json', 'user-agent': userAgent };
  if (transport === 'header') headers.key = key;
  else query.set('key', key);
  const body = request.method === 'GET' || request.body === undefined ? null : JSON.stringify(request.body);
  if (body !== null) headers['content-type'] = 'application/json';
  const search = query.toString();
  return {
    origin: address.origin,
    method: request.method,
    path: `${address.prefix}${request.path}${search === '' ? '' : `?${search}`}`,
    headers,
    body,
  };
}

/**
 * Whether `path` is safe to send: below the base URL, percent-encoded, without a query, and without
 * the empty or dot segments by which a bad value would turn one operation into another.
 */
export function isPath(path: string): boolean {
  return /^(\/(?!\.{1,2}(\/|$))[\w.~!$&'()*+,;=:@%-]+)+$/.test(path.replace(/%2e/gi, '.'));
}

/** Whether an HTTP header carries `key` unchanged. */
export function fitsHeader(key: string): boolean {
  return /^[\x21-\x7e]([\x20-\x7e]*[\x21-\x7e])?$/.test(key);
}
