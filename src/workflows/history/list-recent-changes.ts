import * as z from 'zod';
import type { JsonObject } from '../../json.ts';
import { affiliateId, detail, moment } from '../../operations/inputs.ts';
import { Refusal } from '../../operations/operation.ts';
import { listed } from '../../operations/questions.ts';
import type { Change } from '../../ports/change-log.ts';
import { startOfDay } from '../../records/period.ts';
import { quote } from '../../text.ts';
import { number, rows, text } from '../output.ts';
import type { Tool, Work } from '../workflow.ts';
import { describeAmounts, describeBatch, type Entry, entriesIn } from './change-amounts.ts';
import { concernsAffiliate, describeChange } from './describe-change.ts';
import { describeLostCommissions } from './lost-commissions.ts';

export const input = () => ({
  since: moment('A day: its start').optional(),
  tool: z.string().optional().describe('Only by this tool'),
  outcome: z.enum(['done', 'refused', 'not_sent', 'unknown']).optional().describe('Only this outcome'),
  affiliate_id: affiliateId().optional(),
  caller: z.string().optional().describe('Only by this caller'),
  batch: z.string().optional().describe('The changes of that batch'),
  detail: detail(),
  limit: z.int().min(1).max(200).default(20).describe('Lines to show'),
});

export const output = {
  found: number('How many match'),
  changes: rows(
    'Newest first: id, at (UTC), caller, tool, operation where it is another, record, confirmed (form, token, not_asked, off), outcome, reason, before and after (the fields that differ) or arguments, amounts (sums per currency: commissions marked or created, purchases cancelled, approved or made), commission (what became of that of the cancelled purchases, as it stands now: sums per currency, or not_known). Several by one call are one line, unless detail is full or batch is given: batch, at, first_at, caller, tool, operations, confirmed, changes (how many), outcomes, amounts (of those done)',
  ),
  source: text('Where these come from'),
};

interface Filter {
  readonly since?: string;
  readonly tool?: string;
  readonly outcome?: Change['outcome'];
  readonly affiliate_id?: number;
  readonly caller?: string;
  readonly batch?: string;
}

export async function run(args: JsonObject, work: Work): Promise<JsonObject> {
  const { limit, skip, detail: wanted } = args as { limit: number; skip: number; detail: 'concise' | 'full' };
  const { since } = args as Filter;
  const { changes, source } = await work.changes({ since: since === undefined ? undefined : startOfDay(since) });
  const { tool, caller } = args as Filter;
  if (tool !== undefined) refuseUnknownTool(tool, changes, work.tools);
  const fitting = changes.filter((change) => fits(change, args));
  const note = fitting.length === 0 ? noteOnNothing(changes, work.tools, tool, caller) : undefined;
  const isWhole = wanted === 'full' || (args as Filter).batch !== undefined;
  const entries = isWhole ? fitting.map((change): Entry => [change]) : entriesIn(fitting);
  const shown = entries.slice(skip, skip + limit);
  const left = Math.max(0, entries.length - skip - shown.length);
  const lost = await describeLostCommissions(shown, work);
  return {
    found: fitting.length,
    changes: shown.map((entry) => ({
      ...(entry.length > 1 ? describeBatch(entry) : { ...describeChange(entry[0], wanted), ...describeAmounts(entry) }),
      ...(lost.has(entry) && { commission: lost.get(entry) }),
    })),
    source,
    ...(note !== undefined && { note }),
    ...(skip > 0 && { skipped: Math.min(skip, entries.length) }),
    ...(left > 0 && { left_off: left, next_skip: skip + shown.length }),
  };
}

/** Refuses a misspelt tool name, whose empty result would read as if the tool changed nothing. @throws Refusal */
function refuseUnknownTool(name: string, changes: readonly Change[], tools: readonly Tool[]): void {
  // A log may contain names that are no longer used.
  if (
    tools.some((one) => one.name === name) ||
    changes.some((change) => change.tool === name || change.operation === name)
  )
    return;
  const known = tools.filter(({ effect }) => effect !== 'read');
  throw new Refusal(
    `There is no tool named ${quote(name)}. Tools that change something: ${known.map((one) => one.name).join(', ')}`,
  );
}

/** Why nothing was found, if the arguments explain it. */
function noteOnNothing(
  changes: readonly Change[],
  tools: readonly Tool[],
  tool?: string,
  caller?: string,
): string | undefined {
  if (tool !== undefined && tools.find(({ name }) => name === tool)?.effect === 'read')
    return `${tool} only reads, so it made no changes.`;
  if (caller === undefined || changes.some((change) => change.caller === caller)) return undefined;
  const met = [...new Set(changes.map((change) => change.caller))];
  return met.length === 0
    ? undefined
    : `This caller made no changes. Known callers: ${listed(met.map((one) => quote(one)))}.`;
}

function fits(change: Change, { tool, outcome, affiliate_id: affiliate, caller, batch }: Filter): boolean {
  return (
    (tool === undefined || change.tool === tool || change.operation === tool) &&
    (outcome === undefined || change.outcome === outcome) &&
    (caller === undefined || change.caller === caller) &&
    (batch === undefined || change.batch === batch) &&
    (affiliate === undefined || concernsAffiliate(change, affiliate))
  );
}
