import type { IncomingMessage, ServerResponse } from 'node:http';
import type { Connections } from './http-connections.ts';

/* What an HTTP request asks for and accepts, and its answer: between Node's messages and the SDK's. */

/** What a body asks for, read before the SDK sees it. */
export interface Asked {
  /** The body without the calls that it cancels itself, and without their cancellations. */
  readonly body: unknown;
  /** Number of calls in it. */
  readonly calls: number;
  /** The call opens a stream of changes, which stays open as long as the client likes and does no work. */
  readonly isStream?: true;
  /** Why it cannot be served. */
  readonly flaw?: string;
}

type Message = Readonly<Record<string, unknown>>;

const isMessage = (value: unknown): value is Message => typeof value === 'object' && value !== null;
const isCall = (value: unknown): value is Message => isMessage(value) && 'method' in value && 'id' in value;

/**
 * Reads a body: one message, or a batch (revision 2025-03-26). A call that its own batch cancels gets no answer, and
 * the SDK would wait for that answer forever, so such a call is not started.
 */
export function readBatch(body: unknown): Asked {
  if (!Array.isArray(body)) {
    const isStream = isCall(body) && body.method === 'subscriptions/listen';
    return { body, calls: isCall(body) ? 1 : 0, ...(isStream && { isStream }) };
  }
  const cancelled = new Map<unknown, number>();
  body.forEach((message, index) => {
    const id = cancelledBy(message);
    if (id !== undefined) cancelled.set(id, index);
  });
  const left = body.filter((message, index) => {
    if (cancelledBy(message) !== undefined) return false;
    return !(isCall(message) && index < (cancelled.get(message.id) ?? -1));
  });
  const calls = left.filter(isCall);
  if (new Set(calls.map(({ id }) => id)).size < calls.length)
    return { body: left, calls: calls.length, flaw: 'Two requests of the batch have the same id.' };
  return { body: left, calls: calls.length };
}

/** The id of the call that a message cancels. */
function cancelledBy(message: unknown): unknown {
  if (!isMessage(message) || message.method !== 'notifications/cancelled' || !isMessage(message.params))
    return undefined;
  return message.params.requestId;
}

/** The kinds of answer a client accepts. The 2025 revisions require both, but many clients name only one or neither. */
export interface Accepted {
  readonly json: boolean;
  readonly stream: boolean;
}

/** The header value that the SDK requires. */
export const BOTH = 'application/json, text/event-stream';

const JSON_TYPES = new Set(['application/json', 'application/*', '*/*']);
const STREAM_TYPES = new Set(['text/event-stream', 'text/*', '*/*']);

/** A missing header accepts everything (RFC 9110, 12.5.1); `q=0` excludes a type. */
export function acceptedBy(header: string | undefined): Accepted {
  if (header === undefined || header.trim() === '') return { json: true, stream: true };
  const types = header
    .toLowerCase()
    .split(',')
    .map((one) => one.split(';').map((part) => part.trim()))
    .filter(([, ...more]) => !more.some((part) => /^q=0(\.0*)?$/.test(part)))
    .map(([type = '']) => type);
  return { json: types.some((type) => JSON_TYPES.has(type)), stream: types.some((type) => STREAM_TYPES.has(type)) };
}

/** The request for the SDK. Its body has already been read and parsed; `text` is passed on only if it is not JSON. */
export function toWebRequest(
  { method = 'POST', url = '/', headers }: Pick<IncomingMessage, 'method' | 'url' | 'headers'>,
  text: string,
  signal: AbortSignal,
): Request {
  const given = new Headers();
  for (const [name, value] of Object.entries(headers)) {
    for (const one of [value ?? []].flat()) given.append(name, one);
  }
  const body = text === '' ? {} : { body: text };
  return new Request(`http://${headers.host ?? 'localhost'}${url}`, { method, headers: given, signal, ...body });
}

/** Turns a stream into plain JSON, for a client that accepts no streams. Only the answers are kept. */
export async function withoutStream(response: Response): Promise<Response> {
  if (!response.headers.get('content-type')?.startsWith('text/event-stream')) return response;
  const answers = (await response.text())
    .split(/\r?\n\r?\n/)
    .map(dataIn)
    .filter(isAnswer);
  const body = answers.length === 1 ? answers[0] : `[${answers.join(',')}]`;
  return new Response(body, { status: response.status, headers: { 'content-type': 'application/json' } });
}

/** The data of one server-sent event. */
function dataIn(event: string): string {
  const lines = event.split(/\r?\n/).filter((line) => line.startsWith('data:'));
  return lines.map((line) => line.slice('data:'.length).trimStart()).join('\n');
}

function isAnswer(data: string): boolean {
  if (data === '') return false;
  const message: unknown = JSON.parse(data);
  return typeof message === 'object' && message !== null && ('result' in message || 'error' in message);
}

/**
 * Writes an answer as it arrives, without waiting for the client to read: unread data is queued within the limits of
 * `connections`. So a call ends when it is answered, not when the client has read the answer.
 * @param gone called if the client disconnects first
 */
export async function writeAnswer(
  response: Response,
  res: ServerResponse,
  connections: Connections,
  gone: () => void,
): Promise<void> {
  if (connections.isGone(res)) return await response.body?.cancel();
  res.writeHead(response.status, Object.fromEntries(response.headers));
  const reader = response.body?.getReader();
  if (reader) {
    connections.onGone(res, () => {
      gone();
      void reader.cancel().catch(() => undefined);
    });
    for (;;) {
      const { done, value } = await reader.read();
      if (done || connections.isGone(res)) break;
      if (!res.write(value)) connections.checkSpace(res);
    }
  }
  res.end();
}
