import type { IncomingHttpHeaders } from 'node:http';
import { type AuthInfo, OAuthError, OAuthErrorCode } from '@modelcontextprotocol/server';
import { accountOf, openAccount, openNamedAccounts, type Shared } from '../account.ts';
import { resourceMetadata } from '../auth/resource-metadata.ts';
import { authenticateBearer, type VerifyToken, verifySoleToken, verifyTokensFile } from '../auth/tokens.ts';
import type { HttpConfig } from '../config/http.ts';
import type { Log } from '../log.ts';
import { buildServer } from '../mcp/server.ts';
import type { Services } from '../mcp/services.ts';
import { SCOPES, scopeOf } from '../operations/operation.ts';
import type { SignInGrants } from '../ports/sign-in-grants.ts';
import type { ReadDocument } from '../sign-in/index.ts';
import { listenOnHttp, type Page, type Refused } from '../transports/http.ts';
import { loopbackAllowlists } from '../transports/http-guards.ts';
import type { Accounts } from '../upstream.ts';
import { version } from '../version.ts';
import type { Tool } from '../workflows/workflow.ts';
import { createAccountAccess, createAccounts } from './accounts.ts';
import { readCallerHeaders } from './caller-headers.ts';
import { discoveryPages } from './discovery.ts';
import { createDownloads } from './export-downloads.ts';
import { createHealth } from './health.ts';
import type { Metrics } from './metrics.ts';
import { createPaces } from './paces.ts';
import { createRefusalLines } from './refusal-lines.ts';

/** Time after SIGTERM in which open connections may send requests: clients close idle ones first (`http-guards.ts`). */
const DRAIN_MS = 3_000;
/** Time for running calls to finish after the drain. */
const GRACE_MS = 10_000;
/** The share of concurrent requests that one named caller may have. */
const MOST_OF_ONE = 0.75;
/** Digits of an account's digest: enough to tell callers apart. */
const KEY_DIGITS = 16;

interface HttpShared extends Shared {
  readonly redisReachable: (() => boolean) | undefined;
  readonly metrics: Metrics | undefined;
  /** What replicas share about sign-ins; absent: kept in this process. */
  readonly signInGrants?: SignInGrants | undefined;
  /** Reads clients' metadata documents instead of the guarded reader: tests have no network. */
  readonly readClientDocument?: ReadDocument | undefined;
  /** Overrides `DRAIN_MS`: tests do not wait for their own connections. */
  readonly drainMs?: number;
}

