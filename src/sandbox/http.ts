import { createServer, type IncomingMessage, type Server, type ServerResponse } from 'node:http';
import { performance } from 'node:perf_hooks';
import { ApiError } from './api-error.ts';
import { authenticate, type KeyPlace } from './authentication.ts';
import { Params } from './params.ts';
import type { Programme } from './programme.ts';
import type { RateLimit } from './rate-limit.ts';
import { type Fields, type ParsedBody, readBody } from './request-body.ts';
import type { RequestLog } from './request-log.ts';
import type { Reply } from './route.ts';
import { findRoute } from './router.ts';

const BASE_PATH = '/v1';

export interface Service {
  readonly programme: Programme;
  readonly key: string;
  readonly acceptKeyIn: readonly KeyPlace[];
  readonly rateLimit: RateLimit;
  readonly log: RequestLog;
}

interface Answer extends Reply {
  readonly retryAfter?: number;
}

interface Received {
  readonly method: string;
  /** Below the base path; null outside of it. */
  readonly path: string | null;
  readonly query: Readonly<Record<string, string>>;
  readonly body: ParsedBody;
  readonly authorized: boolean;
}

function refusal(status: number, error: ApiError['error']): Answer {
  return { status, body: { error } };
}

function withoutKey<Value>({ key: _, ...rest }: Readonly<Record<string, Value>>): Record<string, Value> {
  return rest;
}

function handle(service: Service, received: Received): Answer {
  const wait = service.rateLimit.take(performance.now());
  // Another member name than every other error: a gateway answers here, not the application.
  if (wait > 0) return { status: 429, body: { message: 'API rate limit exceeded' }, retryAfter: wait };
  const { method, path, query, body } = received;
  if (path === null) return refusal(404, 'Not Found');
  if (body.kind === 'too large') return refusal(413, 'Request body is too large');
  if (body.kind === 'malformed') return refusal(400, 'Request body could not be parsed');
  if (!received.authorized) return refusal(401, 'Invalid key');
  const route = findRoute(method, path);
  if (route === null) return refusal(404, 'Not Found');
  const sent: Fields = method !== 'GET' && body.kind === 'fields' ? { ...query, ...body.fields } : query;
  try {
    return route({ programme: service.programme, params: new Params(sent) });
  } catch (error) {
    if (error instanceof ApiError) return refusal(error.status, error.error);
    return refusal(500, 'Internal Server Error');
  }
}

function belowBase(path: string): string | null {
  return path.startsWith(`${BASE_PATH}/`) ? path.slice(BASE_PATH.length) : null;
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
  const fields = body.kind === 'fields' ? body.fields : {};
  const { keyIn, valid } = authenticate(
    { header: request.headers.key, query: fullQuery.key, body: fields.key },
    service.key,
    service.acceptKeyIn,
  );
  const path = belowBase(fullPath);
  const query = withoutKey(fullQuery);
  const answer = handle(service, { method, path, query, body, authorized: valid });
  service.log.add({
    method,
    path: path ?? fullPath,
    query,
    body: body.kind === 'fields' ? withoutKey(body.fields) : null,
    keyIn,
    status: answer.status,
    at,
  });
  const text = JSON.stringify(answer.body);
  response.writeHead(answer.status, {
    'content-type': 'application/json; charset=utf-8',
    'content-length': Buffer.byteLength(text),
    // The clock of its records.
    date: new Date(service.programme.clock()).toUTCString(),
    ...(answer.retryAfter === undefined ? {} : { 'retry-after': String(answer.retryAfter) }),
  });
  response.end(method === 'HEAD' ? undefined : text);
}

export function createApiServer(service: Service): Server {
  const server = createServer((request, response) => {
    // Only a client that hangs up halfway gets here, and then there is nobody left to answer.
    serve(service, request, response).catch(() => response.destroy());
  });
  // Longer than any client keeps an idle connection: otherwise a reused one can be closed under a request.
  server.keepAliveTimeout = 60_000;
  return server;
}
