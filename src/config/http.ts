import { isIP } from 'node:net';
import { type Given, integer, isOn, names, OPTIONS, type OptionName, Refusal, text } from './options.ts';
import { readSignIn, type SignInConfig } from './sign-in.ts';

/** How the server listens when it serves over HTTP. */
export interface HttpConfig {
  readonly host: string;
  readonly port: number;
  /** Host names it answers to; undefined: those of this machine. */
  readonly allowedHosts: readonly string[] | undefined;
  readonly allowedOrigins: readonly string[] | undefined;
  /** Start of download links, without a final slash; undefined: no links. */
  readonly publicUrl: string | undefined;
  readonly maxConcurrent: number;
  readonly metrics: boolean;
  readonly token: string | undefined;
  readonly tokensFile: string | undefined;
  readonly oauth: { readonly issuer: string; readonly audience: string } | undefined;
  /** Each request brings its own LeadDyno key. */
  readonly callerKey: boolean;
  /** People enter their LeadDyno key once, on a page of this server. */
  readonly signIn: SignInConfig | undefined;
}

export const HTTP_PORT = 3333;
const TOKEN_LENGTH = 24;

/** Options without effect unless --http is given: alone they are a mistake, and must not be ignored. */
const HTTP_ONLY = [
  'host',
  'allowedHosts',
  'allowedOrigins',
  'publicUrl',
  'maxConcurrent',
  'metrics',
  'httpTokensFile',
  'oauthIssuer',
  'oauthAudience',
  'callerKey',
  'signIn',
  'signInCodeFile',
] as const satisfies readonly OptionName[];

export function isLoopback(host: string): boolean {
  return host === 'localhost' || host === '::1' || host === '[::1]' || (isIP(host) === 4 && host.startsWith('127.'));
}

/** @returns undefined if the server is to run on stdio. @throws Refusal */
export function readHttpConfig(
  given: Given,
  env: Readonly<Record<string, string | undefined>>,
): HttpConfig | undefined {
  const port = readPort(given);
  const token = env.LEADDYNO_MCP_TOKEN?.trim() || undefined;
  if (port === undefined) {
    const lost = HTTP_ONLY.find((name) => given(name) !== undefined && !isOff(given(name)));
    if (lost) throw new Refusal(`--${OPTIONS[lost].flag} (${OPTIONS[lost].env}) works only with --http.`);
    if (token !== undefined) throw new Refusal('LEADDYNO_MCP_TOKEN works only with --http.');
    return undefined;
  }
  const host = text(given, 'host')?.replace(/^\[(.*)\]$/, '$1') ?? '127.0.0.1';
  const tokensFile = text(given, 'httpTokensFile');
  const oauth = readOAuth(given);
  const publicUrl = readPublicUrl(given);
  const signIn = readSignIn(given, env, publicUrl);
  const ways = [token, tokensFile, oauth, signIn].filter((way) => way !== undefined);
  if (ways.length > 1) {
    throw new Refusal(
      'Give one way to authenticate: LEADDYNO_MCP_TOKEN, --http-tokens-file, --oauth-issuer or --sign-in.',
    );
  }
  if (token !== undefined && token.length < TOKEN_LENGTH) {
    throw new Refusal(
      `LEADDYNO_MCP_TOKEN needs at least ${TOKEN_LENGTH} characters: leaddyno-mcp token new makes a good one.`,
    );
  }
  if (token !== undefined && token === env.LEADDYNO_API_KEY?.trim()) {
    throw new Refusal('LEADDYNO_MCP_TOKEN must not be the LeadDyno API key: the key would travel with every request.');
  }
  const allowedHosts = names(given, 'allowedHosts')?.map((name) => readHostName('allowedHosts', name));
  if (!isLoopback(host)) {
    if (ways.length === 0) {
      throw new Refusal(
        `--host ${host} can be reached from other machines and needs authentication: --http-tokens-file, LEADDYNO_MCP_TOKEN, --oauth-issuer or --sign-in.`,
      );
    }
    if (!allowedHosts?.length)
      throw new Refusal(`--host ${host} needs --allowed-hosts: the host names by which clients reach this server.`);
  }
  return {
    host,
    port,
    allowedHosts,
    allowedOrigins: readOrigins(given),
    publicUrl,
    maxConcurrent: integer(given, 'maxConcurrent'),
    metrics: isOn(given, 'metrics'),
    token,
    tokensFile,
    oauth,
    callerKey: isOn(given, 'callerKey'),
    signIn,
  };
}

