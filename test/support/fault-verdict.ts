import { isObject, type JsonObject } from '../../src/json.ts';
import { annId, cast } from '../../src/sandbox/cast.ts';
import { isWorkflow, type Tool } from '../../src/workflows/workflow.ts';
import type { Result } from './clients.ts';
import type { FaultName, Passing } from './fault-proxy.ts';
import { type Clean, steady } from './fault-stage.ts';

/** How a call ended, in the words of the table. */
export const outcomes = [
  'right answer',
  'right answer after a retry',
  'shown as it came: nothing there',
  'part of the answer, and says so',
  'failed: nothing was changed',
  'says it may have happened',
  'WRONG',
] as const;
export type Outcome = (typeof outcomes)[number];

/** A call under a fault, and all that can be observed from outside. */
export interface Facts {
  readonly tool: Tool;
  readonly fault: FaultName;
  readonly times: 'once' | 'always';
  readonly clean: Clean;
  /** Undefined after a protocol error. */
  readonly result: Result | undefined;
  readonly elapsedMs: number;
  readonly deadlineMs: number;
  /** The requests that reached the proxy. */
  readonly arrived: readonly Passing[];
  /** The writes that the sandbox carried out. */
  readonly writes: readonly string[];
  readonly strayed: number;
}

export interface Verdict {
  readonly outcome: Outcome;
  readonly problems: readonly string[];
}

interface Expected {
  /** Matches the cause in an error message. */
  readonly cause: RegExp;
  readonly reason: RegExp;
  /** Whether a read still gets its answer if this happens once. */
  readonly mended: boolean;
  /** Whether LeadDyno may have carried out a write that this hits. */
  readonly perhaps: boolean;
}

const broken = { cause: /did not answer|broke off|could not be reached/, reason: /^network$/, mended: true };
const limited = { cause: /too many requests|asks to wait|asked for a pause/, reason: /^rate_limited$/, perhaps: false };
const odd = { reason: /^unexpected$/, mended: false, perhaps: true };
const failing = { reason: /^upstream$/, mended: true, perhaps: true };
const harmless = { cause: /^$/, reason: /^$/, mended: true, perhaps: true };

const expected: Record<FaultName, Expected> = {
  'slow answer': harmless,
  'no answer in time': {
    cause: /within [\d.]+ m?s|in the time of one call/,
    reason: /^timeout$/,
    mended: true,
    perhaps: true,
  },
  unreachable: { ...broken, mended: false, perhaps: false },
  'reset before the request': { ...broken, perhaps: true },
  'reset before the answer': { ...broken, perhaps: true },
  'reset within the answer': { ...broken, perhaps: true },
  'reset after the answer': harmless,
  'truncated answer': { ...broken, perhaps: true },
  'answer sent twice': harmless,
  '429, Retry-After in seconds': { ...limited, mended: true },
  '429, Retry-After as a date': { ...limited, mended: true },
  '429 without Retry-After': { ...limited, mended: true },
  '429, absurd Retry-After': { ...limited, mended: true },
  '429, Retry-After of 5 minutes': { ...limited, mended: false },
  '500': { ...failing, cause: /answered 500/ },
  '502 with HTML': { ...failing, cause: /answered 502/ },
  '503': { ...failing, cause: /answered 503/ },
  '200 with broken JSON': { ...odd, cause: /answered 200 with broken JSON/ },
  '200 with deep JSON': { ...odd, cause: /answered 200 with JSON nested deeper than 64/ },
  '200 with an HTML page': { ...odd, cause: /answered 200 with text\/html where JSON was expected/ },
  'JSON called text/html': harmless,
  '200 with null': { cause: /has no/, reason: /^(not_found|unexpected)$/, mended: false, perhaps: true },
  '20 MB body': { ...odd, cause: /larger than 10 MiB/ },
  'redirect to another host': { ...odd, cause: /a redirect, which was not followed/ },
};

const NEXT_STEP =
  /Try again|Wait, then call again|check with [^.]+ first|[Tt]ell the user|Check the id|Check with \w+|Ask the operator/;
/** How late a busy machine may be. */
const SLACK_MS = 2_000;

