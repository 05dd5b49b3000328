import { toolsets } from '../../src/workflows/index.ts';

/** The names of all tools, in the order of the tool list. */
export const toolNames: readonly string[] = toolsets.flatMap((set) => set.tools.map((tool) => tool.name));

/** The names of the tools that only read. */
export const readingTools: readonly string[] = toolsets.flatMap((set) =>
  set.tools.filter(({ effect }) => effect === 'read').map(({ name }) => name),
);
