import type { JsonObject } from '../json.ts';
import { LeadDynoError } from '../leaddyno/errors.ts';
import { isUnavailable } from '../ports/unavailable.ts';
import type { Work } from './workflow.ts';

/** One write of a batch. */
export interface Task {
  /** What identifies it in the result: `{ affiliate_id: 17 }`. */
  readonly label: JsonObject;
  readonly run: () => Promise<JsonObject>;
}

export interface BatchOutcome {
  /** Carried out, with what `run` returned. */
  readonly done: JsonObject[];
  /** Refused, by LeadDyno or before sending: nothing was changed. */
  readonly failed: JsonObject[];
  /** Sent without a clear answer: may have happened. */
  readonly unknown: JsonObject[];
  /** Not sent, because the record is no longer as the question showed it. */
  readonly changed: JsonObject[];
  /** Not started, or stopped before sending. */
  readonly left: JsonObject[];
  /** Why the rest was not started; absent if nothing is left. */
  readonly stopped?: string;
}

/** How many writes run at the same time: few, so that little is under way at a cancellation; enough to hide latency. */
const WIDTH = 3;
/** With less time left, no write is started, because its answer could not be waited for. */
const LEAST_MS = 3_000;
/** Errors that every further task would meet, too. */
const HOPELESS: ReadonlySet<string> = new Set(['auth', 'forbidden', 'rate_limited', 'network']);

/** Errors that our own code throws by mistake. */
const isBug = (error: unknown) =>
  [TypeError, RangeError, ReferenceError, SyntaxError].some((kind) => error instanceof kind);

/**
 * Carries out confirmed writes, a few at a time, and accounts for every one of them, even if some fail.
 * @param what completes the progress message: `2 of 5 created`
 * @throws the signal's reason after a cancellation; the error of a confirmation that does not hold
 */
export async function carryOut(tasks: readonly Task[], work: Work, what: string): Promise<BatchOutcome> {
  const none = (): JsonObject[] => [];
  const outcome = { done: none(), failed: none(), unknown: none(), changed: none() };
  const waiting = [...tasks];
  let stopped: string | undefined;

  async function take(): Promise<void> {
    for (;;) {
      work.signal.throwIfAborted();
      if (stopped !== undefined || waiting.length === 0) return;
      if (work.timeLeft() < LEAST_MS) {
        stopped = 'the time limit of one call was reached';
        return;
      }
      const task = waiting.shift();
      if (task) await perform(task);
    }
  }

  async function perform(task: Task): Promise<void> {
    try {
      outcome.done.push({ ...task.label, ...(await task.run()) });
    } catch (error) {
      work.signal.throwIfAborted();
      if (isUnavailable(error, 'change_log')) {
        waiting.unshift(task);
        stopped ??= error.message;
        return;
      }
      if (isBug(error)) {
        // It is not known how far it got. The others go on and are accounted for.
        work.report(error);
        outcome.unknown.push({
          ...task.label,
          reason: 'internal',
          message: 'This server had an internal error (see its log)',
        });
        return;
      }
      if (!(error instanceof LeadDynoError)) throw error;
      const { reason, fate, message, detail } = error;
      // LeadDyno's words were cleaned and cut when read. They stay out of our message: strangers may have written them.
      const row = { ...task.label, reason, message, ...(detail !== undefined && { leaddyno_said: detail }) };
      if (fate === 'unknown') outcome.unknown.push(row);
      else if (reason === 'changed') outcome.changed.push(task.label);
      else if (fate === 'not_sent' && HOPELESS.has(reason)) waiting.unshift(task);
      else outcome.failed.push(row);
      if (HOPELESS.has(reason)) stopped ??= message;
    }
    const count = tasks.length - waiting.length;
    work.progress(count, tasks.length, `${count} of ${tasks.length} ${what}`);
  }

  const takers = await Promise.allSettled(Array.from({ length: WIDTH }, take));
  const thrown = takers.find((one) => one.status === 'rejected');
  if (thrown) throw thrown.reason;
  const left = waiting.map(({ label }) => label);
  return { ...outcome, left, ...(left.length > 0 && { stopped: stopped ?? 'it was stopped' }) };
}
