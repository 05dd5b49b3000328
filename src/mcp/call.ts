import type { CallToolResult, InputRequiredResult, ServerContext } from '@modelcontextprotocol/server';
import { isObject, type JsonObject } from '../json.ts';
import { LeadDynoError } from '../leaddyno/errors.ts';
import { checkAskedFor, isRecord } from '../operations/asked-for.ts';
import { bind } from '../operations/bind.ts';
import { checkOf, type Operation, type Read } from '../operations/operation.ts';
import { isUnavailable } from '../ports/unavailable.ts';
import type { Tool } from '../workflows/workflow.ts';
import { alreadyUsed, ConfirmationRefused, callerOf, cannotRemember, confirm, expired } from './confirm.ts';
import * as results from './results.ts';
import type { Outcome, Services } from './services.ts';
import { sendWrite } from './write.ts';

export type Done = { outcome: Outcome; result: CallToolResult | InputRequiredResult };

/**
 * One call of one operation, with checked arguments, in the order it is read: (validate) → confirm → call → shape →
 * result. Failures of LeadDyno become results that say what to do next; a cancelled call rejects.
 */
export async function call(
  operation: Operation,
  args: JsonObject,
  ctx: ServerContext,
  canShowForm: boolean,
  services: Services,
): Promise<CallToolResult | InputRequiredResult> {
  return await accounted(operation, args, ctx, services, () => perform(operation, args, ctx, canShowForm, services));
}

/** Carries out a call, turns its failure into a result and reports both. */
export async function accounted(
  tool: Tool,
  args: JsonObject,
  ctx: ServerContext,
  services: Services,
  work: () => Promise<Done>,
): Promise<CallToolResult | InputRequiredResult> {
  const started = performance.now();
  const { outcome, result } = await work().catch((error: unknown) => failed(tool, args, error, ctx, services));
  services.report.call(tool.name, outcome, performance.now() - started);
  return result;
}

async function perform(
  operation: Operation,
  args: JsonObject,
  ctx: ServerContext,
  canShowForm: boolean,
  services: Services,
): Promise<Done> {
  const { signal } = ctx.mcpReq;
  const request = bind(operation, args);
  const writes = operation.effect !== 'read';
  if (writes && services.dryRun) return { outcome: 'dry_run', result: results.dryRun(request, services) };

  const timeLeft = countdown(services.timeoutMs);
  const read = reader(signal, timeLeft, services);
  const existing = services.precheck ? await findExisting(operation, args, read) : undefined;
  if (existing)
    return { outcome: 'existed', result: results.success(operation, existing.shaped, existing.own, services) };

  const verdict = await confirm(operation, args, ctx, canShowForm, read, services);
  if (!verdict.go) return { outcome: verdict.outcome, result: verdict.result };

  if (!writes) {
    const body = await services.client.send(request, { signal, timeoutMs: timeLeft() });
    return {
      outcome: 'ok',
      result: results.success(operation, operation.returns.shape(body, args, services.now()), {}, services),
    };
  }
  const { confirmed, record, beforeSend } = verdict;
  const write = { operation, args, tool: operation.name, caller: callerOf(ctx), confirmed, before: record };
  // What the change log wants of the record must not cost the write its time.
  const readBefore = reader(signal, () => Math.ceil(timeLeft() / 2), services);
  const answered = await sendWrite(write, readBefore, services, {
    signal,
    timeLeft,
    ...(beforeSend && { beforeSend }),
  });
  const note = operation.remark?.(args, answered, record);
  const own = { undo: operation.undo, ...(note !== undefined && { note }) };
  return { outcome: 'ok', result: results.success(operation, answered, own, services) };
}

/** Milliseconds left of a call's time; never none, so that the client itself says that the time is over. */
export function countdown(ms: number): () => number {
  const end = performance.now() + ms;
  return () => Math.max(1, Math.ceil(end - performance.now()));
}

/** Fresh reads for what comes before a write; undefined where there is no such record. */
export function reader(signal: AbortSignal, timeLeft: () => number, services: Services): Read {
  return async (operation, args) => {
    try {
      const body = await services.client.send(bind(operation, args), { signal, timeoutMs: timeLeft() });
      const shaped = operation.returns.shape(body, args, services.now());
      const { key, record } = operation.returns;
      const found = shaped[record.singular];
      // By whatever key: what is asked about or found to exist must be what the write is about.
      if (key && isObject(found)) checkAskedFor(key, record, found, args);
      return shaped;
    } catch (error) {
      if (!results.isLeadDynoError(error)) throw error;
      if (error.reason === 'not_found') return undefined;
      // Whatever became of this read: of the write it was made for, nothing has been sent.
      throw new LeadDynoError(error.reason, error.message, { ...error, fate: 'not_sent' });
    }
  };
}

/**
 * The record that a creation would repeat. LeadDyno answers a repeat like a creation, so it is looked up first. Only a
 * record exists: whatever else comes is neither taken for one nor for a miss.
 */
async function findExisting(operation: Operation, args: JsonObject, read: Read) {
  const { existing } = operation;
  const key = existing && args[existing.by];
  if (!existing || key === undefined) return undefined;
  const { find } = existing;
  const asked = { [existing.by]: key };
  const shaped = await read(find, asked);
  if (!shaped) return undefined;
  const found = shaped[find.returns.record.singular];
  if (!isObject(found) || !find.returns.key || !isRecord(find.returns.key, found, asked)) {
    const what = 'The look-up whether the record exists already was answered in a way that is not understood';
    throw new LeadDynoError('unexpected', what, { fate: 'not_sent' });
  }
  const note = `It was there already, so nothing was sent. To change it use ${existing.change}.`;
  return { shaped, own: { already_existed: true, note } };
}

function failed(operation: Tool, args: JsonObject, error: unknown, ctx: ServerContext, services: Services): Done {
  if (ctx.mcpReq.signal.aborted) {
    services.report.call(operation.name, 'cancelled', 0);
    throw error;
  }
  if (error instanceof ConfirmationRefused) {
    return { outcome: 'error', result: error.message === 'used' ? alreadyUsed(operation, args) : expired() };
  }
  if (isUnavailable(error, 'confirmations')) return { outcome: 'error', result: cannotRemember() };
  if (isUnavailable(error, 'change_log')) return { outcome: 'error', result: results.cannotRecord(operation) };
  if (results.isLeadDynoError(error))
    return { outcome: 'error', result: results.leadDynoFailure(operation, args, error, services) };
  if (error instanceof RangeError)
    return { outcome: 'error', result: results.failure('invalid', `${error.message}. Nothing was sent.`) };
  services.report.fault(operation.name, error);
  const fate =
    operation.effect === 'read'
      ? ''
      : ` Whether it was carried out is unknown: check with ${checkOf(operation, args)}.`;
  return { outcome: 'error', result: results.failure('internal', `This server has a fault (see its log).${fate}`) };
}
