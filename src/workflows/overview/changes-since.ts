import * as z from 'zod';
import type { JsonObject } from '../../json.ts';
import { MOST_APART_MS } from '../../leaddyno/clock.ts';
import { moment } from '../../operations/inputs.ts';
import { Refusal } from '../../operations/operation.ts';
import { describeAffiliate, describeCommission, describeLead, describePurchase } from '../../records/describe.ts';
import { rewardsIn, sumsOf, totalsOf } from '../../records/money.ts';
import { type Commission, isCancelled, isStillToCome, type Parsed, type Purchase } from '../../records/parse.ts';
import { DAY_MS, iso, startOfDay } from '../../records/period.ts';
import { timeOf } from '../../records/values.ts';
import { object, text } from '../output.ts';
import { compareIds } from '../rankings/ranking.ts';
import { affiliates, type Collection, commissions, leads, purchases } from '../reading/collections.ts';
import { leaddynoNow, type Work } from '../workflow.ts';
import { commissionsOf, describeLostCommission } from './lost-commission.ts';

const KINDS = ['affiliates', 'leads', 'purchases', 'commissions', 'cancellations'] as const;
type Kind = (typeof KINDS)[number];

export const input = () => ({
  since: moment('A day: its start. Or the last next_since'),
  include: z.array(z.enum(KINDS)).min(1).optional().describe('Default: all'),
  cancellations_days: z
    .int()
    .min(0)
    .max(730)
    .default(90)
    .describe('Look for cancelled purchases created up to this many days before since'),
  limit: z.int().min(0).max(25).default(3).describe('Newest rows per kind'),
});

export const output = {
  affiliates: object('New: count, pending_among_them, newest'),
  leads: object('New: count, newest'),
  purchases: object('New: not_cancelled and cancelled (how many of each), sums_not_cancelled, newest of both'),
  commissions: object(
    'New: not_cancelled and cancelled (how many of each); sums_not_cancelled (money, per currency), rewards of not_cancelled (not money: name, amount, count); newest of both',
  ),
  cancellations: object(
    'Purchases cancelled since then: count, sums_cancelled per currency, newest, and where they were looked for; still_to_come: dated ahead, in neither; commission: what became of theirs, sums per currency (taken_back: cancelled unpaid, already_paid: money lost, still_open)',
  ),
  next_since: text('Pass as since next time; absent while something was not read'),
  next_since_note: text('What to expect from next_since'),
};

export async function run(args: JsonObject, work: Work): Promise<JsonObject> {
  const given = args as { since: string; include?: Kind[]; cancellations_days: number; limit: number };
  const begun = work.now();
  const since = startOfDay(given.since);
  // next_since is LeadDyno's time, and its clock may be ahead of ours.
  if (since > begun + (work.leaddynoAhead() ?? MOST_APART_MS) + BACK_MS) throw new Refusal('since is in the future');
  const wanted = new Set(given.include ?? KINDS);
  const readAts = [begun];
  let whole = true;

  /** One kind of record: what was found, or why it could not be read. */
  async function kind<Record extends Parsed>(
    name: Kind,
    collection: Collection<Record>,
    from: number,
    tell: (records: readonly Record[]) => JsonObject | Promise<JsonObject>,
  ) {
    if (!wanted.has(name)) return {};
    const found = await work.attempt(() => work.scanWindow(collection, { since: from }));
    whole &&= found.read && found.value.complete;
    if (!found.read) return { [name]: { not_read: found.why } };
    readAts.push(found.value.readAt);
    const partly = found.value.complete ? {} : { read_in_part: true };
    return { [name]: { ...partly, ...(await tell(found.value.records)) } };
  }

  /** What became of the commissions of cancelled purchases. Reads all commissions: theirs may be older than `since`. */
  async function commissionOf(cancelled: readonly Purchase[]): Promise<JsonObject> {
    if (cancelled.length === 0) return {};
    const found = await work.attempt(() => work.scan(commissions));
    whole &&= found.read && found.value.complete;
    if (!found.read) return { commission: { not_read: found.why } };
    const own = commissionsOf(cancelled, found.value.records);
    const partly = found.value.complete ? {} : { read_in_part: true };
    const told = work.readable('commissions', own, 'cancelled', 'paid', 'amount');
    return { commission: { ...partly, ...describeLostCommission(told) } };
  }

  // A commission may give only its day, in the account's time zone, so its window begins a day earlier.
  const dayOfSince = since - (((since % DAY_MS) + DAY_MS) % DAY_MS);
  const cancelledFrom = since - given.cancellations_days * DAY_MS;
  const { limit } = given;
  const parts = await Promise.all([
    kind('affiliates', affiliates, since, (all) => ({
      count: all.length,
      pending_among_them: all.filter(({ standing }) => standing === 'pending').length,
      ...newestOf(all, (one) => describeAffiliate(one, 'status', 'created_at'), limit),
    })),
    kind('leads', leads, since, (all) => ({ count: all.length, ...newestOf(all, (one) => describeLead(one), limit) })),
    // The wider window first: it holds the window of the purchases, so one read serves both.
    kind('cancellations', purchases, cancelledFrom, async (all) => {
      const now = leaddynoNow(work);
      const found = cancelledIn(all, since, now);
      return {
        looked_for: `Among purchases created since ${iso(cancelledFrom)}; cancellations of older purchases are not seen.`,
        ...describeCancelled(all, found, limit, now),
        ...(await commissionOf(found)),
      };
    }),
    kind('purchases', purchases, since, (all) => ({
      ...countedPurchases(work.readable('purchases', all, 'cancelled', 'purchase_amount'), leaddynoNow(work)),
      ...newestOf(all, describeOrder, limit),
    })),
    kind('commissions', commissions, dayOfSince - DAY_MS, (all) => {
      const ages = all.map((one) => ({ one, age: ageOf(one, since, dayOfSince) }));
      const fresh = ages.filter(({ age }) => age !== 'older').map(({ one }) => one);
      const unsure = ages.filter(({ age }) => age === 'unsure').length;
      return {
        ...countedCommissions(work.readable('commissions', fresh, 'cancelled', 'amount')),
        ...(unsure > 0 && { of_the_day_of_since: unsure, remark: DAY_REMARK }),
        ...newestOf(fresh, (one) => describeCommission(one, 'purchase'), limit),
      };
    }),
  ]);
  // By LeadDyno's clock, whose time its records carry: by ours, `until` could be later than records still to come.
  const until = Math.min(...readAts) + (work.leaddynoAhead() ?? 0);
  return {
    since: iso(since),
    until: iso(until),
    time_zone: 'UTC',
    ...Object.assign({}, ...parts),
    // Records that arrive while this reads, or that are newer than a list read earlier, are found the next time.
    ...(whole && { next_since: iso(until - BACK_MS), next_since_note: BACK_NOTE }),
  };
}

