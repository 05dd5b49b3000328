import type { CallToolResult, Client } from '@modelcontextprotocol/client';
import { isObject, type JsonObject } from '../src/json.ts';

/** A result as a model gets it. */
export interface Shown {
  readonly isError: boolean;
  readonly text: string;
  /** Links to files that the server keeps, as JSON. */
  readonly links: readonly string[];
  /** The size of the text and the links. */
  readonly bytes: number;
}

/** A tool as a model gets it. */
export interface Tool {
  readonly name: string;
  readonly description: string;
  readonly inputSchema: JsonObject;
}

/** A server on a sandbox, with a real client that cannot show forms: every question passes through the model. */
export interface Connection {
  /** The instructions that the server gives to its clients. */
  readonly instructions: string;
  call(tool: string, args: JsonObject): Promise<Shown>;
  /** The text of a file that the server keeps; hosts give it to the person, not to the model. */
  readFile(uri: string): Promise<string>;
  /** The tools as a model gets them. */
  toolList(): Promise<Tool[]>;
  close(): Promise<void>;
}

/**
 * A connection through a client, for both kinds of server: in process and built.
 * @param check runs after each call; may throw
 */
export function connectionOf(
  client: Client,
  close: () => Promise<void>,
  check: (tool: string) => void = () => {},
): Connection {
  return {
    instructions: client.getInstructions() ?? '',
    async call(tool, args) {
      const shown = readShown(await client.callTool({ name: tool, arguments: args }));
      check(tool);
      return shown;
    },
    async readFile(uri) {
      const [file] = (await client.readResource({ uri })).contents;
      if (!file || !('text' in file)) throw new Error(`${uri} is no text`);
      return file.text;
    },
    async toolList() {
      const { tools } = await client.listTools();
      return tools.map(({ name, description, inputSchema }) => ({ name, description: description ?? '', inputSchema }));
    },
    close,
  };
}

function readShown({ content, isError }: CallToolResult): Shown {
  const [block, ...links] = content;
  if (block?.type !== 'text' || links.some(({ type }) => type !== 'resource_link')) {
    throw new Error(`expected one text and links, got ${content.map(({ type }) => type).join(', ')}`);
  }
  const written = links.map((link) => JSON.stringify(link));
  const bytes = [block.text, ...written].reduce((sum, text) => sum + bytesOf(text), 0);
  return { isError: isError === true, text: block.text, links: written, bytes };
}

export const bytesOf = (text: string): number => Buffer.byteLength(text);

/** The facts in a result's text. */
export function factsOf({ text }: Pick<Shown, 'text'>): JsonObject {
  const facts: unknown = JSON.parse(text);
  if (!isObject(facts)) throw new Error('expected an object');
  return facts;
}
