import type { Tool } from '../workflows/workflow.ts';
import { type ToolSchemas, toolSchemas } from './schemas.ts';

const listed = new Map<string, ToolSchemas>();

/**
 * The JSON Schemas of a tool as they are listed, made from zod once per process. The build puts ready-made ones in
 * place of this file (`scripts/build.ts`): converting them takes longer than all the rest of a start, and those of a
 * workflow would load it.
 */
export async function listedSchemas(tool: Tool): Promise<ToolSchemas> {
  let schemas = listed.get(tool.name);
  if (!schemas) {
    schemas = await toolSchemas(tool);
    listed.set(tool.name, schemas);
  }
  return schemas;
}
