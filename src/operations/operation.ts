import type * as z from 'zod';
import type { JsonObject } from '../json.ts';
import type { LeadDynoRequest } from '../leaddyno/request.ts';
import type { Returns } from './returns.ts';
import { sentBesides } from './sent-values.ts';

/**
 * What carrying out an operation does to the programme. The HTTP method cannot tell: rejecting an affiliate is a POST
 * exactly like recording a visitor. The MCP hints follow from this one word (`mcp/tools.ts`).
 */
export type Effect = 'read' | 'create' | 'enable' | 'update' | 'destroy';

/**
 * Performs another operation for a question: always a fresh read, never shared with a call in flight.
 * @returns the shaped answer (`{ affiliate: … }`), or undefined where there is no such record.
 */
export type Read = (operation: Operation, args: JsonObject) => Promise<JsonObject | undefined>;

/** The question a person answers before an operation is carried out. */
export interface Confirm<Args = JsonObject> {
  /** Which calls ask, in words (`docs/security.md`). */
  readonly asks: string;
  /** What the question shows besides whatever is sent, in words (`docs/security.md`). */
  readonly shows: string;
  /** The arguments that the question's own words carry; all others that are sent are listed behind it. */
  readonly names: readonly (string & keyof Args)[];
  /** Which arguments ask; absent: all of them. */
  readonly when?: (args: Args) => boolean;
  /** The record the question is built from, read fresh. Absent where LeadDyno has no call that shows it. */
  readonly read?: (args: Args, read: Read) => Promise<unknown>;
  /**
   * The question, or undefined where the record shows that nothing in need of asking would change.
   * @param now epoch milliseconds by LeadDyno's clock
   */
  readonly question: (args: Args, record: unknown, now: number) => string | undefined;
}

/** A creation whose record may exist already: looked up first, because LeadDyno answers both cases alike. */
export interface Existing {
  /** The look-up by natural key. */
  readonly find: Operation;
  /** The field that holds the key, named alike in the creation and in the look-up. */
  readonly by: string;
  /** The tool that changes a record that is there already. */
  readonly change: string;
}

/** One LeadDyno call as data. The pipeline in `mcp/operation-call.ts` serves every one of them. */
export interface Operation {
  readonly name: string;
  readonly title: string;
  readonly description: string;
  readonly method: LeadDynoRequest['method'];
  /** Below the base URL; `{field}` takes the input field of that name, the rest goes to the query or the body. */
  readonly path: string;
  /** The fields LeadDyno takes, built on first use: zod objects are too dear to make all of them at every start. */
  readonly input: () => z.core.$ZodLooseShape;
  readonly returns: Returns;
  readonly effect: Effect;
  /** For `destroy` alone: whether a repeat leaves things as the first call did. The other effects imply it. */
  readonly idempotent?: boolean;
  /** What it moves besides records: over HTTP that takes a scope of its own. */
  readonly moves?: 'money' | 'credentials';
  readonly confirm?: Confirm;
  /** What no single argument tells: why these do not go together; undefined if they do. */
  readonly flaw?: (args: JsonObject) => string | undefined;
  /** For writes: why what they name is refused, as far as LeadDyno can be asked (off by `--no-precheck`). */
  readonly precheck?: (args: JsonObject, read: Read) => Promise<string | undefined>;
  /** For writes that never ask: why not (`docs/security.md`). */
  readonly unasked?: string;
  readonly existing?: Existing;
  /**
   * For writes: what their answer shows that was not asked for, in a sentence for the result.
   * @param read what the question was built from, if one was put
   */
  readonly remark?: (args: JsonObject, answered: JsonObject, read: unknown) => string | undefined;
  /** For writes: how to undo it, or that it cannot be undone. */
  readonly undo?: string;
  /** For writes: which tools tell whether it happened, where an answer was lost; callable with what was given. */
  readonly check?: Check;
}

export type Check<Args = JsonObject> = string | ((args: Args) => string);

/** What to check a call of a writing tool with. */
export function checkOf({ check }: { readonly check?: Check | undefined }, args: JsonObject): string | undefined {
  return typeof check === 'function' ? check(args) : check;
}

