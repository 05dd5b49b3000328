import type { Group, Operation } from '../operations/operation.ts';

export interface SelectionOptions {
  readonly toolsets?: readonly string[] | undefined;
  readonly tools?: readonly string[] | undefined;
  readonly excludeTools?: readonly string[] | undefined;
  readonly readOnly: boolean;
}

/** A name that is none of ours; the message lists the known ones. */
export class UnknownName extends Error {
  override readonly name = 'UnknownName';
}

/**
 * The tools to serve, in catalogue order: `--toolsets` chooses groups, `--tools` adds (alone, it is the whole choice),
 * `--exclude-tools` takes away, `--read-only` keeps what reads. Decided before registration: what is off does not exist.
 * @throws UnknownName
 */
export function selectOperations(groups: readonly Group[], options: SelectionOptions): Operation[] {
  const groupNames = groups.map((group) => group.name);
  const toolNames = groups.flatMap((group) => group.operations.map((operation) => operation.name));
  check('--toolsets', 'toolset', options.toolsets, groupNames);
  check('--tools', 'tool', options.tools, toolNames);
  check('--exclude-tools', 'tool', options.excludeTools, toolNames);

  const { toolsets, tools, excludeTools, readOnly } = options;
  const everything = toolsets === undefined && tools === undefined;
  return groups.flatMap((group) =>
    group.operations.filter(
      (operation) =>
        (everything || toolsets?.includes(group.name) || tools?.includes(operation.name)) &&
        !excludeTools?.includes(operation.name) &&
        !(readOnly && operation.effect !== 'read'),
    ),
  );
}

function check(flag: string, what: string, names: readonly string[] | undefined, known: readonly string[]): void {
  const unknown = names?.find((name) => !known.includes(name));
  if (unknown === undefined) return;
  throw new UnknownName(`${flag}: there is no ${what} named ${JSON.stringify(unknown)}. Known: ${known.join(', ')}.`);
}
