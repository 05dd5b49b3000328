import { isObject, type JsonObject } from '../../src/json.ts';
import type { Endpoint, StartChat, Turn } from './model.ts';
import { EndpointError, numberIn, objectsIn, postJson, textIn } from './post.ts';

const VERSION = '2023-06-01';

/** The most that one turn may write; the protocol requires a limit. */
const MOST_TOKENS = 8_192;

/** A model behind Anthropic's Messages API. */
export function messagesApi({ url, key, model }: Endpoint): StartChat {
  const headers: Record<string, string> = {
    'anthropic-version': VERSION,
    ...(key !== undefined && { 'x-api-key': key }),
  };
  return (system, tools, signal) => {
    const messages: JsonObject[] = [];
    const listed = tools.map(({ name, description, inputSchema }) => ({
      name,
      description,
      input_schema: inputSchema,
    }));

    async function turn(content: readonly JsonObject[]): Promise<Turn> {
      messages.push({ role: 'user', content });
      const body = { model, max_tokens: MOST_TOKENS, system, messages, tools: listed };
      const answer = await postJson(`${url.replace(/\/$/, '')}/v1/messages`, headers, body, signal);
      if (!Array.isArray(answer.content)) {
        throw new EndpointError(`no content in ${JSON.stringify(answer).slice(0, 300)}`);
      }
      const blocks = objectsIn(answer.content);
      messages.push({ role: 'assistant', content: blocks });
      const usage = isObject(answer.usage) ? answer.usage : {};
      const ofType = (type: string) => blocks.filter((block) => block.type === type);
      return {
        text: ofType('text')
          .map(({ text }) => textIn(text))
          .join('\n'),
        calls: ofType('tool_use').map(({ id, name, input }) => ({
          id: textIn(id),
          name: textIn(name),
          arguments: isObject(input) ? input : undefined,
        })),
        tokens: numberIn(usage.input_tokens) + numberIn(usage.output_tokens),
      };
    }

    return {
      say: (text) => turn([{ type: 'text', text }]),
      give: (results) =>
        turn(
          results.map(({ id, text, isError }) => ({
            type: 'tool_result',
            tool_use_id: id,
            content: text,
            is_error: isError,
          })),
        ),
    };
  };
}
