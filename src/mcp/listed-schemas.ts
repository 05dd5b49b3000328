import type { Tool } from '../workflows/workflow.ts';
import { type ToolSchemas, toolSchemas } from './schemas.ts';

const listed = new Map<string, ToolSchemas>();

/**
 * The JSON Schemas of a tool as they are listed, made from zod once per process. The build replaces this file with
 * ready-made schemas (`scripts/build.ts`): converting them takes longer than the rest of the start, and for a workflow
 * it would load the workflow.
 */
export async function listedSchemas(tool: Tool): Promise<ToolSchemas> {
  let schemas = listed.get(tool.name);
  if (!schemas) {
    schemas = await toolSchemas(tool);
    listed.set(tool.name, schemas);
  }
  return schemas;
}
