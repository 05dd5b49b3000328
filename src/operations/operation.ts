import type * as z from 'zod';
import type { JsonObject } from '../json.ts';
import type { LeadDynoRequest } from '../leaddyno/request.ts';
import { sentBesides } from './questions.ts';
import type { Returns } from './returns.ts';

/**
 * What an operation does to the programme. The HTTP method does not say: rejecting an affiliate and recording a visitor
 * are both a POST. The MCP hints follow from this word (`mcp/tools.ts`).
 */
export type Effect = 'read' | 'create' | 'enable' | 'update' | 'destroy';

/**
 * Calls another operation for a question: always a fresh read, never shared with a call in flight.
 * @returns the shaped answer (`{ affiliate: … }`), or undefined if there is no such record.
 */
export type Read = (operation: Operation, args: JsonObject) => Promise<JsonObject | undefined>;

/** The question a person answers before an operation is carried out. */
export interface Confirm<Args = JsonObject> {
  /** When it asks, in words (`docs/security.md`). */
  readonly asks: string;
  /** What the question shows besides the arguments, in words (`docs/security.md`). */
  readonly shows: string;
  /** The arguments that the question itself mentions; the other arguments are listed after it. */
  readonly names: readonly (string & keyof Args)[];
  /** Whether a call with these arguments asks; absent: every call does. */
  readonly when?: (args: Args) => boolean;
  /** Reads what the question is built from, always fresh. Absent if LeadDyno has no call that shows it. */
  readonly read?: (args: Args, read: Read) => Promise<unknown>;
  /**
   * The question, or undefined if the record shows that the call would change nothing that must be asked about.
   * @param now epoch milliseconds by LeadDyno's clock
   */
  readonly question: (args: Args, record: unknown, now: number) => string | undefined;
}

/** A creation whose record may already exist. It is looked up first, because LeadDyno answers both cases alike. */
export interface Existing {
  /** The look-up by the natural key. */
  readonly find: Operation;
  /** The argument that holds the key, with the same name in the creation and in the look-up. */
  readonly by: string;
  /** The tool that changes an existing record. */
  readonly change: string;
}

/** One LeadDyno call as data. The pipeline in `mcp/operation-call.ts` serves all of them. */
export interface Operation {
  readonly name: string;
  readonly title: string;
  readonly description: string;
  readonly method: LeadDynoRequest['method'];
  /** Relative to the base URL; `{field}` is replaced by that input field, the rest goes to the query or the body. */
  readonly path: string;
  /** The fields LeadDyno takes, built on first use: building all zod objects would slow down every start. */
  readonly input: () => z.core.$ZodLooseShape;
  readonly returns: Returns;
  readonly effect: Effect;
  /** For look-ups: an answer that does not clearly say that there is no such record is an error, not a miss. */
  readonly clearMiss?: true;
  /** Only for `destroy`: whether a repeat changes nothing more. The other effects imply it. */
  readonly idempotent?: boolean;
  /** What it moves besides records; over HTTP this needs a separate scope. */
  readonly moves?: 'money' | 'credentials';
  readonly confirm?: Confirm;
  /** Why these arguments cannot be combined; undefined if they can. For checks that no single argument allows. */
  readonly flaw?: (args: JsonObject) => string | undefined;
  /** For writes: why something they name is refused, as far as LeadDyno can tell (`--no-precheck` turns it off). */
  readonly precheck?: (args: JsonObject, read: Read) => Promise<string | undefined>;
  /** For writes that never ask: the reason (`docs/security.md`). */
  readonly unasked?: string;
  readonly existing?: Existing;
  /**
   * For writes: a sentence for the result if the answer shows something unexpected.
   * @param read what the question was built from, if there was one
   */
  readonly remark?: (args: JsonObject, answered: JsonObject, read: unknown) => string | undefined;
  /** For writes: flags as the record shows them afterwards. */
  readonly leaves?: JsonObject;
  /** For writes: how to undo it, or that it cannot be undone. */
  readonly undo?: string;
  /** For writes: which tools show whether it happened if the answer was lost. They work with the same arguments. */
  readonly check?: Check;
}

export type Check<Args = JsonObject> = string | ((args: Args) => string);

/** The tools to check a call of a writing tool with. */
export function checkOf({ check }: { readonly check?: Check | undefined }, args: JsonObject): string | undefined {
  return typeof check === 'function' ? check(args) : check;
}

type Definition<Shape extends z.core.$ZodLooseShape> = Omit<Operation, 'input' | 'confirm' | 'check'> & {
  readonly input: () => Shape;
  readonly check?: Check<z.infer<z.ZodObject<Shape>>>;
  readonly confirm?: Confirm<z.infer<z.ZodObject<Shape>>>;
};

/** Type-checks an operation where it is defined: the arguments of its question are typed by its input. */
export function operation<Shape extends z.core.$ZodLooseShape>(definition: Definition<Shape>): Operation {
  // The one place that drops precise types on purpose: the pipeline treats all operations alike.
  const plain = definition as unknown as Operation;
  return plain.confirm ? { ...plain, confirm: withAllThatIsSent(plain.confirm) } : plain;
}

/** Two calls that send different arguments must not lead to the same question. */
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

/** A kind of record and its operations: the toolset of that name. */
export interface Group {
  readonly name: string;
  readonly description: string;
  readonly operations: readonly Operation[];
}

/** What a caller over HTTP may be allowed; no scope includes another. */
export const SCOPES = ['leaddyno:read', 'leaddyno:write', 'leaddyno:money', 'leaddyno:credentials'] as const;
export type Scope = (typeof SCOPES)[number];

/** The one scope a tool needs: to read, to write, to move money (API reference, section 8), or to hand out logins. */
export function scopeOf({ effect, moves }: Pick<Operation, 'effect' | 'moves'>): Scope {
  if (moves === 'money') return 'leaddyno:money';
  if (moves === 'credentials') return 'leaddyno:credentials';
  return effect === 'read' ? 'leaddyno:read' : 'leaddyno:write';
}

/**
 * A call that cannot be carried out as asked: its arguments cannot be combined, or the operator has switched off what
 * it needs. Thrown only by our own code, before anything is sent. JavaScript's own errors (a RangeError for a full
 * stack or an invalid date) are bugs and may occur at any time, so they are never of this type.
 *
 * The message is a sentence without the full stop.
 */
export class Refusal extends Error {
  override readonly name = 'Refusal';
}

/** Our own arguments, which are never sent to LeadDyno. */
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
 * The request for an operation with these arguments: `{field}` in the path is replaced by the field of that name, the
 * rest goes to the query (GET, DELETE) or to a JSON body (POST, PUT). Our own arguments are left out.
 * @throws Refusal if a value is empty, `.` or `..`, and so cannot be a path segment
 */
export function bind(operation: Pick<Operation, 'method' | 'path' | 'clearMiss'>, args: JsonObject): LeadDynoRequest {
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
    const { clearMiss } = operation;
    return { method, path, ...(rest.length > 0 && { query }), ...(clearMiss && { clearMiss }) };
  }
  return rest.length > 0 ? { method, path, body: Object.fromEntries(rest) } : { method, path };
}

/** One path segment. Encoding leaves `.` and `..` as they are, so they are refused. */
function segment(field: string, value: unknown): string {
  const text = String(value ?? '');
  if (text === '' || text === '.' || text === '..') throw new Refusal(`${field} cannot be used in a path`);
  return encodeURIComponent(text.toWellFormed());
}
