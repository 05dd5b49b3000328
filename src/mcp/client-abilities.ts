import {
  CLIENT_CAPABILITIES_META_KEY,
  type ClientCapabilities,
  type Server,
  type ServerContext,
} from '@modelcontextprotocol/server';
import { scopeOf } from '../operations/operation.ts';
import { PAGE_TYPE, UI_EXTENSION } from './page.ts';

/** Whether the client shows forms; `unanswered` if it says so, but one has timed out and none was ever answered. */
export type Forms = 'shown' | 'unanswered' | 'none';

/** What the calling client can do, as far as results depend on it. */
export interface ClientAbilities {
  readonly forms: Forms;
  /** Whether it can draw a page beside a result. */
  readonly drawsPages: boolean;
  /** Whether it knows `resource_link`; a client that does not would reject the whole result. */
  readonly takesLinks: boolean;
}

export function abilitiesOf(ctx: ServerContext, server: Server): ClientAbilities {
  // Since 2026-07-28 each request declares them; before that, they were declared once per connection.
  const envelope: { [CLIENT_CAPABILITIES_META_KEY]?: ClientCapabilities } | undefined = ctx.mcpReq.envelope;
  const capabilities = envelope?.[CLIENT_CAPABILITIES_META_KEY] ?? server.getClientCapabilities();
  return {
    forms: showsForms(capabilities) ? 'shown' : 'none',
    drawsPages: drawsPages(capabilities),
    takesLinks: envelope !== undefined || takesLinks(ctx, server),
  };
}

/** Since 2026-07-28 each request stands alone: the server returns a form as its answer instead of sending a request. */
export const isStateless = (ctx: ServerContext): boolean => ctx.mcpReq.envelope !== undefined;

/** An empty `elicitation` capability means that forms are supported. */
function showsForms(capabilities: ClientCapabilities | undefined): boolean {
  const elicitation = capabilities?.elicitation;
  return elicitation !== undefined && (elicitation.form !== undefined || Object.keys(elicitation).length === 0);
}

function drawsPages(capabilities: ClientCapabilities | undefined): boolean {
  const declared = capabilities?.extensions?.[UI_EXTENSION];
  if (typeof declared !== 'object' || declared === null || !('mimeTypes' in declared)) return false;
  return Array.isArray(declared.mimeTypes) && declared.mimeTypes.includes(PAGE_TYPE);
}

/** The first revision that knows `resource_link`. */
const FIRST_WITH_LINKS = '2025-06-18';

/** Without a handshake (stateless HTTP) the `mcp-protocol-version` header tells; it came with that revision too. */
function takesLinks(ctx: ServerContext, server: Server): boolean {
  const revision = server.getNegotiatedProtocolVersion() ?? ctx.http?.req?.headers.get('mcp-protocol-version');
  return typeof revision === 'string' && revision >= FIRST_WITH_LINKS;
}

/** Whether the caller may see records. On stdio, and over HTTP without authentication, everyone may. */
export function mayRead(ctx: ServerContext): boolean {
  const scopes = ctx.http?.authInfo?.scopes;
  return scopes === undefined || scopes.includes(scopeOf({ effect: 'read' }));
}

/** Who is calling: the authenticated caller over HTTP, the one local client over stdio. */
export function callerOf(ctx: ServerContext): string {
  return ctx.http?.authInfo?.clientId ?? 'local';
}
