import { createServer, type IncomingHttpHeaders, type ServerResponse } from 'node:http';
import type { AddressInfo } from 'node:net';
import { closeAtEnd } from './protocol-leaks.ts';

/** A request as the scripted LeadDyno received it. */
export interface Received {
  readonly method: string;
  /** Below the base address. */
  readonly path: string;
  readonly query: Readonly<Record<string, string>>;
  readonly headers: IncomingHttpHeaders;
  /** The parsed body, or its text if it is not JSON; undefined if it is empty. */
  readonly body: unknown;
  /** When it arrived, in milliseconds of `performance.now()`. */
  readonly at: number;
}

/** What the scripted LeadDyno does with one request. */
export type Reply =
  | {
      readonly status?: number;
      readonly headers?: Readonly<Record<string, string>>;
      /** Sent as JSON if `text` is absent. */
      readonly json?: unknown;
      readonly text?: string;
      readonly delayMs?: number;
    }
  | { readonly reset: 'before the answer' | 'within the answer' }
  | 'never';

/** Decides on one request; `count` is 1 for the first request. */
export type Script = (request: Received, count: number) => Reply;

export interface Upstream {
  readonly url: string;
  /** Every request, in order. */
  readonly requests: readonly Received[];
  /** The number of requests that ended before they were answered in full. */
  readonly abandoned: () => number;
  close(): Promise<void>;
}

const BASE = '/v1';

/** A LeadDyno on a loopback port that answers as `script` decides. */
export async function startUpstream(script: Script): Promise<Upstream> {
  const requests: Received[] = [];
  let abandoned = 0;
  const server = createServer((incoming, response) => {
    const at = performance.now();
    response.on('close', () => {
      if (!response.writableFinished) abandoned += 1;
    });
    const chunks: Buffer[] = [];
    incoming.on('error', () => undefined);
    incoming.on('data', (chunk: Buffer) => chunks.push(chunk));
    incoming.on('end', () => {
      const url = new URL(incoming.url ?? '/', 'http://upstream');
      const received = {
        method: incoming.method ?? 'GET',
        path: url.pathname.slice(BASE.length),
        query: Object.fromEntries(url.searchParams),
        headers: incoming.headers,
        body: parse(Buffer.concat(chunks).toString()),
        at,
      };
      requests.push(received);
      perform(script(received, requests.length), response);
    });
  });
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve));
  const { port } = server.address() as AddressInfo;
  return closeAtEnd({
    url: `http://127.0.0.1:${port}${BASE}`,
    requests,
    abandoned: () => abandoned,
    close: () =>
      new Promise<void>((resolve) => {
        server.close(() => resolve());
        server.closeAllConnections();
      }),
  });
}

function parse(text: string): unknown {
  if (text === '') return undefined;
  try {
    return JSON.parse(text);
  } catch {
    return text;
  }
}

function perform(reply: Reply, response: ServerResponse): void {
  if (reply === 'never') return;
  if ('reset' in reply) {
    if (reply.reset === 'before the answer') return void response.socket?.resetAndDestroy();
    response.writeHead(200, { 'content-type': 'application/json', 'content-length': '1000' });
    response.write('{"id": 1, "email": "', () => response.socket?.resetAndDestroy());
    return;
  }
  const { status = 200, headers = {}, text = JSON.stringify(reply.json), delayMs = 0 } = reply;
  const answer = () =>
    response.writeHead(status, { 'content-type': 'application/json', ...headers }).end(text === undefined ? '' : text);
  if (delayMs === 0) return void answer();
  const timer = setTimeout(answer, delayMs);
  response.on('close', () => clearTimeout(timer));
}
