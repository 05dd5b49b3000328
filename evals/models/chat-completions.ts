import { isObject, type JsonObject } from '../../src/json.ts';
import type { Endpoint, StartChat, ToolCall, Turn } from './model.ts';
import { EndpointError, numberIn, objectsIn, postJson, textIn } from './post.ts';

/** A model behind an endpoint for OpenAI's chat completions, which most model servers have. */
export function chatCompletions({ url, key, model }: Endpoint): StartChat {
  const headers: Record<string, string> = key === undefined ? {} : { authorization: `Bearer ${key}` };
  return (system, tools, signal) => {
    const messages: JsonObject[] = [{ role: 'system', content: system }];
    const listed = tools.map(({ name, description, inputSchema }) => ({
      type: 'function',
      function: { name, description, parameters: inputSchema },
    }));

    async function turn(): Promise<Turn> {
      const body = { model, messages, tools: listed };
      const answer = await postJson(`${url.replace(/\/$/, '')}/chat/completions`, headers, body, signal);
      const message = objectsIn(answer.choices)[0]?.message;
      if (!isObject(message)) throw new EndpointError(`no message in ${JSON.stringify(answer).slice(0, 300)}`);
      messages.push(message);
      const usage = isObject(answer.usage) ? answer.usage : {};
      return {
        text: textIn(message.content),
        calls: objectsIn(message.tool_calls).map(callIn),
        tokens: numberIn(usage.prompt_tokens) + numberIn(usage.completion_tokens),
      };
    }

    return {
      say(text) {
        messages.push({ role: 'user', content: text });
        return turn();
      },
      give(results) {
        for (const { id, text, isError } of results) {
          // The protocol has no field for errors.
          messages.push({ role: 'tool', tool_call_id: id, content: isError ? `Error: ${text}` : text });
        }
        return turn();
      },
    };
  };
}

function callIn({ id, function: asked }: JsonObject): ToolCall {
  const { name, arguments: written } = isObject(asked) ? asked : {};
  return { id: textIn(id), name: textIn(name), arguments: readArguments(textIn(written)) };
}

function readArguments(written: string): JsonObject | undefined {
  if (written.trim() === '') return {};
  try {
    const value: unknown = JSON.parse(written);
    return isObject(value) ? value : undefined;
  } catch {
    return undefined;
  }
}
