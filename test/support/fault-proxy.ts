import { randomInt } from 'node:crypto';
import { Agent, createServer, request as httpRequest, type IncomingMessage, type ServerResponse } from 'node:http';
import type { AddressInfo } from 'node:net';
import { closeAtEnd } from './protocol-leaks.ts';

/** What can go wrong between the server and LeadDyno, in the order of the table in the documentation. */
export const faultNames = [
  'slow answer',
  'no answer in time',
  'unreachable',
  'reset before the request',
  'reset before the answer',
  'reset within the answer',
  'reset after the answer',
  'truncated answer',
  'answer sent twice',
  '429, Retry-After in seconds',
  '429, Retry-After as a date',
  '429 without Retry-After',
  '429, absurd Retry-After',
  '429, Retry-After of 5 minutes',
  '500',
  '502 with HTML',
  '503',
  '200 with broken JSON',
  '200 with deep JSON',
  '200 with an HTML page',
  'JSON called text/html',
  '200 with null',
  '20 MB body',
  'redirect to another host',
] as const;
export type FaultName = (typeof faultNames)[number];

/** A fault for one request. */
export interface Strike {
  readonly fault: FaultName;
  /** Whether LeadDyno still carries the request out, if the fault leaves that open. */
  readonly carriedOut: boolean;
}

/** A request as the proxy received it. */
export interface Passing {
  readonly method: string;
  /** Below the base address, without the query. */
  readonly path: string;
  readonly body: string;
  readonly fault: FaultName | undefined;
}

/** Decides on one request; `count` is 1 for the first request since the plan was set. */
export type FaultPlan = (request: Omit<Passing, 'fault'>, count: number) => Strike | undefined;

export interface FaultProxy {
  readonly url: string;
  /** Every request that arrived, in order. */
  readonly requests: readonly Passing[];
  /** The number of connections to the host that redirects point to. */
  readonly strayed: () => number;
  /** Sets the plan from now on; without a plan every request passes. */
  follow(plan: FaultPlan | undefined): void;
  /** Resolves when no request to LeadDyno is in progress. */
  idle(): Promise<void>;
  /** Closes idle connections. */
  hangUp(): void;
  /** Closes the port and all connections: nobody can connect until `reopen`. */
  shut(): Promise<void>;
  reopen(): Promise<void>;
  close(): Promise<void>;
}

interface Answer {
  readonly status: number;
  readonly type: string;
  readonly text: string;
}

interface Struck {
  readonly request: IncomingMessage;
  readonly response: ServerResponse;
  readonly strike: Strike;
  /** Lets LeadDyno carry the request out. */
  readonly pass: () => Promise<Answer>;
  readonly elsewhere: string;
}

const BASE = '/v1';
const SLOW_MS = 120;
const DEEP = 50_000;
const HUGE_BYTES = 20 * 1024 * 1024;
const HUGE_CHUNK = Buffer.alloc(256 * 1024, 'x');

/** Starts a proxy in front of the LeadDyno at `upstream` that passes requests on, or breaks them as its plan says. */
export async function startFaultProxy(upstream: string): Promise<FaultProxy> {
  const target = new URL(upstream);
  const agent = new Agent({ keepAlive: true });
  const requests: Passing[] = [];
  let plan: FaultPlan | undefined;
  let decided = 0;
  let strayed = 0;
  let shutting: Promise<void> | undefined;
  const underWay = new Set<Promise<unknown>>();

  const other = createServer((_, response) => response.end('{}'));
  other.on('connection', () => {
    strayed += 1;
  });
  const elsewhere = `http://localhost:${await listen(other, 0, 'localhost')}`;

  const server = createServer((request, response) => {
    request.on('error', () => undefined);
    response.on('error', () => undefined);
    void handle(request, response).catch(() => response.destroy());
  });
  // Longer than the client keeps an idle connection, because its expiry is not tested here.
  server.keepAliveTimeout = 60_000;

  async function handle(request: IncomingMessage, response: ServerResponse): Promise<void> {
    const path = new URL(request.url ?? '/', target).pathname.slice(BASE.length);
    const body = await readWhole(request);
    const passing = { method: request.method ?? 'GET', path, body: body.toString() };
    if (plan) decided += 1;
    const strike = plan?.(passing, decided);
    requests.push({ ...passing, fault: strike?.fault });
    const pass = () => track(forward(target, agent, request, body));
    if (strike) return await strikes[strike.fault]({ request, response, strike, pass, elsewhere });
    answer(response, await pass());
  }

  function track<Value>(passing: Promise<Value>): Promise<Value> {
    underWay.add(passing);
    const end = () => underWay.delete(passing);
    passing.then(end, end);
    return passing;
  }

  const port = await listenLow(server);
  return closeAtEnd({
    url: `http://127.0.0.1:${port}${BASE}`,
    requests,
    strayed: () => strayed,
    follow(next: FaultPlan | undefined) {
      plan = next;
      decided = 0;
    },
    async idle() {
      while (underWay.size > 0) await Promise.allSettled(underWay);
    },
    hangUp: () => server.closeIdleConnections(),
    shut() {
      shutting ??= shut(server);
      return shutting;
    },
    async reopen() {
      if (!shutting) return;
      await shutting;
      shutting = undefined;
      await listen(server, port, '127.0.0.1');
    },
    async close() {
      await (shutting ?? shut(server));
      await shut(other);
      agent.destroy();
    },
  });
}

