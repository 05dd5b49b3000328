import { createServer, type IncomingHttpHeaders, type ServerResponse } from 'node:http';
import { listenOnLoopback } from './loopback.ts';
import { closeAtEnd } from './protocol-leaks.ts';

/** A request as LeadDyno received it. */
export interface Received {
  readonly method: string;
  /** Below the base address, without the query. */
  readonly path: string;
  readonly query: Readonly<Record<string, string>>;
  readonly headers: IncomingHttpHeaders;
  readonly body: string;
  /** The API key, from the header or the query. */
  readonly key: string | undefined;
}

export interface ScriptedLeadDyno {
  readonly url: string;
  readonly requests: readonly Received[];
  /** The number of requests that ended before they were answered in full. */
  readonly abandoned: () => number;
  close(): Promise<void>;
}

const BASE = '/v1';

/** A LeadDyno on a loopback port that leaves all answers to the test, even those that decide how the key is sent. */
export async function startLeadDyno(
  answer: (request: Received, response: ServerResponse) => void,
): Promise<ScriptedLeadDyno> {
  const requests: Received[] = [];
  let abandoned = 0;
  const server = createServer((incoming, response) => {
    response.on('close', () => {
      if (!response.writableFinished) abandoned += 1;
    });
    const chunks: Buffer[] = [];
    incoming.on('error', () => undefined);
    incoming.on('data', (chunk: Buffer) => chunks.push(chunk));
    incoming.on('end', () => {
      const url = new URL(incoming.url ?? '/', 'http://upstream');
      const query = Object.fromEntries(url.searchParams);
      const { headers, method = 'GET' } = incoming;
      const received = {
        method,
        path: url.pathname.slice(BASE.length),
        query,
        headers,
        body: Buffer.concat(chunks).toString(),
        key: typeof headers.key === 'string' ? headers.key : query.key,
      };
      requests.push(received);
      answer(received, response);
    });
  });
  server.keepAliveTimeout = 60_000;
  const { port, close } = await listenOnLoopback(server);
  return closeAtEnd({
    url: `http://127.0.0.1:${port}${BASE}`,
    requests,
    abandoned: () => abandoned,
    close,
  });
}

export function answerJson(response: ServerResponse, value: unknown, status = 200): void {
  response.writeHead(status, { 'content-type': 'application/json' }).end(JSON.stringify(value));
}

/** The base address of a LeadDyno that cannot be reached. */
export async function absentLeadDyno(): Promise<string> {
  const { url, close } = await startLeadDyno(() => undefined);
  await close();
  return url;
}
