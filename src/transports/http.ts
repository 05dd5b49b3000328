import { createServer, type IncomingMessage, type Server, type ServerResponse } from 'node:http';
import type { AddressInfo, Socket } from 'node:net';
import { toNodeHandler } from '@modelcontextprotocol/node';
import {
  type AuthInfo,
  bearerAuthChallengeResponse,
  createMcpHandler,
  type McpServerFactory,
  OAuthError,
} from '@modelcontextprotocol/server';
import { type Accepted, acceptedBy, BOTH, withoutStream } from './http-accept.ts';
import {
  type Allowlists,
  answerPreflight,
  BodyRefused,
  guard,
  isNestedTooDeeply,
  readBody,
  setHeaders,
} from './http-guards.ts';

/** A page beside the MCP endpoint: health, metrics, OAuth metadata. */
export interface Page {
  readonly contentType: string;
  /** Whether it may be read without a token. */
  readonly open: boolean;
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
  /** Requests to the endpoint handled at the same time; one more is answered 503. */
  readonly maxConcurrent: number;
  readonly factory: McpServerFactory;
  /** Who calls, by the request's headers. Absent: everybody who passes the guards. @throws OAuthError */
  readonly authenticate?: ((headers: IncomingMessage['headers']) => Promise<AuthInfo>) | undefined;
  /** The scope a request needs beyond what its caller has, judged by its parsed body. */
  readonly missingScope?: ((body: unknown, auth: AuthInfo) => string | undefined) | undefined;
  /** The scope that a caller needs at the least: named to those who come without a token. */
  readonly leastScope?: string | undefined;
  /** How many of the requests at the same time may be one caller's; absent: all of them. */
  readonly mostPerCaller?: number | undefined;
  /** A header without which, in this form, a request is refused. */
  readonly requireHeader?: { readonly name: string; readonly form: RegExp; readonly message: string } | undefined;
  /** Where a client finds out how to get a token (RFC 9728). */
  readonly resourceMetadataUrl?: string | undefined;
  readonly pages: ReadonlyMap<string, Page>;
  readonly route?: Route | undefined;
  readonly onError: (error: Error) => void;
  readonly timeouts?: Timeouts;
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
  /** Stops accepting, lets what runs finish for `graceMs`, then ends it. */
  close(graceMs: number): Promise<void>;
}

const ENDPOINT = '/mcp';
const BODY_LIMIT = 1024 * 1024;
const TIMEOUTS: Timeouts = { headers: 10_000, request: 30_000, check: 2_000 };
const KEEP_ALIVE_MS = 60_000;
/** Idle connections beyond this are not accepted. */
const MAX_CONNECTIONS = 2_048;

