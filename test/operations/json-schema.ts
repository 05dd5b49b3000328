/** A JSON Schema as far as the tests look into it. */
export interface JsonSchema {
  readonly type?: string | readonly string[];
  readonly description?: string;
  readonly properties?: Readonly<Record<string, JsonSchema>>;
  readonly required?: readonly string[];
  readonly additionalProperties?: unknown;
  readonly items?: JsonSchema;
  readonly enum?: readonly unknown[];
  readonly default?: unknown;
  readonly [keyword: string]: unknown;
}

type Validate = ((value: unknown) => boolean) & { readonly errors?: unknown };

interface Ajv {
  validateSchema(schema: object): unknown;
  compile(schema: object): Validate;
  readonly errors?: unknown;
}

/** Ajv for JSON Schema 2020-12 with its formats, where other packages have brought them; the tests do without otherwise. */
export async function findAjv(): Promise<Ajv | undefined> {
  const name: string = 'ajv/dist/2020.js';
  const formats: string = 'ajv-formats';
  try {
    const { Ajv2020 } = (await import(name)) as { Ajv2020: new (options: object) => Ajv };
    const { default: addFormats } = (await import(formats)) as { default: { default(ajv: Ajv): Ajv } };
    return addFormats.default(new Ajv2020({ strict: true, strictTypes: false, allErrors: true, validateSchema: true }));
  } catch {
    return undefined;
  }
}

/** Keywords whose value is a map from names to schemas: the names are not keywords. */
const MAPS = new Set(['properties', 'patternProperties', '$defs', 'definitions', 'dependentSchemas']);
const LISTS = new Set(['anyOf', 'oneOf', 'allOf', 'prefixItems']);
const ONES = new Set(['items', 'additionalProperties', 'not', 'if', 'then', 'else', 'contains', 'propertyNames']);

export interface Found {
  readonly path: string;
  readonly schema: unknown;
}

/** A schema and every schema in it. */
export function walkSchema(schema: unknown, path = ''): Found[] {
  const found: Found[] = [{ path, schema }];
  if (typeof schema !== 'object' || schema === null) return found;
  for (const [keyword, value] of Object.entries(schema)) {
    const at = `${path}/${keyword}`;
    if (MAPS.has(keyword)) {
      for (const [name, inner] of Object.entries(value as object)) found.push(...walkSchema(inner, `${at}/${name}`));
    } else if (LISTS.has(keyword)) {
      (value as unknown[]).forEach((inner, index) => {
        found.push(...walkSchema(inner, `${at}/${index}`));
      });
    } else if (ONES.has(keyword)) {
      found.push(...walkSchema(value, at));
    }
  }
  return found;
}
