import type { CallToolResult, InputRequiredResult, ServerContext } from '@modelcontextprotocol/server';
import { isObject, type JsonObject } from '../json.ts';
import { LeadDynoError } from '../leaddyno/errors.ts';
import type { Turn } from '../leaddyno/request.ts';
import { checkAskedFor, isRecord, remarkOnAnswer } from '../operations/asked-for.ts';
import { bind, checkOf, type Operation, type Read, Refusal } from '../operations/operation.ts';
import type { Tool } from '../workflows/workflow.ts';
import { type ClientAbilities, callerOf, mayRead } from './client-abilities.ts';
import { confirm, FRESH_MS } from './confirmation.ts';
import { asNotSent, fault, isLeadDynoError, tellFailure } from './failures.ts';
import { sendRecorded } from './recorded-write.ts';
import { operationDryRun, operationResult, withoutRecord } from './results.ts';
import type { CallOutcome, Services } from './services.ts';

export type ToolResult = CallToolResult | InputRequiredResult;

export interface EndedCall {
  readonly outcome: CallOutcome;
  readonly result: ToolResult;
}

/**
 * One call of one operation, with checked arguments: (validate) → dry run → existing record → precheck → confirm →
 * call → shape → result, as far as they apply. Errors from LeadDyno become results that say what to do next; a
 * cancelled call rejects.
 */
export async function callOperation(
  operation: Operation,
  args: JsonObject,
  ctx: ServerContext,
  client: ClientAbilities,
  services: Services,
): Promise<ToolResult> {
  return await accounted(operation, args, ctx, services, () => perform(operation, args, ctx, client, services));
}

/** Carries out a call, turns an error into a result and reports how the call ended. A cancelled call rejects. */
export async function accounted(
  tool: Tool,
  args: JsonObject,
  ctx: ServerContext,
  services: Services,
  perform: () => Promise<EndedCall>,
): Promise<ToolResult> {
  const started = performance.now();
  const { outcome, result } = await perform().catch((error: unknown) => failed(tool, args, error, ctx, services));
  services.telemetry.callEnded(tool.name, outcome, performance.now() - started, callerOf(ctx), services.accountName);
  return result;
}

async function perform(
  operation: Operation,
  args: JsonObject,
  ctx: ServerContext,
  client: ClientAbilities,
  services: Services,
): Promise<EndedCall> {
  const { signal } = ctx.mcpReq;
  const flaw = operation.flaw?.(args);
  if (flaw !== undefined) throw new Refusal(flaw);
  const request = bind(operation, args);
  const writes = operation.effect !== 'read';
  if (writes && services.dryRun) return { outcome: 'dry_run', result: operationDryRun(request, services) };

  const timeLeft = countdown(services.timeoutMs, services.ticks);
  const read = reader(signal, timeLeft, services);
  const { ticks = () => performance.now() } = services;
  const reads = mayRead(ctx);
  const existing = services.precheck ? await findExisting(operation, args, read) : undefined;
  let lookedAt = ticks();
  if (existing) {
    const { shaped, differs, change } = existing;
    // Naming the fields that differ would let a caller without read access test guesses about the record.
    const note = `It existed already, so nothing was sent.${reads ? differs : ''} To change it use ${change}.`;
    const shown = reads ? shaped : withoutRecord(operation, shaped, {});
    return { outcome: 'existed', result: operationResult(operation, shown, { already_existed: true, note }, services) };
  }

  const refused = services.precheck ? await operation.precheck?.(args, read) : undefined;
  if (refused !== undefined) throw new Refusal(refused);

  const verdict = await confirm(operation, args, ctx, client.forms, read, services);
  if (!verdict.go) return { outcome: verdict.outcome, result: verdict.result };

  if (!writes) {
    const body = await services.client.send(request, { signal, timeoutMs: timeLeft() });
    const shaped = operation.returns.shape(body, args, services.now());
    return { outcome: 'ok', result: operationResult(operation, shaped, {}, services) };
  }
  const { confirmed, record, beforeSend, stillSo } = verdict;
  const write = { operation, args, tool: operation.name, caller: callerOf(ctx), confirmed, before: record };
  // A read for the change log gets half of the time left, so that the write has time as well.
  const readBefore = reader(signal, () => Math.ceil(timeLeft() / 2), services);
  const answered = await sendRecorded(write, readBefore, services, {
    signal,
    timeLeft,
    ...(beforeSend && { beforeSend }),
    // While the call waited for its turn, what was looked up may have changed.
    async lookAgain(turn) {
      const again = reader(signal, timeLeft, services, turn);
      if (services.precheck && operation.existing && ticks() - lookedAt > FRESH_MS) {
        const found = await findExisting(operation, args, again);
        lookedAt = ticks();
        if (found)
          throw new LeadDynoError('changed', 'Someone else has created it in the meantime', { fate: 'not_sent' });
      }
      await stillSo?.(again);
    },
  });
  const remarks = [
    operation.remark?.(args, answered, record),
    remarkOnAnswer(operation, request, answered, checkOf(operation, args)),
  ].filter((one) => one !== undefined);
  const note = reads && remarks.length > 0 ? remarks.join(' ') : undefined;
  const own = { undo: operation.undo, ...(note !== undefined && { note }) };
  const shown = reads ? answered : withoutRecord(operation, answered, args);
  return { outcome: 'ok', result: operationResult(operation, shown, own, services) };
}

