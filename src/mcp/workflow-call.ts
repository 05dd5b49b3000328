import type { ServerContext } from '@modelcontextprotocol/server';
import type { JsonObject } from '../json.ts';
import { bind } from '../operations/operation.ts';
import { isUnavailable } from '../ports/unavailable.ts';
import type { ListReading } from '../workflows/reading/reading.ts';
import { KEPT_MS } from '../workflows/reading/readings.ts';
import type { Batch, Work, Workflow, WorkflowModule } from '../workflows/workflow.ts';
import { inAccount } from './account-choice.ts';
import { type ClientAbilities, callerOf } from './client-abilities.ts';
import { type AskingTool, confirm } from './confirmation.ts';
import { digest, unwrapped } from './confirmations.ts';
import { asNotSent, cursorBeforeChange, cursorOfAnother, fileNotKept, unknownCursor } from './failures.ts';
import { accounted, type EndedCall, reader, type ToolResult } from './operation-call.ts';
import { batchDryRun, workflowResult } from './results.ts';
import type { Services } from './services.ts';
import { createWork, listReader, progressTo, type RunningWork } from './workflow-context.ts';

/**
 * One call of one workflow, with checked arguments: (validate) → resume → confirm → run → result. For all workflows,
 * this adds to the result what was scanned, and how to continue if the time ran out.
 */
export async function callWorkflow(
  workflow: Workflow,
  args: JsonObject,
  ctx: ServerContext,
  client: ClientAbilities,
  services: Services,
): Promise<ToolResult> {
  return await accounted(workflow, args, ctx, services, () => perform(workflow, args, ctx, client, services));
}

async function perform(
  workflow: Workflow,
  { cursor, fresh, ...args }: JsonObject,
  ctx: ServerContext,
  client: ClientAbilities,
  services: Services,
): Promise<EndedCall> {
  const module = await workflow.load();
  const bindingOf = (account: string) => digest('cursor', workflow.name, args, callerOf(ctx), account);
  const binding = bindingOf(services.account);
  const writes = await services.writeCounter.count(services.account);
  const resumed = typeof cursor === 'string' ? await resume(unwrapped(cursor), binding, writes, services) : [];
  if (resumed === 'unknown') {
    const known = await services.confirmations.read(unwrapped(String(cursor)));
    const other = services.otherAccounts?.find(({ account }) => known?.call === bindingOf(account));
    return { outcome: 'error', result: other ? cursorOfAnother(other.name) : unknownCursor() };
  }
  if (resumed === 'changed') return { outcome: 'error', result: cursorBeforeChange() };

  // What is read for a write never comes from the cache.
  const anew = fresh === true || module.batch !== undefined;
  const running = createWork({
    tool: workflow.name,
    caller: callerOf(ctx),
    signal: ctx.mcpReq.signal,
    progress: progressTo(ctx, services.ticks),
    services,
    fresh: anew,
    writes,
    resumed,
  });
  const ready = module.batch ? await askForBatch(workflow, module, args, ctx, client, running, services) : running.work;
  if ('outcome' in ready) return ready;

  const picture = client.drawsPages ? workflow.picture : undefined;
  const ended = await answerOf(module.run({ ...picture?.args, ...args }, ready));
  if ('outcome' in ended) return ended;
  const { said, drawn } = splitForPicture(ended.answer, picture, args);
  running.check();
  const { scanned, complete } = running.scans.summary();
  const unreadable = running.unread.told();
  const own = {
    // A batch accounts for every record itself. If a workflow read more than lists, its answer says so in `scanned`.
    ...(scanned.length > 0 &&
      !module.batch && {
        scanned: [...(Array.isArray(said.scanned) ? said.scanned : []), ...scanned],
        complete: complete && said.complete !== false,
      }),
    ...(unreadable.length > 0 && { unreadable }),
    ...((!complete || said.complete === false) &&
      !module.batch &&
      (await offerToContinue(workflow, running, binding, writes, services))),
  };
  return { outcome: 'ok', result: workflowResult(said, own, drawn, workflow, client, services) };
}

/** Takes out what only the picture needs, unless the call asked for it: the model need not read it. */
function splitForPicture(answer: JsonObject, picture: Workflow['picture'], args: JsonObject) {
  if (!picture) return { said: answer };
  const [drawn, said]: [JsonObject, JsonObject] = [{}, {}];
  for (const [key, value] of Object.entries(answer)) {
    const forPicture = picture.keys.includes(key) && args[key] === undefined;
    (forPicture ? drawn : said)[key] = value;
  }
  return { said, drawn };
}

/** The workflow's answer; a failed call if its file cannot be kept. */
async function answerOf(answer: Promise<JsonObject>): Promise<{ answer: JsonObject } | EndedCall> {
  try {
    return { answer: await answer };
  } catch (error) {
    if (!isUnavailable(error, 'memory')) throw error;
    return { outcome: 'error', result: fileNotKept(error.message) };
  }
}

