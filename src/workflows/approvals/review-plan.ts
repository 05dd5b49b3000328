import { type JsonObject, recordIn } from '../../json.ts';
import { LeadDynoError } from '../../leaddyno/errors.ts';
import {
  approveAffiliate,
  archiveAffiliate,
  getAffiliate,
  rejectAffiliate,
  unarchiveAffiliate,
} from '../../operations/affiliates.ts';
import { type Operation, Refusal } from '../../operations/operation.ts';
import { listed, nameAffiliate } from '../../operations/questions.ts';
import { type Affiliate, parseAffiliate } from '../../records/parse.ts';
import type { Standing } from '../../records/people.ts';
import { numericIdOf } from '../../records/values.ts';
import { affiliates } from '../reading/collections.ts';
import { mapParallel } from '../reading/parallel.ts';
import type { Work } from '../workflow.ts';
import { createRedFlags } from './red-flags.ts';

/** One decision about affiliates. */
export interface Action {
  readonly operation: Operation;
  readonly verb: string;
  /** The outcome in a result. */
  readonly done: string;
  /** What the record should say afterwards. */
  readonly to: Standing;
  /** For the question: what it means for each person, and whether and how it can be undone (`undo`). */
  readonly consequence: string;
  readonly undo: string;
  /** Why affiliates of a standing are skipped, because the action makes no sense for them; all others are acted on. */
  readonly passes: Partial<Record<Standing, string>>;
}

export const ACTIONS = {
  approve: {
    operation: approveAffiliate,
    verb: 'Approve',
    done: 'approved',
    to: 'active',
    consequence: 'They become active and can earn, and LeadDyno may send each of them an e-mail.',
    undo: 'They cannot go back to pending; archive_affiliate (or action archive) takes them out of the programme.',
    passes: {
      active: 'already active',
      archived: 'archived, and a rejection is final; use unarchive for archived affiliates',
      unknown: 'whether they are waiting for approval is unknown',
    },
  },
  reject: {
    operation: rejectAffiliate,
    verb: 'Reject',
    done: 'rejected',
    to: 'archived',
    consequence: 'They are archived without notice and cannot be approved later.',
    undo: 'A rejection is final; the person must reapply with another address.',
    passes: {
      archived: 'already archived',
      active: 'not waiting for approval; use archive for active affiliates',
      unknown: 'whether they are waiting for approval is unknown',
    },
  },
  archive: {
    operation: archiveAffiliate,
    verb: 'Archive',
    done: 'archived',
    to: 'archived',
    consequence: 'They become inactive and earn no more; their data is kept.',
    undo: 'Can be undone with unarchive_affiliate (or action unarchive).',
    passes: { archived: 'already archived', unknown: 'whether they are active is unknown' },
  },
  unarchive: {
    operation: unarchiveAffiliate,
    verb: 'Unarchive',
    done: 'unarchived',
    to: 'active',
    consequence:
      'They can earn again and count towards the plan. Whether this works for a rejected affiliate is not known.',
    undo: 'Can be undone with archive_affiliate (or action archive).',
    passes: {
      active: 'not archived',
      pending: 'not archived, but waiting for approval',
      unknown: 'whether they are archived is unknown',
    },
  },
} satisfies Record<string, Action>;

export type ActionName = keyof typeof ACTIONS;

export const actionNames = ['approve', 'reject', 'archive', 'unarchive'] as const satisfies readonly ActionName[];

/** Up to this many are read one by one; for more, the list takes fewer calls. */
const ONE_BY_ONE = 8;
const WIDTH = 4;

/** The most affiliates in one call. */
export const MOST = 100;

export interface Candidate {
  readonly id: number;
  readonly affiliate: Affiliate;
}

export interface PassedOver {
  readonly id: number;
  /** Absent if LeadDyno has no such affiliate. */
  readonly affiliate?: Affiliate;
  readonly reason: string;
}

/** The affiliates of a review, as read right before it. */
export interface Review {
  readonly action: Action;
  readonly chosen: readonly Candidate[];
  readonly passed: readonly PassedOver[];
  /** The red flags of those who have any, by id; absent unless the list of all affiliates was read to its end. */
  readonly flags?: ReadonlyMap<number, readonly string[]>;
}

/** @throws Refusal if the operator has switched off the action's operation */
export async function planReview(name: ActionName, ids: readonly number[], work: Work): Promise<Review> {
  const action: Action = ACTIONS[name];
  const tool = action.operation.name;
  if (work.isSwitchedOff(tool)) {
    throw new Refusal(`The operator has switched off ${tool}, so review_affiliates cannot ${name} anyone`);
  }
  const { records, all } = await readRecords(ids, work);
  const chosen: Candidate[] = [];
  const passed: PassedOver[] = [];
  for (const id of ids) {
    const affiliate = records.get(id);
    const reason = affiliate ? action.passes[affiliate.standing] : 'LeadDyno has no such affiliate';
    if (affiliate && reason === undefined) chosen.push({ id, affiliate });
    else passed.push({ id, ...(affiliate && { affiliate }), reason: reason ?? '' });
  }
  return { action, chosen, passed, ...(all && { flags: flagsOf(chosen, all) }) };
}

