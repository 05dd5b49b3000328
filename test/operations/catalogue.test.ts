import { readdirSync, readFileSync } from 'node:fs';
import { describe, expect, test } from 'vitest';
import type { JsonObject } from '../../src/json.ts';
import { operationSchemas } from '../../src/mcp/schemas.ts';
import { hints } from '../../src/mcp/tools.ts';
import { groups } from '../../src/operations/index.ts';
import { checkOf } from '../../src/operations/operation.ts';
import { named, operationNamed, operations } from './catalogue-access.ts';
import type { Entry } from './table/entry.ts';
import { FORMS } from './table/forms.ts';
import { entries, entryOf, table } from './table/index.ts';

const VERBS = /^(create|list|count|get|find|update|archive|unarchive|approve|reject|cancel|mark|delete)_/;

const RECORD_FIELDS = Object.values(FORMS).flatMap(({ fields }) => [...fields]);

const each = test.each(operations.map((operation) => [operation.name, operation] as const));

interface Field {
  readonly type?: string;
  readonly enum?: readonly string[];
  readonly minimum?: number;
  readonly maximum?: number;
  readonly default?: unknown;
  readonly properties?: Readonly<Record<string, Field>>;
  readonly items?: Field;
}

/** A field in the words of the table. */
function inWords(field: Field): string {
  const { type, minimum, maximum, default: fallback } = field;
  const bounds = minimum === undefined && maximum === undefined ? '' : ` ${minimum ?? ''}..${maximum ?? ''}`;
  const end = fallback === undefined ? '' : ` = ${String(fallback)}`;
  if (field.enum) return `one of ${field.enum.join('|')}${end}`;
  if (type === 'array') return `array of ${inWords(field.items ?? {})}`;
  if (type !== 'object') return `${type}${bounds}${end}`;
  const inner = Object.entries(field.properties ?? {}).map(([name, one]) => `${name}: ${inWords(one)}`);
  return `{ ${inner.join(', ')} }`;
}

/** What the reference names, and ours on top: for every list, and for every tool that asks first. */
const expectedFields = ({ parameters, empties, asks }: Entry, list: boolean) => ({
  ...parameters,
  ...(list && { detail: 'one of concise|full = concise', skip: 'integer 0.. = 0' }),
  ...(empties && { clear: `array of one of ${empties.join('|')}` }),
  ...(asks && { confirmation_token: 'string' }),
});

describe('the catalogue', () => {
  test('has the tools of the table, group by group, and each of them an entry', () => {
    const found = groups.map((group) => [group.name, group.operations.map(({ name }) => name).toSorted()]);
    expect(found).toEqual(Object.entries(table).map(([name, tools]) => [name, Object.keys(tools).toSorted()]));
    expect(named.size).toBe(operations.length);
  });

  test('covers every documented operation but the one known from a third party alone', () => {
    const known = { A: 16, P: 10, C: 5, L: 7, V: 4, K: 2, F: 2, B: 1 };
    const documented = Object.entries(known).flatMap(([letter, count]) =>
      Array.from({ length: count }, (_, index) => `${letter}${index + 1}`),
    );
    expect(Object.values(entries).flatMap(({ codes }) => codes)).toEqual(expect.arrayContaining(documented));
  });

  test('calls no two operations alike that are not told apart by their parameters', () => {
    const shared = new Set(['cancel_purchase', 'cancel_customer_purchases']);
    const routes = operations.filter(({ name }) => !shared.has(name)).map(({ method, path }) => `${method} ${path}`);
    expect(new Set(routes).size).toBe(routes.length);
  });

  test.each(groups.map((group) => [group.name, group] as const))('describes the group %s', (name, group) => {
    expect(name).toMatch(/^[a-z]+(_[a-z]+)*$/);
    expect(group.description).toMatch(/^[A-Z].*[^.\s]$/);
  });

  test('has a unique title for every tool', () => {
    expect(new Set(operations.map(({ title }) => title)).size).toBe(operations.length);
  });
});

