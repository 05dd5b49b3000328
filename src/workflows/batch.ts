import type { JsonObject } from '../json.ts';
import { LeadDynoError } from '../leaddyno/errors.ts';
import { isUnavailable } from '../ports/unavailable.ts';
import type { Work } from './workflow.ts';

/** One of the writes of a batch. */
export interface Task {
  /** What identifies it in the result: `{ affiliate_id: 17 }`. */
  readonly label: JsonObject;
  readonly run: () => Promise<JsonObject>;
}

export interface BatchOutcome {
  /** Carried out, with what `run` returned. */
  readonly done: JsonObject[];
  /** Refused by LeadDyno: nothing was changed. */
  readonly failed: JsonObject[];
  /** Sent, and no clear answer came: may have happened. */
  readonly unknown: JsonObject[];
  /** Not sent: no longer as the question showed it. */
  readonly changed: JsonObject[];
  /** Not begun. */
  readonly left: JsonObject[];
  /** Why the rest was not begun; absent where nothing is left. */
  readonly stopped?: string;
}

/** Few enough that little is under way when a call is cancelled, enough to hide the latency. */
const WIDTH = 3;
/** A write is begun only where its answer can still be waited for. */
const LEAST_MS = 3_000;
/** What no further task would survive either. */
const HOPELESS: ReadonlySet<string> = new Set(['auth', 'forbidden', 'rate_limited', 'network']);

/** What our own code throws without meaning to. */
const isBug = (error: unknown) =>
  [TypeError, RangeError, ReferenceError, SyntaxError].some((kind) => error instanceof kind);

/**
 * Carries out confirmed writes, a few at a time, and accounts for every one of them. Only a cancellation and a
 * confirmation that does not hold are thrown; a failed write never stops the account of the others.
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
        // Not known how far it got: the others go on, and are accounted for.
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
      // Cleaned and cut where they were read; beside the message, never in it, for nobody we trust wrote them.
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
