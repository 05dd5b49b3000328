import { join } from 'node:path';
import { expect } from 'vitest';
import { accountOf } from '../../src/account.ts';
import { openAuditLog } from '../../src/audit/audit-log.ts';
import { isObject, type JsonObject, rowsIn } from '../../src/json.ts';
import type { Change } from '../../src/ports/change-log.ts';
import { type Programme, type Sandbox, startSandbox } from '../../src/sandbox/index.ts';
import { KEY } from './harness.ts';
import { temporaryFolder } from './http-tokens.ts';
import { type Child, initialize, startBuilt, toolCall } from './protocol-built.ts';
import { at } from './protocol-json.ts';
import { closeAtEnd } from './protocol-leaks.ts';
import { until } from './redis-clients.ts';
import type { FaultLayer } from './write-model-faults.ts';

const RECORDS = 12;
const DAY = 86_400_000;
const NOW = new Date('2026-06-01T12:00:00Z');

/** A call that carries out a batch of writes. */
export interface Job {
  readonly tool: 'review_affiliates' | 'settle_payouts' | 'import_affiliates';
  readonly args: JsonObject;
  /** Every write that it has to carry out exactly once, by the name that `nameOf` gives it. */
  readonly records: readonly string[];
  readonly isFinished: (programme: Programme) => boolean;
  /** Checks the result of the second process; `before` has the writes that the first one carried out. */
  readonly expectResult?: (result: JsonObject, before: readonly string[]) => void;
}

const idsOf = ({ affiliates }: Programme) => affiliates.rows.slice(0, RECORDS).map(({ id }) => id);

export function reviewJob(programme: Programme, action: 'approve' | 'reject' | 'archive'): Job {
  for (const row of programme.affiliates.rows) row.status = 'Pending Approval';
  const ids = idsOf(programme);
  const ends = action === 'approve' ? 'Active' : 'Archived';
  return {
    tool: 'review_affiliates',
    args: { action, affiliate_ids: ids },
    records: ids.map((id) => `/affiliates/${id}/${action}`),
    isFinished: ({ affiliates }) => ids.every((id) => affiliates.get(id)?.status === ends),
  };
}

export function settleJob(programme: Programme): Job {
  for (const row of programme.commissions.rows) row.paid = true;
  const open = programme.purchases.rows.filter(({ cancelled }) => !cancelled).slice(0, RECORDS);
  const now = programme.now();
  const records = open.map(({ id, code }, index) => {
    const affiliate = programme.affiliates.rows[index % 5];
    const terms = { amount: 100 + index, currency: 'USD', cancelled: false, paid: false, note: null };
    const dates = { earnedAt: now - 9 * DAY, dueAt: now - DAY };
    programme.addCommission({ ...terms, ...dates, affiliateId: affiliate?.id ?? 0, purchaseId: id });
    return `${affiliate?.email} ${code}`;
  });
  return {
    tool: 'settle_payouts',
    args: { affiliate_ids: idsOf(programme).slice(0, 5), due_by: NOW.toISOString(), include_held: true },
    records,
    isFinished: ({ commissions }) => commissions.rows.every(({ paid }) => paid),
  };
}

/** A list in which the last row recruited every second row, so that the import needs two steps of writes. */
export function importJob(): Job {
  const emails = Array.from({ length: RECORDS }, (_, index) => `new-${index + 1}@example.com`);
  const recruiter = emails.at(-1) ?? '';
  const rows = emails.map((email, index) => ({ email, ...(index % 2 === 0 && { recruiter }) }));
  const nameOfRow = (row: JsonObject) => `/affiliates ${row.email}`;
  return {
    tool: 'import_affiliates',
    args: { rows },
    records: emails.map((email) => nameOfRow({ email })),
    isFinished: ({ affiliates }) =>
      emails.every((email) => affiliates.rows.filter((row) => row.email === email).length === 1),
    expectResult: (result, before) => {
      expect(rowsIn(result, 'existing').map(nameOfRow).sort()).toEqual([...before].sort());
      expect(at(result, 'counts')).toEqual({
        rows: RECORDS,
        created: RECORDS - before.length,
        existing: before.length,
        not_created: 0,
        unknown: 0,
        left: 0,
      });
    },
  };
}

/** When the process is killed: `afterMs` after write number `write` has arrived (0: after the call was sent). */
export interface Moment {
  readonly write: number;
  readonly afterMs: number;
  /** LeadDyno carries the write out, but never answers. The kill then counts from that moment. */
  readonly unanswered?: true;
}

export interface CrashFigures {
  runs: number;
  /** Writes that LeadDyno had carried out when the first process ended. */
  before: number;
  /** Writes whose outcome is `unknown` in the log, because the process ended before the answer. */
  unseen: number;
  /** Runs that were killed in the middle of the batch. */
  within: number;
  /** Writes left for the second process. */
  left: number;
}

const startServer = (layer: FaultLayer, folder: string) =>
  startBuilt(['--audit-log', join(folder, 'log'), '--rate-limit', '0'], {
    LEADDYNO_API_KEY: KEY,
    LEADDYNO_BASE_URL: layer.url,
    LEADDYNO_KEY_TRANSPORT: 'header',
  });

let calls = 0;