function flagsOf(chosen: readonly Candidate[], all: readonly Affiliate[]): ReadonlyMap<number, readonly string[]> {
  const redFlags = createRedFlags(all);
  const found = chosen.map(({ id, affiliate }) => [id, redFlags(affiliate).map(({ flag }) => flag)] as const);
  return new Map(found.filter(([, flags]) => flags.length > 0));
}

/** The records by id, and the whole list if it was read to its end. */
async function readRecords(
  ids: readonly number[],
  work: Work,
): Promise<{ records: Map<number, Affiliate>; all?: readonly Affiliate[] }> {
  const found = new Map<number, Affiliate>();
  let all: readonly Affiliate[] | undefined;
  if (ids.length > ONE_BY_ONE) {
    const wanted = new Set(ids);
    const { records, complete } = await work.scan(affiliates);
    if (complete) all = records;
    for (const affiliate of records) {
      const id = numericIdOf(affiliate);
      if (id === undefined || !wanted.has(id)) continue;
      // With the id as a number, as questions and requests use it.
      found.set(id, affiliate.raw.id === id ? affiliate : parseAffiliate({ ...affiliate.raw, id }));
    }
  }
  // It is not known whether the list includes archived affiliates (API reference, A2).
  const missing = ids.filter((id) => !found.has(id));
  await mapParallel(missing, WIDTH, async (id) => {
    const affiliate = await readOne(id, work);
    if (affiliate) found.set(id, affiliate);
  });
  return { records: found, ...(all && { all }) };
}

async function readOne(id: number, work: Work): Promise<Affiliate | undefined> {
  try {
    return parseAffiliate({ ...recordIn(await work.read(getAffiliate, { affiliate_id: id }), 'affiliate'), id });
  } catch (error) {
    if (!(error instanceof LeadDynoError) || work.signal.aborted) throw error;
    if (error.reason === 'not_found') return undefined;
    if (error.reason !== 'timeout' || work.timeLeft() > 0) throw error;
    const less = `Not all of them could be read in the time of one call: give fewer affiliate_ids (up to ${ONE_BY_ONE} are read one by one)`;
    throw new LeadDynoError('timeout', less, { fate: 'not_sent' });
  }
}

/** An affiliate's name for a list of affiliates, without the word "affiliate". */
export const nameOf = ({ raw }: Pick<Affiliate, 'raw'>) => nameAffiliate(raw).replace(/^affiliate /, '');

/**
 * The question, which names everybody who is acted on and everybody who is skipped; undefined if nothing would be sent.
 */
export function askReview({ action, chosen, passed, flags }: Review): string | undefined {
  if (chosen.length === 0) return undefined;
  const { verb, consequence, undo } = action;
  const who = listed(
    chosen.map(({ id, affiliate }) => {
      const name = chosen.length === 1 ? nameAffiliate(affiliate.raw) : nameOf(affiliate);
      const found = flags?.get(id);
      return found ? `${name} (red flags: ${found.join(', ')})` : name;
    }),
    MOST,
  );
  const not = passed.map(({ id, affiliate, reason }) => `${affiliate ? nameOf(affiliate) : `id ${id}`} (${reason})`);
  return [
    chosen.length === 1 ? `${verb} the ${who}?` : `${verb} these ${chosen.length} affiliates: ${who}?`,
    consequence,
    undo,
    ...(flags && flags.size > 0
      ? [`${flags.size} of them ${flags.size === 1 ? 'has' : 'have'} red flags: list_pending_affiliates says why.`]
      : []),
    ...(not.length > 0 ? [`Skipped, nothing is sent for: ${listed(not, MOST)}.`] : []),
  ].join(' ');
}

/** What one affiliate's confirmation is tied to: if it changes, nothing is sent for them. */
export function stateOfCandidate({ id, affiliate: { raw } }: Candidate): JsonObject {
  const { email, status, archived, pending_approval, paypal_email } = raw;
  return {
    id,
    shown: nameAffiliate(raw),
    email: email ?? null,
    status: status ?? null,
    archived: archived ?? null,
    pending_approval: pending_approval ?? null,
    paypal_email: paypal_email ?? null,
  };
}

/** Fields that the question or the decision was based on. */
const SHOWN = ['first_name', 'last_name', 'email', 'status', 'archived', 'pending_approval', 'paypal_email'];

/**
 * Whether the action still makes sense for the affiliate as they are now, and nothing shown has changed. Rows of a list
 * may have fewer fields than a single record: a field that one of them lacks is no difference.
 */
export function isAsShown({ passes }: Action, { affiliate }: Candidate, now: JsonObject): boolean {
  const then = affiliate.raw;
  const same = SHOWN.every(
    (name) => now[name] === undefined || then[name] === undefined || (now[name] ?? '') === (then[name] ?? ''),
  );
  return same && passes[parseAffiliate(now).standing] === undefined;
}
