import { createServer, type IncomingMessage, type ServerResponse } from 'node:http';
import type { AddressInfo } from 'node:net';
import { setTimeout as delay } from 'node:timers/promises';
import {
  type AuthInfo,
  bearerAuthChallengeResponse,
  createMcpHandler,
  type McpServerFactory,
  OAuthError,
} from '@modelcontextprotocol/server';
import { FLOW, type FlowLimits, trackConnections } from './http-connections.ts';
import {
  type Allowlists,
  answerPreflight,
  BodyRefused,
  createPlaces,
  guard,
  isNestedTooDeeply,
  type PlaceRefusal,
  readBody,
  setHeaders,
  setPublicHeaders,
} from './http-guards.ts';
import { acceptedBy, BOTH, readBatch, toWebRequest, withoutStream, writeAnswer } from './http-messages.ts';
import { tolerant } from './tolerant-message.ts';

/** A page next to the MCP endpoint: health, metrics, OAuth metadata. */
export interface Page {
  readonly contentType: string;
  /** Whether no token is needed. */
  readonly open: boolean;
  /** Whether it answers under any host name: health probes use the IP address. */
  readonly anyHost?: boolean;
  /** The entity tag, if everyone may read and cache the page, including pages of any origin. */
  readonly publicTag?: string;
  readonly render: () => Promise<{ readonly status: number; readonly body: string }>;
}

/** Answers every request below a path, after the guards. */
export interface Route {
  readonly below: string;
  answer(req: IncomingMessage, res: ServerResponse): Promise<void>;
}

export interface HttpOptions {
  readonly host: string;
  readonly port: number;
  readonly allow: Allowlists;
  /** Maximum number of calls at the same time; more are answered 503. */
  readonly maxConcurrent: number;
  readonly factory: McpServerFactory;
  /** Identifies the caller by the request's headers. Absent: no authentication. @throws OAuthError */
  readonly authenticate?: ((headers: IncomingMessage['headers']) => Promise<AuthInfo>) | undefined;
  /** The scope that a request needs and its caller lacks, judged by its parsed body. */
  readonly missingScope?: ((body: unknown, auth: AuthInfo) => string | undefined) | undefined;
  /** The minimum scope: named in the challenge to callers without a token. */
  readonly leastScope?: string | undefined;
  /** How many of the concurrent calls one caller may have; absent: all. */
  readonly mostPerCaller?: number | undefined;
  /** What is wrong with the headers of a request: answered 400. */
  readonly flawOf?: ((headers: IncomingMessage['headers']) => string | undefined) | undefined;
  /** Where a client learns how to get a token (RFC 9728). */
  readonly resourceMetadataUrl?: string | undefined;
  readonly pages: ReadonlyMap<string, Page>;
  readonly routes?: readonly Route[];
  readonly onError: (error: Error) => void;
  /** Called for refused requests (statuses in `LOGGED`) and for connections closed because the client does not read. */
  readonly onRefused?: (refused: Refused) => void;
  readonly timeouts?: Timeouts;
  readonly flow?: Partial<FlowLimits>;
  /** Maximum number of open streams of changes, in addition to the calls. */
  readonly streams?: number;
}

export interface Refused {
  /** The answer's HTTP status; 0 if the connection was closed. */
  readonly status: number;
  readonly reason: string;
  readonly address: string | undefined;
  /** The request's headers, which may contain a token. */
  readonly headers: IncomingMessage['headers'];
}

/** Milliseconds within which a client must send its headers, or its whole request. */
export interface Timeouts {
  readonly headers: number;
  readonly request: number;
  /** How often connections are checked, in milliseconds. */
  readonly check: number;
}

export interface HttpServing {
  readonly port: number;
  /**
   * Keeps accepting requests for `drainMs` (less if there are no connections), each the last on its connection. Then
   * stops accepting, gives running calls `graceMs` to finish, and ends them.
   */
  close(graceMs: number, drainMs?: number): Promise<void>;
}

const ENDPOINT = '/mcp';
const BODY_LIMIT = 1024 * 1024;
/** Bytes of all bodies being read at the same time. */
const BODIES_LIMIT = 64 * 1024 * 1024;
/** Refusals that an operator should know about. */
const LOGGED: ReadonlySet<number> = new Set([401, 403, 413, 429, 503]);
const TIMEOUTS: Timeouts = { headers: 10_000, request: 30_000, check: 2_000 };
/** After one sixth of the drain, the rest is skipped if no client is connected. */
const DRAIN_STEPS = 6;
const KEEP_ALIVE_MS = 60_000;
/** Maximum number of open streams of changes. One named caller may have an eighth of them. */
const STREAMS = 512;
const STREAMS_SHARE = 8;
/** Maximum number of connections, and of connections waiting to be accepted. */
const MAX_CONNECTIONS = 2_048;

