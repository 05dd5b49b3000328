import type { Operation } from './operation.ts';

/** What a caller over HTTP may be allowed, each without the others. */
export const SCOPES = ['leaddyno:read', 'leaddyno:write', 'leaddyno:money', 'leaddyno:credentials'] as const;
export type Scope = (typeof SCOPES)[number];

/** The one scope a tool needs: reads, writes, writes with money effects (API reference, section 8), logins handed out. */
export function scopeOf({ effect, moves }: Pick<Operation, 'effect' | 'moves'>): Scope {
  if (moves === 'money') return 'leaddyno:money';
  if (moves === 'credentials') return 'leaddyno:credentials';
  return effect === 'read' ? 'leaddyno:read' : 'leaddyno:write';
}
