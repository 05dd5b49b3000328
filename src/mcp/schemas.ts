import * as z from 'zod';
import type { JsonObject } from '../json.ts';
import { confirmationToken, cursor, detail, fresh, skip } from '../operations/inputs.ts';
import type { Operation } from '../operations/operation.ts';
import type { RecordShape } from '../operations/shapes.ts';
import { isWorkflow, type Tool, type Workflow, type WorkflowModule } from '../workflows/workflow.ts';
import { findCallMarkup } from './arguments.ts';
import { bare, describeWrong } from './wrong-arguments.ts';

/** Every argument of a workflow: its own, and those that all workflows of its kind take. */
function workflowShape({ scans, rows }: Workflow, { input, batch }: WorkflowModule): z.core.$ZodLooseShape {
  return {
    ...input(),
    ...(rows !== undefined && { skip: skip() }),
    ...(scans && { fresh: fresh(), cursor: cursor() }),
    ...(batch && { confirmation_token: confirmationToken() }),
  };
}

/** The argument that empties fields. An empty text cannot do it: hosts send one for a field that was left out. */
const CLEAR = 'clear';

/** The fields of an operation that may be empty. */
function emptiable({ input }: Operation): string[] {
  const fields = Object.entries(input()).filter(([, schema]) => bare(schema) instanceof z.ZodString);
  return fields.filter(([, schema]) => z.safeParse(schema, '').success).map(([name]) => name);
}

const keptByTool = new WeakMap<Tool, ReadonlySet<string>>();

/** Fields for which an empty text is a value: those that may be empty in a creation. Updates have `clear` for that. */
export function keptEmpty(tool: Tool): ReadonlySet<string> {
  const known = keptByTool.get(tool);
  if (known) return known;
  const kept = new Set(isWorkflow(tool) || tool.effect !== 'create' ? [] : emptiable(tool));
  keptByTool.set(tool, kept);
  return kept;
}

/** Every argument of an operation: LeadDyno's and this server's own. */
function operationShape(operation: Operation): z.core.$ZodLooseShape {
  const mayBeEmpty = operation.effect === 'update' ? emptiable(operation) : [];
  return {
    ...operation.input(),
    ...(mayBeEmpty.length > 0 && {
      [CLEAR]: z.array(z.enum(mayBeEmpty)).optional().describe('Fields to empty'),
    }),
    ...(operation.returns.kind === 'many' && { detail: detail(), skip: skip() }),
    ...(operation.confirm && { confirmation_token: confirmationToken() }),
  };
}

/** A record of LeadDyno. Its fields are described but not typed, so that no real answer fails its own schema. */
function recordJson({ singular, fields }: RecordShape): JsonObject {
  const known = Object.entries(fields).map(([name, meaning]) => `${name}: ${meaning}`);
  const description = [`${capital(singular)} as LeadDyno sends it`, ...known].join('. ');
  return { description, properties: {} };
}

const capital = (name: string) => name.charAt(0).toUpperCase() + name.slice(1).replaceAll('_', ' ');

/** This server's own keys in the result of a tool that writes. */
const WRITE_KEYS = {
  confirmation: {
    type: 'object',
    description: 'Nothing was done yet: ask the user this question',
    properties: {
      question: { type: 'string' },
      confirmation_token: { type: 'string' },
      expires_at: { type: 'string' },
    },
  },
  declined: { type: 'boolean', description: 'The user said no; nothing was done' },
  dry_run: {
    type: 'object',
    description: 'The request that would have been sent; nothing was sent',
    properties: {
      method: { type: 'string' },
      path: { type: 'string' },
      query: { type: 'object' },
      body: { type: 'object' },
    },
  },
  already_existed: { type: 'boolean', description: 'The record existed already; nothing was sent' },
  undo: { type: 'string', description: 'How to undo it' },
};

const LIST_KEYS = {
  page: { type: 'integer' },
  per_page: { type: 'integer' },
  next_page: { anyOf: [{ type: 'integer' }, { type: 'null' }], description: 'Next page to ask for; null at the end' },
  next_skip: { type: 'integer', description: 'Pass as skip, with next_page, when rows were left off' },
  left_off: { type: 'integer', description: 'Rows of this page left off for size' },
  skipped: { type: 'integer' },
  total: { type: 'integer' },
};

/** Keys that every workflow's result may have besides its own. */
const WORKFLOW_KEYS = {
  next_skip: LIST_KEYS.next_skip,
  left_off: { type: 'integer', description: 'Rows left off for size; continue with skip' },
  note: { type: 'string' },
};

const SCAN_KEYS = {
  scanned: { type: 'array', items: { type: 'string' }, description: 'What was read, and how long ago' },
  complete: { type: 'boolean', description: 'false: covers only what scanned says' },
  unreadable: {
    type: 'array',
    items: { type: 'string' },
    description: 'Records that could not be read; not in any figure',
  },
  cursor: { type: 'string', description: 'Pass it to continue where time ran out' },
};

function workflowOutput({ scans, effect }: Workflow, { output }: WorkflowModule): JsonObject {
  const ours = { ...WORKFLOW_KEYS, ...(scans && SCAN_KEYS), ...(effect !== 'read' && WRITE_KEYS) };
  return { type: 'object', properties: { ...output, ...ours } };
}

/** What a result looks like: an open object, nothing required. */
function operationOutput(operation: Operation): JsonObject {
  const { kind, record } = operation.returns;
  const row = recordJson(record);
  const list = { type: 'array', items: row };
  return {
    type: 'object',
    properties: {
      ...((kind === 'one' || kind === 'either') && { [record.singular]: row }),
      ...((kind === 'many' || kind === 'either') && { [record.plural]: list }),
      ...(kind === 'many' && LIST_KEYS),
      ...(kind === 'count' && { count: { description: 'How many', properties: {} } }),
      result: { description: 'An unexpected answer, as LeadDyno sent it', properties: {} },
      note: { type: 'string' },
      ...(operation.effect !== 'read' && WRITE_KEYS),
    },
  };
}

