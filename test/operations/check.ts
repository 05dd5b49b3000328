import type { JsonObject } from '../../src/json.ts';
import { checkOperation } from '../../src/mcp/schemas.ts';
import type { Operation } from '../../src/operations/operation.ts';

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
