import { type JsonObject, recordIn } from '../../json.ts';
import { LeadDynoError } from '../../leaddyno/errors.ts';
import { getAffiliate } from '../../operations/affiliates.ts';
import { describeAffiliate, listed } from '../../operations/questions.ts';
import { standingOf } from '../../records/people.ts';
import { numericIdOf } from '../../records/values.ts';
import { affiliates } from '../reading/collections.ts';
import { mapParallel } from '../reading/parallel.ts';
import type { Work } from '../workflow.ts';
import { createRedFlags } from './red-flags.ts';
import { ACTIONS, type Action, type ActionName } from './review-actions.ts';

/** Up to so many are read one by one; for more, the list costs fewer calls. */
const ONE_BY_ONE = 8;
const WIDTH = 4;

/** The most that one call decides about. */
export const MOST = 100;

export interface Candidate {
  readonly id: number;
  readonly record: JsonObject;
}

export interface PassedOver {
  readonly id: number;
  /** Absent where LeadDyno has no such affiliate. */
  readonly record?: JsonObject;
  readonly reason: string;
}

/** Whom a review is about, as read right before. */
export interface Review {
  readonly action: Action;
  readonly chosen: readonly Candidate[];
  readonly passed: readonly PassedOver[];
  /** How many of the chosen have red flags; absent where not all affiliates were read. */
  readonly flagged?: number;
}

/** @throws RangeError where the operator has switched off what the action would carry out */
export async function planReview(name: ActionName, ids: readonly number[], work: Work): Promise<Review> {
  const action: Action = ACTIONS[name];
  const tool = action.operation.name;
  if (work.isSwitchedOff(tool)) {
    throw new RangeError(`The operator has switched ${tool} off, so review_affiliates does not ${name} anybody either`);
  }
  const { records, all } = await readRecords(ids, work);
  const chosen: Candidate[] = [];
  const passed: PassedOver[] = [];
  for (const id of ids) {
    const record = records.get(id);
    const reason = record ? action.passes[standingOf(record)] : 'LeadDyno has no such affiliate';
    if (record && reason === undefined) chosen.push({ id, record });
    else passed.push({ id, ...(record && { record }), reason: reason ?? '' });
  }
  return { action, chosen, passed, ...(all && { flagged: countFlagged(chosen, all) }) };
}

function countFlagged(chosen: readonly Candidate[], all: readonly JsonObject[]): number {
  const redFlags = createRedFlags(all);
  return chosen.filter(({ record }) => redFlags(record).length > 0).length;
}

/** The records by id, and the whole list where it was read to its end. */
async function readRecords(
  ids: readonly number[],
  work: Work,
): Promise<{ records: Map<number, JsonObject>; all?: readonly JsonObject[] }> {
  const records = new Map<number, JsonObject>();
  let all: readonly JsonObject[] | undefined;
  if (ids.length > ONE_BY_ONE) {
    const wanted = new Set(ids);
    const { rows, complete } = await work.scan(affiliates);
    if (complete) all = rows;
    for (const row of rows) {
      const id = numericIdOf(row);
      if (id !== undefined && wanted.has(id)) records.set(id, { ...row, id });
    }
  }
  // Whether the list holds archived ones is not established (API reference, A2).
  const missing = ids.filter((id) => !records.has(id));
  const found = await mapParallel(missing, WIDTH, (id) => readOne(id, work));
  for (const record of found) {
    if (record) records.set(record.id, record);
  }
  return { records, ...(all && { all }) };
}

async function readOne(id: number, work: Work): Promise<(JsonObject & { id: number }) | undefined> {
  try {
    return { ...recordIn(await work.read(getAffiliate, { affiliate_id: id }), 'affiliate'), id };
  } catch (error) {
    if (!(error instanceof LeadDynoError) || work.signal.aborted) throw error;
    if (error.reason === 'not_found') return undefined;
    if (error.reason !== 'timeout' || work.timeLeft() > 0) throw error;
    const less = `Not all of them could be read in the time of one call: give fewer affiliate_ids (up to ${ONE_BY_ONE} are read one by one)`;
    throw new LeadDynoError('timeout', less, { fate: 'not_sent' });
  }
}

/** In a list of affiliates it need not be said that each of them is one. */
const nameOf = (record: JsonObject) => describeAffiliate(record).replace(/^affiliate /, '');

/** Names everybody who would be acted upon and everybody who would not; undefined where nothing would be sent. */
export function askReview({ action, chosen, passed, flagged }: Review): string | undefined {
  if (chosen.length === 0) return undefined;
  const { verb, consequence, undo } = action;
  const who = listed(
    chosen.map(({ record }) => (chosen.length === 1 ? describeAffiliate(record) : nameOf(record))),
    MOST,
  );
  const not = passed.map(({ id, record, reason }) => `${record ? nameOf(record) : `id ${id}`} (${reason})`);
  return [
    chosen.length === 1 ? `${verb} the ${who}?` : `${verb} these ${chosen.length} affiliates: ${who}?`,
    consequence,
    undo,
    ...(flagged
      ? [`${flagged} of them ${flagged === 1 ? 'has' : 'have'} red flags: list_pending_affiliates says which.`]
      : []),
    ...(not.length > 0 ? [`Passed over, nothing is sent for: ${listed(not, MOST)}.`] : []),
  ].join(' ');
}

/** What the confirmation of one affiliate is bound to. */
export function stateOfCandidate({ id, record }: Candidate): JsonObject {
  const { email, status, archived, pending_approval, paypal_email } = record;
  return {
    id,
    shown: describeAffiliate(record),
    email: email ?? null,
    status: status ?? null,
    archived: archived ?? null,
    pending_approval: pending_approval ?? null,
    paypal_email: paypal_email ?? null,
  };
}
