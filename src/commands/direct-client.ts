import { type CallToolResult, InMemoryTransport, type JSONRPCMessage, type Server } from '@modelcontextprotocol/server';
import { isObject, type JsonObject } from '../json.ts';

/** The client's side of a call in the same process as the server. */
export interface ClientSide {
  readonly version: string;
  /** Asks the person a question; absent: there is nobody to ask. */
  readonly ask?: ((question: string) => Promise<boolean>) | undefined;
  readonly tell: (progress: string) => void;
  /** Aborts when the person stops the call. */
  readonly stopped: AbortSignal;
}

/** The call was stopped before its answer arrived. */
export class Stopped extends Error {}

const REVISION = '2025-11-25';

/**
 * Calls one tool as any client of a 2025 revision would: handshake, call, forms. It needs so few messages that the
 * SDK's client, which is larger than everything else here, is not worth loading.
 * @throws Stopped
 */
export async function callInProcess(
  server: Server,
  name: string,
  args: JsonObject,
  { version, ask, tell, stopped }: ClientSide,
): Promise<CallToolResult> {
  const [ours, theirs] = InMemoryTransport.createLinkedPair();
  const waiting = new Map<unknown, (message: JsonObject) => void>();
  const send = (message: object) => ours.send({ jsonrpc: '2.0', ...message } as JSONRPCMessage);
  let last = 0;
  async function request(method: string, params: object): Promise<JsonObject> {
    last += 1;
    const id = last;
    const answer = new Promise<JsonObject>((resolve) => waiting.set(id, resolve));
    await send({ id, method, params });
    const { result, error } = await answer;
    if (isObject(error)) throw new Error(String(error.message));
    return isObject(result) ? result : {};
  }
  async function answer({ id, method, params }: JsonObject): Promise<void> {
    if (method !== 'elicitation/create' || !ask || !isObject(params)) {
      await send({ id, error: { code: -32601, message: 'Method not found' } });
      return;
    }
    const yes = await ask(String(params.message));
    await send({ id, result: yes ? { action: 'accept', content: { confirm: true } } : { action: 'decline' } });
  }
  ours.onmessage = (message) => {
    const { id, method, params }: JsonObject = { ...message };
    if (method === undefined) waiting.get(id)?.({ ...message });
    else if (id !== undefined) void answer({ ...message }).catch(() => undefined);
    else if (method === 'notifications/progress' && isObject(params)) tell(String(params.message ?? ''));
  };
  await server.connect(theirs);
  await ours.start();
  try {
    await request('initialize', {
      protocolVersion: REVISION,
      capabilities: ask ? { elicitation: { form: {} } } : {},
      clientInfo: { name: 'leaddyno-mcp call', version },
    });
    await send({ method: 'notifications/initialized' });
    const ended = new Promise<never>((_, reject) => {
      stopped.addEventListener('abort', () => {
        void send({ method: 'notifications/cancelled', params: { requestId: last } }).catch(() => undefined);
        reject(new Stopped());
      });
    });
    const called = request('tools/call', { name, arguments: args, _meta: { progressToken: 'call' } });
    return (await Promise.race([called, ended])) as CallToolResult;
  } finally {
    await server.close();
  }
}
