import * as z from 'zod';
import { cutText, quote } from '../leaddyno/text.ts';
import { confirmationToken, detail, skip } from '../operations/fields.ts';
import type { JsonObject, Operation } from '../operations/operation.ts';
import type { RecordShape } from '../operations/shapes.ts';

/** Every argument of a tool: what LeadDyno takes and what is ours. Unknown ones are errors. */
function inputShape(operation: Operation): z.core.$ZodLooseShape {
  return {
    ...operation.input(),
    ...(operation.returns.kind === 'many' && { detail: detail(), skip: skip() }),
    ...(operation.confirm && { confirmation_token: confirmationToken() }),
  };
}

/** A record of LeadDyno: its fields are described and never typed, so that no real answer fails its own schema. */
function recordJson({ singular, fields }: RecordShape): JsonObject {
  const known = Object.entries(fields).map(([name, meaning]) => `${name}: ${meaning}`);
  const description = [`${capital(singular)} as LeadDyno sends it`, ...known].join('. ');
  return { description, properties: {} };
}

const capital = (name: string) => name.charAt(0).toUpperCase() + name.slice(1).replaceAll('_', ' ');

/** Our own keys of a writing tool's result. */
const WRITE_KEYS = {
  confirmation: {
    type: 'object',
    description: 'Nothing has been done: ask the user this question',
    properties: {
      question: { type: 'string' },
      confirmation_token: { type: 'string' },
      expires_at: { type: 'string' },
    },
  },
  declined: { type: 'boolean', description: 'The user said no; nothing was done' },
  dry_run: {
    type: 'object',
    description: 'The request that would have been sent; nothing was',
    properties: {
      method: { type: 'string' },
      path: { type: 'string' },
      query: { type: 'object' },
      body: { type: 'object' },
    },
  },
  already_existed: { type: 'boolean', description: 'The record was there before; nothing was sent' },
  undo: { type: 'string', description: 'How to undo it' },
};

const LIST_KEYS = {
  page: { type: 'integer' },
  per_page: { type: 'integer' },
  next_page: { anyOf: [{ type: 'integer' }, { type: 'null' }], description: 'Page to ask for next; null at the end' },
  next_skip: { type: 'integer', description: 'skip to give with next_page when rows were left off' },
  left_off: { type: 'integer', description: 'Rows of this page left off for size' },
  skipped: { type: 'integer' },
  total: { type: 'integer' },
};

/** What a result looks like: an open object, nothing required. */
export function outputJson(operation: Operation): JsonObject {
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
      result: { description: 'An answer of another shape, as LeadDyno sent it', properties: {} },
      note: { type: 'string' },
      ...(operation.effect !== 'read' && WRITE_KEYS),
    },
  };
}

const validators = new WeakMap<Operation, z.ZodObject>();

function validator(operation: Operation): z.ZodObject {
  let object = validators.get(operation);
  if (!object) {
    object = z.strictObject(inputShape(operation));
    validators.set(operation, object);
  }
  return object;
}

/** JSON Schema of the arguments as it is listed: no `$schema`, no patterns, no safe-integer bounds. */
export function inputJson(operation: Operation): JsonObject {
  const { $schema: _, ...schema } = z.toJSONSchema(validator(operation), {
    io: 'input',
    override: ({ jsonSchema }) => {
      if (jsonSchema.maximum === Number.MAX_SAFE_INTEGER) delete jsonSchema.maximum;
      if (jsonSchema.minimum === Number.MIN_SAFE_INTEGER) delete jsonSchema.minimum;
      delete jsonSchema.pattern;
    },
  });
  return schema as JsonObject;
}

/** How much of what is wrong is said: enough to mend it, whatever was sent. */
const MAX_ISSUES = 6;
const MAX_WRONG = 700;

function describeWrong(operation: Operation, { issues }: z.ZodError): string {
  const schema = validator(operation);
  const said = issues.slice(0, MAX_ISSUES).map((issue) => {
    const where = issue.path.length === 0 ? '' : `${cutText(issue.path.map(String).join('.'), 60)}: `;
    return where + (issue.code === 'unrecognized_keys' ? describeUnknown(issue, schema) : issue.message);
  });
  const more = issues.length > said.length ? `; and ${issues.length - said.length} more` : '';
  return cutText(said.join('; '), MAX_WRONG) + more;
}

/** Which argument is unknown, and which are known where it stands. */
function describeUnknown({ keys, path }: z.core.$ZodIssueUnrecognizedKeys, schema: z.ZodObject): string {
  const unknown = cutText(keys.map((key) => quote(key, 40)).join(', '), 160);
  const known = knownAt(schema, path);
  const [what, subject] = path.length === 0 ? ['argument', 'This tool'] : ['field', 'It'];
  const takes = known.length === 0 ? `${subject} takes no ${what}s` : `${subject} takes: ${known.join(', ')}`;
  return `unknown ${what} ${unknown}. ${takes}`;
}

function knownAt(schema: z.ZodObject, path: readonly PropertyKey[]): string[] {
  let at: unknown = schema;
  for (const step of path) {
    at = bare(at);
    if (at instanceof z.ZodObject) at = at.shape[String(step)];
    else if (at instanceof z.ZodArray) at = at.element;
  }
  at = bare(at);
  return at instanceof z.ZodObject ? Object.keys(at.shape) : [];
}

/** A schema without what makes it optional. */
function bare(schema: unknown): unknown {
  return schema instanceof z.ZodOptional || schema instanceof z.ZodDefault ? bare(schema.unwrap()) : schema;
}

/** What an operation sends besides what stands in its path. */
function outsidePath({ input, path }: Operation): string[] {
  const inPath = new Set(Array.from(path.matchAll(/\{(\w+)\}/g), (match) => match[1]));
  return Object.keys(input()).filter((name) => !inPath.has(name));
}

/** The arguments, checked, with defaults filled in; or what is wrong with them, in words. */
export function checkInput(operation: Operation, value: unknown): { args: JsonObject } | { wrong: string } {
  const parsed = validator(operation).safeParse(value);
  if (!parsed.success) return { wrong: describeWrong(operation, parsed.error) };
  const args = parsed.data as JsonObject;
  const free = operation.method === 'POST' || operation.method === 'PUT' ? outsidePath(operation) : [];
  if (free.length > 0 && free.every((name) => args[name] === undefined)) {
    return { wrong: `nothing to send: give at least one of ${free.join(', ')}` };
  }
  return { args };
}