/** The structured result of a call. */
async function callTool(child: Child, tool: string, args: JsonObject): Promise<JsonObject> {
  calls += 1;
  const id = calls;
  child.send(toolCall(id, tool, args));
  const answer = () => child.messages().find((message) => message.id === id);
  await until(() => answer() !== undefined);
  const data = at(answer()?.result, 'structuredContent');
  if (!isObject(data)) throw new Error(`no result: ${JSON.stringify(answer())}`);
  return data;
}

const tokenIn = (data: JsonObject): string => String(at(data, 'confirmation', 'confirmation_token'));

/** The writes that LeadDyno carried out, by name. */
const carriedOut = ({ requests }: Sandbox): string[] =>
  requests
    .filter(({ method, status }) => method !== 'GET' && status < 300)
    .map(({ path, body }) => nameOf(path, isObject(body) ? body : {}));

function nameOf(path: string, { affiliate_email: payee, purchase_code: code, email }: JsonObject): string {
  if (payee !== undefined) return `${payee} ${code}`;
  return email === undefined ? path : `/affiliates ${email}`;
}

const recordOf = ({ operation, arguments: args }: Change): string =>
  nameOf(`/affiliates/${args.affiliate_id}/${operation.replace('_affiliate', '')}`, args);

/** Starts a job, kills its process on the way, checks the audit log and has a second process finish the job. */
export async function crashOnce(
  prepare: (programme: Programme) => Job,
  moment: Moment,
  layer: FaultLayer,
  figures: CrashFigures,
): Promise<void> {
  const sandbox = closeAtEnd(
    await startSandbox({ seed: 3, key: KEY, rateLimit: 0, now: NOW, affiliates: 16, leads: 20, purchases: 24 }),
  );
  const folder = temporaryFolder();
  const job = prepare(sandbox.programme);
  layer.target = sandbox.url;
  try {
    const token = await startAndKill(job, moment, layer, folder.path);
    const known = carriedOut(sandbox);
    const changes = await readLog(folder.path);
    expectAccount(known, changes);
    figures.runs += 1;
    figures.before += known.length;
    figures.unseen += changes.filter(({ outcome }) => outcome === 'unknown').length;
    figures.left += job.records.length - known.length;
    if (known.length > 0 && known.length < job.records.length) figures.within += 1;

    const result = await finish(job, token, changes.length, layer, folder.path);
    job.expectResult?.(result, known);
    expect(job.isFinished(sandbox.programme)).toBe(true);
    // Each write happened once, in either process.
    expect(carriedOut(sandbox).sort()).toEqual([...job.records].sort());
    expectAccount(carriedOut(sandbox), await readLog(folder.path));
  } finally {
    await folder.close();
    await sandbox.close();
  }
}

/** @returns the confirmation token of the first process */
async function startAndKill({ tool, args }: Job, moment: Moment, layer: FaultLayer, folder: string): Promise<string> {
  const child = await startServer(layer, folder);
  child.send(...initialize);
  const token = tokenIn(await callTool(child, tool, args));
  let writes = 0;
  const kill = () => setTimeout(() => child.signal('SIGKILL'), moment.afterMs);
  layer.fault = () => {
    writes += 1;
    if (writes === moment.write && moment.unanswered) layer.hold = kill;
    else if (writes === moment.write) kill();
    return undefined;
  };
  calls += 1;
  child.send(toolCall(calls, tool, { ...args, confirmation_token: token }));
  if (moment.write === 0) kill();
  const { signal } = await child.exited;
  expect(signal).toBe('SIGKILL');
  layer.fault = () => undefined;
  layer.hold = undefined;
  await layer.quiet();
  return token;
}

/** The second process lists what was sent, rejects the confirmation of the first process and finishes the job. */
async function finish(
  job: Job,
  token: string,
  changes: number,
  layer: FaultLayer,
  folder: string,
): Promise<JsonObject> {
  const child = await startServer(layer, folder);
  child.send(...initialize);
  const said = await callTool(child, 'list_recent_changes', { limit: 50 });
  expect(said.found).toBe(changes);
  expect(String(said.source)).not.toContain('could not be');
  let result = await callTool(child, job.tool, { ...job.args, confirmation_token: token });
  if (result.confirmation) {
    expect(at(result, 'confirmation', 'question')).toMatch(/^The confirmation does not come from this server/);
    result = await callTool(child, job.tool, { ...job.args, confirmation_token: tokenIn(result) });
    for (const list of ['failed', 'unknown', 'left']) expect(result).not.toHaveProperty(list);
  }
  child.signal('SIGTERM');
  await child.exited;
  await layer.quiet();
  return result;
}

async function readLog(folder: string): Promise<Change[]> {
  const log = openAuditLog(join(folder, 'log'), { processName: 'reader' });
  const { changes, source } = await log.list(accountOf(KEY), {});
  expect(source).not.toContain('could not be');
  return changes;
}

/** Checks that the log has every write that LeadDyno carried out, and that every `done` in the log was carried out. */
function expectAccount(carried: readonly string[], changes: readonly Change[]): void {
  const of = (...outcomes: Change['outcome'][]) =>
    changes.filter(({ outcome }) => outcomes.includes(outcome)).map(recordOf);
  expect(of('done', 'unknown')).toEqual(expect.arrayContaining([...carried]));
  expect(carried).toEqual(expect.arrayContaining(of('done')));
  expect(of('done')).toHaveLength(new Set(of('done')).size);
  expect(of('refused', 'not_sent').filter((record) => carried.includes(record))).toEqual([]);
}
