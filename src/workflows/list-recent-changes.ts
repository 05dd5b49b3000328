import * as z from 'zod';
import { affiliateId, detail, moment } from '../operations/fields.ts';
import type { JsonObject } from '../operations/operation.ts';
import type { Change } from './changes.ts';
import { concernsAffiliate, describeChange } from './describe-change.ts';
import { number, rows, text } from './output.ts';
import type { Work } from './workflow.ts';

export const input = () => ({
  since: moment('Only from this moment on (UTC)').optional(),
  tool: z.string().optional().describe('Only by this tool'),
  outcome: z.enum(['done', 'refused', 'not_sent', 'unknown']).optional().describe('Only those that ended so'),
  affiliate_id: affiliateId().optional(),
  caller: z.string().optional().describe('Only by this caller'),
  detail: detail(),
  limit: z.int().min(1).max(200).default(20).describe('Changes to show'),
});

export const output = {
  found: number('How many fit'),
  changes: rows(
    'Newest first: id, at (UTC), caller, tool, operation where it is another, record, confirmed (form, token, not_asked, off), outcome, reason, before and after (the fields that differ) or arguments',
  ),
  source: text('Where they are from'),
};

interface Filter {
  readonly since?: string;
  readonly tool?: string;
  readonly outcome?: Change['outcome'];
  readonly affiliate_id?: number;
  readonly caller?: string;
}

export async function run(args: JsonObject, work: Work): Promise<JsonObject> {
  const { limit, skip, detail: wanted } = args as { limit: number; skip: number; detail: 'concise' | 'full' };
  const { since } = args as Filter;
  const { changes, source } = await work.changes({ since: since === undefined ? undefined : Date.parse(since) });
  const fitting = changes.filter((change) => fits(change, args));
  const shown = fitting.slice(skip, skip + limit);
  const left = Math.max(0, fitting.length - skip - shown.length);
  return {
    found: fitting.length,
    changes: shown.map((change) => describeChange(change, wanted)),
    source,
    ...(skip > 0 && { skipped: Math.min(skip, fitting.length) }),
    ...(left > 0 && { left_off: left, next_skip: skip + shown.length }),
  };
}

function fits(change: Change, { tool, outcome, affiliate_id: affiliate, caller }: Filter): boolean {
  return (
    (tool === undefined || change.tool === tool || change.operation === tool) &&
    (outcome === undefined || change.outcome === outcome) &&
    (caller === undefined || change.caller === caller) &&
    (affiliate === undefined || concernsAffiliate(change, affiliate))
  );
}
