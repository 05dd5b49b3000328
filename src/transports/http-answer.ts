import type { IncomingMessage, ServerResponse } from 'node:http';
import type { Connections } from './http-connections.ts';

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
