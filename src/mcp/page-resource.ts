import type { ClientCapabilities, McpServer } from '@modelcontextprotocol/server';
import { isWorkflow, type Tool } from '../workflows/workflow.ts';

/*
 * MCP Apps (extension `io.modelcontextprotocol/ui`, 2026-01-26): a page that a host draws beside a tool's result. The
 * result is complete without it.
 */

const EXTENSION = 'io.modelcontextprotocol/ui';
const PAGE_URI = 'ui://leaddyno-mcp/programme';
const MIME_TYPE = 'text/html;profile=mcp-app';

/** Where a result carries what its picture alone needs; the page looks for it there (`app/main.ts`). */
export const PICTURE_KEY = 'leaddyno-mcp/picture';

/** What the list of tools says of a tool that has a picture. Said to everybody: a list does not vary by client. */
export const PAGE_META = { ui: { resourceUri: PAGE_URI } };

/** Whether a client can draw the page. */
export function drawsPages(capabilities: ClientCapabilities | undefined): boolean {
  const declared = capabilities?.extensions?.[EXTENSION];
  if (typeof declared !== 'object' || declared === null || !('mimeTypes' in declared)) return false;
  return Array.isArray(declared.mimeTypes) && declared.mimeTypes.includes(MIME_TYPE);
}

/** The page, for as long as any tool that has a picture is on. */
export function registerPage(server: McpServer, tools: readonly Tool[], page: () => Promise<string>): void {
  if (!tools.some((tool) => isWorkflow(tool) && tool.picture)) return;
  const about = {
    title: 'Programme',
    description: 'Draws the results of program_overview and payout_report (MCP Apps)',
    mimeType: MIME_TYPE,
    // It asks for nothing: everything is inside.
    _meta: { ui: { prefersBorder: true } },
    cacheHint: { ttlMs: 60 * 60_000, cacheScope: 'public' },
  } as const;
  server.registerResource('programme-page', PAGE_URI, about, async () => ({
    contents: [{ uri: PAGE_URI, mimeType: MIME_TYPE, text: await page(), _meta: about._meta }],
  }));
}