/** Serves both protocol revisions at `/mcp`, stateless: any process answers any request. */
export async function listenOnHttp(options: HttpOptions): Promise<HttpServing> {
  const mcp = createMcpHandler(options.factory, { onerror: options.onError });
  const { timeouts = TIMEOUTS, mostPerCaller = options.maxConcurrent, onRefused = () => undefined } = options;
  const places = createPlaces(options.maxConcurrent, mostPerCaller);
  const { streams: most = STREAMS } = options;
  const streams = createPlaces(most, Math.ceil(most / STREAMS_SHARE), 'open streams');
  const bodies = { free: BODIES_LIMIT };

  const server = createServer(
    {
      headersTimeout: timeouts.headers,
      requestTimeout: timeouts.request,
      keepAliveTimeout: KEEP_ALIVE_MS,
      connectionsCheckingInterval: timeouts.check,
      // The guard refuses a request without a host, like one with a foreign host.
      requireHostHeader: false,
    },
    (req, res) => {
      answer(req, res).catch((error: unknown) => {
        if (error instanceof BodyRefused) return refuse(req, res, error.status, error.message);
        options.onError(error instanceof Error ? error : new Error(String(error)));
        sendJson(res, 500, 'Internal error');
      });
    },
  );
  server.maxConnections = MAX_CONNECTIONS;
  const flow = { ...FLOW, ...options.flow };
  const connections = trackConnections(server, flow, timeouts.check, ({ remoteAddress: address }, reason) =>
    onRefused({ status: 0, reason, address, headers: {} }),
  );

  /** Refuses a request and reports it to `onRefused`. */
  function refuse(req: IncomingMessage, res: ServerResponse, status: number, message: string): void {
    tell(req, res, status, message);
    if (status === 503 && !res.headersSent) res.setHeader('retry-after', '1');
    sendJson(res, status, message);
  }

  function tell({ headers }: IncomingMessage, res: ServerResponse, status: number, reason: string): void {
    if (LOGGED.has(status)) onRefused({ status, reason, address: connections.addressOf(res), headers });
  }

  async function answer(req: IncomingMessage, res: ServerResponse): Promise<void> {
    setHeaders(req, res, options.allow);
    const path = (req.url ?? '/').split('?')[0] ?? '/';
    const page = options.pages.get(path);
    const refusal = guard(req, options.allow, page?.anyHost, page?.publicTag !== undefined);
    if (refusal) return refuse(req, res, refusal.status, refusal.message);
    if (page) return await answerPage(req, res, page);
    const route = options.routes?.find(({ below }) => path.startsWith(below));
    if (route) return await route.answer(req, res);
    if (path !== ENDPOINT && path !== `${ENDPOINT}/`)
      return sendJson(res, 404, `Nothing here. The MCP endpoint is ${ENDPOINT}.`);
    if (req.method === 'OPTIONS') return answerPreflight(res);
    const auth = await identify(req, res);
    if (auth !== 'refused') await answerMcp(req, res, auth);
  }

  async function answerMcp(req: IncomingMessage, res: ServerResponse, auth: AuthInfo | undefined): Promise<void> {
    if (req.method !== 'POST') {
      // Nothing to GET or DELETE in either revision: there are no sessions and no standing streams.
      res.setHeader('allow', 'POST');
      return sendJson(res, 405, 'Method not allowed.');
    }
    const flaw = options.flawOf?.(req.headers);
    if (flaw !== undefined) return sendJson(res, 400, flaw);
    const turnAway = ({ status, message }: PlaceRefusal) => refuse(req, res, status, message);
    // If all places are taken, the body is not even read.
    const full = places.refuses(1, auth?.clientId);
    if (full) return turnAway(full);
    const text = await readBody(req, BODY_LIMIT, bodies);
    if (isNestedTooDeeply(text)) throw new BodyRefused(400, 'The JSON is nested too deeply.');
    const parsed = parse(text);
    const missing = auth && options.missingScope?.(parsed, auth);
    if (missing)
      return await challenge(
        req,
        res,
        new OAuthError('insufficient_scope', `This needs the scope ${missing}.`),
        missing,
      );
    const asked = readBatch(parsed);
    if (asked.flaw !== undefined) return sendJson(res, 400, asked.flaw);
    if (Array.isArray(parsed) && parsed.length > 0 && Array.isArray(asked.body) && asked.body.length === 0) {
      res.writeHead(202).end();
      return;
    }
    if (!(await connections.mayBegin(res))) return;
    const calls = Math.max(1, asked.calls);
    const kind = asked.isStream ? streams : places;
    const refusal = kind.refuses(calls, auth?.clientId);
    if (refusal) return turnAway(refusal);
    const giveBack = kind.take(calls, auth?.clientId);
    try {
      // The SDK refuses a body that is not JSON.
      await carryOut(req, res, auth, asked.body, parsed === undefined ? text : '');
    } finally {
      giveBack();
    }
  }

  /** Passes the parsed body to the SDK: it serves exactly what was checked here, without copying or parsing again. */
  async function carryOut(
    req: IncomingMessage,
    res: ServerResponse,
    auth: AuthInfo | undefined,
    parsedBody: unknown,
    text: string,
  ): Promise<void> {
    const accepted = acceptedBy(req.headers.accept);
    const headers = accepted.json || accepted.stream ? { ...req.headers, accept: BOTH } : req.headers;
    const gone = new AbortController();
    connections.onGone(res, () => gone.abort());
    const request = toWebRequest({ method: req.method, url: req.url, headers }, text, gone.signal);
    const more = { ...(auth && { authInfo: auth }), ...(parsedBody !== undefined && { parsedBody }) };
    const response = await mcp.fetch(request, more);
    await writeAnswer(accepted.stream ? response : await withoutStream(response), res, connections, () => gone.abort());
  }

  async function identify(req: IncomingMessage, res: ServerResponse): Promise<AuthInfo | undefined | 'refused'> {
    if (!options.authenticate) return undefined;
    try {
      return await options.authenticate(req.headers);
    } catch (error) {
      if (!(error instanceof OAuthError)) throw error;
      await challenge(req, res, error, options.leastScope);
      return 'refused';
    }
  }

  async function answerPage(req: IncomingMessage, res: ServerResponse, page: Page): Promise<void> {
    const { publicTag: tag } = page;
    if (tag !== undefined) setPublicHeaders(res, tag);
    if (req.method === 'OPTIONS') {
      if (tag === undefined) return answerPreflight(res);
      return void res.writeHead(204).end();
    }
    if (req.method !== 'GET' && req.method !== 'HEAD') {
      res.setHeader('allow', 'GET, HEAD, OPTIONS');
      return sendJson(res, 405, 'Only GET is allowed.');
    }
    if (!page.open && (await identify(req, res)) === 'refused') return;
    if (tag !== undefined && req.headers['if-none-match']?.includes(tag)) return void res.writeHead(304).end();
    const { status, body } = await page.render();
    res.writeHead(status, { 'content-type': page.contentType });
    res.end(req.method === 'HEAD' ? undefined : body);
  }

  /** 401 or 403 with a challenge that tells the client what to do; 503 if tokens cannot be checked at the moment. */
  async function challenge(
    req: IncomingMessage,
    res: ServerResponse,
    error: OAuthError,
    scope?: string,
  ): Promise<void> {
    if (error.code === 'temporarily_unavailable') {
      tell(req, res, 503, error.message);
      res.setHeader('retry-after', '5');
      return sendJson(res, 503, error.message);
    }
    const { resourceMetadataUrl } = options;
    const response = bearerAuthChallengeResponse(error, {
      ...(scope && { requiredScopes: [scope] }),
      ...(resourceMetadataUrl && { resourceMetadataUrl }),
    });
    // Cuts the end of the SDK's message about a malformed header, which describes the expected form.
    tell(req, res, response.status, error.message.replace(/, expected .*$/, ''));
    res.writeHead(response.status, Object.fromEntries(response.headers));
    res.end(await response.text());
  }

  await new Promise<void>((resolve, reject) => {
    server.once('error', reject);
    // Node's default backlog of 511 is too small for a burst of callers: the system drops or resets the rest.
    server.listen({ port: options.port, host: options.host, backlog: MAX_CONNECTIONS }, () => {
      server.off('error', reject);
      resolve();
    });
  });

  return {
    port: (server.address() as AddressInfo).port,
    async close(graceMs, drainMs = 0) {
      connections.end(drainMs);
      // When Node stops listening, it closes idle connections, and the system resets those not yet accepted.
      await delay(drainMs / DRAIN_STEPS);
      if (connections.some()) await delay(drainMs - drainMs / DRAIN_STEPS);
      const closed = new Promise<void>((resolve) => server.close(() => resolve()));
      const timer = setTimeout(() => void mcp.close().then(() => server.closeAllConnections()), graceMs);
      await closed;
      clearTimeout(timer);
      await mcp.close();
    },
  };
}

/** The body as everything here sees it: what is checked is what is served. */
function parse(text: string): unknown {
  try {
    const body: unknown = JSON.parse(text);
    return Array.isArray(body) ? body.map(tolerant) : tolerant(body);
  } catch {
    // The SDK answers a body that is not JSON.
    return undefined;
  }
}

function sendJson(res: ServerResponse, status: number, message: string): void {
  if (res.headersSent) {
    res.destroy();
    return;
  }
  res.writeHead(status, {
    'content-type': 'application/json',
    ...(status === 413 || status === 408 ? { connection: 'close' } : {}),
  });
  res.end(JSON.stringify({ jsonrpc: '2.0', error: { code: -32600, message }, id: null }));
}
