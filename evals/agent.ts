import { isObject, type JsonObject } from '../src/json.ts';
import { bytesOf, type Connection, factsOf } from './connection.ts';

/** What a script in place of a model works with: the tools and their answers, nothing else. */
export interface Agent {
  /** One call. @throws Error if the server answers with an error */
  call(tool: string, args?: JsonObject): Promise<JsonObject>;
  /** One look-up; undefined if there is no such record. */
  find(tool: string, args: JsonObject): Promise<JsonObject | undefined>;
  /** The rows of a list, read page by page; stops before the first row for which `enough` is true. */
  list(tool: string, args: JsonObject, rows: string, enough?: (row: JsonObject) => boolean): Promise<JsonObject[]>;
  /** A call that asks first: the question comes as a result, and is confirmed as if the user agreed. */
  confirmed(tool: string, args: JsonObject): Promise<JsonObject>;
  /** Runs a workflow to its end: calls it again with each cursor it returns when its time is up. */
  finish(tool: string, args?: JsonObject): Promise<JsonObject>;
  /** The same, with every row, even if they do not fit into one result; `enough` ends it early. */
  finishAll(
    tool: string,
    args: JsonObject,
    rows: string,
    enough?: (found: readonly JsonObject[]) => boolean,
  ): Promise<{ facts: JsonObject; rows: JsonObject[] }>;
  /** The text of a file for the user, which does not pass through the model. */
  file(uri: string): Promise<string>;
}

export class OutOfTime extends Error {
  override readonly name = 'OutOfTime';
}

/** What has passed through a model's context. */
export interface Context {
  calls: number;
  bytes: number;
  /** The same for each tool. */
  readonly byTool: Map<string, { calls: number; bytes: number }>;
}

export function rowsOf(facts: JsonObject, name: string): JsonObject[] {
  const rows = facts[name];
  if (!Array.isArray(rows)) throw new Error(`expected ${name} in ${JSON.stringify(facts).slice(0, 300)}`);
  return rows.filter(isObject);
}

/** @param deadline on the clock of `performance.now()`; a call after it fails */
export function createAgent(
  connection: Connection,
  deadline = Number.POSITIVE_INFINITY,
): { agent: Agent; context: Context } {
  const context: Context = { calls: 0, bytes: 0, byTool: new Map() };

  async function send(tool: string, args: JsonObject) {
    if (performance.now() > deadline) throw new OutOfTime('not finished in its time');
    const shown = await connection.call(tool, args);
    const bytes = bytesOf(JSON.stringify(args)) + shown.bytes;
    const sum = context.byTool.get(tool) ?? { calls: 0, bytes: 0 };
    context.byTool.set(tool, { calls: sum.calls + 1, bytes: sum.bytes + bytes });
    context.calls += 1;
    context.bytes += bytes;
    return shown;
  }

  async function call(tool: string, args: JsonObject = {}): Promise<JsonObject> {
    const shown = await send(tool, args);
    if (shown.isError) throw new Error(`${tool} ${JSON.stringify(args)}: ${shown.text}`);
    return factsOf(shown);
  }

  async function finish(tool: string, args: JsonObject = {}): Promise<JsonObject> {
    let facts = await call(tool, args);
    while (typeof facts.cursor === 'string') facts = await call(tool, { ...args, cursor: facts.cursor });
    return facts;
  }

  const agent: Agent = {
    call,
    finish,
    async find(tool, args) {
      const shown = await send(tool, args);
      if (!shown.isError) return factsOf(shown);
      if (/no such/i.test(shown.text)) return undefined;
      throw new Error(`${tool} ${JSON.stringify(args)}: ${shown.text}`);
    },
    async list(tool, args, rows, enough = () => false) {
      const found: JsonObject[] = [];
      let next: JsonObject = {};
      for (;;) {
        const facts = await call(tool, { ...args, ...next });
        for (const row of rowsOf(facts, rows)) {
          if (enough(row)) return found;
          found.push(row);
        }
        if (typeof facts.next_page !== 'number') return found;
        next = {
          page: facts.next_page,
          ...(typeof facts.next_skip === 'number' && { skip: facts.next_skip }),
        };
      }
    },
    async confirmed(tool, args) {
      const { confirmation } = await call(tool, args);
      if (!isObject(confirmation)) throw new Error(`${tool} did not ask`);
      return await call(tool, { ...args, confirmation_token: confirmation.confirmation_token });
    },
    async finishAll(tool, args, rows, enough = () => false) {
      const facts = await finish(tool, args);
      const found = [...rowsOf(facts, rows)];
      let next = facts.next_skip;
      while (typeof next === 'number' && !enough(found)) {
        const more = await finish(tool, { ...args, skip: next });
        found.push(...rowsOf(more, rows));
        next = more.next_skip;
      }
      return { facts, rows: found };
    },
    file: (uri) => connection.readFile(uri),
  };
  return { agent, context };
}