/** Judges one call. Each problem is a phrase that completes "the call …". */
export function judge(facts: Facts): Verdict {
  const problems = [...promptness(facts), ...sentOnce(facts)];
  const { result } = facts;
  if (result === undefined) return { outcome: 'WRONG', problems: [...problems, 'was answered with a protocol error'] };
  const judged = result.isError ? judgeFailure(facts, result) : judgeAnswer(facts, result);
  const all = [...problems, ...judged.problems];
  return { outcome: all.length > 0 ? 'WRONG' : judged.outcome, problems: all };
}

function promptness({ elapsedMs, deadlineMs, strayed }: Facts): string[] {
  return [
    ...(elapsedMs > deadlineMs + SLACK_MS ? [`took ${Math.round(elapsedMs)} ms of ${deadlineMs}`] : []),
    ...(strayed > 0 ? ['went to the other host'] : []),
  ];
}

const isLimited = ({ fault }: Passing) => fault?.startsWith('429') === true;

/** Problems if a write was carried out twice, or sent again after anything but a 429. */
export function sentOnce({ arrived, writes }: Pick<Facts, 'arrived' | 'writes'>): string[] {
  const sent = arrived.filter((one) => one.method !== 'GET' && !isLimited(one)).map((one) => keyOf(one));
  return [
    ...twice(writes).map((key) => `was carried out twice: ${key}`),
    ...twice(sent).map((key) => `was sent twice: ${key}`),
  ];
}

const keyOf = ({ method, path, body }: Passing) => `${method} ${path} ${body}`;
const twice = (keys: readonly string[]) => [...new Set(keys.filter((key, index) => keys.indexOf(key) !== index))];

function judgeAnswer(facts: Facts, { text, data }: Result): Verdict {
  const { tool, clean, arrived, writes, fault } = facts;
  if (steady(text) === clean.text) {
    const same = JSON.stringify([...writes].sort()) === JSON.stringify(clean.writes);
    const again = arrived.length > clean.requests;
    return {
      outcome: again ? 'right answer after a retry' : 'right answer',
      problems: same ? [] : [`says it is done, but carried out ${writes.length} of ${clean.writes.length} writes`],
    };
  }
  if (isWorkflow(tool) && tool.effect !== 'read') return judgeBatch(facts, data);
  if (isWorkflow(tool)) {
    const says = admits(data);
    // `null` in place of a list counts as its end, because a withheld list cannot be told from an empty one.
    if (!says && fault === '200 with null') return { outcome: 'shown as it came: nothing there', problems: [] };
    return {
      outcome: 'part of the answer, and says so',
      problems: says ? [] : [`is not the whole answer and does not say so: ${difference(clean.text, steady(text))}`],
    };
  }
  // LeadDyno says that there is nothing: a read shows that, and after a write the caller has to check.
  if (fault === '200 with null' && saysNothing(tool, data)) {
    return {
      outcome: tool.effect === 'read' ? 'shown as it came: nothing there' : 'says it may have happened',
      problems: [],
    };
  }
  return { outcome: 'right answer', problems: [`is not the right answer: ${difference(clean.text, steady(text))}`] };
}

/** Shows both texts around their first difference. */
function difference(wanted: string, got: string): string {
  const at = [...wanted].findIndex((letter, index) => letter !== got[index]);
  const around = (text: string) => JSON.stringify(text.slice(Math.max(0, at - 80), at + 160));
  return `${around(got)} in place of ${around(wanted)}`;
}

/** Whether a result shows a `null` of LeadDyno as nothing. In place of a list it is an empty list (`paging.ts`). */
function saysNothing(tool: Tool, data: JsonObject): boolean {
  const rows = isWorkflow(tool) ? undefined : data[tool.returns.record.plural];
  if (tool.effect === 'read') return data.result === null || (Array.isArray(rows) && rows.length === 0);
  return data.result === null && /sent no record back. Check with/.test(String(data.note));
}

/** Whether a result admits that something is missing. */
function admits(data: JsonObject): boolean {
  if (data.complete === false) return true;
  return /could not be read|could not be|cannot be|stopped (at|because)|not_read|unknown|incomplete/i.test(
    JSON.stringify(data),
  );
}

