import { workflows } from '../workflows/index.ts';
import type { ServedResource } from './served-resource.ts';
import type { Services } from './services.ts';

/*
 * MCP Apps (extension `io.modelcontextprotocol/ui`, 2026-01-26): a page that a host shows beside a tool's result. The
 * result is complete without the page.
 */

export const UI_EXTENSION = 'io.modelcontextprotocol/ui';
export const PAGE_TYPE = 'text/html;profile=mcp-app';
const URI = 'ui://leaddyno-mcp/programme';

/** The `_meta` key of a result for data that only its picture needs; the page reads it there (`app/store.ts`). */
export const PICTURE_KEY = 'leaddyno-mcp/picture';

/** What the list of tools says of a tool that has a picture. Every client gets it: the list does not vary by client. */
export const PAGE_META = { ui: { resourceUri: URI } };

const drawn = workflows.filter(({ picture }) => picture !== undefined).map(({ name }) => name);

export function page({ page: html }: Services): ServedResource {
  // The page asks for no permissions and no other origins: everything is inlined.
  const _meta = { ui: { prefersBorder: true } };
  return {
    uri: URI,
    about: {
      name: 'programme-page',
      title: 'Charts of the programme',
      description: `Draws the results of ${drawn.join(' and ')} (MCP Apps)`,
      mimeType: PAGE_TYPE,
      _meta,
    },
    cacheHint: { ttlMs: 60 * 60_000, cacheScope: 'public' },
    read: async () => ({ mimeType: PAGE_TYPE, text: await html(), _meta }),
  };
}
