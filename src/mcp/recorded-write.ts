import { isObject, type JsonObject } from '../json.ts';
import { LeadDynoError } from '../leaddyno/errors.ts';
import { RequestFate } from '../leaddyno/fate.ts';
import type { SendOptions } from '../leaddyno/request.ts';
import { checkWritten } from '../operations/asked-for.ts';
import { readOfTarget } from '../operations/index.ts';
import { bind, checkOf, type Operation, RESERVED, type Read } from '../operations/operation.ts';
import type { Change, ChangeLog, Ending } from '../ports/change-log.ts';
import { isLeadDynoError } from './failures.ts';
import type { Services } from './services.ts';

/** A write that was not answered has taken effect by then, if it ever does. */
const UNSETTLED_MS = 60_000;

/** A write and what the change log says of it besides the answer. */
export interface RecordedWrite {
  readonly operation: Operation;
  readonly args: JsonObject;
  /** The tool that was called. */
  readonly tool: string;
  readonly caller: string;
  /** The call of a workflow that it is one of the writes of. */
  readonly batch?: string;
  readonly confirmed: Change['confirmed'];
  /** What a question was built from; read here if there was none and the change log wants it. */
  readonly before: unknown;
}

/** A write that is sent with less time than this, in milliseconds, only leaves open whether it happened. */
const LEAST_MS = 20;

/** What a write may use of its call. */
export interface SendingOptions extends Pick<SendOptions, 'signal' | 'beforeSend' | 'lookAgain'> {
  /** Milliseconds left of the call's time, asked right before sending: reading the record takes of it too. */
  readonly timeLeft: () => number;
}

/**
 * Sends one write and notes it in the change log right before its bytes leave, so that no end of this process can hide
 * it. If it cannot be noted, nothing is sent.
 * @throws LeadDynoError, Unavailable, and whatever `beforeSend` throws
 */
export async function sendRecorded(
  { operation, args, tool, caller, batch, confirmed, before }: RecordedWrite,
  read: Read,
  services: Services,
  { beforeSend, timeLeft, ...options }: SendingOptions,
): Promise<JsonObject> {
  const { account, accountName, changes, cache, client, readings, recordable, writeCounter } = services;
  const known = before ?? (changes.wantsBefore(operation.name) ? await readBefore(operation, args, read) : null);
  if (timeLeft() < LEAST_MS) {
    const over = 'What comes before the change was not done in the time of one call, so it was not sent';
    throw new LeadDynoError('timeout', over, { fate: 'not_sent' });
  }
  const intent = {
    account,
    ...(accountName !== undefined && { account_name: accountName }),
    caller,
    tool,
    operation: operation.name,
    ...(batch !== undefined && { batch }),
    arguments: recordable(sentOf(args)) as JsonObject,
    confirmed,
    before: isObject(known) ? (recordable(known) as JsonObject) : null,
  };
  let end: ReturnType<ChangeLog['begin']> | undefined;
  let begun = false;
  const fate = new RequestFate();
  try {
    const body = await client.send(bind(operation, args), {
      ...options,
      fate,
      timeoutMs: timeLeft(),
      beforeSend: async () => {
        begun = true;
        await writeCounter.increase(account);
        await beforeSend?.();
        end = changes.begin(intent);
      },
    });
    const answered = shapeWritten(operation, body, args, services.now());
    checkWritten(operation, args, answered);
    // An answer that exists to show a login is no matter for a log, whatever shape it came in.
    const after = operation.moves === 'credentials' ? null : (recordable(answered) as JsonObject);
    await end?.({ outcome: 'done', after });
    return answered;
  } catch (thrown) {
    const cancelled = options.signal?.aborted === true;
    const error = afterSending(thrown, fate, cancelled, services, tool);
    await end?.(endingOf(error, fate, cancelled));
    throw error;
  } finally {
    if (fate.mayHaveHappened && services.sending) services.sending.mayHaveHappened = true;
    // What was read before may be wrong now, here and at other processes.
    cache?.forget(account);
    readings.forget();
    if (begun) await writeCounter.increase(account);
    // Without an answer it may still take effect: what is read until then is not relied on for longer.
    if (begun && fate.now === 'unknown') setTimeout(() => void writeCounter.increase(account), UNSETTLED_MS).unref();
  }
}

/** The arguments without our own: a confirmation token is a secret. */
const sentOf = (args: JsonObject) => Object.fromEntries(Object.entries(args).filter(([name]) => !RESERVED.has(name)));

/** The record as it is; its absence stops no write, and the log then says null. */
async function readBefore(operation: Operation, args: JsonObject, read: Read): Promise<unknown> {
  if (operation.effect === 'create') return null;
  const target = readOfTarget(args);
  try {
    if (operation.confirm?.read) return (await operation.confirm.read(args, read)) ?? null;
    return target ? ((await read(target.operation, target.args)) ?? null) : null;
  } catch (error) {
    if (isLeadDynoError(error)) return null;
    throw error;
  }
}

/**
 * Whatever was thrown after the bytes had left, as what it means for the request: it was sent, and what came of it is
 * not known. A cancellation stays one.
 */
function afterSending(
  error: unknown,
  fate: RequestFate,
  cancelled: boolean,
  { telemetry }: Services,
  tool: string,
): unknown {
  if (isLeadDynoError(error) || !fate.mayHaveHappened || cancelled) return error;
  telemetry.fault(tool, error);
  const what = 'LeadDyno answered, but this server could not read the answer';
  return new LeadDynoError('unexpected', what, { fate: fate.ifItFails, cause: error });
}

function endingOf(error: unknown, fate: RequestFate, cancelled: boolean): Ending {
  const reason = isLeadDynoError(error) ? error.reason : cancelled ? 'cancelled' : 'internal';
  // What our own checks say of an answer counts as well: a record that is not the one that was asked for.
  const outcome = isLeadDynoError(error) && fate.now !== 'unknown' ? error.fate : fate.ifItFails;
  return { outcome, reason, after: null };
}

/** A write that LeadDyno answered without a record has been carried out all the same, as far as it can be told. */
function shapeWritten(operation: Operation, body: unknown, args: JsonObject, now: number): JsonObject {
  const nothing = operation.returns.kind === 'one' ? ['null', '""', '{}', '[]'] : ['null', '""', '{}'];
  const empty = nothing.includes(JSON.stringify(body ?? null));
  if (!empty) return operation.returns.shape(body, args, now);
  return {
    result: null,
    note: `LeadDyno accepted the request but sent no record back. Check with ${checkOf(operation, args)}.`,
  };
}
