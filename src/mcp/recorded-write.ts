import { isObject, type JsonObject } from '../json.ts';
import { LeadDynoError, RequestFate } from '../leaddyno/errors.ts';
import type { SendOptions } from '../leaddyno/request.ts';
import { checkWritten } from '../operations/asked-for.ts';
import { readOfTarget } from '../operations/index.ts';
import { bind, checkOf, type Operation, RESERVED, type Read } from '../operations/operation.ts';
import type { Change, ChangeLog, Ending } from '../ports/change-log.ts';
import { isLeadDynoError } from './failures.ts';
import type { Services } from './services.ts';

/** Milliseconds. A write without an answer has taken effect by then, if it ever does. */
const UNSETTLED_MS = 60_000;

/** A write, and what the change log records of it besides the answer. */
export interface RecordedWrite {
  readonly operation: Operation;
  readonly args: JsonObject;
  /** The tool that was called. */
  readonly tool: string;
  readonly caller: string;
  /** The id of the workflow call that this write belongs to. */
  readonly batch?: string;
  readonly confirmed: Change['confirmed'];
  /** What the question was built from. If there is none and the change log wants the record, it is read here. */
  readonly before: unknown;
}

/** Milliseconds. With less time left, a write is not sent: nobody would know whether it happened. */
const LEAST_MS = 20;

/** What a write may use of its call. */
export interface SendingOptions extends Pick<SendOptions, 'signal' | 'beforeSend' | 'lookAgain'> {
  /** Milliseconds left of the call's time. Asked right before sending, because reading the record takes time too. */
  readonly timeLeft: () => number;
}

/**
 * Sends one write and notes it in the change log right before its bytes leave, so that even a crash of this process
 * cannot hide it. If it cannot be noted, nothing is sent.
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
    // An answer that exists to show a sign-in link does not belong in a log, whatever its shape.
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
    // What was read before may be wrong now, in this process and in others.
    cache?.forget(account);
    readings.forget();
    if (begun) await writeCounter.increase(account);
    // Without an answer the write may still take effect: what is read until then is not used after it.
    if (begun && fate.now === 'unknown') setTimeout(() => void writeCounter.increase(account), UNSETTLED_MS).unref();
  }
}

/** The arguments without those of this server: a confirmation token is a secret. */
const sentOf = (args: JsonObject) => Object.fromEntries(Object.entries(args).filter(([name]) => !RESERVED.has(name)));

/** The record as it is now. If LeadDyno cannot show it, the write goes on and the log says null. */
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
 * An error thrown after the bytes had left, as what it means for the request: it was sent, and its outcome is unknown.
 * A LeadDynoError or a cancellation stays as it is.
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
  // The fate in an error of our own checks counts as well, such as an answer with a record that was not asked for.
  const outcome = isLeadDynoError(error) && fate.now !== 'unknown' ? error.fate : fate.ifItFails;
  return { outcome, reason, after: null };
}

/** Shapes the answer. A write that LeadDyno answers without a record counts as carried out, as far as we can tell. */
function shapeWritten(operation: Operation, body: unknown, args: JsonObject, now: number): JsonObject {
  const nothing = operation.returns.kind === 'one' ? ['null', '""', '{}', '[]'] : ['null', '""', '{}'];
  const empty = nothing.includes(JSON.stringify(body ?? null));
  if (!empty) return operation.returns.shape(body, args, now);
  return {
    result: null,
    note: `LeadDyno accepted the request but sent no record back. Check with ${checkOf(operation, args)}.`,
  };
}
