import type { ToolAnnotations } from '@modelcontextprotocol/server';
import type { Effect } from '../operations/operation.ts';

/** The MCP hints of each effect (design, section 5). An update is destructive because it overwrites. */
const HINTS: Record<Effect, ToolAnnotations> = {
  read: { readOnlyHint: true, destructiveHint: false, idempotentHint: true },
  create: { readOnlyHint: false, destructiveHint: false, idempotentHint: false },
  enable: { readOnlyHint: false, destructiveHint: false, idempotentHint: true },
  update: { readOnlyHint: false, destructiveHint: true, idempotentHint: true },
  destroy: { readOnlyHint: false, destructiveHint: true, idempotentHint: false },
};

/**
 * All four hints and the title of a tool. The world is always open: records hold text typed by strangers.
 * @param idempotent what a `destroy` says of itself; the other effects imply it
 */
export function hints(title: string, effect: Effect, idempotent?: boolean): ToolAnnotations {
  const repeatable = effect === 'destroy' && idempotent !== undefined ? { idempotentHint: idempotent } : {};
  return { title, ...HINTS[effect], ...repeatable, openWorldHint: true };
}
