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
import { acceptedBy, BOTH, withoutStream } from './http-accept.ts';
import { toWebRequest, writeAnswer } from './http-answer.ts';
import { readBatch } from './http-batch.ts';
import { FLOW, type FlowLimits, trackConnections } from './http-connections.ts';
import {
  type Allowlists,
  answerPreflight,
  BodyRefused,
  guard,
  isNestedTooDeeply,
  readBody,
  setHeaders,
  setPublicHeaders,
} from './http-guards.ts';
import { createPlaces, type PlaceRefusal } from './http-places.ts';

/** A page beside the MCP endpoint: health, metrics, OAuth metadata. */
export interface Page {
  readonly contentType: string;
  /** Whether it may be read without a token. */
  readonly open: boolean;
  /** Whether it answers under any host name: a probe comes by address. */
  readonly anyHost?: boolean;
  /** Where everybody may read and keep it, pages of any origin included: its entity tag. */
  readonly publicTag?: string;
  readonly render: () => Promise<{ readonly status: number; readonly body: string }>;
}

/** Answers everything below a path, once the guards have let it pass. */
export interface Route {
  readonly below: string;
  answer(req: IncomingMessage, res: ServerResponse): Promise<void>;
}

export interface HttpOptions {
  readonly host: string;
  readonly port: number;
  readonly allow: Allowlists;
  /** Calls carried out at the same time; one more is answered 503. */
  readonly maxConcurrent: number;
  readonly factory: McpServerFactory;
  /** Who calls, by the request's headers. Absent: everybody who passes the guards. @throws OAuthError */
  readonly authenticate?: ((headers: IncomingMessage['headers']) => Promise<AuthInfo>) | undefined;
  /** The scope a request needs beyond what its caller has, judged by its parsed body. */
  readonly missingScope?: ((body: unknown, auth: AuthInfo) => string | undefined) | undefined;
  /** The scope that a caller needs at the least: named to those who come without a token. */
  readonly leastScope?: string | undefined;
  /** How many of the calls at the same time may be one caller's; absent: all of them. */
  readonly mostPerCaller?: number | undefined;
  /** What is wrong with the headers of a request, for its answer 400. */
  readonly flawOf?: ((headers: IncomingMessage['headers']) => string | undefined) | undefined;
  /** Where a client finds out how to get a token (RFC 9728). */
  readonly resourceMetadataUrl?: string | undefined;
  readonly pages: ReadonlyMap<string, Page>;
  readonly routes?: readonly Route[];
  readonly onError: (error: Error) => void;
  /** Told of each request that is turned away, and of each connection that was ended for not reading. */
  readonly onRefused?: (refused: Refused) => void;
  readonly timeouts?: Timeouts;
  readonly flow?: Partial<FlowLimits>;
  /** Streams of changes that may be open at the same time, beside the calls. */
  readonly streams?: number;
}

export interface Refused {
  /** The answer's; 0 where the connection was ended. */
  readonly status: number;
  readonly reason: string;
  readonly address: string | undefined;
  /** What the request said of itself. It may hold a token. */
  readonly headers: IncomingMessage['headers'];
}

/** Milliseconds after which a client is cut off that has not sent its headers, or its whole request. */
export interface Timeouts {
  readonly headers: number;
  readonly request: number;
  /** How often connections are looked over for it. */
  readonly check: number;
}

export interface HttpServing {
  readonly port: number;
  /**
   * Takes requests for another `drainMs`, each the last on its connection, or for less if there are no connections; then
   * stops accepting, lets what runs finish for `graceMs`, and ends it.
   */
  close(graceMs: number, drainMs?: number): Promise<void>;
}

const ENDPOINT = '/mcp';
const BODY_LIMIT = 1024 * 1024;
/** Bytes of bodies that are being read, all together. */
const BODIES_LIMIT = 64 * 1024 * 1024;
/** Refusals that an operator should know of. */
const LOGGED: ReadonlySet<number> = new Set([401, 403, 413, 429, 503]);
const TIMEOUTS: Timeouts = { headers: 10_000, request: 30_000, check: 2_000 };
/** Whether anybody is still connected is looked at once, after this part of the drain. */
const DRAIN_STEPS = 6;
const KEEP_ALIVE_MS = 60_000;
/** Streams of changes that are open at the same time, and the part of them that one named caller may have. */
const STREAMS = 512;
const STREAMS_SHARE = 8;
/** Connections beyond this are not accepted, and as many may wait to be. */
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
      // A request that names no host is refused by the guard, like one that names a foreign one.
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

  /** Turns a request away, and says so to whoever watches the server. */
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
      // Neither revision has anything to get or delete here: there are no sessions and no standing streams.
      res.setHeader('allow', 'POST');
      return sendJson(res, 405, 'Method not allowed.');
    }
    const flaw = options.flawOf?.(req.headers);
    if (flaw !== undefined) return sendJson(res, 400, flaw);
    const turnAway = ({ status, message }: PlaceRefusal) => refuse(req, res, status, message);
    // Where all places are taken, nothing is read.
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
      // What is no JSON is left to the SDK to refuse.
      await carryOut(req, res, auth, asked.body, parsed === undefined ? text : '');
    } finally {
      giveBack();
    }
  }

  /** Handed its body parsed, the SDK serves what was judged here, and neither copies the request nor reads it again. */
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

  /** 401 or 403 with the challenge that tells a client how to go on; 503 where tokens cannot be checked now. */
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
    // The SDK's words for a malformed header go on to say how one looks.
    tell(req, res, response.status, error.message.replace(/, expected .*$/, ''));
    res.writeHead(response.status, Object.fromEntries(response.headers));
    res.end(await response.text());
  }

  await new Promise<void>((resolve, reject) => {
    server.once('error', reject);
    // Node's own 511 is less than a burst of callers: the system drops or resets those who find the queue full.
    server.listen({ port: options.port, host: options.host, backlog: MAX_CONNECTIONS }, () => {
      server.off('error', reject);
      resolve();
    });
  });

  return {
    port: (server.address() as AddressInfo).port,
    async close(graceMs, drainMs = 0) {
      connections.end(drainMs);
      // Node ends idle connections together with the listening, and the system resets those it has not handed over yet.
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

function parse(text: string): unknown {
  try {
    return JSON.parse(text);
  } catch {
    // The SDK answers what is no JSON.
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
