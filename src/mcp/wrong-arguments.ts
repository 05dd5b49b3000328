import * as z from 'zod';
import { cutText, quote } from '../text.ts';

/** At most so many problems are told, in at most so many characters: enough to correct the call, whatever was sent. */
const MAX_ISSUES = 6;
const MAX_WRONG = 700;

/** One text about what is wrong with the arguments. @param wrong each begins with the argument's name, if it has one */
export function inShort(wrong: readonly string[]): string {
  const said = wrong.slice(0, MAX_ISSUES);
  const more = wrong.length > said.length ? `; and ${wrong.length - said.length} more` : '';
  return cutText(said.join('; '), MAX_WRONG) + more;
}

/**
 * What a check found, in this server's own words.
 * @param value what was checked
 * @param cameAs the name that an argument was sent under, by its listed name; only where the two differ
 */
export function describeWrong(
  schema: z.ZodObject,
  { issues }: z.ZodError,
  value: unknown,
  cameAs: ReadonlyMap<string, string>,
): string {
  return inShort(
    issues.map((issue) => {
      const [first, ...rest] = issue.path.map(String);
      const name = first === undefined ? '' : [cameAs.get(first) ?? first, ...rest].join('.');
      const where = name === '' ? '' : `${cutText(name, 60)}: `;
      return (
        where + (issue.code === 'unrecognized_keys' ? describeUnknown(issue, schema) : describe(issue, value, schema))
      );
    }),
  );
}

/** What each type of JSON is called, and how to write it. */
const WANTED: Readonly<Record<string, string>> = {
  number: 'a number in digits, such as 12.50',
  int: 'a whole number in digits, such as 12',
  string: 'text',
  boolean: 'true or false',
  array: 'a list',
  object: 'an object with named fields',
};

function describe(issue: z.core.$ZodIssue, checked: unknown, schema: z.ZodObject): string {
  const given = valueAt(checked, issue.path);
  switch (issue.code) {
    case 'invalid_type': {
      if (given === undefined && issue.path.length > 0) return 'is missing';
      const at = schemaAt(schema, issue.path);
      const kind = at instanceof z.ZodNumber && at.format === 'safeint' ? 'int' : issue.expected;
      return `must be ${WANTED[kind] ?? kind}, not ${shown(given)}`;
    }
    case 'invalid_value': {
      const known = issue.values.map(String).join(', ');
      return given === undefined ? `is missing: one of ${known}` : `must be one of ${known}, not ${shown(given)}`;
    }
    case 'too_small':
      return issue.origin === 'array'
        ? `must have at least ${issue.minimum}`
        : `must be at least ${issue.minimum}, not ${shown(given)}`;
    case 'too_big':
      return issue.origin === 'array'
        ? `must have at most ${issue.maximum}`
        : `must be at most ${issue.maximum}, not ${shown(given)}`;
    default:
      return issue.message;
  }
}

function valueAt(value: unknown, path: readonly PropertyKey[]): unknown {
  return path.reduce<unknown>((at, step) => (Object(at) as Record<PropertyKey, unknown>)[step], value);
}

/** Characters. Longer texts are not repeated: one may be an API key in the wrong field. */
const MAX_SHOWN = 20;

function shown(value: unknown): string {
  if (typeof value === 'string') return value.length > MAX_SHOWN ? 'a longer text' : quote(value, MAX_SHOWN);
  if (Array.isArray(value)) return 'a list';
  return typeof value === 'object' && value !== null ? 'an object' : String(value);
}

/** Which arguments are unknown, and which are known in that place. */
function describeUnknown({ keys, path }: z.core.$ZodIssueUnrecognizedKeys, schema: z.ZodObject): string {
  const unknown = cutText(keys.map((key) => quote(key, 40)).join(', '), 160);
  const known = knownAt(schema, path);
  const [what, subject] = path.length === 0 ? ['argument', 'This tool'] : ['field', 'It'];
  const takes = known.length === 0 ? `${subject} takes no ${what}s` : `${subject} takes: ${known.join(', ')}`;
  return `unknown ${what} ${unknown}. ${takes}`;
}

function knownAt(schema: z.ZodObject, path: readonly PropertyKey[]): string[] {
  const at = schemaAt(schema, path);
  return at instanceof z.ZodObject ? Object.keys(at.shape) : [];
}

function schemaAt(schema: z.ZodObject, path: readonly PropertyKey[]): unknown {
  let at: unknown = schema;
  for (const step of path) {
    at = bare(at);
    if (at instanceof z.ZodObject) at = at.shape[String(step)];
    else if (at instanceof z.ZodArray) at = at.element;
  }
  return bare(at);
}

/** A schema without what makes it optional. */
export function bare(schema: unknown): unknown {
  return schema instanceof z.ZodOptional || schema instanceof z.ZodDefault ? bare(schema.unwrap()) : schema;
}
