import { createHash, randomBytes } from 'node:crypto';
import type {
  OAuthClientInformationMixed,
  OAuthClientMetadata,
  OAuthClientProvider,
  OAuthDiscoveryState,
  OAuthTokens,
} from '@modelcontextprotocol/client';
import { type HttpServer, type HttpSetup, KEY, type SandboxHttpServer, startHttp, startHttpAt } from './http-server.ts';
import { secret } from './written.ts';

export { KEY } from './http-server.ts';

/** The public address by which clients know the server; a proxy with TLS would be there. */
export const PUBLIC = 'https://mcp.example.com';
export const RESOURCE = `${PUBLIC}/mcp`;
export const CODE = secret('the-access-code');
export const STATE_SECRET = secret('the-state-secret-of-a-sign-in');

export interface SignInServer extends SandboxHttpServer {
  /** Reaches the server under its public address, as through a proxy with TLS. */
  readonly fetch: typeof fetch;
}

/** Access to a server under its public address. */
type Reached = Pick<SignInServer, 'fetch'>;

const setUp = ({ argv = [], env = {}, ...setup }: HttpSetup): HttpSetup => ({
  argv: ['--sign-in', '--public-url', PUBLIC, ...argv],
  env: { LEADDYNO_MCP_SIGN_IN_CODE: CODE, LEADDYNO_MCP_STATE_SECRET: STATE_SECRET, ...env },
  ...setup,
});

const through = ({ origin }: HttpServer): typeof fetch => {
  return async (input, init) => {
    const url = new URL(input instanceof Request ? input.url : input);
    if (url.origin !== PUBLIC) throw new Error(`nobody is at ${url.origin}`);
    return await fetch(new URL(`${url.pathname}${url.search}`, origin), { redirect: 'manual', ...init });
  };
};

/** A server with sign-in that uses a simulated LeadDyno. */
export async function startSignIn(setup: HttpSetup = {}): Promise<SignInServer> {
  const server = await startHttp(setUp(setup));
  return { ...server, fetch: through(server) };
}

/** A server with sign-in that uses the LeadDyno at `baseUrl`. */
export async function startSignInAt(baseUrl: string, setup: HttpSetup = {}): Promise<HttpServer & Reached> {
  const server = await startHttpAt(baseUrl, setUp(setup));
  return { ...server, fetch: through(server) };
}

export const verifierAndChallenge = () => {
  const verifier = randomBytes(32).toString('base64url');
  return { verifier, challenge: createHash('sha256').update(verifier).digest('base64url') };
};

export const REDIRECT = 'http://127.0.0.1:9/callback';

/** Registers a client (RFC 7591). @returns its id */
export async function register(server: Reached, metadata: object = {}): Promise<string> {
  const response = await server.fetch(`${PUBLIC}/oauth/register`, {
    method: 'POST',
    headers: { 'content-type': 'application/json' },
    body: JSON.stringify({ client_name: 'Test app', redirect_uris: [REDIRECT], ...metadata }),
  });
  if (response.status !== 201) throw new Error(`${response.status} ${await response.text()}`);
  return ((await response.json()) as { client_id: string }).client_id;
}

/** A sign-in page as a browser has it. */
export interface SignInPage {
  readonly status: number;
  readonly headers: Headers;
  readonly html: string;
  readonly cookie: string;
  /** The sealed request in its form. */
  readonly request: string;
  /** The names of the ticked scopes. */
  readonly ticked: readonly string[];
}

/** The address to which a client sends a person. */
export function authorizeUrl(clientId: string, more: Readonly<Record<string, string | undefined>> = {}): URL {
  const url = new URL(`${PUBLIC}/oauth/authorize`);
  const fields = {
    response_type: 'code',
    client_id: clientId,
    redirect_uri: REDIRECT,
    code_challenge_method: 'S256',
    code_challenge: verifierAndChallenge().challenge,
    state: 'the-state',
    resource: RESOURCE,
    ...more,
  };
  for (const [name, value] of Object.entries(fields)) if (value !== undefined) url.searchParams.set(name, value);
  return url;
}

export async function readPage(response: Response): Promise<SignInPage> {
  const html = await response.text();
  return {
    status: response.status,
    headers: response.headers,
    html,
    cookie: response.headers.getSetCookie()[0]?.split(';')[0] ?? '',
    request: /name="request" value="([^"]*)"/.exec(html)?.[1] ?? '',
    ticked: [...html.matchAll(/name="scope" value="([^"]*)" checked/g)].map(([, scope = '']) => scope),
  };
}

