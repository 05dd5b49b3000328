import { describe, expect, test } from 'vitest';
import { toolSchemas } from '../../src/mcp/schemas.ts';
import { toolsets, workflows } from '../../src/workflows/index.ts';
import { type JsonSchema, walkSchema } from '../operations/json-schema.ts';
import { workflowCalls } from '../support/workflow-calls.ts';

/*
 * What every workflow keeps to, as the operations do (`test/operations/catalogue.test.ts`, `schemas.test.ts`): one tool
 * with a schema that a host refuses makes some hosts drop every tool of the server.
 */

const each = test.each(workflows.map((workflow) => [workflow.name, workflow] as const));
const toolNames = new Set(toolsets.flatMap((set) => set.tools.map(({ name }) => name)));
const schemas = async (name: string) => {
  const workflow = workflows.find((one) => one.name === name) ?? expect.fail(name);
  const { input, output } = await toolSchemas(workflow);
  return { input: input as JsonSchema, output: output as JsonSchema };
};

/** Arguments, their choices, and keys of results that descriptions may name. */
async function fieldsOf(name: string): Promise<unknown[]> {
  const { input, output } = await schemas(name);
  const choices = Object.values(input.properties ?? {}).flatMap((property) => property.enum ?? []);
  return [...Object.keys(input.properties ?? {}), ...choices, ...Object.keys(output.properties ?? {})];
}

test('are those of the table of their calls, each once and in its order', () => {
  const expected = Object.entries(workflowCalls).map(([name, { effect = 'read' }]) => [name, effect]);
  expect(workflows.map(({ name, effect }) => [name, effect])).toEqual(expected);
});

describe('the workflow', () => {
  each('%s has a title and a description fit to be read', (_, { title, description }) => {
    expect(title).toMatch(/^[A-Z]\S*( \S+)*$/);
    expect(description).toMatch(/^[A-Z][^\n]*\.$/);
    expect(description.length).toBeLessThanOrEqual(450);
  });

  each('%s mentions only tools and fields there are', async (name, { description, undo = '' }) => {
    const known = new Set([...toolNames, ...(await fieldsOf(name)), 'next_since']);
    for (const word of `${description} ${undo}`.match(/\b[a-z]+(_[a-z]+)+\b/g) ?? []) expect(known).toContain(word);
  });

  each(
    '%s asks before it writes, and says where to look afterwards',
    async (_, { effect, load, check, idempotent }) => {
      const { batch } = await load();
      expect(batch !== undefined).toBe(effect !== 'read');
      expect(idempotent !== undefined).toBe(effect === 'destroy');
      if (effect !== 'read') expect(toolNames).toContain(check);
    },
  );

  each('%s takes a flat object that hosts accept', async (name) => {
    const { input } = await schemas(name);
    expect(input).toMatchObject({ type: 'object', additionalProperties: false });
    expect(Object.keys(input)).not.toContain('$schema');
    for (const { path, schema } of walkSchema(input)) {
      expect(typeof schema, path).toBe(path.endsWith('/additionalProperties') ? 'boolean' : 'object');
      const keywords = Object.keys(schema as object);
      const refused = ['anyOf', 'oneOf', 'allOf', 'not', 'pattern', 'exclusiveMinimum', 'exclusiveMaximum', '$ref'];
      expect(
        keywords.filter((keyword) => refused.includes(keyword)),
        path,
      ).toEqual([]);
    }
    for (const [field, property] of Object.entries(input.properties ?? {})) {
      expect(property.type, `${field} has a type`).toEqual(expect.any(String));
      expect(property.type, `${field} is flat`).not.toBe('object');
      // Somebody's own rows, whose names are theirs.
      const items = ['integer', 'string', 'number', ...(name === 'import_affiliates' ? ['object'] : [])];
      if (property.type === 'array') expect(items).toContain(property.items?.type);
    }
  });

  each('%s promises an open object with nothing required', async (name) => {
    const { output } = await schemas(name);
    expect(output.type).toBe('object');
    expect(output.required ?? []).toEqual([]);
    for (const { path, schema } of walkSchema(output)) {
      expect(schema, path).toEqual(expect.any(Object));
      expect((schema as JsonSchema).additionalProperties, path).not.toBe(false);
    }
  });
});
