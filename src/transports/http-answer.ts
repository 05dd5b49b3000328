import type { IncomingMessage, ServerResponse } from 'node:http';
import type { Connections } from './http-connections.ts';

/** A request as the SDK takes it: its body was read and parsed before, and text is handed on only where it is no JSON. */
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
 * Writes an answer out as it comes. It waits for no client: what is not taken at once is kept, and bounded by the
 * connections, so that a call ends when it has been answered and not when somebody has read it.
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
