import type { Address } from './address.ts';
import type { HttpRequest } from './exchange.ts';
import type { LeadDynoRequest } from './request.ts';

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
 * Whether `path` is one that leads where it says: below the base URL, percent-encoded, without a query, and without
 * the empty or dot segments by which a bad value would turn one operation into another.
 */
export function isPath(path: string): boolean {
  return /^(\/(?!\.{1,2}(\/|$))[\w.~!$&'()*+,;=:@%-]+)+$/.test(path.replace(/%2e/gi, '.'));
}

/** Whether an HTTP header carries `key` unchanged. */
export function fitsHeader(key: string): boolean {
  return /^[\x21-\x7e]([\x20-\x7e]*[\x21-\x7e])?$/.test(key);
}
