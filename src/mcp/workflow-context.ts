import { randomBytes } from 'node:crypto';
import { setMaxListeners } from 'node:events';
import type { ServerContext } from '@modelcontextprotocol/server';
import type { JsonObject } from '../json.ts';
import { LeadDynoError } from '../leaddyno/errors.ts';
import { bind, type Operation } from '../operations/operation.ts';
import type { Payment } from '../ports/payment-memory.ts';
import { toolsets } from '../workflows/index.ts';
import { createAttempt } from '../workflows/reading/attempt.ts';
import type { ReadOperation } from '../workflows/reading/page-source.ts';
import type { ListReading } from '../workflows/reading/reading.ts';
import { createScans, type Scans } from '../workflows/reading/scans.ts';
import { createUnread, type Unread } from '../workflows/reading/unread.ts';
import type { Work } from '../workflows/workflow.ts';
import { FRESH_MS, type Verdict } from './confirmation.ts';
import { findFile, keepFile, listFiles } from './kept-files.ts';
import { findLatest, findNote, keepLatest, keepNote } from './kept-notes.ts';
import { countdown, findExisting, reader } from './operation-call.ts';
import { sendRecorded } from './recorded-write.ts';
import type { Services } from './services.ts';

const allTools = toolsets.flatMap(({ tools }) => tools);

/** Milliseconds of a call's time that are kept for what comes after LeadDyno's last answer. */
const RESERVE_MS = 1_000;
/** Size of a batch's id. It is short because models copy it. */
const BATCH_BYTES = 6;
/** Milliseconds between two progress notifications, at least; the end of a part is told at once. */
const PROGRESS_MS = 200;

export interface WorkOptions {
  readonly tool: string;
  readonly caller: string;
  readonly signal: AbortSignal;
  readonly progress: Work['progress'];
  readonly services: Services;
  readonly fresh: boolean;
  /** The count of writes before anything was read. */
  readonly writes: number | undefined;
  readonly resumed: readonly ListReading[];
}

/** What one call of a workflow works with, and what its pipeline needs afterwards. */
export interface RunningWork {
  readonly work: Work;
  readonly scans: Scans;
  readonly unread: Unread;
  /** @throws LeadDynoError if LeadDyno answered no request, or if too much of a list cannot be read */
  check(): void;
  /** The same work, but with writes, once the batch is confirmed. */
  allowWrites(verdict: Extract<Verdict, { go: true }>): Work;
}

