import { isObject, type JsonObject } from '../src/json.ts';
import { bytesOf, type Connection, type Shown } from './connection.ts';
import type { Chat, ToolCall, ToolResult } from './models/model.ts';

/** What a model may use for one question. */
export interface Limits {
  readonly calls: number;
  readonly ms: number;
  readonly tokens: number;
}

export const LIMITS: Limits = { calls: 25, ms: 5 * 60_000, tokens: 1_000_000 };

/** A call, and its result. */
export interface Step {
  readonly tool: string;
  readonly arguments: JsonObject;
  readonly shown: Shown;
}

/** The conversation about one question. */
export interface Conversation {
  /** What the model said to the manager, once for each time it ended its turn. */
  readonly said: readonly string[];
  readonly steps: readonly Step[];
  /** What passed through the context: arguments, results, links. The list of tools is not counted. */
  readonly bytes: number;
  /** Calls that were answered with an error. */
  readonly errors: number;
  readonly tokens: number;
  /** Confirmations that the model gave without asking the manager. */
  readonly unasked: number;
  /** The limit that ended it, if one did. */
  readonly stopped: string | undefined;
}

export interface Asked {
  readonly question: string;
  readonly replies: readonly string[];
  /** Whether nothing is left to agree to. A model that then asks "anything else?" gets no reply. */
  readonly isDone: () => boolean;
  readonly limits: Limits;
}

/** Replies to one question at most: the last one is repeated for as long as the model asks. */
const MOST_REPLIES = 4;

/** Asks a model a question, makes the calls that it requests, and replies when it asks back. */
export async function converse(chat: Chat, connection: Connection, asked: Asked): Promise<Conversation> {
  const { question, replies, isDone, limits } = asked;
  const said: string[] = [];
  const steps: Step[] = [];
  /** The number of replies given before each confirmation token came. */
  const tokens = new Map<unknown, number>();
  let [bytes, errors, used, unasked, replied] = [0, 0, 0, 0, 0];
  let stopped: string | undefined;

  async function make({ id, name, arguments: args }: ToolCall): Promise<ToolResult> {
    if (args === undefined) {
      errors += 1;
      return { id, text: 'The arguments are no JSON object.', isError: true };
    }
    if (tokens.get(args.confirmation_token) === replied) unasked += 1;
    const shown = await connection.call(name, args).catch(asShown);
    steps.push({ tool: name, arguments: args, shown });
    bytes += bytesOf(JSON.stringify(args)) + shown.bytes;
    if (shown.isError) errors += 1;
    const token = tokenIn(shown);
    if (token !== undefined) tokens.set(token, replied);
    return { id, text: [shown.text, ...shown.links].join('\n'), isError: shown.isError };
  }

  let turn = await chat.say(question);
  for (;;) {
    used += turn.tokens;
    if (turn.calls.length > 0) {
      if (steps.length + turn.calls.length > limits.calls) stopped = `more than ${limits.calls} calls`;
      else if (used > limits.tokens) stopped = `more than ${limits.tokens} tokens`;
      if (stopped !== undefined) break;
      const results: ToolResult[] = [];
      for (const call of turn.calls) results.push(await make(call));
      turn = await chat.give(results);
      continue;
    }
    said.push(turn.text);
    const reply = replies[Math.min(replied, replies.length - 1)];
    if (reply === undefined || replied === MOST_REPLIES || !turn.text.includes('?') || isDone()) break;
    replied += 1;
    turn = await chat.say(reply);
  }
  return { said, steps, bytes, errors, tokens: used, unasked, stopped };
}

function tokenIn({ text }: Shown): unknown {
  try {
    const facts: unknown = JSON.parse(text);
    if (isObject(facts) && isObject(facts.confirmation)) return facts.confirmation.confirmation_token;
  } catch {
    // An error is plain text.
  }
  return undefined;
}

/** The result of a call that the server refuses before it reaches a tool (an unknown name), for the model to read. */
function asShown(error: unknown): Shown {
  const text = error instanceof Error ? error.message : String(error);
  return { isError: true, text, links: [], bytes: bytesOf(text) };
}
