import type { CallToolResult, InputRequiredResult, McpServer, ServerContext, Tool } from '@modelcontextprotocol/server';
import { ProtocolError, ProtocolErrorCode } from '@modelcontextprotocol/server';
import { quote } from '../leaddyno/text.ts';
import type { JsonObject, Operation } from '../operations/operation.ts';
import { hints } from './hints.ts';
import { listedSchemas } from './listed-schemas.ts';
import { failure } from './results.ts';
import { checkInput } from './schemas.ts';
import type { Report } from './services.ts';

/** Carries out one call with checked arguments. */
export type CallTool = (
  operation: Operation,
  args: JsonObject,
  ctx: ServerContext,
) => Promise<CallToolResult | InputRequiredResult>;

interface Catalogue {
  readonly tools: Tool[];
  readonly byName: ReadonlyMap<string, Operation>;
}

const catalogues = new WeakMap<readonly Operation[], Catalogue>();

/** The list as it is sent and the tools by name, made once per selection. */
function catalogueOf(operations: readonly Operation[]): Catalogue {
  let catalogue = catalogues.get(operations);
  if (!catalogue) {
    catalogue = {
      tools: operations.map(toTool),
      byName: new Map(operations.map((operation) => [operation.name, operation])),
    };
    catalogues.set(operations, catalogue);
  }
  return catalogue;
}

function toTool(operation: Operation): Tool {
  const { name, title, description, effect, idempotent } = operation;
  const { input, output } = listedSchemas(operation);
  return {
    name,
    title,
    description,
    inputSchema: { ...input, type: 'object' },
    outputSchema: { ...output, type: 'object' },
    annotations: hints(title, effect, idempotent),
  };
}

/**
 * Serves the tools of a server. On the SDK's low level: its `registerTool` costs as much per tool as a whole call, and
 * over HTTP every request builds a server; here the number of tools costs nothing.
 */
export function serveTools(server: McpServer, operations: readonly Operation[], call: CallTool, report: Report): void {
  const { tools, byName } = catalogueOf(operations);
  server.server.registerCapabilities({ tools: { listChanged: false } });
  server.server.setRequestHandler('tools/list', () => ({ tools }));
  server.server.setRequestHandler('tools/call', async ({ params }, ctx) => {
    const operation = byName.get(params.name);
    if (!operation) throw new ProtocolError(ProtocolErrorCode.InvalidParams, `Tool ${quote(params.name)} not found`);
    const checked = checkInput(operation, params.arguments ?? {});
    if ('wrong' in checked) {
      report.call(operation.name, 'error', 0);
      return failure('invalid', `Invalid arguments for ${operation.name}: ${checked.wrong}. Nothing was sent.`);
    }
    return await call(operation, checked.args, ctx);
  });
}
