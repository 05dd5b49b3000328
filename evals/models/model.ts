import type { JsonObject } from '../../src/json.ts';
import type { Tool } from '../connection.ts';

/** A call that a model requests; `arguments` is undefined if what it wrote is not a JSON object. */
export interface ToolCall {
  readonly id: string;
  readonly name: string;
  readonly arguments: JsonObject | undefined;
}

/** What a model says, and the calls it requests, in one turn. */
export interface Turn {
  readonly text: string;
  readonly calls: readonly ToolCall[];
  /** Tokens read and written for this turn, as the endpoint counts them; 0 if it does not count them. */
  readonly tokens: number;
}

export interface ToolResult {
  readonly id: string;
  readonly text: string;
  readonly isError: boolean;
}

/** A conversation with a model; it remembers the earlier turns. */
export interface Chat {
  say(text: string): Promise<Turn>;
  give(results: readonly ToolResult[]): Promise<Turn>;
}

/** @param signal aborts the request that the chat is waiting for */
export type StartChat = (system: string, tools: readonly Tool[], signal: AbortSignal) => Chat;

/** Where a model is, and its name there. */
export interface Endpoint {
  readonly url: string;
  readonly key: string | undefined;
  readonly model: string;
}
