import { createServer, type Server } from 'node:http';
import type { AddressInfo } from 'node:net';
import type {
  OAuthClientInformationMixed,
  OAuthClientMetadata,
  OAuthClientProvider,
  OAuthDiscoveryState,
  OAuthTokens,
} from '@modelcontextprotocol/client';
import { exportJWK, generateKeyPair } from 'jose';
import type { Configuration, InteractionResults, Provider } from 'oidc-provider';
import { vi } from 'vitest';
import { SCOPES } from '../../src/operations/operation.ts';
import { closeAtEnd } from './protocol-leaks.ts';

export const JOB = { clientId: 'reporting-job', clientSecret: 'the-secret-of-the-reporting-job' } as const;
const APP = { client_id: 'desktop-app' } as const;
const REDIRECT = 'http://127.0.0.1:9/callback';

export interface AuthorizationServer {
  readonly issuer: string;
  close(): Promise<void>;
}

/** A port that is free now, for a resource whose address must be known before its server starts. */
export async function freePort(): Promise<number> {
  const server = createServer();
  const port = await listen(server);
  await new Promise((resolve) => server.close(resolve));
  return port;
}

async function listen(server: Server): Promise<number> {
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve));
  return (server.address() as AddressInfo).port;
}

/** A real authorization server on the loopback interface. It issues JWTs for any resource that is requested. */
export async function startAuthorizationServer(): Promise<AuthorizationServer> {
  let handle: ReturnType<Provider['callback']> | undefined;
  const server = createServer((request, response) => void handle?.(request, response));
  const issuer = `http://127.0.0.1:${await listen(server)}`;
  const { privateKey } = await generateKeyPair('RS256', { extractable: true });
  const keys = [{ ...(await exportJWK(privateKey)), kid: 'first', use: 'sig' }];
  // Its warnings (about the in-memory store and the environment) do not apply to tests.
  const warn = vi.spyOn(console, 'warn').mockImplementation(() => undefined);
  const oidc = await import('oidc-provider');
  const provider = new oidc.Provider(issuer, configuration(keys));
  warn.mockRestore();
  provider.use(async (context, next) => {
    if (!context.path.startsWith('/interaction/')) return await next();
    const details = await provider.interactionDetails(context.req, context.res);
    await provider.interactionFinished(context.req, context.res, await agree(provider, details));
    context.respond = false;
  });
  handle = provider.callback();
  return closeAtEnd({
    issuer,
    close: () =>
      new Promise<void>((resolve) => {
        server.close(() => resolve());
        server.closeAllConnections();
      }),
  });
}

type Interaction = Awaited<ReturnType<Provider['interactionDetails']>>;

/** A person, Jane, who signs in and agrees to everything. */
async function agree(provider: Provider, { prompt, params }: Interaction): Promise<InteractionResults> {
  if (prompt.name === 'login') return { login: { accountId: 'jane' } };
  const grant = new provider.Grant({ accountId: 'jane', clientId: String(params.client_id) });
  grant.addResourceScope(String(params.resource), String(params.scope));
  return { consent: { grantId: await grant.save() } };
}

function configuration(keys: object[]): Configuration {
  return {
    clients: [
      {
        client_id: JOB.clientId,
        client_secret: JOB.clientSecret,
        grant_types: ['client_credentials'],
        response_types: [],
        redirect_uris: [],
      },
      {
        ...APP,
        token_endpoint_auth_method: 'none',
        application_type: 'native',
        grant_types: ['authorization_code'],
        response_types: ['code'],
        redirect_uris: [REDIRECT],
      },
    ],
    jwks: { keys },
    cookies: { keys: ['a-key-for-cookies'] },
    findAccount: (_, accountId) => ({ accountId, claims: () => ({ sub: accountId }) }),
    interactions: { url: (_, { uid }) => `/interaction/${uid}` },
    ttl: { Interaction: 60, Session: 60, Grant: 60, AuthorizationCode: 60, ClientCredentials: 60, AccessToken: 60 },
    features: {
      devInteractions: { enabled: false },
      clientCredentials: { enabled: true },
      resourceIndicators: {
        enabled: true,
        useGrantedResource: () => true,
        getResourceServerInfo: (_, resource) => ({
          scope: SCOPES.join(' '),
          audience: resource,
          accessTokenFormat: 'jwt',
          accessTokenTTL: 60,
          jwt: { sign: { alg: 'RS256' } },
        }),
      },
    },
  };
}

/** A client of a person, who goes to the authorization server with a browser. */
export class DesktopApp implements OAuthClientProvider {
  readonly redirectUrl = REDIRECT;
  readonly clientMetadata: OAuthClientMetadata = { client_name: 'Desktop app', redirect_uris: [REDIRECT] };
  /** The address that the person has to open. */
  goTo: URL | undefined;
  #tokens: OAuthTokens | undefined;
  #verifier = '';
  #discovered: OAuthDiscoveryState | undefined;

  constructor(scope?: string) {
    if (scope !== undefined) this.clientMetadata.scope = scope;
  }
  clientInformation(): OAuthClientInformationMixed {
    return APP;
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
  saveDiscoveryState(state: OAuthDiscoveryState) {
    this.#discovered = state;
  }
  discoveryState() {
    return this.#discovered;
  }
  codeVerifier() {
    return this.#verifier;
  }
}

/** A person's browser: follows redirects, with cookies, until one leads back to the client. @returns its parameters */
export async function browse(start: URL): Promise<URLSearchParams> {
  const cookies = new Map<string, string>();
  for (let url = start, steps = 0; steps < 10; steps += 1) {
    const cookie = [...cookies].map(([name, value]) => `${name}=${value}`).join('; ');
    const response = await fetch(url, { redirect: 'manual', headers: { cookie } });
    const text = await response.text();
    for (const line of response.headers.getSetCookie()) {
      const [, name = '', value = ''] = /^([^=]+)=([^;]*)/.exec(line) ?? [];
      cookies.set(name, value);
    }
    const location = response.headers.get('location');
    if (location === null) throw new Error(`no way on from ${url.pathname}: ${response.status} ${text}`);
    url = new URL(location, url);
    if (url.href.startsWith(REDIRECT)) return url.searchParams;
  }
  throw new Error('redirected too often');
}