const JSON_TYPE = 'application/json; charset=utf-8';

/** What each fault does with a request after all of it was read. */
const strikes: Record<FaultName, (struck: Struck) => Promise<void> | void> = {
  async 'slow answer'({ response, pass }) {
    const real = await pass();
    const timer = setTimeout(() => answer(response, real), SLOW_MS);
    response.on('close', () => clearTimeout(timer));
  },
  async 'no answer in time'({ strike, pass }) {
    if (strike.carriedOut) await pass();
  },
  // Normally the port is closed (`shut`). If it is still open, a reset comes closest.
  unreachable: ({ response }) => reset(response),
  'reset before the request': ({ response }) => reset(response),
  async 'reset before the answer'({ response, pass }) {
    await pass();
    reset(response);
  },
  async 'reset within the answer'({ response, pass }) {
    const { status, type, text } = await pass();
    response.writeHead(status, { 'content-type': type, 'content-length': Buffer.byteLength(text) + 100 });
    response.write(text.slice(0, Math.ceil(text.length / 2)), () => reset(response));
  },
  async 'reset after the answer'({ response, pass }) {
    answer(response, await pass());
    // Wait a moment, because a reset discards what the client has not read yet.
    response.on('finish', () => setTimeout(() => reset(response), 30));
  },
  async 'truncated answer'({ response, pass }) {
    const { status, type, text } = await pass();
    response.writeHead(status, { 'content-type': type, 'content-length': Buffer.byteLength(text) + 1 });
    response.write(text, () => response.socket?.end());
  },
  async 'answer sent twice'({ response, pass }) {
    const real = await pass();
    const { socket } = response;
    socket?.cork();
    answer(response, real);
    const length = Buffer.byteLength(real.text);
    socket?.write(
      `HTTP/1.1 ${real.status} OK\r\ncontent-type: ${real.type}\r\ncontent-length: ${length}\r\n\r\n${real.text}`,
    );
    socket?.uncork();
  },
  '429, Retry-After in seconds': ({ response }) => limit(response, '1'),
  '429, Retry-After as a date': ({ response }) => limit(response, new Date(Date.now() + 1_500).toUTCString()),
  '429 without Retry-After': ({ response }) => limit(response),
  '429, absurd Retry-After': ({ response }) => limit(response, '99999999999999999999'),
  '429, Retry-After of 5 minutes': ({ response }) => limit(response, '300'),
  '500': (struck) => instead(struck, { status: 500, type: JSON_TYPE, text: '{"error":"Internal Server Error"}' }),
  '502 with HTML': (struck) =>
    instead(struck, { status: 502, type: 'text/html', text: '<html><h1>502 Bad Gateway</h1></html>' }),
  '503': (struck) => instead(struck, { status: 503, type: 'text/plain', text: 'Service Unavailable' }),
  async '200 with broken JSON'(struck) {
    await instead(struck, { status: 200, type: JSON_TYPE, text: '{"id": 1001, "email": "ann' });
  },
  '200 with deep JSON': (struck) =>
    instead(struck, { status: 200, type: JSON_TYPE, text: `${'[{"affiliate":'.repeat(DEEP)}1${'}]'.repeat(DEEP)}` }),
  '200 with an HTML page': (struck) =>
    instead(struck, { status: 200, type: 'text/html', text: '<html><title>Maintenance</title></html>' }),
  async 'JSON called text/html'({ response, pass }) {
    answer(response, { ...(await pass()), type: 'text/html' });
  },
  async '200 with null'({ response, pass }) {
    await pass();
    answer(response, { status: 200, type: JSON_TYPE, text: 'null' });
  },
  async '20 MB body'({ response, strike, pass }) {
    if (strike.carriedOut) await pass();
    // Some announce their length; the size of the others only shows while they arrive.
    response.writeHead(200, { 'content-type': JSON_TYPE, ...(strike.carriedOut && { 'content-length': HUGE_BYTES }) });
    let sent = 0;
    const more = () => {
      if (response.destroyed || sent >= HUGE_BYTES) return void response.end();
      sent += HUGE_CHUNK.length;
      if (response.write(HUGE_CHUNK)) setImmediate(more);
      else response.once('drain', more);
    };
    more();
  },
  async 'redirect to another host'({ request, response, strike, pass, elsewhere }) {
    if (strike.carriedOut) await pass();
    response.writeHead(302, { location: `${elsewhere}${request.url}`, 'content-type': 'text/html' });
    response.end(`<html><a href="${elsewhere}">moved</a></html>`);
  },
};

