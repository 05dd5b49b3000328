import fc from 'fast-check';
import { describe, expect, test } from 'vitest';
import type { JsonObject } from '../../src/json.ts';
import { operationSchemas } from '../../src/mcp/schemas.ts';
import { bind, RESERVED, Refusal } from '../../src/operations/operation.ts';
import { operationNamed, refusal } from './catalogue-access.ts';
import { argumentsOf, ask, asking, NORMAL } from './question-records.ts';
import { fullestInput } from './table/index.ts';

/* A yes to one call must not be a yes to another: two calls that send different things are never asked about alike. */

interface Field {
  readonly type?: string;
  readonly enum?: readonly string[];
  readonly items?: Field;
  readonly properties?: Readonly<Record<string, Field>>;
}

/** Texts that are easily taken for one another. */
const texts = fc.oneof(
  fc
    .tuple(
      fc.constantFrom('ann', 'ord-77', 'x'.repeat(70), 'y'.repeat(400)),
      fc.constantFrom('', ' ', '  ', "'", "''", '"', '“', '”', '\u200b', '\n', '\t', '\u0430', 'a', '\u0301', '…', '1'),
      fc.constantFrom('', ' ', 'tail', 'z'.repeat(200)),
    )
    .map((parts) => parts.join('')),
  fc.string({ unit: 'binary', maxLength: 20 }),
);

const addresses = fc
  .tuple(
    fc.constantFrom('ann', "o'brien", "o''brien", 'аnn', 'a'.repeat(90), 'b'.repeat(250)),
    fc.constantFrom('', '.', '’', '+1'),
  )
  .map(([name, more]) => `${name}${more}@example.com`);

function valuesOf(name: string, field: Field): fc.Arbitrary<unknown> {
  if (field.enum) return fc.constantFrom(...field.enum);
  if (name === 'currency') return fc.constantFrom('USD', 'EUR', 'JPY');
  if (name === 'due_at') return fc.constantFrom('2026-01-01', '2026-12-31');
  if (field.type === 'boolean') return fc.boolean();
  if (field.type === 'integer') return fc.integer({ min: 1, max: 50 });
  if (field.type === 'number') return fc.constantFrom(0, 0.01, 0.1, 1, 1.5, 10, 1e9, 99_999.99);
  if (field.type === 'array') {
    const item = fc.record(
      Object.fromEntries(Object.entries(field.items?.properties ?? {}).map(([key, one]) => [key, valuesOf(key, one)])),
      { requiredKeys: [] },
    );
    return fc.oneof(
      fc.array(item, { maxLength: 3 }),
      // Past what a question shows one by one.
      fc
        .tuple(fc.integer({ min: 18, max: 25 }), item)
        .map(([count, last]) => [...Array.from({ length: count }, (_, sku) => ({ sku: String(sku) })), last]),
    );
  }
  return /email|^affiliate$|referring/.test(name) ? addresses : texts;
}

const canonical = (name: string, args: JsonObject) => {
  const { path, query, body } = bind(operationNamed(name), args);
  const sorted = (value: unknown) => Object.entries(value ?? {}).sort(([a], [b]) => (a < b ? -1 : 1));
  return JSON.stringify([path, sorted(query), sorted(body)]);
};

/** Records that are found, whatever is asked for. */
const question = (name: string, args: JsonObject) => ask(operationNamed(name), args, (read) => NORMAL[read]);

describe('two calls that send different things are asked about in different words', () => {
  test.each(asking)('%s', async (name) => {
    const { properties = {} } = operationSchemas(operationNamed(name)).input as { properties?: Record<string, Field> };
    const fields = Object.entries(properties).filter(([field]) => !RESERVED.has(field));
    const bases = fc.constantFrom(argumentsOf(name), fullestInput(name));
    const change = fc
      .constantFrom(...fields)
      .chain(([field, schema]) => fc.tuple(fc.constant(field), valuesOf(field, schema), valuesOf(field, schema)));
    const isFine = (args: JsonObject) => refusal(operationNamed(name), args) === undefined;
    await fc.assert(
      fc.asyncProperty(
        bases,
        fc.array(change, { minLength: 1, maxLength: 3 }),
        fc.boolean(),
        async (base, changes, drop) => {
          const [one, other] = [1, 2].map((side) => {
            const args = { ...base, ...Object.fromEntries(changes.map((change) => [change[0], change[side]])) };
            if (!drop || side === 1) return args;
            return Object.fromEntries(Object.entries(args).filter(([field]) => field !== changes[0]?.[0]));
          }) as [JsonObject, JsonObject];
          fc.pre(isFine(one) && isFine(other) && canonical(name, one) !== canonical(name, other));
          // An amount may be refused for the currency of the record.
          const orRefused = (error: unknown) => {
            fc.pre(!(error instanceof Refusal));
            throw error;
          };
          const first = await question(name, one).catch(orRefused);
          const second = await question(name, other).catch(orRefused);
          if (first !== undefined || second !== undefined) expect(first, JSON.stringify([one, other])).not.toBe(second);
        },
      ),
      { numRuns: 300 },
    );
  });
});
