import type { Dispatcher, Pool } from 'undici';
import type { Address } from './address.ts';
import { LeadDynoError } from './errors.ts';

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

/** The code of the error where a proxy closed the connection that it was asked to make a tunnel of. */
export const PROXY_CLOSED = 'ERR_PROXY_CLOSED';

/** Undici's own time limits are off: the deadline of a call is the one that counts. */
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
 * Undici connects anew, for ever and without a pause, while a proxy closes the connection instead of answering:
 * it takes an error with the code of a closed socket for one that a new connection repairs. So ours has another.
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
  if (!usable) throw new Error(`The address of the ${name} proxy cannot be used: it is no http, https or socks URL.`);
  return url;
}
