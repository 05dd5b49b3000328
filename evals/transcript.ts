import { isObject, type JsonObject } from '../src/json.ts';
import type { Shown } from './connection.ts';
import type { Step } from './conversation.ts';
import type { Outcome } from './evaluate.ts';

/** A value that is new each time: the index of the earlier call that returned it, and the path in its answer. */
interface Reference {
  readonly from_call: number;
  readonly at: readonly string[];
}

/** A call of a recorded conversation, and what its answer looked like. */
export interface RecordedCall {
  readonly tool: string;
  readonly arguments: JsonObject;
  readonly references?: Readonly<Record<string, Reference>>;
  readonly is_error: boolean;
  readonly bytes: number;
  /** The keys of the answer, each with its path. */
  readonly shape: readonly string[];
}

/** A recorded conversation. */
export interface Transcript {
  readonly question: number;
  /** Who answered; `scripted` means not a model, but a script that knows which calls to make. */
  readonly model: string;
  readonly asked: string;
  readonly calls: readonly RecordedCall[];
  readonly answer: string;
}

/** Arguments whose value comes from an earlier answer. */
const FLEETING: ReadonlySet<string> = new Set(['confirmation_token', 'cursor', 'report', 'file', 'uri', 'export_id']);

export function transcriptOf({ question, asked, conversation }: Outcome, model: string): Transcript {
  if (!conversation) throw new Error(`question ${question.number} has no answer to record`);
  const { steps, said } = conversation;
  return {
    question: question.number,
    model,
    asked,
    calls: steps.map((step, index) => recorded(step, steps.slice(0, index))),
    answer: said.join('\n\n'),
  };
}

function recorded({ tool, arguments: args, shown }: Step, earlier: readonly Step[]): RecordedCall {
  const lasting: JsonObject = {};
  const references: Record<string, Reference> = {};
  for (const [name, value] of Object.entries(args)) {
    const found = FLEETING.has(name) ? earlier.map((step) => pathTo(contentOf(step.shown), value)) : [];
    const from_call = found.findLastIndex((path) => path !== undefined);
    const at = found[from_call];
    if (at) references[name] = { from_call, at };
    else lasting[name] = value;
  }
  return {
    tool,
    arguments: lasting,
    ...(Object.keys(references).length > 0 && { references }),
    is_error: shown.isError,
    bytes: shown.bytes,
    shape: shapeOf(shown),
  };
}

/** The arguments of a recorded call, with the values that the earlier calls returned this time. */
export function argumentsOf(
  { arguments: lasting, references = {} }: RecordedCall,
  earlier: readonly Shown[],
): JsonObject {
  const found = Object.entries(references).map(([name, { from_call, at }]) => {
    let value: unknown = earlier[from_call] && contentOf(earlier[from_call]);
    for (const key of at) value = (value as JsonObject | undefined)?.[key];
    return [name, value] as const;
  });
  return { ...lasting, ...Object.fromEntries(found) };
}

/** The paths of all keys in an answer, at any depth; all rows of a list share one path. */
export function shapeOf(shown: Shown): string[] {
  const keys = new Set<string>();
  collect(contentOf(shown), '', keys);
  return [...keys].sort();
}

function collect(value: unknown, path: string, keys: Set<string>): void {
  if (Array.isArray(value)) {
    for (const one of value) collect(one, `${path}[]`, keys);
  } else if (isObject(value)) {
    for (const [key, inner] of Object.entries(value)) {
      const here = path === '' ? key : `${path}.${key}`;
      keys.add(here);
      collect(inner, here, keys);
    }
  }
}

/** The facts of an answer, or its text if that is not JSON. */
function contentOf({ text }: Shown): unknown {
  try {
    return JSON.parse(text);
  } catch {
    return text;
  }
}

function pathTo(value: unknown, wanted: unknown): string[] | undefined {
  if (value === wanted) return [];
  if (typeof value !== 'object' || value === null) return undefined;
  for (const [key, inner] of Object.entries(value)) {
    const path = pathTo(inner, wanted);
    if (path) return [key, ...path];
  }
  return undefined;
}
