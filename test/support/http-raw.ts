import { request as httpRequest, type IncomingHttpHeaders, type OutgoingHttpHeaders } from 'node:http';
import { connect, type Socket } from 'node:net';
import {
  CLIENT_CAPABILITIES_META_KEY,
  CLIENT_INFO_META_KEY,
  PROTOCOL_VERSION_META_KEY,
} from '@modelcontextprotocol/server';
import type { JsonObject } from '../../src/json.ts';

/** One HTTP request, written by hand, on its own connection. */
export interface ByHand {
  readonly method?: string;
  readonly path?: string;
  readonly headers?: OutgoingHttpHeaders;
  readonly body?: string | Buffer;
  /** The address to connect to, by default the loopback address. */
  readonly address?: string;
}

export interface Answer {
  readonly status: number;
  readonly headers: IncomingHttpHeaders;
  readonly text: string;
}

/** The headers that every client of the endpoint sends. */
export const JSON_HEADERS = {
  'content-type': 'application/json',
  accept: 'application/json, text/event-stream',
} as const;

/** Sends one request; `host: ''` in its headers omits the Host header. */
export function ask(
  port: number,
  { method = 'GET', path = '/mcp', headers = {}, body, address = '127.0.0.1' }: ByHand,
): Promise<Answer> {
  return new Promise((resolve, reject) => {
    const { host, ...rest } = headers;
    const sent = httpRequest({
      host: address,
      port,
      method,
      path,
      agent: false,
      setHost: host === undefined,
      headers: host === undefined || host === '' ? rest : { host, ...rest },
    });
    sent.on('error', reject);
    sent.on('response', (response) => {
      const chunks: Buffer[] = [];
      response.on('data', (chunk: Buffer) => chunks.push(chunk));
      response.on('error', reject);
      response.on('end', () =>
        resolve({
          status: response.statusCode ?? 0,
          headers: response.headers,
          text: Buffer.concat(chunks).toString(),
        }),
      );
    });
    sent.end(body);
  });
}

/** Posts a message to the endpoint. */
export function post(port: number, { headers, body }: Required<Pick<ByHand, 'headers' | 'body'>>): Promise<Answer> {
  return ask(port, { method: 'POST', headers, body });
}

export interface Message {
  readonly headers: Record<string, string>;
  readonly body: string;
}

/** A request of revision 2026-07-28. */
export function modern(method: string, params: JsonObject = {}, more: Readonly<Record<string, string>> = {}): Message {
  const name = params.name ?? params.uri;
  const meta = {
    [PROTOCOL_VERSION_META_KEY]: '2026-07-28',
    [CLIENT_INFO_META_KEY]: { name: 'by-hand', version: '1' },
    [CLIENT_CAPABILITIES_META_KEY]: {},
  };
  return {
    headers: {
      ...JSON_HEADERS,
      'mcp-protocol-version': '2026-07-28',
      'mcp-method': method,
      ...(typeof name === 'string' && { 'mcp-name': name }),
      ...more,
    },
    body: JSON.stringify({ jsonrpc: '2.0', id: 1, method, params: { ...params, _meta: meta } }),
  };
}

/** A request of an older revision (2025-11-25). */
export function legacy(method: string, params: JsonObject = {}, more: Readonly<Record<string, string>> = {}): Message {
  return {
    headers: { ...JSON_HEADERS, 'mcp-protocol-version': '2025-11-25', ...more },
    body: JSON.stringify({ jsonrpc: '2.0', id: 1, method, params }),
  };
}

/** A tool call in either revision. */
export const toolCall = (
  message: typeof modern,
  name: string,
  args: JsonObject = {},
  more: Readonly<Record<string, string>> = {},
) => message('tools/call', { name, arguments: args }, more);

export interface RawConnection {
  readonly socket: Socket;
  /** What was received so far. */
  readonly received: () => string;
  /** Resolves with everything received when the connection has closed. */
  readonly closed: Promise<string>;
}

/** A bare TCP connection, for any bytes. */
export function connectRaw(port: number): RawConnection {
  const socket = connect(port, '127.0.0.1');
  let text = '';
  socket.setEncoding('latin1').on('data', (chunk: string) => {
    text += chunk;
  });
  socket.on('error', () => undefined);
  const closed = new Promise<string>((resolve) => socket.once('close', () => resolve(text)));
  return { socket, received: () => text, closed };
}

/** Sends bytes and reads until the other side closes. */
export async function exchangeRaw(port: number, bytes: string | Buffer): Promise<string> {
  const { socket, closed } = connectRaw(port);
  socket.write(bytes);
  return await closed;
}

/** Waits until `condition` is true. @throws after 30 seconds */
export async function until(condition: () => boolean | Promise<boolean>): Promise<void> {
  const end = Date.now() + 30_000;
  while (!(await condition())) {
    if (Date.now() > end) throw new Error('the condition did not come about');
    await new Promise((resolve) => setTimeout(resolve, 5));
  }
}
