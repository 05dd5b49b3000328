import {
  type CallToolResult,
  type InputRequiredResult,
  type Tool as ListedTool,
  type McpServer,
  ProtocolError,
  ProtocolErrorCode,
  type ServerContext,
} from '@modelcontextprotocol/server';
import type { JsonObject } from '../json.ts';
import { quote } from '../text.ts';
import { isWorkflow, type Tool } from '../workflows/workflow.ts';
import { hints } from './hints.ts';
import { PAGE_META } from './page-resource.ts';
import { failure } from './results.ts';
import { checkInput } from './schemas.ts';
import type { Report } from './services.ts';

/** Carries out one call with checked arguments. */
export type CallTool = (
  tool: Tool,
  args: JsonObject,
  ctx: ServerContext,
) => Promise<CallToolResult | InputRequiredResult>;

interface Catalogue {
  /** The list as it is sent. */
  listed: Promise<ListedTool[]> | undefined;
  readonly byName: ReadonlyMap<string, Tool>;
}

/** Made once per selection. */
const catalogues = new WeakMap<readonly Tool[], Catalogue>();

function catalogueOf(tools: readonly Tool[]): Catalogue {
  let catalogue = catalogues.get(tools);
  if (!catalogue) {
    catalogue = { listed: undefined, byName: new Map(tools.map((tool) => [tool.name, tool])) };
    catalogues.set(tools, catalogue);
  }
  return catalogue;
}

async function toListed(tool: Tool): Promise<ListedTool> {
  const { name, title, description, effect, idempotent } = tool;
  // Loaded with the first list: it is the largest part of this side.
  const { listedSchemas } = await import('./listed-schemas.ts');
  const { input, output } = await listedSchemas(tool);
  return {
    name,
    title,
    description,
    inputSchema: { ...input, type: 'object' },
    outputSchema: { ...output, type: 'object' },
    annotations: hints(title, effect, idempotent),
    ...(isWorkflow(tool) && tool.picture && { _meta: PAGE_META }),
  };
}

/**
 * Serves the tools of a server. On the SDK's low level: its `registerTool` costs as much per tool as a whole call, and
 * over HTTP every request builds a server; here the number of tools costs nothing.
 */
export function serveTools(server: McpServer, tools: readonly Tool[], call: CallTool, report: Report): void {
  const catalogue = catalogueOf(tools);
  server.server.registerCapabilities({ tools: { listChanged: false } });
  server.server.setRequestHandler('tools/list', async () => {
    catalogue.listed ??= Promise.all(tools.map(toListed));
    return { tools: await catalogue.listed };
  });
  server.server.setRequestHandler('tools/call', async ({ params }, ctx) => {
    const tool = catalogue.byName.get(params.name);
    if (!tool) throw new ProtocolError(ProtocolErrorCode.InvalidParams, `Tool ${quote(params.name)} not found`);
    const checked = await checkInput(tool, params.arguments ?? {});
    if ('wrong' in checked) {
      report.call(tool.name, 'error', 0);
      return failure('invalid', `Invalid arguments for ${tool.name}: ${checked.wrong}. Nothing was sent.`);
    }
    return await call(tool, checked.args, ctx);
  });
}
