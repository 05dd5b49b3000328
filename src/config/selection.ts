import { profiles } from '../workflows/profiles.ts';
import type { Tool, Toolset } from '../workflows/workflow.ts';
import { didYouMean } from './did-you-mean.ts';
import { Refusal } from './options.ts';

export interface SelectionOptions {
  readonly toolsets?: readonly string[] | undefined;
  readonly tools?: readonly string[] | undefined;
  readonly excludeTools?: readonly string[] | undefined;
  readonly readOnly: boolean;
}

/**
 * The tools to serve, in catalogue order: `--toolsets` chooses toolsets and profiles, `--tools` adds tools (alone, it
 * is the whole choice), `--exclude-tools` removes some, `--read-only` keeps only those that read. Decided before
 * registration, so a tool that is off does not exist.
 * @throws Refusal for an unknown name; its message lists the known ones
 */
export function selectTools(sets: readonly Toolset[], options: SelectionOptions): Tool[] {
  const setNames = [...Object.keys(profiles), ...sets.map((set) => set.name)];
  const toolNames = sets.flatMap((set) => set.tools.map((tool) => tool.name));
  check('--toolsets', 'toolset', options.toolsets, setNames);
  check('--tools', 'tool', options.tools, toolNames);
  check('--exclude-tools', 'tool', options.excludeTools, toolNames);

  const { toolsets, tools, excludeTools, readOnly } = options;
  const everything = toolsets === undefined && tools === undefined;
  const profiled = new Set(toolsets?.flatMap((name) => (Object.hasOwn(profiles, name) ? profiles[name] : [])));
  return sets.flatMap((set) =>
    set.tools.filter(
      (tool) =>
        (everything || toolsets?.includes(set.name) || profiled.has(tool.name) || tools?.includes(tool.name)) &&
        !excludeTools?.includes(tool.name) &&
        !(readOnly && tool.effect !== 'read'),
    ),
  );
}

function check(flag: string, what: string, names: readonly string[] | undefined, known: readonly string[]): void {
  const unknown = names?.find((name) => !known.includes(name));
  if (unknown === undefined) return;
  throw new Refusal(
    `${flag}: there is no ${what} named ${JSON.stringify(unknown)}.${didYouMean(unknown, known)} Known: ${known.join(', ')}.`,
  );
}
