import { randomBytes } from 'node:crypto';
import { setMaxListeners } from 'node:events';
import type { ServerContext } from '@modelcontextprotocol/server';
import type { JsonObject } from '../json.ts';
import { bind } from '../operations/bind.ts';
import type { Operation } from '../operations/operation.ts';
import { createJob, type Job, type JobState } from '../workflows/reading/job.ts';
import { toolsets } from '../workflows/toolsets.ts';
import type { KeptFile, Work } from '../workflows/workflow.ts';
import { countdown, reader } from './call.ts';
import type { Verdict } from './confirm.ts';
import { exportKey, exportUri, FILE_MS } from './exports.ts';
import type { Services } from './services.ts';
import { sendWrite } from './write.ts';

const allTools = toolsets.flatMap(({ tools }) => tools);

/** Kept back from a call's time for what comes after the last answer. */
const RESERVE_MS = 1_000;
/** Notifications at most this often. */
const PROGRESS_MS = 200;

export interface WorkOptions {
  readonly tool: string;
  readonly caller: string;
  readonly signal: AbortSignal;
  readonly progress: Work['progress'];
  readonly services: Services;
  readonly fresh: boolean;
  /** The writes counted before anything is read. */
  readonly generation: number | undefined;
  readonly resumed: JobState;
}

/** What one call of a workflow works with, and what its pipeline needs of it afterwards. */
export interface RunningWork {
  readonly work: Work;
  readonly job: Job;
  /** Lets it write: the batch was confirmed. */
  confirmed(verdict: Extract<Verdict, { go: true }>): Work;
}

export function createWork({
  tool,
  caller,
  signal,
  progress,
  services,
  fresh,
  generation,
  resumed,
}: WorkOptions): RunningWork {
  // Each read under way listens to it, and a workflow has many.
  setMaxListeners(0, signal);
  const { account, cache, client, changes, leaddynoClock, memory, now, pageSizes, present, switchedOff, workflowMs } =
    services;
  const untilEnd = countdown(Math.max(RESERVE_MS + 1, workflowMs) - RESERVE_MS);
  const timeLeft = () => (untilEnd() <= 1 ? 0 : untilEnd());

  async function read(operation: Operation, args: JsonObject): Promise<JsonObject> {
    const body = await client.send(bind(operation, args), { signal, timeoutMs: untilEnd() });
    return operation.returns.shape(body, args, now());
  }

  const job = createJob({
    account,
    cache,
    generation,
    fresh,
    resumed,
    pageSizes,
    now,
    io: { read, timeLeft, progress, signal },
  });

  const work: Work = {
    signal,
    timeLeft,
    now,
    leaddynoAhead: leaddynoClock.ahead,
    read,
    scan: (collection) => job.scan(collection),
    scanWindow: (collection, window) => job.scanWindow(collection, window),
    write: () => Promise.reject(new Error(`${tool} writes without a confirmation`)),
    plan: undefined,
    changed: new Set(),
    progress,
    present: (value) => present.value(value),
    async keepFile(file: KeptFile) {
      const id = randomBytes(16).toString('base64url');
      await memory.put(exportKey(id, account, caller), JSON.stringify(file), FILE_MS);
      return { uri: exportUri(id), expires_at: new Date(now() + FILE_MS).toISOString() };
    },
    changes: (query) => changes.list(account, query),
    tools: allTools,
    isSwitchedOff: (name) => switchedOff.has(name),
    masksPeople: present.masksPeople,
  };

  return {
    work,
    job,
    confirmed({ beforeSend, confirmed, record, changed = new Set() }) {
      // One confirmation covers the batch: whatever is sent first spends it, the others wait for that.
      let spent: Promise<void> | undefined;
      const spend = () => {
        spent ??= beforeSend?.() ?? Promise.resolve();
        return spent;
      };
      const fresher = reader(signal, untilEnd, services);
      return {
        ...work,
        plan: record,
        changed,
        write: (operation, args, before) =>
          sendWrite({ operation, args, tool, caller, confirmed, before }, fresher, services, {
            signal,
            timeLeft: untilEnd,
            beforeSend: spend,
          }),
      };
    },
  };
}

/** Progress for a client that asked for it, ever increasing and not too often. */
export function progressTo(ctx: ServerContext): Work['progress'] {
  const progressToken = ctx.mcpReq._meta?.progressToken;
  if (progressToken === undefined) return () => undefined;
  let last = 0;
  let steps = 0;
  let lastAt = Number.NEGATIVE_INFINITY;
  return (done, total, message) => {
    const at = performance.now();
    if (ctx.mcpReq.signal.aborted || !(done > 0) || (at - lastAt < PROGRESS_MS && done !== total)) return;
    // What comes after (a second list, a batch of writes) starts at its own beginning, which may be just where the one
    // before ended: what counts up is the sum of all.
    steps += done > last ? done - last : done;
    last = done;
    lastAt = at;
    const more = total === undefined ? {} : { total: Math.max(steps, steps - done + total) };
    const params = { progressToken, progress: steps, ...more, message };
    void ctx.mcpReq.notify({ method: 'notifications/progress', params }).catch(() => undefined);
  };
}
