import { createServer, type IncomingMessage, request, type ServerResponse } from 'node:http';
import { type AddressInfo, Socket } from 'node:net';
import { setTimeout as delay } from 'node:timers/promises';
import { closeAtEnd } from './protocol-leaks.ts';

/** What goes wrong with one write; `after` means after LeadDyno has carried it out. */
export const faults = [
  'reset before',
  'reset after',
  'error before',
  'error after',
  'page after',
  'limited once',
  'limited',
] as const;
export type Fault = (typeof faults)[number];

/** Whether the server cannot know, after this fault, if the write happened. */
export const isUnclear = (fault: Fault | undefined): boolean => fault !== undefined && !fault.startsWith('limited');
/** Whether the write reaches LeadDyno in spite of this fault. */
export const isCarried = (fault: Fault | undefined): boolean =>
  fault === undefined || fault.endsWith('after') || fault === 'limited once';

/** A layer between the server and the sandbox that breaks the requests it is told to break. */
export interface FaultLayer {
  readonly url: string;
  /** Base address of the sandbox. */
  target: string;
  /** If true, all reads are answered with 503. */
  readsDown: boolean;
  /** The fault for a write; `what` is its path, or the address and purchase code of a payment mark. */
  fault: (what: string) => Fault | undefined;
  /** If set, called after LeadDyno has carried out a write; the answer is then never sent. */
  hold: (() => void) | undefined;
  /** The number of faults caused. */
  broken: number;
  /** Resolves when no client is connected any more and everything received has been forwarded. */
  quiet(): Promise<void>;
  close(): Promise<void>;
}

interface Answer {
  readonly status: number;
  readonly text: string;
}

export async function startFaultLayer(): Promise<FaultLayer> {
  const limited = new Set<string>();
  let forwarding = 0;
  const server = createServer((incoming, response) => {
    readText(incoming)
      .then((body) => answer(incoming, body, response))
      .catch(() => response.destroy());
  });

  async function answer(incoming: IncomingMessage, body: string, response: ServerResponse): Promise<void> {
    const isRead = incoming.method === 'GET';
    if (isRead && layer.readsDown) return end(response, { status: 503, text: '{"error":"down"}' });
    const what = markedIn(body) ?? String(incoming.url).split('?')[0]?.replace('/v1', '') ?? '';
    const fault = isRead ? undefined : layer.fault(what);
    if (fault !== undefined) layer.broken += 1;
    if (fault === 'reset before') return reset(response);
    if (fault === 'error before') return end(response, { status: 503, text: '{"error":"down"}' });
    if (fault === 'limited' || (fault === 'limited once' && !limited.has(what))) {
      if (fault === 'limited once') limited.add(what);
      return end(response, { status: 429, text: '{"message":"API rate limit exceeded"}' });
    }
    limited.delete(what);
    forwarding += 1;
    const answered = await forward(incoming, body, layer.target).finally(() => {
      forwarding -= 1;
    });
    if (fault === 'reset after') return reset(response);
    if (fault === 'error after') return end(response, { status: 500, text: '{"error":"Internal Server Error"}' });
    if (fault === 'page after') return end(response, { status: 200, text: '<html>Thank you</html>' });
    if (!isRead && layer.hold) return layer.hold();
    end(response, answered);
  }

  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve));
  const layer: FaultLayer = closeAtEnd({
    url: `http://127.0.0.1:${(server.address() as AddressInfo).port}/v1`,
    target: '',
    readsDown: false,
    fault: () => undefined,
    hold: undefined,
    broken: 0,
    async quiet() {
      const connections = () => new Promise<number>((resolve) => server.getConnections((_, count) => resolve(count)));
      while (forwarding > 0 || (await connections()) > 0) await delay(5);
    },
    close: () =>
      new Promise<void>((resolve) => {
        server.close(() => resolve());
        server.closeAllConnections();
      }),
  });
  return layer;
}

/** The name of a payment mark. A batch marks several purchases, and their requests differ only in the body. */
function markedIn(body: string): string | undefined {
  if (!body.includes('affiliate_email')) return undefined;
  const { affiliate_email, purchase_code } = JSON.parse(body);
  return `${affiliate_email} ${purchase_code}`;
}

const end = (response: ServerResponse, { status, text }: Answer) =>
  void response.writeHead(status, { 'content-type': 'application/json' }).end(text);

function reset({ socket }: ServerResponse): void {
  if (socket instanceof Socket) socket.resetAndDestroy();
}

async function readText(stream: IncomingMessage): Promise<string> {
  const chunks: Buffer[] = [];
  for await (const chunk of stream as AsyncIterable<Buffer>) chunks.push(chunk);
  return Buffer.concat(chunks).toString();
}

function forward(incoming: IncomingMessage, body: string, target: string): Promise<Answer> {
  const { host: _, connection: __, ...headers } = incoming.headers;
  const url = new URL(target.replace('/v1', '') + String(incoming.url));
  return new Promise((resolve, reject) => {
    // Keeps no connection, because the next sequence has another sandbox.
    const sent = request(url, { method: incoming.method, headers, agent: false }, (answered) => {
      readText(answered).then((text) => resolve({ status: answered.statusCode ?? 0, text }), reject);
    });
    sent.on('error', reject);
    sent.end(body);
  });
}