/** Milliseconds left of a call's time; at least 1, so that the LeadDyno client itself reports that the time is over. */
export function countdown(ms: number, ticks = () => performance.now()): () => number {
  const end = ticks() + ms;
  return () => Math.max(1, Math.ceil(end - ticks()));
}

/**
 * Makes the fresh reads that come before a write. A read returns undefined if there is no such record.
 * @param turn the turn granted to the write, to be used for checking again
 */
export function reader(signal: AbortSignal, timeLeft: () => number, services: Services, turn?: Turn): Read {
  return async (operation, args) => {
    try {
      const options = { signal, timeoutMs: timeLeft(), ...(turn && { turn }) };
      const body = await services.client.send(bind(operation, args), options);
      const shaped = operation.returns.shape(body, args, services.now());
      const { key, record } = operation.returns;
      const found = shaped[record.singular];
      // Whatever the key: the record in the question, or found to exist, must be the one that the write is about.
      if (key && isObject(found)) checkAskedFor(key, record, found, args);
      return shaped;
    } catch (error) {
      if (isLeadDynoError(error) && error.reason === 'not_found') return undefined;
      throw asNotSent(error);
    }
  };
}

/**
 * The record that a creation would repeat; undefined if there is none. LeadDyno answers a repeat like a creation, so
 * the record is looked up first. An answer with anything but that record proves neither that it exists nor that it does
 * not.
 * @throws LeadDynoError for such an answer, or if the look-up fails
 */
export async function findExisting(operation: Operation, args: JsonObject, read: Read) {
  const { existing } = operation;
  const key = existing && args[existing.by];
  if (!existing || key === undefined) return undefined;
  const { find } = existing;
  const asked = { [existing.by]: key };
  // LeadDyno may tell the cases of an address apart in a look-up, and not when it creates.
  const small = typeof key === 'string' && key.includes('@') ? key.toLowerCase() : key;
  const shaped = (await read(find, asked)) ?? (small === key ? undefined : await read(find, { [existing.by]: small }));
  if (!shaped) return undefined;
  const found = shaped[find.returns.record.singular];
  if (!isObject(found) || !find.returns.key || !isRecord(find.returns.key, found, asked)) {
    const what = "LeadDyno's answer to the check whether the record exists could not be understood";
    throw new LeadDynoError('unexpected', what, { fate: 'not_sent' });
  }
  const others = differing(args, found);
  const differs = others.length === 0 ? '' : ` It differs from what was given in: ${others.join(', ')}.`;
  return { shaped, differs, change: existing.change };
}

/** The names of arguments that differ from the record's field of the same name. */
function differing(args: JsonObject, record: JsonObject): string[] {
  return Object.entries(args).flatMap(([name, given]) => {
    const known = record[name];
    if (known === undefined || known === null || typeof known === 'object' || typeof given === 'object') return [];
    const isSame = String(known).trim().toLowerCase() === String(given).trim().toLowerCase();
    return isSame || Number(known) === Number(given) ? [] : [name];
  });
}

function failed(tool: Tool, args: JsonObject, error: unknown, ctx: ServerContext, services: Services): EndedCall {
  if (ctx.mcpReq.signal.aborted) {
    services.telemetry.callEnded(tool.name, 'cancelled', 0, callerOf(ctx), services.accountName);
    throw error;
  }
  const told = tellFailure(error, tool, args, services);
  if (told) return { outcome: 'error', result: told };
  services.telemetry.fault(tool.name, error);
  return { outcome: 'error', result: fault(tool, args) };
}