/** Composition of the HTTP server; loaded only when serving over HTTP. */
export async function serveHttp(
  http: HttpConfig,
  upstream: { readonly url: string; readonly key: string | undefined; readonly accounts?: Accounts | undefined },
  shared: HttpShared,
  log: Log,
) {
  const { tools } = shared.config;
  const health = createHealth(shared.redisReachable);
  const paces = createPaces(shared.createPace);
  const watched: Shared = {
    ...shared,
    // The pace outlives accounts that are closed and opened again.
    createPace: http.callerKey || http.signIn ? paces.of : shared.createPace,
    onEvent(event, account) {
      health.event(event);
      shared.onEvent(event, account);
    },
  };
  const { publicUrl } = http;
  const { memory, config } = shared;
  const downloads = publicUrl && createDownloads({ publicUrl, secret: config.stateSecret, memory });
  const linked: Shared = downloads ? { ...watched, linkTo: downloads.linkTo } : watched;
  const open = (key: string, name?: string) => openAccount(upstream.url, key, linked, name);
  const accounts = createAccounts((key) => open(key), paces.prove);
  const keys = upstream.accounts?.keys;
  const named = openNamedAccounts(keys, open);
  const access = createAccountAccess(keys && [...keys.keys()], named, upstream.accounts?.fallback);
  const own = upstream.key === undefined ? named?.values().next().value : open(upstream.key);
  // Finds unusable settings at the start, not at the first call.
  if (!own) await open('not-a-key').client.close();
  health.watch(own?.client);

  const headers = readCallerHeaders(http.callerKey);
  const onRefused = createRefusalLines(log, isAuthenticated(http) ? headers.token : () => undefined);
  const signIn = await openSignInOf(http, shared, tools, (key) => accounts.of(key).client, log, onRefused);
  const verify = signIn?.verify ?? (await chooseVerifier(http, log, access.check));
  const ownKeys = keys ? [...keys.values()] : upstream.key === undefined ? [] : [upstream.key];
  if (verify && (await acceptsAny(verify, ownKeys)))
    throw new Error('A token must not be the LeadDyno API key: the key would travel with every request.');
  const allowed = toolsByScope(tools);
  // A caller who sends only a key is identified by it, and never mistaken for the stdio client or a token.
  const byKey = async (given: IncomingHttpHeaders): Promise<AuthInfo> => {
    const account = accountOf(headers.key(given) ?? '');
    return { token: '', clientId: `caller-key:${account.slice(0, KEY_DIGITS)}`, scopes: [] };
  };
  const metadata = http.oauth && resourceMetadata(http.oauth);
  const server = await listenOnHttp({
    host: http.host,
    port: http.port,
    maxConcurrent: http.maxConcurrent,
    // With several callers, none can lock out all the others.
    mostPerCaller: http.token === undefined ? Math.ceil(http.maxConcurrent * MOST_OF_ONE) : undefined,
    allow: {
      hosts: [...(http.allowedHosts ?? loopbackAllowlists.hosts), ...(signIn?.hosts ?? [])],
      origins: [...(http.allowedOrigins ?? loopbackAllowlists.origins), ...(signIn?.origins ?? [])],
    },
    authenticate: verify ? authenticateBearer(verify, headers.authorization) : http.callerKey ? byKey : undefined,
    // With sign-in, the person chooses scopes on the page: a client told the minimum would ask only for that.
    leastScope: verify && !signIn ? SCOPES[0] : undefined,
    missingScope: verify && ((body, auth) => missingScope(body, auth, tools)),
    resourceMetadataUrl: signIn?.resourceMetadataUrl ?? metadata?.url,
    // One server per request; the account is the process's or the caller's own, never another caller's.
    factory: ({ authInfo, requestInfo }) =>
      buildServer({
        version,
        tools: verify ? allowed(authInfo?.scopes ?? []) : tools,
        services:
          own ??
          (signIn
            ? signedInServices(signIn.keyOf(authInfo), accounts.of)
            : callerServices(requestInfo, headers.key, accounts.of)),
        choice: access.choiceOf(authInfo),
      }),
    flawOf: headers.flawOf,
    onRefused,
    pages: new Map<string, Page>([
      ...health.pages(),
      ...metricsPage(shared.metrics),
      ...(signIn?.pages ?? metadata?.pages ?? []),
      ...discoveryPages(http),
    ]),
    routes: [...(downloads ? [downloads.route] : []), ...(signIn ? [signIn.route] : [])],
    onError: (error) => log.warn('transport', { error: error.name }),
  });
  // The person who starts it needs the address: logged at `info`, but shown at the default level too.
  log.announce('serving over HTTP', {
    url: `http://${http.host.includes(':') ? `[${http.host}]` : http.host}:${server.port}/mcp`,
    sandbox: shared.config.sandbox,
    host: http.host,
    port: server.port,
    tools: tools.length,
    authentication: verify !== undefined,
  });
  return {
    ended: new Promise<void>(() => undefined),
    exitMs: DRAIN_MS + GRACE_MS + 1_000,
    async close() {
      await server.close(GRACE_MS, shared.drainMs ?? DRAIN_MS);
      const opened = named ? [...named.values()] : own ? [own] : [];
      await Promise.all(opened.map(({ client }) => client.close()));
      await accounts.close();
    },
  };
}

/** A check for a single token, named tokens or JWTs; undefined if none is configured. */
async function chooseVerifier(
  http: HttpConfig,
  log: Log,
  check: (auth: AuthInfo) => AuthInfo,
): Promise<VerifyToken | undefined> {
  const verify = await findVerifier(http, log);
  return verify && (async (token) => check(await verify(token)));
}