describe('the operation', () => {
  each('%s has a name of the form verb_noun', (name) => {
    expect(name).toMatch(/^[a-z]+(_[a-z]+)+$/);
    expect(name.length).toBeLessThanOrEqual(64);
    expect(name).toMatch(VERBS);
  });

  each('%s has a title and a description fit to be read', (_, { title, description }) => {
    expect(title).toMatch(/^[A-Z]\S*( \S+)*$/);
    expect(title).not.toMatch(/\.$/);
    expect(description).toMatch(/^[A-Z][^\n]*\.$/);
    expect(description).toBe(description.trim().replace(/\s{2,}/g, ' '));
    expect(description).not.toContain('undefined');
  });

  each('%s takes the ids of its path as whole numbers', (_, operation) => {
    const { properties, required } = operationSchemas(operation).input as {
      properties: Record<string, JsonObject>;
      required?: string[];
    };
    const placeholders = [...operation.path.matchAll(/\{([^}]*)\}/g)].map((match) => String(match[1]));
    expect(operation.path).toMatch(/^(\/([a-z_]+|\{[a-z]+_id\}))+$/);
    for (const placeholder of placeholders) {
      expect(properties[placeholder]).toMatchObject({ type: 'integer', minimum: 1 });
      expect(required).toContain(placeholder);
    }
    const ids = Object.keys(properties).filter((field) => field.endsWith('_id'));
    for (const id of ids) expect(properties[id]).toMatchObject({ type: 'integer', minimum: 1 });
  });

  each('%s reads exactly where its method is GET', (_, { effect, method }) => {
    expect(effect === 'read').toBe(method === 'GET');
  });

  each('%s says how to undo it and where to look, if it writes', (_, { effect, undo, check, idempotent }) => {
    if (effect === 'read') {
      expect([undo, check, idempotent]).toEqual([undefined, undefined, undefined]);
      return;
    }
    expect(undo).toMatch(/^[A-Z][^\n]*\.$/);
    expect(check).toBeDefined();
  });

  // With the least that it takes, and with all there is.
  each('%s names for a lost answer what can be called with what was given', (name, operation) => {
    if (operation.effect === 'read') return;
    for (const given of [requiredOf(name), fieldsOf(name)]) {
      const args = Object.fromEntries(given.map((field) => [field, 'x']));
      const [first = '', ...others] = checkOf(operation, args)?.match(/\b[a-z]+(_[a-z]+)+\b/g) ?? [];
      for (const tool of [first, ...others]) expect(named.get(tool)?.effect, `${tool} is a read`).toBe('read');
      const needed = requiredOf(first).filter((field) => !given.some((other) => other.endsWith(field)));
      expect(needed, `${first} needs`).toEqual([]);
    }
  });

  each('%s mentions only tools and fields there are', (_, { description, undo = '' }) => {
    const known = new Set(['already_existed', ...named.keys(), ...RECORD_FIELDS]);
    for (const name of named.keys()) for (const field of fieldsOf(name)) known.add(field);
    const words = `${description} ${undo}`.match(/\b[a-z]+(_[a-z]+)+\b/g) ?? [];
    expect(words.filter((word) => !known.has(word))).toEqual([]);
  });

  each('%s asks, and says whether it may be repeated, if it destroys', (_, { effect, confirm, idempotent }) => {
    expect(idempotent !== undefined).toBe(effect === 'destroy');
    if (effect === 'destroy') expect(confirm).toBeDefined();
    if (effect === 'read') expect(confirm).toBeUndefined();
  });

  each('%s carries all four hints and its title', (_, { title, effect, idempotent }) => {
    const destructive = effect === 'update' || effect === 'destroy';
    const repeatable = effect === 'destroy' ? idempotent : effect !== 'create';
    expect(hints(title, effect, idempotent)).toEqual({
      title,
      readOnlyHint: effect === 'read',
      destructiveHint: destructive,
      idempotentHint: repeatable,
      openWorldHint: true,
    });
  });

  each('%s writes and asks first as the table says', (name, { effect, confirm }) => {
    expect(effect).toBe(entryOf(name).effect ?? 'read');
    expect(confirm !== undefined).toBe(entryOf(name).asks !== undefined);
  });

  each('%s takes the documented parameters', (name, operation) => {
    const input = operationSchemas(operation).input as Field & { required?: readonly string[] };
    const fields = Object.entries(input.properties ?? {}).map(([field, schema]) => [
      field,
      `${(input.required ?? []).includes(field) ? 'required ' : ''}${inWords(schema)}`,
    ]);
    expect(Object.fromEntries(fields)).toEqual(expectedFields(entryOf(name), operation.returns.kind === 'many'));
  });

  each('%s looks first only where it has a natural key', (name, { existing, effect }) => {
    const key = entryOf(name).existing;
    expect(existing && { by: existing.by, find: existing.find.name, change: existing.change }).toEqual(key);
    if (!existing || !key) return;
    expect(effect).toBe('create');
    expect(existing.find).toBe(operationNamed(key.find));
    expect(existing.find.effect).toBe('read');
    expect(fieldsOf(key.find)).toContain(key.by);
    expect(fieldsOf(name)).toContain(key.by);
    expect(operationNamed(key.change).effect).toBe('update');
  });

  each('%s says so where it writes and is not verified', (name, { description, effect }) => {
    if (entryOf(name).unverified && effect !== 'read') expect(description).toMatch(/unverified/i);
  });
});

