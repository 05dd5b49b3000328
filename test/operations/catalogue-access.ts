import type { JsonObject } from '../../src/json.ts';
import { checkOperation } from '../../src/mcp/schemas.ts';
import { groups } from '../../src/operations/index.ts';
import type { Operation } from '../../src/operations/operation.ts';

export const operations: readonly Operation[] = groups.flatMap((group) => group.operations);

export const named: ReadonlyMap<string, Operation> = new Map(operations.map((one) => [one.name, one]));

export function operationNamed(name: string): Operation {
  const found = named.get(name);
  if (!found) throw new Error(`there is no operation named ${name}`);
  return found;
}

/** The arguments of a call as they go on, defaults filled in. */
export function checked(operation: Operation, input: unknown): JsonObject {
  const result = checkOperation(operation, input);
  if ('wrong' in result) throw new Error(`${operation.name} refuses ${JSON.stringify(input)}: ${result.wrong}`);
  return result.args;
}

/** Why a call is refused; undefined where it is not. */
export function refusal(operation: Operation, input: unknown): string | undefined {
  const result = checkOperation(operation, input);
  return 'wrong' in result ? result.wrong : undefined;
}
