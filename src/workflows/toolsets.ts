import { groups } from '../operations/index.ts';
import { workflows } from './index.ts';
import type { Toolset } from './workflow.ts';

/** Everything there is, in the order of the tool list: what finishes a job first. */
export const toolsets: readonly Toolset[] = [
  {
    name: 'workflows',
    description: "Tools that finish a manager's job in one call",
    tools: workflows,
  },
  ...groups.map(({ name, description, operations }) => ({ name, description, tools: operations })),
];
