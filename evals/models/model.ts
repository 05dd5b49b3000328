import type { JsonObject } from '../../src/json.ts';
import type { Tool } from '../connection.ts';

/** A call that a model asks for; without arguments where it wrote something else than a JSON object. */
export interface ToolCall {
  readonly id: string;
  readonly name: string;
  readonly arguments: JsonObject | undefined;
}

/** What a model says and asks for before it waits. */
export interface Turn {
  readonly text: string;
  readonly calls: readonly ToolCall[];
  /** Tokens read and written for it, as the endpoint counts them; 0 where it does not. */
  readonly tokens: number;
}

export interface ToolResult {
  readonly id: string;
  readonly text: string;
  readonly isError: boolean;
}

/** A conversation with a model, which keeps what was said. */
export interface Chat {
  say(text: string): Promise<Turn>;
  give(results: readonly ToolResult[]): Promise<Turn>;
}

/** @param signal ends whatever the chat waits for */
export type StartChat = (system: string, tools: readonly Tool[], signal: AbortSignal) => Chat;

/** Where a model is, and how it is called there. */
export interface Endpoint {
  readonly url: string;
  readonly key: string | undefined;
  readonly model: string;
}
