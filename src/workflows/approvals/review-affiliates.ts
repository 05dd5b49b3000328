import * as z from 'zod';
import { type JsonObject, recordIn } from '../../json.ts';
import { getAffiliate } from '../../operations/affiliates.ts';
import { id } from '../../operations/inputs.ts';
import { parseAffiliate } from '../../records/parse.ts';
import { quote } from '../../text.ts';
import { type BatchOutcome, carryOut } from '../batch.ts';
import { rows, text } from '../output.ts';
import type { Batch, Work } from '../workflow.ts';
import {
  type Action,
  type ActionName,
  actionNames,
  askReview,
  type Candidate,
  isAsShown,
  MOST,
  planReview,
  type Review,
  stateOfCandidate,
} from './review-plan.ts';

export const input = () => ({
  action: z
    .enum(actionNames)
    .describe('approve, reject: applicants; archive: active ones too; unarchive: archived ones'),
  affiliate_ids: z
    .array(id('LeadDyno id'))
    .min(1)
    .max(MOST)
    .refine((ids) => new Set(ids).size === ids.length, 'must not contain an id twice')
    .describe('Who to act on'),
});

export const output = {
  action: text('The action'),
  done: rows("Carried out: affiliate_id, outcome, new status; note if LeadDyno's answer does not show it"),
  left_out: rows('Nothing was sent: affiliate_id, reason'),
  failed: rows('Refused by LeadDyno: affiliate_id, reason, message, leaddyno_said'),
  unknown: rows('Sent, no clear answer: affiliate_id, reason, message, leaddyno_said; check with get_affiliate'),
  left: { type: 'array', description: 'Ids not started: call again with them', items: { type: 'integer' } },
  stopped: text('Why some are left'),
};

/** The pipeline passes on what `plan` returned. */
const reviewOf = (plan: unknown) => plan as Review;

export const batch: Batch = {
  plan: (args, work) => {
    const { action, affiliate_ids } = args as { action: ActionName; affiliate_ids: number[] };
    return planReview(action, affiliate_ids, work);
  },
  question: (_, plan) => askReview(reviewOf(plan)),
  writes: (plan) => {
    const { action, chosen } = reviewOf(plan);
    return chosen.map((candidate) => writeOf(action, candidate));
  },
  items: (plan) =>
    reviewOf(plan).chosen.map((candidate) => ({ key: String(candidate.id), state: stateOfCandidate(candidate) })),
};

export async function run(args: JsonObject, work: Work): Promise<JsonObject> {
  const { action, chosen, passed } = reviewOf(work.plan);
  const due = chosen.filter(({ id }) => !work.changed.has(String(id)));
  const tasks = due.map((candidate) => ({
    label: { affiliate_id: candidate.id },
    run: () => perform(action, candidate, work),
  }));
  const outcome = await carryOut(tasks, work, action.done);
  const lately = new Set(outcome.changed.map(({ affiliate_id }) => affiliate_id));
  const changed = chosen.filter(({ id }) => work.changed.has(String(id)) || lately.has(id));
  const order = new Map(chosen.map(({ id }, index) => [id, index]));
  const place = (row: JsonObject) => order.get(Number(row.affiliate_id)) ?? 0;
  const sorted = (list: readonly JsonObject[]) => [...list].sort((a, b) => place(a) - place(b));
  const leftOut = [
    ...changed.map(({ id }) => ({ affiliate_id: id, reason: 'changed since the question' })),
    ...passed.map(({ id, reason }) => ({ affiliate_id: id, reason })),
  ];
  const { done, failed, unknown, left, stopped } = outcome;
  return {
    action: args.action,
    done: sorted(done),
    ...(leftOut.length > 0 && { left_out: leftOut }),
    ...(failed.length > 0 && { failed: sorted(failed) }),
    ...(unknown.length > 0 && { unknown: sorted(unknown) }),
    ...(left.length > 0 && { left: sorted(left).map(({ affiliate_id }) => affiliate_id), stopped }),
    note: noteFor(outcome, changed.length, passed.length, due.length - lately.size),
    ...(done.length + unknown.length > 0 && { undo: action.undo }),
  };
}

const writeOf = ({ operation }: Action, { id }: Candidate) => ({ operation, args: { affiliate_id: id } });

/**
 * One write. LeadDyno's documented samples do not show the resulting status, so an answer without it is not a failure.
 */
async function perform(action: Action, candidate: Candidate, work: Work): Promise<JsonObject> {
  const { operation, args } = writeOf(action, candidate);
  const answer = await work.write(operation, args, candidate.affiliate.raw, {
    operation: getAffiliate,
    args,
    holds: (read) => read !== undefined && isAsShown(action, candidate, recordIn(read, 'affiliate')),
  });
  const after = recordIn(answer, 'affiliate');
  const status = after.status ?? null;
  if (parseAffiliate(after).standing === action.to) return { outcome: action.done, status };
  const shows =
    typeof after.status === 'string'
      ? `LeadDyno's answer still shows ${quote(after.status)}`
      : "LeadDyno's answer shows no status";
  return { outcome: 'sent', status, note: `sent; ${shows}` };
}

/** What to do next. */
function noteFor({ done, failed, unknown, left }: BatchOutcome, changed: number, passed: number, due: number): string {
  const unclear = done.some(({ outcome }) => outcome === 'sent');
  const steps = [
    ...(due === 0 ? ['Nothing was sent.'] : []),
    ...(passed > 0 ? [`Skipped: ${passed} in left_out, each with its reason.`] : []),
    ...(unknown.length > 0 ? ['Check those in unknown with get_affiliate: the change may have happened.'] : []),
    ...(unclear ? ['Check those marked sent with get_affiliate.'] : []),
    ...(failed.length > 0 ? ['Those in failed were refused: read their message and leaddyno_said.'] : []),
    ...(left.length > 0 ? ['Call again with the ids in left; that asks a new question.'] : []),
    ...(changed > 0 ? ['Those that changed since the question need a new one: call again with their ids.'] : []),
  ];
  const again = 'Calling again with the same ids is safe: those already done are skipped.';
  // Only if every one was sent and every answer shows the change.
  if (steps.length === 0) return `All ${done.length} are done.`;
  return [...steps, ...(due + changed > 0 ? [again] : [])].join(' ');
}
