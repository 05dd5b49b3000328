import { createServer, type IncomingMessage, type ServerResponse } from 'node:http';
import type { AddressInfo } from 'node:net';
import { isObject, type JsonObject, parseJson } from '../../src/json.ts';

/*
 * A stand-in for a host's language model: it serves the three APIs that hosts use for their models, and calls the tools
 * that a script names. This way a real host without a login lists, calls and reads like one with a login.
 */

export interface ToolUse {
  readonly tool: string;
  readonly args: JsonObject;
}

/** The next tool to call after these results, which are as the model was shown them; undefined at the end. */
export type Script = (results: readonly string[]) => ToolUse | undefined;

export interface Model {
  readonly url: string;
  /** The result of each tool call, as the model was shown it. */
  readonly results: readonly string[];
  /** The tools that the host offered last, under the names it gives them. */
  readonly offered: readonly string[];
  readonly stop: () => void;
}

/** How a request of one of the APIs is read, and how it is answered. */
interface Api {
  readonly path: RegExp;
  tools(body: JsonObject): readonly OfferedTool[];
  results(body: JsonObject): readonly string[];
  /** The answer as the events of a stream, and as one JSON value for requests without a stream. */
  answer(use: (OfferedTool & { readonly args: JsonObject }) | undefined, step: number): Answer;
}

interface OfferedTool {
  readonly name: string;
  readonly namespace?: string | undefined;
}

interface Answer {
  readonly events: readonly JsonObject[];
  readonly whole: JsonObject;
}

const DONE = 'Done.';

const objects = (value: unknown): JsonObject[] => (Array.isArray(value) ? value.filter(isObject) : []);

/** The text in a result, however an API packs it. */
function textIn(value: unknown): string {
  if (typeof value === 'string') return value;
  if (Array.isArray(value)) return value.map(textIn).join('\n');
  if (!isObject(value)) return '';
  return textIn(value.text ?? value.content ?? value.output ?? JSON.stringify(value));
}

const anthropic: Api = {
  path: /^\/v1\/messages$/,
  tools: ({ tools }) => objects(tools).map(({ name }) => ({ name: String(name) })),
  results: ({ messages }) =>
    objects(messages)
      .flatMap(({ content }) => objects(content))
      .filter(({ type }) => type === 'tool_result')
      .map(({ content }) => textIn(content)),
  answer(use, step) {
    const block = use
      ? { type: 'tool_use', id: `toolu_${step}`, name: use.name, input: use.args }
      : { type: 'text', text: DONE };
    const stop_reason = use ? 'tool_use' : 'end_turn';
    const usage = { input_tokens: 1, output_tokens: 1 };
    const message = { id: `msg_${step}`, type: 'message', role: 'assistant', model: 'stand-in', usage };
    const delta = use
      ? { type: 'input_json_delta', partial_json: JSON.stringify(use.args) }
      : { type: 'text_delta', text: DONE };
    const started = use ? { ...block, input: {} } : { ...block, text: '' };
    return {
      whole: { ...message, content: [block], stop_reason, stop_sequence: null },
      events: [
        { type: 'message_start', message: { ...message, content: [], stop_reason: null, stop_sequence: null } },
        { type: 'content_block_start', index: 0, content_block: started },
        { type: 'content_block_delta', index: 0, delta },
        { type: 'content_block_stop', index: 0 },
        { type: 'message_delta', delta: { stop_reason, stop_sequence: null }, usage },
        { type: 'message_stop' },
      ],
    };
  },
};

