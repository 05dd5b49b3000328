import type { CallToolResult, InputRequiredResult, ServerContext } from '@modelcontextprotocol/server';
import type { JsonObject } from '../json.ts';
import { LeadDynoError } from '../leaddyno/errors.ts';
import { bind } from '../operations/bind.ts';
import { isUnavailable } from '../ports/unavailable.ts';
import type { JobState } from '../workflows/reading/job.ts';
import type { Batch, Work, Workflow, WorkflowModule } from '../workflows/workflow.ts';
import { accounted, type Done, reader } from './call.ts';
import { type Asking, callerOf, confirm } from './confirm.ts';
import { digest } from './confirmations.ts';
import * as results from './results.ts';
import type { Services } from './services.ts';
import { createWork, progressTo, type RunningWork } from './work.ts';

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
  client: ClientAbilities,
  services: Services,
): Promise<CallToolResult | InputRequiredResult> {
  return await accounted(workflow, args, ctx, services, () => perform(workflow, args, ctx, client, services));
}

/** What the calling client can do. */
export interface ClientAbilities {
  readonly canShowForm: boolean;
  readonly drawsPages: boolean;
}

async function perform(
  workflow: Workflow,
  { cursor, fresh, ...args }: JsonObject,
  ctx: ServerContext,
  { canShowForm, drawsPages }: ClientAbilities,
  services: Services,
): Promise<Done> {
  const module = await workflow.load();
  const binding = digest('cursor', workflow.name, args, callerOf(ctx), services.account);
  const generation = await services.writeCounter.count(services.account);
  const resumed = typeof cursor === 'string' ? await resume(cursor, binding, generation, services) : [];
  if (resumed === 'unknown') return { outcome: 'error', result: unknownCursor() };
  if (resumed === 'changed') return { outcome: 'error', result: changedSince() };

  // What is read for a write is never from the cache.
  const anew = fresh === true || module.batch !== undefined;
  const running = createWork({
    tool: workflow.name,
    caller: callerOf(ctx),
    signal: ctx.mcpReq.signal,
    progress: progressTo(ctx),
    services,
    fresh: anew,
    generation,
    resumed,
  });
  const ready = module.batch ? await ask(workflow, module, args, ctx, canShowForm, running, services) : running.work;
  if ('outcome' in ready) return ready;

  const picture = drawsPages ? workflow.picture : undefined;
  const done = await orNoFile(module.run({ ...picture?.args, ...args }, ready));
  if ('outcome' in done) return done;
  const { said, drawn } = split(done.answer, picture, args);
  const { scanned, complete } = running.job.summary();
  const own = {
    ...(scanned.length > 0 && { scanned, complete }),
    // A batch accounts for every record by itself.
    ...((!complete || said.complete === false) &&
      !module.batch &&
      (await goOn(workflow, running, binding, generation, services))),
    ...(workflow.undo && { undo: workflow.undo }),
  };
  return { outcome: 'ok', result: results.workflowSuccess(said, own, workflow, services, drawn) };
}

/** What goes to the picture alone, unless it was asked for: the model need not read it. */
function split(answer: JsonObject, picture: Workflow['picture'], args: JsonObject) {
  if (!picture || Object.keys(picture.args).some((name) => args[name] !== undefined)) return { said: answer };
  const [drawn, said]: [JsonObject, JsonObject] = [{}, {}];
  for (const [key, value] of Object.entries(answer)) (picture.keys.includes(key) ? drawn : said)[key] = value;
  return { said, drawn };
}