const TARGETS: Readonly<Record<string, number | string | boolean | readonly JsonObject[]>> = {
  commission_amount_override: 0,
  purchase_amount: 1,
  currency: 'EUR',
  override_approval: true,
  url: 'https://shop.example.com/?afmc=ann',
};

const asking = Object.entries(entries).flatMap(([name, { asks }]) => (asks ? [[name, asks] as const] : []));

describe.each(asking)('asking first in %s', (name, fields) => {
  const { confirm } = operationNamed(name);

  if (fields === 'always' || fields === 'by_record') {
    test('happens whatever is given', () => expect(confirm?.when).toBeUndefined());
    return;
  }

  const ours = ['confirmation_token', 'detail', 'skip'];
  test.each(fieldsOf(name).filter((field) => !ours.includes(field)))('depends on %s as designed', (field) => {
    const value = TARGETS[field] ?? 'x';
    expect(confirm?.when?.({ [field]: value })).toBe(fields.includes(field));
    expect(confirm?.when?.({})).toBe(false);
  });
});

describe('the source', () => {
  const folder = new URL('../../src/operations/', import.meta.url);
  const sources = readdirSync(folder).map((file) => readFileSync(new URL(file, folder), 'utf8'));

  each('names the code, the call and the confidence of %s above it', (name, { method, path }) => {
    const defined = sources
      .map((source) => source.split(new RegExp(`(?:export )?const \\w+ = operation\\(\\{\\s*name: '${name}'`)))
      .filter((parts) => parts.length > 1);
    expect(defined, `one definition of ${name}`).toHaveLength(1);
    const [comment = ''] = /\/\*\*(?:(?!\*\/)[\s\S])*\*\/\s*$/.exec(defined[0]?.[0] ?? '') ?? [];
    for (const code of entryOf(name).codes) expect(comment).toMatch(new RegExp(`\\b${code}\\b`));
    expect(comment).toContain(`\`${method} ${path.replace(/\{\w+\}/g, '{id}')}\``);
    expect(comment).toMatch(/official-current/);
  });
});

function requiredOf(name: string): readonly string[] {
  const { required = [] } = operationSchemas(operationNamed(name)).input as { required?: readonly string[] };
  return required;
}

function fieldsOf(name: string): string[] {
  return Object.keys(operationSchemas(operationNamed(name)).input.properties as JsonObject);
}