/** Compares what a batch of writes says of each write with what LeadDyno did. */
function judgeBatch({ writes, clean }: Facts, data: JsonObject): Verdict {
  const problems: string[] = [];
  const rows = (list: string) => (Array.isArray(data[list]) ? data[list] : []);
  const named = (...lists: string[]) =>
    lists.flatMap((list) =>
      rows(list)
        .filter((row) => !isSum(row))
        .map(labelOf),
    );
  const carriedOut = (label: string) => writes.some((write) => write.includes(label));
  for (const label of named('done', 'created'))
    if (!carriedOut(label)) problems.push(`says done, but it is not: ${label}`);
  for (const list of ['failed', 'left', 'not_read', 'not_created']) {
    for (const label of named(list)) if (carriedOut(label)) problems.push(`says ${list}, but it is done: ${label}`);
  }
  const told = named('done', 'created', 'unknown');
  const untold = new Set(writes.filter((write) => !told.some((label) => write.includes(label))));
  for (const { affiliate_id, purchases } of rows('done').filter(isSum)) {
    const marks = [...untold].filter((write) => write.includes(JSON.stringify(cast[affiliate_id - annId]?.email)));
    if (marks.length !== purchases) problems.push(`says ${purchases} of ${affiliate_id} done, not ${marks.length}`);
    for (const mark of marks) untold.delete(mark);
  }
  for (const write of untold) problems.push(`was done without being told: ${write}`);
  if (
    writes.length < clean.writes.length &&
    !['failed', 'left', 'left_out', 'unknown', 'not_read', 'not_created'].some((list) => list in data)
  )
    problems.push('does not say that something is left');
  const perhaps = named('unknown').length > 0;
  return { outcome: perhaps ? 'says it may have happened' : 'part of the answer, and says so', problems };
}

/** A row that counts the purchases of an affiliate. Purchases that need attention have rows of their own. */
const isSum = (row: unknown): row is { affiliate_id: number; purchases: number } =>
  isObject(row) && typeof row.purchases === 'number' && typeof row.affiliate_id === 'number';

/** The part of a request that identifies the write of a row. */
function labelOf(row: unknown): string {
  if (!isObject(row)) return `/affiliates/${row}/`;
  // An affiliate to import has no id yet.
  if (row.row !== undefined) return JSON.stringify(row.email);
  return typeof row.purchase_code === 'string' ? JSON.stringify(row.purchase_code) : `/affiliates/${row.affiliate_id}/`;
}

function judgeFailure(facts: Facts, { text, data }: Result): Verdict {
  const { tool, fault, times, arrived, writes } = facts;
  const { cause, reason, mended, perhaps } = expected[fault];
  const error = isObject(data.error) ? data.error : {};
  const problems: string[] = [];
  const complain = (when: boolean, what: string) => when && problems.push(`${what}: ${text}`);

  complain(!cause.test(text), 'does not name the cause');
  complain(!NEXT_STEP.test(text), 'does not name the next step');
  complain(!reason.test(String(error.reason)), `gives the reason ${error.reason}`);
  complain(text.length > 1_500, 'is too long');
  complain(tool.effect === 'read' && mended && times === 'once', 'is not tried again');

  const may = error.may_have_happened;
  if (tool.effect === 'read') {
    complain(may !== undefined, 'speaks of a change');
    return { outcome: 'failed: nothing was changed', problems };
  }
  const sent = arrived.some((one) => one.method !== 'GET' && !isLimited(one));
  complain(typeof may !== 'boolean', 'does not say whether it may have happened');
  complain(may === false && writes.length > 0, 'says that nothing was changed, but it was');
  complain(may === false && !/Nothing was changed/.test(text), 'does not say that nothing was changed');
  complain(may === true && !perhaps, 'says it may have happened, but it cannot have');
  complain(may === true && !sent, 'says it may have happened, but nothing was sent');
  complain(may === true && !/may have happened.*check with/.test(text), 'does not say how to find out');
  return { outcome: may === true ? 'says it may have happened' : 'failed: nothing was changed', problems };
}
