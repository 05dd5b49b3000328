import { toolsets } from '../../src/workflows/index.ts';

/** Every tool there is, in the order of the list. */
export const toolNames: readonly string[] = toolsets.flatMap((set) => set.tools.map((tool) => tool.name));

/** Those that read. */
export const readingTools: readonly string[] = toolsets.flatMap((set) =>
  set.tools.filter(({ effect }) => effect === 'read').map(({ name }) => name),
);
