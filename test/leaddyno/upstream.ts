import { createServer, type IncomingHttpHeaders, type ServerResponse } from 'node:http';
import { type AddressInfo, createServer as createSocketServer, type Server, type Socket } from 'node:net';
import { onTestFinished } from 'vitest';
// Loaded here, so that the first call of a test with a short deadline does not spend it on loading.
import 'undici';
import { type ClientOptions, createClient } from '../../src/leaddyno/client.ts';
import { LeadDynoError } from '../../src/leaddyno/errors.ts';
import { createPace } from '../../src/leaddyno/pace.ts';
import type { ClientEvent, LeadDynoClient } from '../../src/leaddyno/request.ts';

export interface Received {
  readonly method: string;
  /** Path and query as they came. */
  readonly url: string;
  readonly headers: IncomingHttpHeaders;
  readonly body: string;
}

export interface Upstream {
  readonly url: string;
  readonly requests: Received[];
  /** Connections accepted so far. */
  readonly connections: () => number;
  /** Requests that the client gave up before they were answered. */
  readonly abandoned: () => number;
}

export type Answerer = (response: ServerResponse, request: Received, count: number) => void;

/** A LeadDyno on a loopback port that answers as `answer` says; `count` is 1 for the first request. */
export async function startUpstream(answer: Answerer): Promise<Upstream> {
  const requests: Received[] = [];
  let connections = 0;
  let abandoned = 0;
  const server = createServer((incoming, response) => {
    response.on('close', () => {
      if (!response.writableFinished) abandoned++;
    });
    const chunks: Buffer[] = [];
    incoming.on('data', (chunk: Buffer) => chunks.push(chunk));
    incoming.on('error', () => undefined);
    incoming.on('end', () => {
      const { method = '', url = '', headers } = incoming;
      const received = { method, url, headers, body: Buffer.concat(chunks).toString() };
      requests.push(received);
      answer(response, received, requests.length);
    });
  });
  server.on('connection', () => {
    connections++;
  });
  const port = await listen(server);
  onTestFinished(() => server.closeAllConnections());
  return {
    url: `http://127.0.0.1:${port}/v1`,
    requests,
    connections: () => connections,
    abandoned: () => abandoned,
  };
}

/** A bare socket on a loopback port. */
export async function startSocketServer(accept: (socket: Socket) => void): Promise<number> {
  const sockets = new Set<Socket>();
  const server = createSocketServer((socket) => {
    sockets.add(socket);
    socket.on('error', () => undefined);
    accept(socket);
  });
  const port = await listen(server);
  onTestFinished(() => {
    for (const socket of sockets) socket.destroy();
  });
  return port;
}

async function listen(server: Server): Promise<number> {
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve));
  onTestFinished(() => {
    server.close();
  });
  return (server.address() as AddressInfo).port;
}

/** A port on which nobody listens. */
export async function findClosedPort(): Promise<number> {
  const server = createSocketServer();
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve));
  const { port } = server.address() as AddressInfo;
  await new Promise((resolve) => server.close(resolve));
  return port;
}

export const KEY = 'key/of+the account-4711';

/** A client of `baseUrl` that waits for nothing unless told to, with the events it reports. */
export function connect(
  baseUrl: string,
  overrides: Partial<ClientOptions> = {},
): { readonly client: LeadDynoClient; readonly events: ClientEvent[] } {
  const events: ClientEvent[] = [];
  const client = createClient({
    baseUrl,
    key: KEY,
    keyTransport: 'header',
    timeoutMs: 10_000,
    userAgent: 'leaddyno-mcp/0.0.0-test',
    pace: createPace({ limit: 0 }),
    onEvent: (event) => events.push(event),
    sleep: async () => undefined,
    random: () => 0.5,
    ...overrides,
  });
  onTestFinished(() => client.close());
  return { client, events };
}

export function answerJson(response: ServerResponse, value: unknown, status = 200): void {
  response.writeHead(status, { 'content-type': 'application/json' }).end(JSON.stringify(value));
}

/** The LeadDynoError that `call` fails with. */
export async function failureOf(call: Promise<unknown>): Promise<LeadDynoError> {
  const error = await call.then(
    (value) => {
      throw new Error(`expected a failure, got ${JSON.stringify(value)}`);
    },
    (reason: unknown) => reason,
  );
  if (error instanceof LeadDynoError) return error;
  throw error;
}

/** Waits until `condition` holds; fails after half a minute. */
export async function until(condition: () => boolean): Promise<void> {
  const end = Date.now() + 30_000;
  while (!condition()) {
    if (Date.now() > end) throw new Error('the condition did not come about');
    await new Promise((resolve) => setTimeout(resolve, 5));
  }
}