async function findVerifier({ token, tokensFile, oauth }: HttpConfig, log: Log): Promise<VerifyToken | undefined> {
  if (token !== undefined) return verifySoleToken(token);
  if (tokensFile !== undefined)
    return verifyTokensFile(tokensFile, {
      onRead: (callers) => log.warn('the tokens file was reloaded', { callers }),
      onProblem: (problem) =>
        log.warn('the tokens file cannot be used: the tokens loaded before stay valid', { problem }),
    });
  if (oauth) return (await import('../auth/jwt.ts')).verifyJwts(oauth);
  return undefined;
}

const isAuthenticated = ({ token, tokensFile, oauth, signIn }: HttpConfig) =>
  [token, tokensFile, oauth, signIn].some((way) => way !== undefined);

/** Sets up sign-in, if it is switched on. */
async function openSignInOf(
  { signIn: config, publicUrl: issuer }: HttpConfig,
  { signInGrants: grants, readClientDocument: readDocument }: HttpShared,
  tools: readonly Tool[],
  clientOf: (key: string) => Services['client'],
  log: Log,
  onRefused: (refused: Refused) => void,
) {
  if (!config || issuer === undefined) return undefined;
  const { openSignIn } = await import('./sign-in.ts');
  const scopes = SCOPES.filter((scope) => tools.some((tool) => scopeOf(tool) === scope));
  const opened = openSignIn({ config, issuer, scopes, grants, readDocument, clientOf, log, onRefused });
  // The page is served under the public name and sends its form from there.
  return { ...opened, hosts: [new URL(issuer).hostname], origins: [new URL(issuer).origin] };
}

async function acceptsAny(verify: VerifyToken, tokens: readonly string[]): Promise<boolean> {
  for (const token of tokens) {
    const accepted = await verify(token).then(
      () => true,
      () => false,
    );
    if (accepted) return true;
  }
  return false;
}

/** The tools that a caller's scopes allow. The same list for the same scopes, because caches are keyed by the list. */
function toolsByScope(tools: readonly Tool[]): (scopes: readonly string[]) => readonly Tool[] {
  const lists = new Map<string, readonly Tool[]>();
  return (scopes) => {
    const held = SCOPES.filter((scope) => scopes.includes(scope));
    const id = held.join(' ');
    const list = lists.get(id) ?? tools.filter((tool) => held.includes(scopeOf(tool)));
    lists.set(id, list);
    return list;
  };
}

/** The scope that a tool call needs and its caller lacks. Tools outside the caller's scopes are not listed either. */
function missingScope(body: unknown, auth: AuthInfo, tools: readonly Tool[]): string | undefined {
  if (!auth.scopes.some((scope) => (SCOPES as readonly string[]).includes(scope))) return SCOPES[0];
  for (const message of Array.isArray(body) ? body : [body]) {
    const name = toolCalled(message);
    const tool = name === undefined ? undefined : tools.find((one) => one.name === name);
    if (tool && !auth.scopes.includes(scopeOf(tool))) return scopeOf(tool);
  }
  return undefined;
}

function toolCalled(message: unknown): unknown {
  if (typeof message !== 'object' || message === null || !('method' in message) || message.method !== 'tools/call')
    return undefined;
  const params = 'params' in message ? message.params : undefined;
  return typeof params === 'object' && params !== null && 'name' in params ? params.name : undefined;
}

function signedInServices(key: string | undefined, of: (key: string) => Services): Services {
  if (key === undefined) throw new OAuthError(OAuthErrorCode.InvalidToken, 'The token is not valid.');
  return of(key);
}

function callerServices(
  request: Request | undefined,
  keyIn: (headers: Record<string, string>) => string | undefined,
  of: (key: string) => Services,
): Services {
  const key = request && keyIn(Object.fromEntries(request.headers));
  if (!key) throw new OAuthError(OAuthErrorCode.InvalidRequest, 'The request brings no LeadDyno key.');
  return of(key);
}

function metricsPage(metrics: Metrics | undefined): [string, Page][] {
  if (!metrics) return [];
  const { contentType } = metrics;
  return [
    ['/metrics', { contentType, open: false, render: async () => ({ status: 200, body: await metrics.render() }) }],
  ];
}