type Definition<Shape extends z.core.$ZodLooseShape> = Omit<Operation, 'input' | 'confirm' | 'check'> & {
  readonly input: () => Shape;
  readonly check?: Check<z.infer<z.ZodObject<Shape>>>;
  readonly confirm?: Confirm<z.infer<z.ZodObject<Shape>>>;
};

/** Checks an operation as it is written; what its question may read is typed by its input. */
export function operation<Shape extends z.core.$ZodLooseShape>(definition: Definition<Shape>): Operation {
  // The one place where precise types are forgotten on purpose: the pipeline serves all operations alike.
  const plain = definition as unknown as Operation;
  return plain.confirm ? { ...plain, confirm: withAllThatIsSent(plain.confirm) } : plain;
}

/** Two calls that send different things must not be asked about in the same words. */
function withAllThatIsSent(confirm: Confirm): Confirm {
  const known = new Set<string>([...confirm.names, ...RESERVED]);
  return {
    ...confirm,
    question: (args, record, now) => {
      const question = confirm.question(args, record, now);
      return question === undefined ? undefined : question + sentBesides(args, known);
    },
  };
}

/** A kind of record with its operations: the toolset of that name. */
export interface Group {
  readonly name: string;
  readonly description: string;
  readonly operations: readonly Operation[];
}

/** What a caller over HTTP may be allowed, each without the others. */
export const SCOPES = ['leaddyno:read', 'leaddyno:write', 'leaddyno:money', 'leaddyno:credentials'] as const;
export type Scope = (typeof SCOPES)[number];

/** The one scope a tool needs: reads, writes, writes with money effects (API reference, section 8), logins handed out. */
export function scopeOf({ effect, moves }: Pick<Operation, 'effect' | 'moves'>): Scope {
  if (moves === 'money') return 'leaddyno:money';
  if (moves === 'credentials') return 'leaddyno:credentials';
  return effect === 'read' ? 'leaddyno:read' : 'leaddyno:write';
}

/**
 * A call that is not carried out as it was asked for: its arguments do not go together, or the operator has switched off
 * what it needs. Thrown before anything is sent, by our own code alone. Errors of the language (a RangeError of a stack
 * that is full, of a time that does not exist) are bugs and never this: they may come at any time.
 *
 * The message is a sentence without its full stop.
 */
export class Refusal extends Error {
  override readonly name = 'Refusal';
}

/** Fields of ours that no request carries. */
export const RESERVED: ReadonlySet<string> = new Set([
  'detail',
  'skip',
  'clear',
  'confirmation_token',
  'fresh',
  'cursor',
  'without_affiliate',
]);

/**
 * The request of an operation with these arguments: `{field}` in the path takes the field of that name, the rest goes
 * to the query (GET, DELETE) or to a JSON body (POST, PUT). Our own fields never travel.
 * @throws Refusal where a value would leave its path segment
 */
export function bind(operation: Pick<Operation, 'method' | 'path'>, args: JsonObject): LeadDynoRequest {
  const used = new Set<string>();
  const path = operation.path.replace(/\{(\w+)\}/g, (_, field: string) => {
    used.add(field);
    return segment(field, args[field]);
  });
  const rest = Object.entries(args).filter(
    ([name, value]) => value !== undefined && !used.has(name) && !RESERVED.has(name),
  );
  const { method } = operation;
  if (method === 'GET' || method === 'DELETE') {
    const query = Object.fromEntries(rest.map(([name, value]) => [name, String(value)]));
    return rest.length > 0 ? { method, path, query } : { method, path };
  }
  return rest.length > 0 ? { method, path, body: Object.fromEntries(rest) } : { method, path };
}

/** One path segment; `.` and `..` survive encoding and are refused. */
function segment(field: string, value: unknown): string {
  const text = String(value ?? '');
  if (text === '' || text === '.' || text === '..') throw new Refusal(`${field} cannot be used in a path`);
  return encodeURIComponent(text.toWellFormed());
}
