import { describe, expect, test } from 'vitest';
import { operationSchemas } from '../../src/mcp/schemas.ts';
import { operations } from './catalogue-access.ts';
import { CONFIRMATION_FIELD, LIST_FIELDS, PARAMETERS } from './documented/parameters.ts';
import { ASKS_FIRST } from './documented/tools.ts';

interface Field {
  readonly type?: string;
  readonly enum?: readonly string[];
  readonly minimum?: number;
  readonly maximum?: number;
  readonly default?: unknown;
  readonly properties?: Readonly<Record<string, Field>>;
  readonly items?: Field;
}

/** A field in the words of `documented/parameters.ts`. */
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

function expectedFields(name: string, list: boolean): Record<string, string> {
  return {
    ...PARAMETERS[name],
    ...(list && LIST_FIELDS),
    ...(name in ASKS_FIRST && CONFIRMATION_FIELD),
  };
}

describe('the parameters', () => {
  test('are written down for every tool', () => {
    expect(Object.keys(PARAMETERS).toSorted()).toEqual(operations.map(({ name }) => name).toSorted());
  });

  test.each(operations.map((operation) => [operation.name, operation] as const))('of %s', (name, operation) => {
    const input = operationSchemas(operation).input as Field & { required?: readonly string[] };
    const required = input.required ?? [];
    const fields = Object.entries(input.properties ?? {}).map(([field, schema]) => [
      field,
      `${required.includes(field) ? 'required ' : ''}${inWords(schema)}`,
    ]);
    expect(Object.fromEntries(fields)).toEqual(expectedFields(name, operation.returns.kind === 'many'));
  });

  test('number as many as the reference names', () => {
    const count = (name: string) => Object.keys(PARAMETERS[name] ?? {}).length;
    expect([count('create_affiliate'), count('create_purchase'), count('create_lead')]).toEqual([9, 10, 14]);
  });

  test('page through every list that LeadDyno pages', () => {
    const paged = Object.entries(PARAMETERS).filter(([, fields]) => fields.page !== undefined);
    expect(paged.map(([name]) => name).toSorted()).toEqual([
      'list_affiliate_commissions',
      'list_affiliate_leads',
      'list_affiliate_purchases',
      'list_affiliate_sub_ids',
      'list_affiliates',
      'list_commissions',
      'list_leads',
      'list_purchases',
      'list_visitors',
    ]);
  });
});