const validators = new WeakMap<Tool, z.ZodObject>();

/** Unknown arguments are errors. */
function validator(tool: Tool, shape: () => z.core.$ZodLooseShape): z.ZodObject {
  let object = validators.get(tool);
  if (!object) {
    object = z.strictObject(shape());
    validators.set(tool, object);
  }
  return object;
}

const operationValidator = (operation: Operation) => validator(operation, () => operationShape(operation));
const workflowValidator = async (workflow: Workflow) => {
  const module = await workflow.load();
  return validator(workflow, () => workflowShape(workflow, module));
};

/** The JSON Schema of the arguments, as listed: no `$schema`, no patterns, no safe-integer bounds. */
function inputJson(input: z.ZodObject): JsonObject {
  const { $schema: _, ...schema } = z.toJSONSchema(input, {
    io: 'input',
    override: ({ jsonSchema }) => {
      if (jsonSchema.maximum === Number.MAX_SAFE_INTEGER) delete jsonSchema.maximum;
      if (jsonSchema.minimum === Number.MIN_SAFE_INTEGER) delete jsonSchema.minimum;
      delete jsonSchema.pattern;
      if (jsonSchema.description === '') delete jsonSchema.description;
    },
  });
  return schema as JsonObject;
}

/** What the list of tools says of a tool's arguments and result. */
export interface ToolSchemas {
  readonly input: JsonObject;
  readonly output: JsonObject;
}

export function operationSchemas(operation: Operation): ToolSchemas {
  return { input: inputJson(operationValidator(operation)), output: operationOutput(operation) };
}

export async function toolSchemas(tool: Tool): Promise<ToolSchemas> {
  if (!isWorkflow(tool)) return operationSchemas(tool);
  return { input: inputJson(await workflowValidator(tool)), output: workflowOutput(tool, await tool.load()) };
}

/** The arguments that an operation does not send in its path. */
function outsidePath({ input, path }: Operation): string[] {
  const inPath = new Set(Array.from(path.matchAll(/\{(\w+)\}/g), (match) => match[1]));
  return Object.keys(input()).filter((name) => !inPath.has(name));
}

/** The names that arguments were sent under, by their listed names. */
type CameAs = ReadonlyMap<string, string>;

const AS_LISTED: CameAs = new Map();

/**
 * The checked arguments, with defaults filled in; or what is wrong with them, in words.
 * @param more arguments that the tool takes here besides its own
 */
export async function checkInput(
  tool: Tool,
  value: unknown,
  cameAs = AS_LISTED,
  more?: z.core.$ZodLooseShape,
): Promise<Checked> {
  const broken = tool.effect === 'read' ? undefined : findCallMarkup(value);
  if (broken !== undefined) return { wrong: broken };
  if (hasOwnPrototype(value)) return { wrong: 'unknown argument "__proto__"' };
  if (!isWorkflow(tool)) return checkOperation(tool, value, cameAs, more);
  return check(extended(await workflowValidator(tool), more), value, cameAs);
}

const extensions = new WeakMap<z.core.$ZodLooseShape, z.ZodObject>();

/** A validator that takes more arguments, made once for each set of them. */
function extended(validator: z.ZodObject, more: z.core.$ZodLooseShape | undefined): z.ZodObject {
  if (!more) return validator;
  const known = extensions.get(more) ?? validator.extend(more);
  extensions.set(more, known);
  return known;
}

/** Whether a value has this name at any depth: zod would drop it silently. */
function hasOwnPrototype(value: unknown): boolean {
  if (typeof value !== 'object' || value === null) return false;
  return Object.hasOwn(value, '__proto__') || Object.values(value).some(hasOwnPrototype);
}

type Checked = { args: JsonObject } | { wrong: string };

function check(schema: z.ZodObject, value: unknown, cameAs: CameAs): Checked {
  const parsed = schema.safeParse(value);
  if (parsed.success) return { args: parsed.data as JsonObject };
  return { wrong: describeWrong(schema, parsed.error, value, cameAs) };
}

export function checkOperation(
  operation: Operation,
  value: unknown,
  cameAs = AS_LISTED,
  more?: z.core.$ZodLooseShape,
): Checked {
  const checked = check(extended(operationValidator(operation), more), value, cameAs);
  const whole = 'wrong' in checked ? checked : emptyCleared(checked.args);
  return 'wrong' in whole ? whole : checkSent(operation, whole.args);
}

/** Sends an empty text for each field named in `clear`. */
function emptyCleared({ [CLEAR]: cleared, ...args }: JsonObject): Checked {
  if (!Array.isArray(cleared)) return { args };
  const both = cleared.filter((name) => args[name] !== undefined);
  if (both.length > 0) return { wrong: `${both.join(', ')}: both given a value and named in ${CLEAR}; do only one` };
  return { args: { ...args, ...Object.fromEntries(cleared.map((name) => [name, ''])) } };
}

/** A write that would send no field is a mistake. */
function checkSent(operation: Operation, args: JsonObject): Checked {
  const free = operation.method === 'POST' || operation.method === 'PUT' ? outsidePath(operation) : [];
  if (free.length > 0 && free.every((name) => args[name] === undefined)) {
    const emptying = CLEAR in operationShape(operation) ? `; to empty a field, name it in ${CLEAR}` : '';
    return { wrong: `nothing to send: give at least one of ${free.join(', ')}${emptying}` };
  }
  return { args };
}