export const openPage = async (server: Reached, url: URL): Promise<SignInPage> =>
  await readPage(await server.fetch(url));

export interface Filled {
  readonly key?: string;
  readonly code?: string;
  readonly scopes?: readonly string[];
  readonly decision?: string;
  readonly headers?: Readonly<Record<string, string>>;
}

/** Sends the form of a page, as its browser would. */
export async function sendForm(server: Reached, page: SignInPage, filled: Filled = {}): Promise<Response> {
  const { key = KEY, code = CODE, scopes = page.ticked, decision = 'allow', headers = {} } = filled;
  const body = new URLSearchParams({ request: page.request, leaddyno_key: key, access_code: code, decision });
  for (const scope of scopes) body.append('scope', scope);
  return await server.fetch(`${PUBLIC}/oauth/authorize`, {
    method: 'POST',
    body,
    headers: { origin: PUBLIC, cookie: page.cookie, 'sec-fetch-site': 'same-origin', ...headers },
  });
}

/** The address to which a page sends the person back. */
export function wayBack(html: string): URL {
  const [, url = ''] = /http-equiv="refresh" content="0;url=([^"]*)"/.exec(html) ?? [];
  return new URL(url.replaceAll('&amp;', '&'));
}

/** Allows what the page offers. @returns the parameters for the client */
export async function allow(server: Reached, url: URL, filled: Filled = {}): Promise<URLSearchParams> {
  const answer = await sendForm(server, await openPage(server, url), filled);
  return wayBack(await answer.text()).searchParams;
}

export interface Granted {
  readonly access_token: string;
  readonly refresh_token: string;
  readonly scope: string;
  readonly expires_in: number;
  readonly token_type: string;
}

export async function tokenRequest(server: Reached, fields: Readonly<Record<string, string>>): Promise<Response> {
  return await server.fetch(`${PUBLIC}/oauth/token`, { method: 'POST', body: new URLSearchParams(fields) });
}

/** A complete sign-in, up to the tokens. */
export async function signIn(server: Reached, filled: Filled = {}, given?: string) {
  const clientId = given ?? (await register(server));
  const { verifier, challenge } = verifierAndChallenge();
  const answer = await allow(server, authorizeUrl(clientId, { code_challenge: challenge }), filled);
  const code = answer.get('code') ?? '';
  const exchange = () =>
    tokenRequest(server, {
      grant_type: 'authorization_code',
      code,
      client_id: clientId,
      redirect_uri: REDIRECT,
      code_verifier: verifier,
      resource: RESOURCE,
    });
  const response = await exchange();
  const granted = (await response.json()) as Granted;
  return { clientId, code, verifier, granted, exchange };
}

export const refresh = (server: Reached, clientId: string, refreshToken: string, more = {}): Promise<Response> =>
  tokenRequest(server, { grant_type: 'refresh_token', refresh_token: refreshToken, client_id: clientId, ...more });

/** A client of the SDK that keeps its registration and tokens in memory. */
export class WebApp implements OAuthClientProvider {
  readonly redirectUrl = REDIRECT;
  readonly clientMetadata: OAuthClientMetadata;
  readonly clientMetadataUrl?: string;
  goTo: URL | undefined;
  client: OAuthClientInformationMixed | undefined;
  #tokens: OAuthTokens | undefined;
  #verifier = '';
  #discovered: OAuthDiscoveryState | undefined;

  constructor({ metadataUrl, scope }: { readonly metadataUrl?: string; readonly scope?: string } = {}) {
    this.clientMetadata = { client_name: 'Web app', redirect_uris: [REDIRECT], ...(scope && { scope }) };
    if (metadataUrl !== undefined) this.clientMetadataUrl = metadataUrl;
  }
  clientInformation() {
    return this.client;
  }
  saveClientInformation(client: OAuthClientInformationMixed) {
    this.client = client;
  }
  tokens() {
    return this.#tokens;
  }
  saveTokens(tokens: OAuthTokens) {
    this.#tokens = tokens;
  }
  redirectToAuthorization(url: URL) {
    this.goTo = url;
  }
  saveCodeVerifier(verifier: string) {
    this.#verifier = verifier;
  }
  codeVerifier() {
    return this.#verifier;
  }
  saveDiscoveryState(state: OAuthDiscoveryState) {
    this.#discovered = state;
  }
  discoveryState() {
    return this.#discovered;
  }
}