/** Serves both protocol revisions at `/mcp`, stateless: any process answers any request. */
export async function listenOnHttp(options: HttpOptions): Promise<HttpServing> {
  const mcp = createMcpHandler(options.factory, { onerror: options.onError });
  /**
   * The SDK's handler for one body. Handed it parsed, the SDK serves what was judged here, and neither copies the
   * request nor reads it as a stream. (As the adapter's own third argument it would be written as JSON again, which
   * fails where it is nested deeply.)
   */
  const serve = (parsedBody: unknown, { stream }: Accepted) =>
    toNodeHandler(
      {
        async fetch(request, more) {
          const response = await mcp.fetch(request, { ...more, ...(parsedBody !== undefined && { parsedBody }) });
          return stream ? response : await withoutStream(response);
        },
      },
      { onerror: options.onError },
    );
  const { timeouts = TIMEOUTS, mostPerCaller = options.maxConcurrent } = options;
  let running = 0;
  /** Of whom those are that have said who they are. */
  const runningOf = new Map<string, number>();
  let closing = false;

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
        if (!(error instanceof BodyRefused)) options.onError(error instanceof Error ? error : new Error(String(error)));
        sendJson(
          res,
          error instanceof BodyRefused ? error.status : 500,
          error instanceof BodyRefused ? error.message : 'Internal error',
        );
      });
    },
  );
  server.maxConnections = MAX_CONNECTIONS;
  const connections = trackConnections(server);

  async function answer(req: IncomingMessage, res: ServerResponse): Promise<void> {
    setHeaders(req, res, options.allow);
    const refusal = guard(req, options.allow);
    if (refusal) return sendJson(res, refusal.status, refusal.message);
    const path = (req.url ?? '/').split('?')[0] ?? '/';
    const page = options.pages.get(path);
    if (page) return await answerPage(req, res, page);
    if (options.route && path.startsWith(options.route.below)) return await options.route.answer(req, res);
    if (path !== ENDPOINT && path !== `${ENDPOINT}/`)
      return sendJson(res, 404, `Nothing here. The MCP endpoint is ${ENDPOINT}.`);
    if (req.method === 'OPTIONS') return answerPreflight(res);
    if (running >= options.maxConcurrent || closing) {
      res.setHeader('retry-after', '1');
      return sendJson(res, 503, closing ? 'Shutting down.' : 'Too many requests at once.');
    }
    running += 1;
    try {
      await answerMcp(req, res);
    } finally {
      running -= 1;
    }
  }

  async function answerMcp(req: IncomingMessage, res: ServerResponse): Promise<void> {
    const auth = await identify(req, res);
    if (auth === 'refused') return;
    if (!auth) return await answerCaller(req, res, auth);
    const { clientId } = auth;
    const others = runningOf.get(clientId) ?? 0;
    if (others >= mostPerCaller) {
      res.setHeader('retry-after', '1');
      return sendJson(res, 503, 'Too many requests of one caller at once.');
    }
    runningOf.set(clientId, others + 1);
    try {
      await answerCaller(req, res, auth);
    } finally {
      const left = (runningOf.get(clientId) ?? 1) - 1;
      if (left > 0) runningOf.set(clientId, left);
      else runningOf.delete(clientId);
    }
  }

  async function answerCaller(req: IncomingMessage, res: ServerResponse, auth: AuthInfo | undefined): Promise<void> {
    if (req.method !== 'POST') {
      // Neither revision has anything to get or delete here: there are no sessions and no standing streams.
      res.setHeader('allow', 'POST');
      return sendJson(res, 405, 'Method not allowed.');
    }
    const { requireHeader } = options;
    if (requireHeader && !requireHeader.form.test(String(req.headers[requireHeader.name] ?? ''))) {
      return sendJson(res, 400, requireHeader.message);
    }
    const text = await readBody(req, BODY_LIMIT);
    if (isNestedTooDeeply(text)) throw new BodyRefused(400, 'The JSON is nested too deeply.');
    const parsed = parse(text);
    const missing = auth && options.missingScope?.(parsed, auth);
    if (missing)
      return await challenge(res, new OAuthError('insufficient_scope', `This needs the scope ${missing}.`), missing);
    const { method, url = '/' } = req;
    const accepted = acceptedBy(req.headers.accept);
    const headers = accepted.json || accepted.stream ? { ...req.headers, accept: BOTH } : req.headers;
    // What is no JSON is left to the SDK to refuse.
    const unread = parsed === undefined ? text : '';
    const request = { method, url, headers, ...(auth && { auth }), [Symbol.asyncIterator]: () => once(unread) };
    await serve(parsed, accepted)(request, res);
  }

  async function identify(req: IncomingMessage, res: ServerResponse): Promise<AuthInfo | undefined | 'refused'> {
    if (!options.authenticate) return undefined;
    try {
      return await options.authenticate(req.headers);
    } catch (error) {
      if (!(error instanceof OAuthError)) throw error;
      await challenge(res, error, options.leastScope);
      return 'refused';
    }
  }

  async function answerPage(req: IncomingMessage, res: ServerResponse, page: Page): Promise<void> {
    if (req.method === 'OPTIONS') return answerPreflight(res);
    if (req.method !== 'GET' && req.method !== 'HEAD') {
      res.setHeader('allow', 'GET, HEAD, OPTIONS');
      return sendJson(res, 405, 'Only GET.');
    }
    if (!page.open && (await identify(req, res)) === 'refused') return;
    const { status, body } = await page.render();
    res.writeHead(status, { 'content-type': page.contentType });
    res.end(req.method === 'HEAD' ? undefined : body);
  }

  /** 401 or 403 with the challenge that tells a client how to go on; 503 where tokens cannot be checked now. */
  async function challenge(res: ServerResponse, error: OAuthError, scope?: string): Promise<void> {
    if (error.code === 'temporarily_unavailable') {
      res.setHeader('retry-after', '5');
      return sendJson(res, 503, error.message);
    }
    const { resourceMetadataUrl } = options;
    const response = bearerAuthChallengeResponse(error, {
      ...(scope && { requiredScopes: [scope] }),
      ...(resourceMetadataUrl && { resourceMetadataUrl }),
    });
    res.writeHead(response.status, Object.fromEntries(response.headers));
    res.end(await response.text());
  }

  await new Promise<void>((resolve, reject) => {
    server.once('error', reject);
    server.listen(options.port, options.host, () => {
      server.off('error', reject);
      resolve();
    });
  });

  return {
    port: (server.address() as AddressInfo).port,
    async close(graceMs) {
      closing = true;
      const closed = new Promise<void>((resolve) => server.close(() => resolve()));
      connections.end();
      const timer = setTimeout(() => void mcp.close().then(() => server.closeAllConnections()), graceMs);
      await closed;
      clearTimeout(timer);
      await mcp.close();
    },
  };
}

/** The open connections of a server, so that those that wait for nothing can be ended while the others finish. */
function trackConnections(server: Server) {
  /** How many requests of each are being answered. */
  const connections = new Map<Socket, number>();
  let ending = false;

  function endIdle(): void {
    for (const [socket, running] of connections) if (running === 0) socket.destroy();
  }

  server.on('connection', (socket) => {
    connections.set(socket, 0);
    socket.once('close', () => connections.delete(socket));
  });
  server.on('request', ({ socket }, response) => {
    connections.set(socket, (connections.get(socket) ?? 0) + 1);
    response.once('close', () => {
      const running = connections.get(socket);
      if (running !== undefined) connections.set(socket, running - 1);
      if (ending) endIdle();
    });
  });

  return {
    /** Ends each connection once nothing of it is being answered; one that never said anything, at once. */
    end(): void {
      ending = true;
      endIdle();
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

async function* once(text: string): AsyncGenerator<string> {
  if (text !== '') yield text;
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
