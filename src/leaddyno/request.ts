import type { FailureReason, RequestFate } from './errors.ts';
import type { HttpRequest } from './exchange.ts';

/** One call to LeadDyno, ready to send: what `operations/operation.ts` makes and the client sends. */
export interface LeadDynoRequest {
  readonly method: 'GET' | 'POST' | 'PUT' | 'DELETE';
  /** Path below the base URL, every value percent-encoded, without a query: `/affiliates/17`. */
  readonly path: string;
  /** Query parameters, not yet encoded. The API key is never among them: the client adds it. */
  readonly query?: Readonly<Record<string, string>>;
  /** JSON body; absent if the call has none. */
  readonly body?: Readonly<Record<string, unknown>>;
  /** A 404 with a page of something in between does not say that there is no such record. */
  readonly clearMiss?: true;
}

/** A start that the pace has granted; it is used once. */
export interface Turn {
  held: boolean;
}

export interface SendOptions {
  /** The caller's cancellation, carried through to the socket. */
  readonly signal?: AbortSignal;
  /**
   * Runs at most once per call, after the wait for the pace and right before the first bytes are sent.
   * If it throws, nothing is sent and its error is the call's.
   */
  readonly beforeSend?: () => Promise<void>;
  /**
   * Runs after each wait for a turn, before `beforeSend`. It may use the turn to check the request's subject again; the
   * call then waits for another turn at the front of the queue, and this runs again.
   * If it throws, nothing is sent and its error is the call's.
   */
  readonly lookAgain?: (turn: Turn) => Promise<void>;
  /** A turn to use if one is held; otherwise the call waits for one at the front of the queue. */
  readonly turn?: Turn;
  /** Tracks what becomes of the request; absent if the caller does not need to know. */
  readonly fate?: RequestFate;
  /** Milliseconds for this call in place of the client's default: its waits and all attempts together. */
  readonly timeoutMs?: number;
  /** Milliseconds that the waiting caller has, if fewer: a first attempt leaves half of them for another. */
  readonly patienceMs?: number;
}

/** What the operations are performed through. */
export interface LeadDynoClient {
  /**
   * Sends one call and returns the parsed JSON body (`null` if the answer was empty or `null`).
   * @throws LeadDynoError for every failure, with the reason and what became of the request.
   */
  send(request: LeadDynoRequest, options?: SendOptions): Promise<unknown>;
  /** Aborts what is in flight and closes the sockets. */
  close(): Promise<void>;
}

/** One attempt: `path` is without base URL and query. */
interface Attempt {
  readonly method: LeadDynoRequest['method'];
  readonly path: string;
  /** 1 for the first. */
  readonly attempt: number;
}

/** What the client reports about its work, for logs and metrics: never a key, a query, a body or a person's data. */
export type ClientEvent =
  | ({ readonly kind: 'answer'; readonly status: number; readonly ms: number } & Attempt)
  | ({ readonly kind: 'no_answer'; readonly reason: FailureReason; readonly ms: number } & Attempt)
  | ({ readonly kind: 'retry'; readonly reason: FailureReason; readonly waitMs: number } & Attempt)
  | ({ readonly kind: 'pace_wait'; readonly ms: number } & Attempt)
  | { readonly kind: 'pace_pause'; readonly ms: number }
  | { readonly kind: 'key_transport'; readonly transport: 'header' | 'query' };

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
