import {
  type Tool as ListedTool,
  type ListToolsResult,
  ProtocolError,
  ProtocolErrorCode,
  type Server,
  type ServerContext,
  type ToolAnnotations,
} from '@modelcontextprotocol/server';
import { isObject, type JsonObject } from '../json.ts';
import type { Effect } from '../operations/operation.ts';
import { quote } from '../text.ts';
import { isWorkflow, type Tool } from '../workflows/workflow.ts';
import {
  type AccountChoice,
  ALL,
  accountShape,
  namingAccount,
  takesAll,
  withAccountArgument,
  withAccountResult,
} from './account-choice.ts';
import { normalise } from './arguments.ts';
import { abilitiesOf, type ClientAbilities, callerOf, isStateless } from './client-abilities.ts';
import { failure } from './failures.ts';
import { askInForms, isForm, isSilent, shownWith } from './forms.ts';
import { callOperation, type ToolResult } from './operation-call.ts';
import { PAGE_META } from './page.ts';
import { checkInput, keptEmpty } from './schemas.ts';
import type { Services } from './services.ts';
import { inShort } from './wrong-arguments.ts';

/** The list of tools of each selection, before any argument for accounts is added: all accounts share it. */
const lists = new WeakMap<readonly Tool[], Promise<ListedTool[]>>();

/**
 * Answers everything that the protocol asks about tools. Made once, used by every server with these tools.
 * @param choice if there are several accounts: each call then says which one it is for
 */
export function serveTools(tools: readonly Tool[], services: Services, choice?: AccountChoice) {
  let ofChoice: Promise<ListedTool[]> | undefined;
  const byName = new Map(tools.map((tool) => [tool.name, tool]));
  return {
    async list(): Promise<ListToolsResult> {
      const list = lists.get(tools) ?? Promise.all(tools.map(toListed));
      lists.set(tools, list);
      if (!choice) return { tools: await list };
      ofChoice ??= list.then((all) => all.map((one, index) => withAccounts(one, tools[index], choice)));
      return { tools: await ofChoice };
    },
    async call(name: string, given: unknown, ctx: ServerContext, server: Server): Promise<ToolResult> {
      const tool = byName.get(name);
      if (!tool) throw new ProtocolError(ProtocolErrorCode.InvalidParams, `Tool ${quote(name)} not found`);
      const checked = await readArguments(tool, given, choice);
      if ('wrong' in checked) {
        services.telemetry.callEnded(tool.name, 'error', 0, callerOf(ctx));
        const refused = failure('invalid', `Invalid arguments for ${tool.name}: ${checked.wrong}. Nothing was sent.`);
        const meant = choice?.names.find((one) => isObject(given) && given.account === one);
        return choice && meant !== undefined ? namingAccount(refused, choice.servicesOf(meant)) : refused;
      }
      const able = abilitiesOf(ctx, server);
      const client: ClientAbilities =
        able.forms === 'shown' && isSilent(server, services) ? { ...able, forms: 'unanswered' } : able;
      const { account, args } = choice ? splitAccount(checked.args, choice) : { account: '', args: checked.args };
      if (choice && account === ALL && isWorkflow(tool)) {
        const { callSideBySide } = await import('./side-by-side.ts');
        return labelled(await callSideBySide(tool, args, ctx, client, choice, services));
      }
      const own = choice?.servicesOf(account) ?? services;
      const perform = async (round: ServerContext) =>
        await carryOut(tool, args, round, client, withTimeLeft(round, forServer(server, own)));
      const result = await perform(ctx);
      const asksItself = isForm(result) && !isStateless(ctx);
      return labelled(namingAccount(asksItself ? await askInForms(result, ctx, server, own, perform) : result, own));
    },
  };
}

/**
 * What a result holds, for hosts that keep such data apart (docs/security.md, Labels): the account's own data, partly
 * typed by strangers. Models do not see the label.
 */
const LABEL = { ifc: { integrity: 'untrusted', confidentiality: 'private' } } as const;

const labelled = (result: ToolResult): ToolResult =>
  isForm(result) ? result : { ...result, _meta: { ...result._meta, ...LABEL } };

