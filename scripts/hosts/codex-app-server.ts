import { join } from 'node:path';
import { createInterface } from 'node:readline';
import { isObject, type JsonObject, parseJson, recordIn } from '../../src/json.ts';
import { type Installed, must, start } from './host.ts';

/*
 * Codex as its desktop app and editor extension run it (`codex app-server`), with somebody who reads each form for a
 * moment, ticks the box and accepts.
 */

const READING_MS = 1_500;
const LIMIT_MS = 120_000;

export async function playInAppServer(host: Installed): Promise<void> {
  const { child, stop } = start(join(host.bin, 'codex'), ['app-server'], { cwd: host.folder, env: host.env });
  const send = (message: JsonObject) => child.stdin.write(`${JSON.stringify(message)}\n`);
  const waiting = new Map<number, (result: JsonObject) => void>();
  let last = 0;
  const ask = (method: string, params: JsonObject) => {
    last += 1;
    const id = last;
    send({ id, method, params });
    return new Promise<JsonObject>((resolve) => waiting.set(id, resolve));
  };
  const ended = new Promise<void>((resolve) => {
    createInterface({ input: child.stdout }).on('line', (line) => {
      const message = parseJson(line)?.value;
      if (!isObject(message)) return;
      const { id, method, result, error } = message;
      if (method === 'turn/completed') resolve();
      if (method === 'mcpServer/elicitation/request') {
        setTimeout(() => send({ id, result: { action: 'accept', content: { confirm: true } } }), READING_MS);
      } else if (typeof method !== 'string' && typeof id === 'number') {
        waiting.get(id)?.(isObject(result) ? result : { error });
      }
    });
    child.once('exit', () => resolve());
    setTimeout(resolve, LIMIT_MS).unref();
  });
  const play = async () => {
    const clientInfo = { name: 'leaddyno-mcp-hosts', version: '1.0.0' };
    await ask('initialize', { clientInfo, capabilities: { experimentalApi: true } });
    send({ method: 'initialized' });
    const started = await ask('thread/start', { cwd: host.folder, approvalPolicy: 'on-request' });
    const threadId = recordIn(started, 'thread').id;
    must(typeof threadId === 'string', 'a thread', JSON.stringify(started));
    const turn = await ask('turn/start', { threadId, input: [{ type: 'text', text: 'Go' }] });
    must(!('error' in turn) || turn.error === undefined, 'a turn', JSON.stringify(turn));
    await ended;
  };
  try {
    await Promise.race([play(), ended]);
  } finally {
    stop();
  }
}
