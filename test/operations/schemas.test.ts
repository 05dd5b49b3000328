import { describe, expect, test } from 'vitest';
import { operationSchemas } from '../../src/mcp/schemas.ts';
import type { Operation } from '../../src/operations/operation.ts';
import { operations } from './catalogue-access.ts';
import { findAjv, type JsonSchema, walkSchema } from './json-schema.ts';
import { entryOf } from './table/index.ts';

const ajv = await findAjv();

const each = test.each(operations.map((operation) => [operation.name, operation] as const));

const inputOf = (operation: Operation) => operationSchemas(operation).input as JsonSchema;
const outputOf = (operation: Operation) => operationSchemas(operation).output as JsonSchema;

/** Keywords that have broken hosts, or that belong in a refinement. */
const BANNED = [
  '$schema',
  '$ref',
  '$defs',
  '$id',
  'definitions',
  'pattern',
  'patternProperties',
  'exclusiveMinimum',
  'exclusiveMaximum',
  'anyOf',
  'oneOf',
  'allOf',
  'not',
  'if',
  'const',
  'nullable',
];

describe('the input schema', () => {
  each('of %s is one closed object', (_, operation) => {
    const input = inputOf(operation);
    expect(input.type).toBe('object');
    expect(input.additionalProperties).toBe(false);
    expect(Object.keys(input).toSorted()).toEqual(
      ['additionalProperties', 'properties', 'type', ...(input.required ? ['required'] : [])].toSorted(),
    );
  });

  each('of %s uses no keyword that breaks hosts', (_, operation) => {
    for (const { path, schema } of walkSchema(inputOf(operation))) {
      // `additionalProperties: false` is what closes an object, and every host knows it.
      if (path.endsWith('/additionalProperties')) {
        expect(schema, path).toBe(false);
        continue;
      }
      expect(schema, `${path} is an object, not a boolean schema`).toBeTypeOf('object');
      for (const keyword of BANNED) expect(schema, path).not.toHaveProperty([keyword]);
      // The one format that every host knows and that takes all that we take.
      expect(['date', undefined], path).toContain((schema as JsonSchema).format);
    }
  });

  each('of %s has flat, typed, described fields', (_, operation) => {
    for (const [field, schema] of Object.entries(inputOf(operation).properties ?? {})) {
      expect(field).toMatch(/^[a-z][a-z0-9]*(_[a-z0-9]+)*$/);
      expect(field.length).toBeLessThanOrEqual(64);
      expect(['string', 'integer', 'number', 'boolean', 'array']).toContain(schema.type);
      expect(schema.type === 'array').toBe(['line_items', 'clear'].includes(field));
      expect(schema.description, field).toMatch(/^\S.*[^\s.]$/);
    }
  });

  each('of %s opens nested objects for line items alone, and closes those', (_, operation) => {
    const nested = walkSchema(inputOf(operation)).filter(
      ({ path, schema }) => path && (schema as JsonSchema).properties,
    );
    expect(nested.map(({ path }) => path)).toEqual(
      operation.name === 'create_purchase' ? ['/properties/line_items/items'] : [],
    );
    for (const { schema } of nested) expect(schema).toMatchObject({ type: 'object', additionalProperties: false });
  });

  each('of %s requires and presets only fields it has', (_, operation) => {
    const { properties = {}, required = [] } = inputOf(operation);
    expect(required.filter((field) => !(field in properties))).toEqual([]);
    expect(required.filter((field) => properties[field]?.default !== undefined)).toEqual([]);
  });

  each('of %s holds no bound of the number format', (_, operation) => {
    const text = JSON.stringify(inputOf(operation));
    expect(text).not.toContain(String(Number.MAX_SAFE_INTEGER));
    expect(text).not.toContain(String(Number.MIN_SAFE_INTEGER));
  });
});

const WRITE_KEYS = {
  confirmation: 'object',
  declined: 'boolean',
  dry_run: 'object',
  already_existed: 'boolean',
  undo: 'string',
};

const LIST_KEYS = {
  page: 'integer',
  per_page: 'integer',
  next_skip: 'integer',
  left_off: 'integer',
  skipped: 'integer',
  total: 'integer',
};

describe('the output schema', () => {
  each('of %s is an open object that requires nothing', (_, operation) => {
    const output = outputOf(operation);
    expect(output.type).toBe('object');
    for (const { path, schema } of walkSchema(output)) {
      expect(schema, `${path} is an object, not a boolean schema`).toBeTypeOf('object');
      for (const keyword of ['required', 'additionalProperties', '$schema', '$ref', 'pattern', 'format', 'enum']) {
        expect(schema, path).not.toHaveProperty([keyword]);
      }
    }
  });

  each('of %s leaves the fields of LeadDyno without a type', (_, operation) => {
    const { properties = {} } = outputOf(operation);
    const { kind, record } = operation.returns;
    const records = [
      ...(kind === 'one' || kind === 'either' ? [properties[record.singular]] : []),
      ...(kind === 'many' || kind === 'either' ? [properties[record.plural]?.items] : []),
      ...(kind === 'count' ? [properties.count] : []),
      properties.result,
    ];
    for (const found of records) {
      expect(found?.description).toMatch(/\S/);
      for (const { path, schema } of walkSchema(found)) {
        const keywords = Object.keys(schema as object).filter(
          (word) => word !== 'description' && word !== 'properties',
        );
        expect(keywords, path).toEqual([]);
      }
    }
  });

  each('of %s types the keys that are ours', (_, operation) => {
    const { properties = {} } = outputOf(operation);
    const { returns, effect } = operation;
    for (const [key, type] of Object.entries(WRITE_KEYS)) {
      expect(properties[key]?.type, key).toBe(effect === 'read' ? undefined : type);
    }
    for (const [key, type] of Object.entries(LIST_KEYS)) {
      expect(properties[key]?.type, key).toBe(returns.kind === 'many' ? type : undefined);
    }
    expect('next_page' in properties).toBe(returns.kind === 'many');
    expect(properties.note?.type).toBe('string');
    const { record, kind } = returns;
    const names = [record.singular, record.plural].filter((key) => key in properties);
    expect(names.length > 0 || kind === 'count').toBe(true);
  });
});

describe.skipIf(!ajv)('as JSON Schema 2020-12', () => {
  each('both schemas of %s are valid', (_, operation) => {
    for (const schema of [inputOf(operation), outputOf(operation)]) {
      expect(ajv?.validateSchema(schema), JSON.stringify(ajv?.errors)).toBe(true);
      expect(() => ajv?.compile(schema)).not.toThrow();
    }
  });

  each('the input schema of %s takes its examples and no unknown field', (name, operation) => {
    const validate = ajv?.compile(inputOf(operation));
    for (const { input } of entryOf(name).examples) {
      expect(validate?.(input), JSON.stringify(validate?.errors)).toBe(true);
      expect(validate?.({ ...input, unheard_of: 1 })).toBe(false);
    }
  });
});