async function carryOut(
  tool: Tool,
  args: JsonObject,
  ctx: ServerContext,
  client: ClientAbilities,
  services: Services,
): Promise<ToolResult> {
  if (!isWorkflow(tool)) return await callOperation(tool, args, ctx, client, services);
  const { callWorkflow } = await import('./workflow-call.ts');
  return await callWorkflow(tool, args, ctx, client, services);
}

/** A file made in a call changes the list of resources: the client of a lasting connection is told so. */
function forServer(server: Server, services: Services): Services {
  if (!listChangesTold(server)) return services;
  // A client that has gone meanwhile need not be told.
  return { ...services, tellListChanged: () => void server.sendResourceListChanged().catch(() => undefined) };
}

const listChangesTold = (server: Server) => server.getCapabilities().resources?.listChanged === true;

/** All rounds of a call's forms share the time of one call. The time that a person takes to answer does not count. */
function withTimeLeft(ctx: ServerContext, services: Services): Services {
  const { ticks = () => performance.now(), timeoutMs, workflowMs } = services;
  const before = shownWith(ctx)?.spentMs ?? 0;
  const began = ticks();
  return {
    ...services,
    timeoutMs: Math.max(1, timeoutMs - before),
    workflowMs: Math.max(1, workflowMs - before),
    spentMs: () => before + ticks() - began,
    sending: { mayHaveHappened: false },
  };
}

/** The arguments in their listed form, however the host wrote them. A question, confirmation and request use these. */
async function readArguments(tool: Tool, given: unknown, choice: AccountChoice | undefined) {
  const { listedSchemas } = await import('./listed-schemas.ts');
  const { input } = await listedSchemas(tool);
  const schema = choice ? withAccountArgument(input, tool, choice) : input;
  const { value, wrong, cameAs } = normalise(given, schema, keptEmpty(tool));
  if (wrong.length > 0) return { wrong: inShort(wrong) };
  if (!choice) return await checkInput(tool, value, cameAs);
  const checked = await checkInput(tool, value, cameAs, accountShape(tool, choice));
  if ('args' in checked && takesAll(tool, choice) && checked.args.account !== ALL && checked.args.skip !== undefined)
    return { wrong: `skip: works only with account ${ALL}` };
  return checked;
}

function splitAccount({ account, ...args }: JsonObject, { fallback }: AccountChoice) {
  return { account: String(account ?? fallback), args };
}

/** A tool as it is listed if there are several accounts. */
function withAccounts(listed: ListedTool, tool: Tool | undefined, choice: AccountChoice): ListedTool {
  if (!tool) return listed;
  const { inputSchema, outputSchema = { type: 'object' } } = listed;
  return {
    ...listed,
    inputSchema: { ...withAccountArgument(inputSchema, tool, choice), type: 'object' },
    outputSchema: { ...withAccountResult(outputSchema, tool, choice), type: 'object' },
  };
}

async function toListed(tool: Tool): Promise<ListedTool> {
  const { name, title, description, effect, idempotent } = tool;
  // Loaded on first use: it is the largest part of the MCP side.
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

/** The MCP hints of each effect. An update is destructive because it overwrites. */
const HINTS: Record<Effect, ToolAnnotations> = {
  read: { readOnlyHint: true, destructiveHint: false, idempotentHint: true },
  create: { readOnlyHint: false, destructiveHint: false, idempotentHint: false },
  enable: { readOnlyHint: false, destructiveHint: false, idempotentHint: true },
  update: { readOnlyHint: false, destructiveHint: true, idempotentHint: true },
  destroy: { readOnlyHint: false, destructiveHint: true, idempotentHint: false },
};

/**
 * All four hints and the title of a tool. `openWorldHint` is always true: records hold text typed by strangers.
 * @param idempotent for a `destroy`; the other effects imply it
 */
export function hints(title: string, effect: Effect, idempotent?: boolean): ToolAnnotations {
  const repeatable = effect === 'destroy' && idempotent !== undefined ? { idempotentHint: idempotent } : {};
  return { title, ...HINTS[effect], ...repeatable, openWorldHint: true };
}