export function createWork({
  tool,
  caller,
  signal,
  progress,
  services,
  fresh,
  writes,
  resumed,
}: WorkOptions): RunningWork {
  // Each read under way listens to the signal, and a workflow may have many.
  setMaxListeners(0, signal);
  const { account, cache, client, changes, leaddynoClock, now, pageSizes, payments, present, switchedOff, workflowMs } =
    services;
  const untilEnd = countdown(Math.max(RESERVE_MS + 1, workflowMs) - RESERVE_MS, services.ticks);
  const timeLeft = () => (untilEnd() <= 1 ? 0 : untilEnd());

  const { ticks = () => performance.now() } = services;
  const began = ticks();
  /** When this call read its first record. For a list this is not known, so the start of the call counts. */
  let seenAt: number | undefined;

  /** Whether LeadDyno answered anything, and the first failure of a part that the answer can do without. */
  let answered = false;
  let failure: LeadDynoError | undefined;
  const attempt = createAttempt(signal, (error) => {
    failure ??= error;
  });
  const unread = createUnread();

  async function read(operation: Operation, args: JsonObject): Promise<JsonObject> {
    const body = await client.send(bind(operation, args), { signal, timeoutMs: untilEnd() });
    answered = true;
    seenAt ??= ticks();
    return operation.returns.shape(body, args, now());
  }

  const scans = createScans({
    account,
    cache,
    writes,
    fresh,
    resumed,
    unread,
    readings: services.readings,
    pageSizes,
    io: {
      read: listReader(services, () => {
        answered = true;
      }),
      now,
      timeLeft,
      progress,
      signal,
    },
  });

  const work: Work = {
    signal,
    timeLeft,
    now,
    leaddynoAhead: leaddynoClock.ahead,
    requestsAMinute: services.requestsAMinute,
    read,
    scan: (...asked) => {
      seenAt = began;
      return scans.scan(...asked);
    },
    scanWindow: scans.scanWindow,
    attempt,
    readable: unread.readable,
    write: () => Promise.reject(new Error(`${tool} writes without a confirmation`)),
    payments: { lasts: payments.lasts, find: async (ids) => withoutTakenBack(await payments.find(account, ids)) },
    remember: () => Promise.reject(new Error(`${tool} writes without a confirmation`)),
    recordOwn: () => Promise.reject(new Error(`${tool} writes without a confirmation`)),
    plan: undefined,
    changed: new Set(),
    report: (error) => services.telemetry.fault(tool, error),
    progress,
    readGiven: services.readGiven,
    present: (value) => present.value(value),
    keepFile: (file) => keepFile(file, caller, services),
    readFile: (uri) => findFile(uri, caller, services),
    listFiles: () => listFiles(caller, services),
    keepNote: (kind, text) => keepNote(kind, text, caller, services),
    findNote: (kind, id) => findNote(kind, id, caller, services),
    keepLatest: (kind, text) => keepLatest(kind, text, caller, services),
    findLatest: (kind) => findLatest(kind, caller, services),
    changes: (query) => changes.list(account, query),
    tools: allTools,
    serves: (name) => services.served.has(name),
    isSandbox: services.isSandbox,
    isSwitchedOff: (name) => switchedOff.has(name),
    prechecks: services.precheck,
    masksPeople: present.masksPeople,
  };

  return {
    work,
    scans,
    unread,
    check() {
      if (failure && !answered && scans.summary().scanned.length === 0) throw failure;
      unread.check();
    },
    allowWrites({ beforeSend, confirmed, record, changed = new Set() }) {
      // One confirmation covers the batch: the first write or note spends it, and all others wait for that.
      let spent: Promise<void> | undefined;
      const spend = () => {
        spent ??= beforeSend?.() ?? Promise.resolve();
        return spent;
      };
      const batch = randomBytes(BATCH_BYTES).toString('hex');
      const fresher = reader(signal, untilEnd, services);
      return {
        ...work,
        plan: record,
        changed,
        async remember(ids, how, amount) {
          await spend();
          await payments.add(account, ids, {
            how,
            at: new Date(now()).toISOString(),
            ...(amount !== undefined && { amount }),
          });
        },
        async recordOwn(what, perform) {
          await spend();
          const given = { arguments: services.recordable(what) as JsonObject, confirmed, before: null };
          const names = { account, ...(services.accountName !== undefined && { account_name: services.accountName }) };
          const end = changes.begin({ ...names, caller, tool, operation: tool, batch, ...given });
          try {
            await perform();
          } catch (error) {
            await end({ outcome: 'unknown', reason: 'internal', after: null });
            throw error;
          }
          await end({ outcome: 'done', after: null });
        },
        async write(operation, args, before, still) {
          let lookedAt = seenAt ?? began;
          // Before a creation, nothing has been looked up by its key yet.
          let soughtAt = Number.NEGATIVE_INFINITY;
          const write = sendRecorded({ operation, args, tool, caller, batch, confirmed, before }, fresher, services, {
            signal,
            timeLeft: untilEnd,
            beforeSend: spend,
            async lookAgain(turn) {
              const again = reader(signal, untilEnd, services, turn);
              if (services.precheck && operation.existing && ticks() - soughtAt > FRESH_MS) {
                const existing = await findExisting(operation, args, again);
                soughtAt = ticks();
                if (existing) throw new AlreadyExists(existing.shaped);
              }
              if (!still || ticks() - lookedAt <= FRESH_MS) return;
              const now = await again(still.operation, still.args);
              lookedAt = ticks();
              if (!still.holds(now)) throw new LeadDynoError('changed', CHANGED, { fate: 'not_sent' });
            },
          });
          return await write.catch((error: unknown) => {
            if (error instanceof AlreadyExists) return { ...error.shaped, already_existed: true };
            throw error;
          });
        },
      };
    },
  };
}

/** The record to be created exists already: nothing was sent. */
class AlreadyExists extends LeadDynoError {
  readonly shaped: JsonObject;

  constructor(shaped: JsonObject) {
    super('changed', 'It exists already, so nothing was sent for it', { fate: 'not_sent' });
    this.shaped = shaped;
  }
}

const CHANGED = 'It has changed since the question was asked, so nothing was sent for it';

const withoutTakenBack = (found: ReadonlyMap<string, Payment>) =>
  new Map([...found].filter(([, { how }]) => how !== 'not_paid'));

/** Milliseconds. A page may have to wait for a whole minute of the request limit, whichever call asked for it. */
const PAGE_MS = 75_000;

/** Reads pages of lists. Their time limit is not that of one call: later calls may want them too. */
export function listReader(services: Services, answered: () => void = () => undefined): ReadOperation {
  const { client, now, workflowMs: patienceMs } = services;
  return async (operation, args, signal) => {
    const body = await client.send(bind(operation, args), { signal, timeoutMs: PAGE_MS, patienceMs });
    answered();
    return operation.returns.shape(body, args, now());
  };
}

/** Sends progress to a client that asked for it: always increasing, and not too often. */
export function progressTo(ctx: ServerContext, ticks = () => performance.now()): Work['progress'] {
  const progressToken = ctx.mcpReq._meta?.progressToken;
  if (progressToken === undefined) return () => undefined;
  let last = 0;
  let steps = 0;
  let lastAt = Number.NEGATIVE_INFINITY;
  return (done, total, message) => {
    const at = ticks();
    if (ctx.mcpReq.signal.aborted || !(done > 0) || (at - lastAt < PROGRESS_MS && done !== total)) return;
    // The next part (a second list, a batch of writes) counts from its own start, which may equal the last count of the
    // part before. So the sum over all parts is sent.
    steps += done > last ? done - last : done;
    last = done;
    lastAt = at;
    const more = total === undefined ? {} : { total: Math.max(steps, steps - done + total) };
    const params = { progressToken, progress: steps, ...more, message };
    void ctx.mcpReq.notify({ method: 'notifications/progress', params }).catch(() => undefined);
  };
}