/** Sends `other` in place of LeadDyno's answer, whether or not LeadDyno carries the request out. */
async function instead({ response, strike, pass }: Struck, other: Answer): Promise<void> {
  if (strike.carriedOut) await pass();
  answer(response, other);
}

function limit(response: ServerResponse, retryAfter?: string): void {
  response.writeHead(429, {
    'content-type': JSON_TYPE,
    ...(retryAfter !== undefined && { 'retry-after': retryAfter }),
  });
  response.end('{"message":"API rate limit exceeded"}');
}

function answer(response: ServerResponse, { status, type, text }: Answer): void {
  response.writeHead(status, { 'content-type': type, 'content-length': Buffer.byteLength(text) });
  response.end(text);
}

function reset(response: ServerResponse): void {
  const { socket } = response;
  if (socket && !socket.destroyed) socket.resetAndDestroy();
}

async function readWhole(request: IncomingMessage): Promise<Buffer> {
  const chunks: Buffer[] = [];
  for await (const chunk of request) chunks.push(chunk);
  return Buffer.concat(chunks);
}

function forward(target: URL, agent: Agent, { method, url, headers }: IncomingMessage, body: Buffer): Promise<Answer> {
  return new Promise((resolve, reject) => {
    const { connection: _, host: __, ...kept } = headers;
    const sent = httpRequest({ host: target.hostname, port: target.port, path: url, method, headers: kept, agent });
    sent.on('error', reject);
    sent.on('response', (response) => {
      readWhole(response).then(
        (whole) =>
          resolve({
            status: response.statusCode ?? 0,
            type: String(response.headers['content-type']),
            text: whole.toString(),
          }),
        reject,
      );
    });
    sent.end(body);
  });
}

function listen(server: ReturnType<typeof createServer>, port: number, host: string): Promise<number> {
  return new Promise((resolve, reject) => {
    server.once('error', reject);
    server.listen(port, host, () => {
      server.off('error', reject);
      resolve((server.address() as AddressInfo).port);
    });
  });
}

/**
 * Listens on a port that the system gives to nobody by itself, neither to a listener nor to a connection that goes out:
 * it is still free when the proxy wants it back (`reopen`).
 */
async function listenLow(server: ReturnType<typeof createServer>): Promise<number> {
  for (;;) {
    try {
      return await listen(server, randomInt(10_000, 30_000), '127.0.0.1');
    } catch (error) {
      if ((error as NodeJS.ErrnoException).code !== 'EADDRINUSE') throw error;
    }
  }
}

function shut(server: ReturnType<typeof createServer>): Promise<void> {
  return new Promise((resolve) => {
    server.close(() => resolve());
    server.closeAllConnections();
  });
}
