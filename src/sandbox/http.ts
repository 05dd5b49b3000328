import { createServer, type IncomingMessage, type Server, type ServerResponse } from 'node:http';
import { performance } from 'node:perf_hooks';
import { isObject, type JsonObject, parseJson } from '../json.ts';
import { authenticate, type KeyPlace, logRequest, type RateLimit, type SandboxRequest } from './gateway.ts';
import type { Programme } from './programme.ts';
import { ApiError, Params, type Reply, type Route } from './route.ts';
import { affiliateRoutes } from './routes-affiliates.ts';
import { commissionRoutes } from './routes-commissions.ts';
import { leadRoutes } from './routes-leads.ts';
import { purchaseRoutes } from './routes-purchases.ts';
import { visitorRoutes } from './routes-visitors.ts';

/* The API over HTTP: maps requests to routes, and their answers to responses. */

const BASE_PATH = '/v1';
const BODY_LIMIT = 1024 * 1024;

export const routes: readonly Route[] = [
  ...affiliateRoutes,
  ...purchaseRoutes,
  ...commissionRoutes,
  ...leadRoutes,
  ...visitorRoutes,
];

const answers: ReadonlyMap<string, Route[1]> = new Map(routes);

// Ids are numeric, so `count` and `by_email` never look like one, and other words match no route.
const ID_SEGMENT = /^(\/[a-z_]+)\/(\d{1,15})(\/[a-z_]+)?$/;

/** The route that answers a path below the base, and the id in the path (0 if none). */
function findRoute(method: string, path: string): { readonly answer: Route[1]; readonly id: number } | undefined {
  const match = ID_SEGMENT.exec(path);
  if (match === null && path.includes('{')) return undefined;
  const answer = answers.get(`${method} ${match === null ? path : `${match[1]}/{id}${match[3] ?? ''}`}`);
  return answer && { answer, id: Number(match?.[2] ?? 0) };
}

type ParsedBody = { readonly fields: JsonObject } | 'none' | 'malformed' | 'too large';

/** null if the body exceeds the limit; the rest is read and dropped, so that the caller still gets the answer. */
async function readBytes(request: IncomingMessage): Promise<Buffer | null> {
  const chunks: Buffer[] = [];
  let length = 0;
  for await (const chunk of request) {
    if (!Buffer.isBuffer(chunk)) continue;
    length += chunk.length;
    if (length <= BODY_LIMIT) chunks.push(chunk);
    else chunks.length = 0;
  }
  return length > BODY_LIMIT ? null : Buffer.concat(chunks);
}

/** Reads JSON and form bodies; ignores other types, as a Rails application does. */
async function readBody(request: IncomingMessage): Promise<ParsedBody> {
  const bytes = await readBytes(request);
  if (bytes === null) return 'too large';
  if (bytes.length === 0) return 'none';
  const type = (request.headers['content-type'] ?? '').split(';', 1)[0]?.trim().toLowerCase();
  const text = bytes.toString('utf8');
  if (type === 'application/x-www-form-urlencoded') return { fields: Object.fromEntries(new URLSearchParams(text)) };
  if (type !== 'application/json') return 'none';
  const fields = parseJson(text)?.value;
  return isObject(fields) ? { fields } : 'malformed';
}

export interface Service {
  readonly programme: Programme;
  readonly key: string;
  readonly acceptKeyIn: readonly KeyPlace[];
  readonly rateLimit: RateLimit;
  readonly log: SandboxRequest[];
}

interface Answer extends Reply {
  readonly retryAfter?: number;
}

interface Received {
  readonly method: string;
  /** Relative to the base path; null outside it. */
  readonly path: string | null;
  readonly query: Readonly<Record<string, string>>;
  readonly body: ParsedBody;
  readonly authorized: boolean;
}

function refusal(status: number, error: ApiError['error']): Answer {
  return { status, body: { error } };
}

function answer(service: Service, { method, path, query, body, authorized }: Received): Answer {
  const wait = service.rateLimit.take(performance.now());
  // Unlike other errors it is called `message`: the gateway answers here, not the application.
  if (wait > 0) return { status: 429, body: { message: 'API rate limit exceeded' }, retryAfter: wait };
  if (path === null) return refusal(404, 'Not Found');
  if (body === 'too large') return refusal(413, 'Request body is too large');
  if (body === 'malformed') return refusal(400, 'Request body could not be parsed');
  if (!authorized) return refusal(401, 'Invalid key');
  const route = findRoute(method, path);
  if (route === undefined) return refusal(404, 'Not Found');
  const sent = method !== 'GET' && body !== 'none' ? { ...query, ...body.fields } : query;
  try {
    return route.answer({ programme: service.programme, params: new Params(sent), id: route.id });
  } catch (error) {
    if (error instanceof ApiError) return refusal(error.status, error.error);
    return refusal(500, 'Internal Server Error');
  }
}

function withoutKey<Value>({ key: _, ...rest }: Readonly<Record<string, Value>>): Record<string, Value> {
  return rest;
}

async function serve(service: Service, request: IncomingMessage, response: ServerResponse): Promise<void> {
  const at = Date.now();
  const body = await readBody(request);
  const method = request.method ?? 'GET';
  const target = request.url ?? '/';
  const mark = target.indexOf('?');
  const fullPath = mark < 0 ? target : target.slice(0, mark);
  const fullQuery: Record<string, string> = Object.fromEntries(
    new URLSearchParams(mark < 0 ? '' : target.slice(mark + 1)),
  );
  const fields = typeof body === 'object' ? body.fields : null;
  const { keyIn, valid } = authenticate(
    { header: request.headers.key, query: fullQuery.key, body: fields?.key },
    service.key,
    service.acceptKeyIn,
  );
  const path = fullPath.startsWith(`${BASE_PATH}/`) ? fullPath.slice(BASE_PATH.length) : null;
  const query = withoutKey(fullQuery);
  const { status, body: answered, retryAfter } = answer(service, { method, path, query, body, authorized: valid });
  const logged = { method, path: path ?? fullPath, query, body: fields && withoutKey(fields), keyIn, status, at };
  logRequest(service.log, logged);
  const text = JSON.stringify(answered);
  response.writeHead(status, {
    'content-type': 'application/json; charset=utf-8',
    'content-length': Buffer.byteLength(text),
    // The same clock as the records.
    date: new Date(service.programme.clock()).toUTCString(),
    ...(retryAfter !== undefined && { 'retry-after': String(retryAfter) }),
  });
  response.end(method === 'HEAD' ? undefined : text);
}

export function createApiServer(service: Service): Server {
  const server = createServer((request, response) => {
    // Only reached if the client hangs up halfway, so there is nobody left to answer.
    serve(service, request, response).catch(() => response.destroy());
  });
  // Longer than any client keeps an idle connection: otherwise a reused one could close during a request.
  server.keepAliveTimeout = 60_000;
  return server;
}
