import { createServer, type IncomingMessage } from 'node:http';
import type { AddressInfo } from 'node:net';
import { json } from 'node:stream/consumers';
import { type Agent, createAgent } from '../../evals/agent.ts';
import { bytesOf, type Shown } from '../../evals/connection.ts';
import { isObject, type JsonObject } from '../../src/json.ts';

/*
 * A script in place of a model, behind the protocols that models speak. It shows that the loop and both adapters work;
 * it says nothing about what a model would do.
 */

/** What the script does next: request a call, or say something and wait. */
interface Move {
  readonly text: string;
  readonly call?: { readonly name: string; readonly arguments: JsonObject };
}

export interface StandIn {
  /** Its address, without the path of a protocol. */
  readonly url: string;
  /** Sets the script that answers the next conversation. */
  play(script: (agent: Agent) => Promise<string>): void;
  close(): Promise<void>;
}

interface Reply {
  readonly text: string;
  readonly isError: boolean;
}

export async function startStandIn(): Promise<StandIn> {
  let begin: (() => void) | undefined;
  let move = expect<Move>();
  let reply = expect<Reply>();

  /** Hands over a move, and waits for the reply to it. */
  function make(next: Move): Promise<Reply> {
    reply = expect();
    move.resolve(next);
    return reply.promise;
  }

  async function call(tool: string, args: JsonObject): Promise<Shown> {
    // Only the manager may confirm.
    if ('confirmation_token' in args) await make({ text: 'Shall I do that?' });
    const { text, isError } = await make({ text: '', call: { name: tool, arguments: args } });
    // The first line holds the facts; each line below is a link.
    const [facts = '', ...links] = isError ? [text] : text.split('\n');
    return { text: facts, links, isError, bytes: bytesOf(text) };
  }

  function play(script: (agent: Agent) => Promise<string>): void {
    begin = () => {
      const connection = { instructions: '', call, readFile: refuse, toolList: refuse, close: async () => {} };
      script(createAgent(connection).agent)
        .catch((error: unknown) => `The script failed: ${error}`)
        .then((text) => make({ text }))
        // If the manager replies to the answer.
        .then(() => make({ text: 'All right.' }));
    };
  }

  async function answer(request: IncomingMessage): Promise<JsonObject> {
    const body = (await json(request)) as JsonObject;
    const protocol = request.url === '/v1/messages' ? messages : chat;
    move = expect();
    if (begin) begin();
    else reply.resolve(protocol.read(body));
    begin = undefined;
    return protocol.write(await move.promise);
  }

  const server = createServer((request, response) => {
    answer(request).then(
      (body) => response.setHeader('content-type', 'application/json').end(JSON.stringify(body)),
      (error: unknown) => response.writeHead(500).end(String(error)),
    );
  });
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve));
  const close = () => new Promise<void>((resolve) => server.close(() => resolve()));
  return { url: `http://127.0.0.1:${(server.address() as AddressInfo).port}`, play, close };
}

/** A promise that is resolved from outside. */
function expect<Value>() {
  let resolve: (value: Value) => void = () => {};
  const promise = new Promise<Value>((settle) => {
    resolve = settle;
  });
  return { promise, resolve };
}

async function refuse(): Promise<never> {
  throw new Error('a model has tools alone');
}

const lastOf = (value: unknown): JsonObject => {
  const last = Array.isArray(value) ? value.at(-1) : undefined;
  return isObject(last) ? last : {};
};

let calls = 0;
const newId = () => `call_${++calls}`;

/** Chat completions: only its text marks an error. */
const chat = {
  read({ messages: said }: JsonObject): Reply {
    const text = String(lastOf(said).content);
    return text.startsWith('Error: ')
      ? { text: text.slice('Error: '.length), isError: true }
      : { text, isError: false };
  },
  write({ text, call }: Move): JsonObject {
    const asked = call && { name: call.name, arguments: JSON.stringify(call.arguments) };
    const tool_calls = asked && [{ id: newId(), type: 'function', function: asked }];
    const message = { role: 'assistant', content: text, ...(tool_calls && { tool_calls }) };
    return { choices: [{ index: 0, message }], usage: { prompt_tokens: 2, completion_tokens: 1 } };
  },
};

const messages = {
  read({ messages: said }: JsonObject): Reply {
    const block = lastOf(lastOf(said).content);
    return { text: String(block.content ?? block.text), isError: block.is_error === true };
  },
  write({ text, call }: Move): JsonObject {
    const asked = call && { type: 'tool_use', id: newId(), name: call.name, input: call.arguments };
    const content = [...(text === '' ? [] : [{ type: 'text', text }]), ...(asked ? [asked] : [])];
    return { role: 'assistant', content, usage: { input_tokens: 2, output_tokens: 1 } };
  },
};
