import { groups } from '../../src/operations/index.ts';
import type { Operation } from '../../src/operations/operation.ts';

export const operations: readonly Operation[] = groups.flatMap((group) => group.operations);

export const named: ReadonlyMap<string, Operation> = new Map(operations.map((one) => [one.name, one]));

export function operationNamed(name: string): Operation {
  const found = named.get(name);
  if (!found) throw new Error(`there is no operation named ${name}`);
  return found;
}