/** Asks the question of a batch. @returns how the call ended, or with a yes, the work that may write */
async function askForBatch(
  workflow: Workflow,
  { batch }: WorkflowModule,
  args: JsonObject,
  ctx: ServerContext,
  { forms }: ClientAbilities,
  running: RunningWork,
  services: Services,
) {
  const { work } = running;
  const { confirmation_token: _, ...plain } = args;
  if (services.dryRun) {
    const plan = batch && (await planOf(batch, plain, work));
    const requests = batch?.writes(plan).map(({ operation, args: sent }) => bind(operation, sent)) ?? [];
    return {
      outcome: 'dry_run',
      result: batchDryRun(inAccount(batch?.question(plain, plan), services), requests, services),
    } as const;
  }
  const asking: AskingTool = {
    name: workflow.name,
    check: workflow.check,
    items: batch?.items,
    ...(batch && {
      confirm: { read: (given) => planOf(batch, given, work), question: (given, plan) => batch.question(given, plan) },
    }),
  };
  const read = reader(ctx.mcpReq.signal, work.timeLeft, services);
  const verdict = await confirm(asking, args, ctx, forms, read, services);
  if (!verdict.go) return { outcome: verdict.outcome, result: verdict.result } as const;
  // With --confirm off, nothing has been read yet.
  const plan = verdict.record ?? (batch && (await planOf(batch, plain, work)));
  return running.allowWrites({ ...verdict, record: plan });
}

async function planOf(batch: Batch, args: JsonObject, work: Work): Promise<unknown> {
  try {
    return await batch.plan(args, work);
  } catch (error) {
    throw asNotSent(error);
  }
}

/** A scan that was cut short, as it is kept for the call that continues it. */
interface Unfinished {
  /** The count of writes before the first of its pages was read. */
  readonly writes: number;
  /** The ids of the readings that it follows. */
  readonly readings: readonly string[];
}

/**
 * What earlier calls have read. `unknown` if the cursor is not from one of them or can no longer be followed; `changed`
 * if a write came after them: pages from before and after a write do not add up to any list that ever existed.
 */
async function resume(
  cursor: string,
  binding: string,
  writes: number | undefined,
  services: Services,
): Promise<readonly ListReading[] | 'unknown' | 'changed'> {
  const known = await services.confirmations.read(cursor);
  if (!known || known.call !== binding || known.state !== 'cursor') return 'unknown';
  try {
    const kept = await services.memory.get(`scan:${services.account}:${known.id}`);
    if (kept === undefined || writes === undefined) return 'unknown';
    const unfinished = JSON.parse(kept) as Unfinished;
    if (unfinished.writes !== writes) return 'changed';
    const setup = { read: listReader(services), now: services.now };
    const found = await Promise.all(unfinished.readings.map((id) => services.readings.find(id, setup)));
    const readings = found.filter((one) => one !== undefined);
    return readings.length === found.length ? readings : 'unknown';
  } catch (error) {
    if (isUnavailable(error, 'memory')) return 'unknown';
    throw error;
  }
}

/** A note on what to do about an incomplete scan, and a cursor if the scan can be continued. */
async function offerToContinue(
  { scans }: Workflow,
  { scans: readings }: RunningWork,
  binding: string,
  writes: number | undefined,
  services: Services,
): Promise<JsonObject> {
  const followed = readings.unfinished();
  if (!followed && !readings.summary().complete) {
    return {
      note: 'This covers only what was scanned: say so, and why (see scanned). No more can be read now, so calling again does not help.',
    };
  }
  // A tool that takes no cursor cannot offer one.
  if (!followed || !scans) return { note: 'This covers only what was scanned: say so, or call again for the rest.' };
  const incomplete = 'This covers only what was scanned: say so, or continue before you use it.';
  if (writes === undefined) return { note: `${incomplete} It cannot be continued: the shared memory is unreachable.` };
  const { token, id } = await services.confirmations.issue(binding, 'cursor');
  const unfinished: Unfinished = { writes, readings: followed.map((one) => one.id) };
  try {
    await services.memory.put(`scan:${services.account}:${id}`, JSON.stringify(unfinished), KEPT_MS);
    for (const one of followed) await services.readings.keep(one, services.now);
  } catch (error) {
    if (!isUnavailable(error, 'memory')) throw error;
    return { note: `${incomplete} It cannot be continued: ${error.message}.` };
  }
  return {
    cursor: token,
    note: `${incomplete} To continue, call again with the same arguments and this cursor (within ${KEPT_MS / 60_000} minutes, before anything is changed). Reading continues meanwhile.`,
  };
}
