import type { Dispatcher, Pool } from 'undici';
import { type Failure, LeadDynoError } from './errors.ts';
import type { Address } from './request.ts';

/** Proxies as the environment names them; what is absent or empty is not used. */
export interface ProxySettings {
  readonly httpProxy?: string | undefined;
  readonly httpsProxy?: string | undefined;
  readonly noProxy?: string | undefined;
}

/** The sockets to one base URL. */
export interface Connection {
  /**
   * What requests are sent through; undici is loaded and the pool made on the first call.
   * @throws LeadDynoError `unexpected` where undici cannot be loaded
   */
  open(): Promise<Dispatcher>;
  /** Destroys every socket. */
  close(): Promise<void>;
}

/** The error code for a proxy that closed the connection instead of opening a tunnel. */
export const PROXY_CLOSED = 'ERR_PROXY_CLOSED';

/** Undici's own time limits are off: ours count. */
const options = { connections: 16, headersTimeout: 0, bodyTimeout: 0 };

/**
 * The sockets to `address`, through a proxy where one applies (never to this machine).
 * @throws Error where a proxy's address cannot be used; it does not quote the address (it may hold a password).
 */
export function createConnection(address: Address, proxy: ProxySettings = {}): Connection {
  const proxies = address.loopback ? {} : readProxies(proxy);
  const proxied = proxies.httpProxy !== undefined || proxies.httpsProxy !== undefined;
  let opening: Promise<Dispatcher> | undefined;

  async function connect(): Promise<Dispatcher> {
    const { EnvHttpProxyAgent, Pool } = await import('./undici.ts');
    if (!proxied) return new Pool(address.origin, options);
    return new EnvHttpProxyAgent({
      ...options,
      // Empty instead of absent, or undici reads the environment itself.
      httpProxy: proxies.httpProxy ?? '',
      httpsProxy: proxies.httpsProxy ?? '',
      noProxy: proxy.noProxy ?? '',
      clientFactory: (origin, poolOptions) => failOnceClosed(new Pool(origin, poolOptions)),
    });
  }

  return {
    open() {
      opening ??= connect().catch((cause: unknown) => {
        opening = undefined;
        throw new LeadDynoError('unexpected', 'The HTTP client could not be started', { fate: 'not_sent', cause });
      });
      return opening;
    },
    async close() {
      const dispatcher = await opening?.catch(() => undefined);
      await dispatcher?.destroy();
    },
  };
}

/**
 * If a proxy closes the connection instead of answering, undici reconnects forever without a pause: it assumes that a
 * new connection repairs an error with the code of a closed socket. So our error has another code.
 */
function failOnceClosed(pool: Pool): Pool {
  const connect = pool.connect.bind(pool);
  const connectOnce = (tunnel: Dispatcher.ConnectOptions) =>
    connect(tunnel).catch((error: Error & { code?: unknown }) => {
      throw error.code === 'UND_ERR_SOCKET' ? Object.assign(new Error(error.message), { code: PROXY_CLOSED }) : error;
    });
  return Object.assign(pool, { connect: connectOnce });
}

function readProxies({ httpProxy, httpsProxy }: ProxySettings): ProxySettings {
  return { httpProxy: readProxy('HTTP', httpProxy), httpsProxy: readProxy('HTTPS', httpsProxy) };
}

function readProxy(name: string, value = ''): string | undefined {
  const text = value.trim();
  if (text === '') return undefined;
  // `proxy.example:8080` is common in the environment.
  const url = text.includes('://') ? text : `http://${text}`;
  const usable = URL.canParse(url) && /^(https?|socks5?):$/.test(new URL(url).protocol);
  if (!usable)
    throw new Error(`The address of the ${name} proxy cannot be used: it is not an http, https or socks URL.`);
  return url;
}

const words: Readonly<Record<string, string>> = {
  ECONNREFUSED: 'connection refused',
  ENOTFOUND: 'its name could not be resolved',
  EAI_AGAIN: 'its name could not be resolved for now',
  EHOSTUNREACH: 'no route to it',
  ENETUNREACH: 'no network',
  ETIMEDOUT: 'the connection timed out',
  ECONNRESET: 'the connection was reset',
  EPIPE: 'the connection was closed',
  UND_ERR_SOCKET: 'the connection was closed',
  UND_ERR_CONNECT_TIMEOUT: 'no connection in time',
  [PROXY_CLOSED]: 'the proxy closed the connection',
};

const INSECURE = /^(ERR_TLS|ERR_SSL|CERT_|EPROTO|DEPTH_ZERO|SELF_SIGNED|UNABLE_TO_|HOSTNAME_MISMATCH|INVALID_CA)/;

export interface BrokenConnection {
  readonly error: Error;
  /**
   * Whether the request may have reached LeadDyno. This and not the error's code tells what became of it: unresolved
   * names, refused connections and bad certificates come before the start, but the same codes can also end a
   * connection that has carried a request.
   */
  readonly started: boolean;
  /** The status, where the answer had begun. */
  readonly status?: number | undefined;
}

/** The failure behind a connection that could not be made, or broke before the answer was complete. */
export function readConnectionFailure({ error, started, status }: BrokenConnection): Failure {
  const code = findCode(error);
  return {
    reason: 'network',
    fate: started ? 'unknown' : 'not_sent',
    status,
    said: describeStage(started, status),
    why: explain(error, code),
    // Undici's own errors can carry bytes of the answer: only the code and the sentence go on.
    cause: new Error(code === '' ? error.message : `${code}: ${error.message}`),
  };
}

function describeStage(started: boolean, status: number | undefined): string {
  if (!started) return 'LeadDyno could not be reached';
  return status === undefined ? 'LeadDyno did not answer' : "LeadDyno's answer broke off";
}

function explain(error: Error, code: string): string {
  const known = words[code];
  if (known !== undefined) return known;
  if (INSECURE.test(code)) return `no secure connection (${code})`;
  const proxyStatus = /^Proxy response \((\d+)\)/.exec(error.message)?.[1];
  if (proxyStatus !== undefined) return `the proxy answered ${proxyStatus}`;
  return code === '' ? 'the connection failed' : `the connection failed (${code})`;
}

/** The code of `error` or of what caused it; '' where there is none. */
function findCode(error: unknown, depth = 0): string {
  if (!(error instanceof Error) || depth > 3) return '';
  if ('code' in error && typeof error.code === 'string') return error.code;
  return findCode(error.cause, depth + 1);
}