/** What a workflow answers; a file that cannot be kept is a failure to be told of. */
async function orNoFile(answer: Promise<JsonObject>): Promise<{ answer: JsonObject } | Done> {
  try {
    return { answer: await answer };
  } catch (error) {
    if (!isUnavailable(error, 'memory')) throw error;
    const what = `The file cannot be kept: ${error.message}. Try again in a minute, or ask for less.`;
    return { outcome: 'error', result: results.failure('file_not_kept', what) };
  }
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
    const plan = batch && (await planOf(batch, plain, work));
    const requests = batch?.writes(plan).map(({ operation, args: sent }) => bind(operation, sent)) ?? [];
    const result = results.workflowDryRun(batch?.question(plain, plan), requests, services);
    return { outcome: 'dry_run', result } as const;
  }
  const asking: Asking = {
    name: workflow.name,
    check: workflow.check,
    items: batch?.items,
    ...(batch && {
      confirm: { read: (given) => planOf(batch, given, work), question: (given, plan) => batch.question(given, plan) },
    }),
  };
  const read = reader(ctx.mcpReq.signal, work.timeLeft, services);
  const verdict = await confirm(asking, args, ctx, canShowForm, read, services);
  if (!verdict.go) return { outcome: verdict.outcome, result: verdict.result } as const;
  // With --confirm off nothing was read yet.
  const plan = verdict.record ?? (batch && (await planOf(batch, plain, work)));
  return running.confirmed({ ...verdict, record: plan });
}

/** Whatever became of the reads of a plan: of the writes it was made for, nothing has been sent. */
async function planOf(batch: Batch, args: JsonObject, work: Work): Promise<unknown> {
  try {
    return await batch.plan(args, work);
  } catch (error) {
    if (!results.isLeadDynoError(error)) throw error;
    throw new LeadDynoError(error.reason, error.message, { ...error, fate: 'not_sent' });
  }
}

/** A scan that was cut short, as it is kept for the call that goes on with it. */
interface Unfinished {
  /** The writes counted before the first of its pages was read. */
  readonly generation: number;
  readonly state: JobState;
}

/**
 * What earlier calls have read; `unknown` where the cursor is none of theirs, `changed` where a write came after: pages
 * from before it and pages from after it make no list that ever was.
 */
async function resume(
  cursor: string,
  binding: string,
  generation: number | undefined,
  services: Services,
): Promise<JobState | 'unknown' | 'changed'> {
  const known = await services.confirmations.read(cursor);
  if (!known || known.call !== binding || known.state !== 'cursor') return 'unknown';
  try {
    const kept = await services.memory.get(`scan:${known.id}`);
    if (kept === undefined || generation === undefined) return 'unknown';
    const unfinished = JSON.parse(kept) as Unfinished;
    return unfinished.generation === generation ? unfinished.state : 'changed';
  } catch (error) {
    if (isUnavailable(error, 'memory')) return 'unknown';
    throw error;
  }
}

/** What to do about a scan that did not reach its end; its cursor where it was cut short. */
async function goOn(
  { scans }: Workflow,
  { job }: RunningWork,
  binding: string,
  generation: number | undefined,
  services: Services,
): Promise<JsonObject> {
  const state = job.unfinished();
  if (!state && !job.summary().complete) {
    return {
      note: 'This covers only what was scanned: say so. LeadDyno shows no more, so calling again does not help.',
    };
  }
  // Who takes no cursor cannot be told to give one.
  if (!state || !scans) return { note: 'This covers only what was scanned: say so, or call again for the rest.' };
  const incomplete = 'This covers only what was scanned: say so, or go on before you use it.';
  if (generation === undefined) return { note: `${incomplete} It cannot be gone on with: the shared memory is away.` };
  const { token, id } = await services.confirmations.issue(binding, 'cursor');
  const unfinished: Unfinished = { generation, state };
  try {
    await services.memory.put(`scan:${id}`, JSON.stringify(unfinished), CURSOR_MS);
  } catch (error) {
    if (!isUnavailable(error, 'memory')) throw error;
    return { note: `${incomplete} It cannot be gone on with: ${error.message}.` };
  }
  return {
    cursor: token,
    note: `${incomplete} To go on, call again with the same arguments and this cursor (within ${CURSOR_MS / 60_000} minutes, before anything is changed).`,
  };
}

function changedSince(): CallToolResult {
  return results.failure(
    'invalid',
    'What was read for this cursor is from before a change that was made through this server, so it is not gone on with: figures of both would be wrong. Call again without cursor.',
  );
}

function unknownCursor(): CallToolResult {
  return results.failure(
    'invalid',
    'This cursor is not known: it belongs to a call with the same arguments and lives ten minutes. Call again without cursor.',
  );
}
