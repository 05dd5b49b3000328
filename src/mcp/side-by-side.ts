import type { CallToolResult, ServerContext } from '@modelcontextprotocol/server';
import type { JsonObject } from '../json.ts';
import type { Workflow } from '../workflows/workflow.ts';
import { type AccountChoice, ALL } from './account-choice.ts';
import type { ClientAbilities } from './client-abilities.ts';
import { isForm } from './forms.ts';
import type { Services } from './services.ts';
import { callWorkflow } from './workflow-call.ts';

/** How many accounts are read at the same time: each has its own request limit. */
const AT_ONCE = 4;
/** Characters kept free for what stands beside the accounts: what was left off, and the note. */
const AROUND = 600;

const NO_SUM =
  'Each account by itself: no figure is a sum over accounts, and none may be made of amounts in different currencies.';

interface Part {
  readonly name: string;
  /** What the tool says of the account, or its failure. */
  readonly said: JsonObject;
}

/**
 * One reading tool on every account of the caller, side by side and never added up. If the tool fails for an account,
 * the failure stands in its place. Accounts for which there is no room or time are left off the end, and the result
 * says where to continue.
 */
export async function callSideBySide(
  tool: Workflow,
  { skip = 0, ...args }: JsonObject,
  ctx: ServerContext,
  client: ClientAbilities,
  choice: AccountChoice,
  services: Services,
): Promise<CallToolResult> {
  const { ticks = () => performance.now(), workflowMs, maxResultChars } = services;
  const end = ticks() + workflowMs;
  const wanted = choice.names.slice(Number(skip));
  const shown: Part[] = [];
  let room = maxResultChars - AROUND;
  // A page cannot show several accounts, and each account would count its progress from the start.
  const { progressToken: _, ...meta } = ctx.mcpReq._meta ?? {};
  const quiet = { ...ctx, mcpReq: { ...ctx.mcpReq, _meta: meta } };
  const plain = { ...client, drawsPages: false, takesLinks: false };

  async function read(name: string, timeLeft: number): Promise<Part> {
    const services = choice.servicesOf(name);
    const own = { ...services, workflowMs: timeLeft, maxResultChars: services.maxResultChars - AROUND };
    const result = await callWorkflow(tool, args, quiet, plain, own);
    return { name, said: isForm(result) ? {} : ((result.structuredContent ?? {}) as JsonObject) };
  }

  while (shown.length < wanted.length) {
    const timeLeft = Math.ceil(end - ticks());
    // At least one account is always shown, so that every call makes progress.
    if (shown.length > 0 && (timeLeft <= 0 || room <= 0)) break;
    const next = wanted.slice(shown.length, shown.length + AT_ONCE);
    const parts = await Promise.all(next.map((name) => read(name, Math.max(1, timeLeft))));
    for (const part of parts) {
      room -= JSON.stringify({ account: part.name, ...part.said }).length + 1;
      if (room <= 0 && shown.length > 0) break;
      shown.push(part);
    }
  }
  return tellOf(shown, wanted.length - shown.length, Number(skip));
}

function tellOf(shown: readonly Part[], left: number, skipped: number): CallToolResult {
  const failed = shown.filter(({ said }) => 'error' in said).map(({ name }) => name);
  const notes = [
    NO_SUM,
    ...(failed.length > 0 ? [`Not read: ${failed.join(', ')}; error says why.`] : []),
    ...(left > 0 ? [`${left} more accounts: call again with skip next_skip.`] : []),
  ];
  const structured = {
    account: ALL,
    accounts: shown.map(({ name, said }) => Object.assign({ account: name }, said, { account: name })),
    ...(left > 0 && { left_off: left, next_skip: skipped + shown.length }),
    note: notes.join(' '),
  };
  const isError = shown.length > 0 && failed.length === shown.length;
  return {
    ...(isError && { isError }),
    content: [{ type: 'text', text: JSON.stringify(structured) }],
    structuredContent: structured,
  };
}
