import type { JsonObject, Operation } from '../operations/operation.ts';
import { inputJson, outputJson } from './schemas.ts';

export interface ListedSchemas {
  readonly input: JsonObject;
  readonly output: JsonObject;
}

const listed = new Map<string, ListedSchemas>();

/**
 * The JSON Schemas of a tool as they are listed, made from zod once per process. The build puts ready-made ones in
 * place of this file (`scripts/build.ts`): converting them takes longer than all the rest of a start.
 */
export function listedSchemas(operation: Operation): ListedSchemas {
  let schemas = listed.get(operation.name);
  if (!schemas) {
    schemas = { input: inputJson(operation), output: outputJson(operation) };
    listed.set(operation.name, schemas);
  }
  return schemas;
}