const openai: Api = {
  path: /^\/v1\/responses$/,
  tools: ({ tools }) =>
    objects(tools).flatMap(({ type, name, tools: inside }) =>
      type === 'namespace'
        ? objects(inside).map((tool) => ({ name: String(tool.name), namespace: String(name) }))
        : [{ name: String(name) }],
    ),
  results: ({ input }) =>
    objects(input)
      .filter(({ type }) => type === 'function_call_output')
      .map(({ output }) => textIn(output)),
  answer(use, step) {
    const item = use
      ? {
          type: 'function_call',
          id: `fc_${step}`,
          call_id: `call_${step}`,
          name: use.name,
          ...(use.namespace !== undefined && { namespace: use.namespace }),
          arguments: JSON.stringify(use.args),
        }
      : {
          type: 'message',
          id: `msg_${step}`,
          role: 'assistant',
          content: [{ type: 'output_text', text: DONE, annotations: [] }],
        };
    const usage = { input_tokens: 1, output_tokens: 1, total_tokens: 2 };
    const response = { id: `resp_${step}`, status: 'completed', output: [item], usage };
    return {
      whole: response,
      events: [
        { type: 'response.created', response: { id: response.id } },
        { type: 'response.output_item.done', output_index: 0, item },
        { type: 'response.completed', response },
      ],
    };
  },
};

const google: Api = {
  path: /^\/v1(?:beta|alpha)?\/models\/[^/]+:(?:streamG|g)enerateContent$/,
  tools: ({ tools }) =>
    objects(tools)
      .flatMap(({ functionDeclarations }) => objects(functionDeclarations))
      .map(({ name }) => ({ name: String(name) })),
  results: ({ contents }) =>
    objects(contents)
      .flatMap(({ parts }) => objects(parts))
      .flatMap(({ functionResponse }) => (isObject(functionResponse) ? [textIn(functionResponse.response)] : [])),
  answer(use) {
    const part = use ? { functionCall: { name: use.name, args: use.args } } : { text: DONE };
    const whole = {
      candidates: [{ content: { role: 'model', parts: [part] }, finishReason: 'STOP', index: 0 }],
      usageMetadata: { promptTokenCount: 1, candidatesTokenCount: 1, totalTokenCount: 2 },
    };
    return { whole, events: [whole] };
  },
};

const APIS = [anthropic, openai, google];

export async function startModel(script: Script): Promise<Model> {
  const seen: { results: readonly string[]; offered: readonly string[] } = { results: [], offered: [] };
  const server = createServer(async (request, response) => {
    const { pathname, searchParams } = new URL(request.url ?? '/', 'http://localhost');
    const api = APIS.find(({ path }) => path.test(pathname));
    const body = api && request.method === 'POST' ? await bodyOf(request) : undefined;
    if (!api || !body) return void response.writeHead(404).end('{}');
    const tools = api.tools(body);
    const results = api.results(body);
    const next = script(results);
    const offered = next && tools.find(({ name }) => name === next.tool || name.endsWith(`_${next.tool}`));
    // Hosts also ask for titles and summaries; those requests have no tools.
    if (tools.length > 0) Object.assign(seen, { results, offered: tools.map(({ name }) => name) });
    const answer = api.answer(offered && { ...offered, args: next.args }, results.length + 1);
    const streams = body.stream === true || searchParams.get('alt') === 'sse';
    send(response, answer, streams);
  });
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve));
  const { port } = server.address() as AddressInfo;
  return {
    url: `http://127.0.0.1:${port}`,
    get results() {
      return seen.results;
    },
    get offered() {
      return seen.offered;
    },
    stop: () => {
      server.closeAllConnections();
      server.close();
    },
  };
}

async function bodyOf(request: IncomingMessage): Promise<JsonObject | undefined> {
  const chunks: Buffer[] = [];
  for await (const chunk of request) chunks.push(chunk as Buffer);
  const value = parseJson(Buffer.concat(chunks).toString('utf8'))?.value;
  return isObject(value) ? value : undefined;
}

function send(response: ServerResponse, { events, whole }: Answer, streams: boolean): void {
  if (!streams) return void response.writeHead(200, { 'content-type': 'application/json' }).end(JSON.stringify(whole));
  response.writeHead(200, { 'content-type': 'text/event-stream' });
  for (const event of events) {
    if (typeof event.type === 'string') response.write(`event: ${event.type}\n`);
    response.write(`data: ${JSON.stringify(event)}\n\n`);
  }
  response.end();
}
