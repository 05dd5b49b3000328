import type { CallToolResult, InputRequiredResult, ServerContext } from '@modelcontextprotocol/server';
import type { JsonObject } from '../operations/operation.ts';
import type { JobState } from '../workflows/job.ts';
import type { Workflow, WorkflowModule } from '../workflows/workflow.ts';
import { accounted, type Done, reader } from './call.ts';
import { type Asking, callerOf, confirm } from './confirm.ts';
import { digest } from './confirmations.ts';
import { MemoryUnavailable } from './memory.ts';
import * as results from './results.ts';
import type { Services } from './services.ts';
import { createWork, type RunningWork } from './work.ts';

/** How long a scan that was cut short can be gone on with. */
const CURSOR_MS = 10 * 60_000;

/**
 * One call of one workflow, with checked arguments: (validate) → confirm → run → result. What was scanned, and how to
 * go on where the time was over, is said for all of them here.
 */
export async function runWorkflow(
  workflow: Workflow,
  args: JsonObject,
  ctx: ServerContext,
  canShowForm: boolean,
  services: Services,
): Promise<CallToolResult | InputRequiredResult> {
  return await accounted(workflow, ctx, services, () => perform(workflow, args, ctx, canShowForm, services));
}

async function perform(
  workflow: Workflow,
  { cursor, fresh, ...args }: JsonObject,
  ctx: ServerContext,
  canShowForm: boolean,
  services: Services,
): Promise<Done> {
  const module = await workflow.load();
  const binding = digest('cursor', workflow.name, args, callerOf(ctx), services.account);
  const resumed = typeof cursor === 'string' ? await resume(cursor, binding, services) : [];
  if (!resumed) return { outcome: 'error', result: unknownCursor() };

  // What is read for a write is never from the cache.
  const anew = fresh === true || module.batch !== undefined;
  const running = createWork({ tool: workflow.name, ctx, services, fresh: anew, resumed });
  const ready = module.batch ? await ask(workflow, module, args, ctx, canShowForm, running, services) : running.work;
  if ('outcome' in ready) return ready;

  const done = await module.run(args, ready);
  const { scanned, complete } = running.job.summary();
  const own = {
    ...(scanned.length > 0 && { scanned, complete }),
    ...(await goOn(running, binding, services)),
    ...(workflow.undo && { undo: workflow.undo }),
  };
  return { outcome: 'ok', result: results.workflowSuccess(done, own, workflow.rows, services) };
}

/** Puts the question of a batch; the work it may go on with where the answer is yes. */
async function ask(
  workflow: Workflow,
  { batch }: WorkflowModule,
  args: JsonObject,
  ctx: ServerContext,
  canShowForm: boolean,
  running: RunningWork,
  services: Services,
) {
  const { work } = running;
  const { confirmation_token: _, ...plain } = args;
  if (services.dryRun) {
    const question = batch?.question(plain, await batch.plan(plain, work));
    return { outcome: 'dry_run', result: results.workflowDryRun(question, services) } as const;
  }
  const asking: Asking = {
    name: workflow.name,
    check: workflow.check,
    items: batch?.items,
    ...(batch && {
      confirm: { read: (given) => batch.plan(given, work), question: (given, plan) => batch.question(given, plan) },
    }),
  };
  const read = reader(ctx.mcpReq.signal, work.timeLeft, services);
  const verdict = await confirm(asking, args, ctx, canShowForm, read, services);
  if (!verdict.go) return { outcome: verdict.outcome, result: verdict.result } as const;
  // With --confirm off nothing was read yet.
  const plan = verdict.record ?? (await batch?.plan(plain, work));
  return running.confirmed({ ...verdict, record: plan });
}

/** What earlier calls have read; undefined where the cursor is none of theirs. */
async function resume(cursor: string, binding: string, services: Services): Promise<JobState | undefined> {
  const known = await services.confirmations.read(cursor);
  if (!known || known.call !== binding || known.state !== 'cursor') return undefined;
  try {
    const kept = await services.memory.get(`scan:${known.id}`);
    return kept === undefined ? undefined : (JSON.parse(kept) as JobState);
  } catch (error) {
    if (error instanceof MemoryUnavailable) return undefined;
    throw error;
  }
}

/** The cursor of a scan that was cut short. */
async function goOn({ job }: RunningWork, binding: string, services: Services): Promise<JsonObject> {
  const unfinished = job.unfinished();
  if (!unfinished) return {};
  const incomplete = 'This covers only what was scanned: say so, or go on before you use it.';
  const { token, id } = await services.confirmations.issue(binding, 'cursor');
  try {
    await services.memory.put(`scan:${id}`, JSON.stringify(unfinished), CURSOR_MS);
  } catch (error) {
    if (!(error instanceof MemoryUnavailable)) throw error;
    return { note: `${incomplete} It cannot be gone on with: ${error.message}.` };
  }
  return {
    cursor: token,
    note: `${incomplete} To go on, call again with the same arguments and this cursor (within ${CURSOR_MS / 60_000} minutes).`,
  };
}

function unknownCursor(): CallToolResult {
  return results.failure(
    'invalid',
    'This cursor is not known: it belongs to a call with the same arguments and lives ten minutes. Call again without cursor.',
  );
}