const isOff = (value: string | boolean | undefined) => value === false || /^(0|false|no|off)$/i.test(String(value));

/** A host name as it is compared: lower case, IPv6 in brackets. @throws Refusal for one that could never match */
function readHostName(option: 'allowedHosts' | 'allowedOrigins', name: string): string {
  const host = isIP(name) === 6 ? `[${name}]` : name;
  const read = URL.canParse(`http://${host}`) ? new URL(`http://${host}`) : undefined;
  if (read?.hostname !== host.toLowerCase() || host.includes('*')) {
    throw new Refusal(
      `--${OPTIONS[option].flag}: ${JSON.stringify(name)} is not a host name without port, such as mcp.example.com.`,
    );
  }
  return read.hostname;
}

function readPort(given: Given): number | undefined {
  const value = text(given, 'http');
  if (value === undefined || /^(0?false|no|off)$/i.test(value)) return undefined;
  // 1 means yes, as for every switch: nobody means port 1.
  if (/^(1|true|yes|on)$/i.test(value)) return HTTP_PORT;
  const port = /^\d{1,5}$/.test(value) ? Number(value) : Number.NaN;
  if (!(port <= 65_535))
    throw new Refusal(`--http (${OPTIONS.http.env}) must be a port, not ${JSON.stringify(value)}.`);
  return port;
}

function readOrigins(given: Given): string[] | undefined {
  return names(given, 'allowedOrigins')?.map((name) => {
    if (!name.includes('://')) return readHostName('allowedOrigins', name);
    const origin = URL.canParse(name) ? new URL(name).origin : undefined;
    if (origin === undefined || origin !== name.toLowerCase() || origin.includes('*'))
      throw new Refusal(`--allowed-origins: ${JSON.stringify(name)} is not an origin such as https://app.example.com.`);
    return origin;
  });
}

function readPublicUrl(given: Given): string | undefined {
  const address = text(given, 'publicUrl');
  if (address === undefined) return undefined;
  const url = URL.canParse(address) ? new URL(address) : undefined;
  const { protocol, hostname, search, hash, username, password } = url ?? {};
  const isSafe = protocol === 'https:' || (protocol === 'http:' && isLoopback(hostname ?? ''));
  if (!url || !isSafe || [search, hash, username, password].some((part) => part !== '')) {
    throw new Refusal(
      '--public-url must be an https address such as https://mcp.example.com, without query, user or password (http only on this machine).',
    );
  }
  return url.href.replace(/\/+$/, '');
}

function readOAuth(given: Given): HttpConfig['oauth'] {
  const issuer = text(given, 'oauthIssuer');
  const audience = text(given, 'oauthAudience');
  if (issuer === undefined && audience === undefined) return undefined;
  if (issuer === undefined || audience === undefined)
    throw new Refusal('--oauth-issuer and --oauth-audience go together.');
  if (!URL.canParse(issuer)) throw new Refusal(`--oauth-issuer: ${JSON.stringify(issuer)} is not a URL.`);
  const { protocol, hostname, search, hash, username, password } = new URL(issuer);
  // It is published to every client.
  if (username !== '' || password !== '') throw new Refusal('--oauth-issuer must not contain a user or a password.');
  if ((protocol !== 'https:' && !isLoopback(hostname)) || search !== '' || hash !== '') {
    throw new Refusal('--oauth-issuer must be an https address without query (http only on this machine).');
  }
  return { issuer, audience };
}