/** A record may appear in the lists a little later than its own time says, and no two clocks are quite the same. */
const BACK_MS = 2 * 60_000;
const BACK_NOTE = 'It is set two minutes back so that nothing is missed: records from those minutes may appear twice.';

const DAY_REMARK = 'These have a day but no hour, nor does their purchase tell: some may be older than since.';

/** The most that a time zone is ahead of UTC. */
const AHEAD_MS = 14 * 60 * 60_000;

/**
 * Whether a commission is newer than `since`. If LeadDyno gives only its day, the time of its purchase counts, unless
 * the purchase is of an earlier day: then it may have been approved later.
 */
function ageOf(commission: Commission, since: number, dayOfSince: number): 'newer' | 'older' | 'unsure' {
  const age = (at: number) => (at >= since ? 'newer' : 'older');
  const day = commission.createdAt;
  if (!Number.isNaN(timeOf(commission.raw.created_at))) return age(day);
  const bought = commission.purchase?.createdAt ?? Number.NaN;
  if (bought >= day - AHEAD_MS) return age(bought);
  return day >= since ? 'newer' : day >= dayOfSince ? 'unsure' : 'older';
}

/** Two separate counts: neither includes the other. */
const bothCounts = (all: readonly unknown[], live: readonly unknown[]) => ({
  not_cancelled: live.length,
  cancelled: all.length - live.length,
});

function countedPurchases(all: readonly Purchase[], now: number): JsonObject {
  const live = all.filter((one) => !isCancelled(one, now));
  return { ...bothCounts(all, live), sums_not_cancelled: totalsOf(live).list() };
}

function countedCommissions(all: readonly Commission[]): JsonObject {
  const live = all.filter(({ cancelled }) => !cancelled);
  const { sums, rewards } = sumsOf(live);
  return { ...bothCounts(all, live), sums_not_cancelled: sums, ...rewardsIn(rewards) };
}

/** Purchases cancelled since then, by date of cancellation. A new purchase that is cancelled counts in any case. */
const cancelledIn = (all: readonly Purchase[], since: number, now: number): Purchase[] =>
  all.filter(
    (one) => !isStillToCome(one, now) && (one.cancelledAt >= since || (one.cancelled && one.createdAt >= since)),
  );

function describeCancelled(
  everything: readonly Purchase[],
  found: readonly Purchase[],
  limit: number,
  now: number,
): JsonObject {
  const all = everything.filter((one) => !isStillToCome(one, now));
  const undated = all.filter((one) => one.cancelled && Number.isNaN(one.cancelledAt) && !found.includes(one));
  // The flag and the date do not have to agree (API reference, Cancellation).
  const contradictory = found.filter(({ cancelled }) => cancelled === false).length;
  const short = (one: Purchase) => ({ cancelled_at: null, ...describeOrder(one) });
  return {
    count: found.length,
    sums_cancelled: totalsOf(found).list(),
    ...(contradictory > 0 && { not_marked_as_cancelled: contradictory }),
    ...(undated.length > 0 && { cancelled_without_a_date: undated.length }),
    ...(all.length < everything.length && { still_to_come: everything.length - all.length }),
    ...newestOf(found, short, limit, (one) => one.cancelledAt || one.createdAt),
  };
}

/** The newest records in short form. */
function newestOf<Record extends Parsed>(
  records: readonly Record[],
  short: (record: Record) => JsonObject,
  limit: number,
  at: (record: Record) => number = ({ createdAt }) => createdAt,
): JsonObject {
  if (limit === 0) return {};
  const shown = [...records].sort((a, b) => at(b) - at(a) || compareIds(b.id, a.id)).slice(0, limit);
  return {
    newest: shown.map(short),
    ...(records.length > shown.length && { newest_left_off: records.length - shown.length }),
  };
}

const describeOrder = (one: Purchase) => describePurchase(one, 'lead');
