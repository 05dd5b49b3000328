import * as z from 'zod';
import { isObject, type JsonObject } from '../json.ts';
import { MOST_APART_MS } from '../leaddyno/clock.ts';
import { moment } from '../operations/inputs.ts';
import { totalsOf } from '../records/money.ts';
import { standingOf } from '../records/people.ts';
import { DAY_MS, iso } from '../records/period.ts';
import { createdAt, flagOf, idTextOf, timeOf } from '../records/values.ts';
import { byCancellation } from './figures/cancellations.ts';
import { compareIds } from './figures/ranking.ts';
import { object, text } from './output.ts';
import { createAttempts } from './reading/attempts.ts';
import { affiliates, type Collection, commissions, leads, purchases } from './reading/collections.ts';
import type { Scan } from './reading/scan.ts';
import type { Work } from './workflow.ts';

const KINDS = ['affiliates', 'leads', 'purchases', 'commissions', 'cancellations'] as const;
type Kind = (typeof KINDS)[number];

export const input = () => ({
  since: moment('UTC moment or day; next_since of the last result'),
  include: z.array(z.enum(KINDS)).min(1).optional().describe('Default: all five'),
  cancellations_days: z
    .int()
    .min(0)
    .max(730)
    .default(90)
    .describe('Days before since in which a purchase may lie to be looked at for a cancellation'),
  limit: z.int().min(0).max(25).default(5).describe('Newest rows to show of each kind'),
});

export const output = {
  affiliates: object('New: count, pending_among_them, newest'),
  leads: object('New: count, newest'),
  purchases: object('New: count and sums per currency without cancelled ones, cancelled, newest of all'),
  commissions: object('New: count and sums per currency without cancelled ones, cancelled, newest of all'),
  cancellations: object(
    'Purchases cancelled since then: count, sums per currency, newest, and where they were looked for',
  ),
  next_since: text('Give it as since the next time; absent while something was not read'),
  next_since_note: text('What to expect of it'),
};

export async function run(args: JsonObject, work: Work): Promise<JsonObject> {
  const given = args as { since: string; include?: Kind[]; cancellations_days: number; limit: number };
  const begun = work.now();
  const since = Date.parse(given.since);
  // next_since is LeadDyno's time, and its clock may be ahead of this one.
  if (since > begun + (work.leaddynoAhead() ?? MOST_APART_MS) + BACK_MS)
    throw new RangeError('since lies in the future');
  const wanted = new Set(given.include ?? KINDS);
  const attempts = createAttempts(work);
  const readAts = [begun];
  let whole = true;

  /** One kind: what was found, or why nothing can be said. */
  async function kind(name: Kind, collection: Collection, from: number, describe: (scan: Scan) => JsonObject) {
    if (!wanted.has(name)) return {};
    const found = await attempts.attempt(() => work.scanWindow(collection, { since: from }));
    whole &&= found.read && found.value.complete;
    if (!found.read) return { [name]: { not_read: found.why } };
    readAts.push(found.value.readAt);
    const partly = found.value.complete ? {} : { read_in_part: true };
    return { [name]: { ...partly, ...describe(found.value) } };
  }

  // A commission may say no more than its day, and that in the account's time zone: it may have begun a day before.
  const startOfDay = since - (((since % DAY_MS) + DAY_MS) % DAY_MS);
  const cancelledFrom = since - given.cancellations_days * DAY_MS;
  const newest: Newest = (rows, short, at) => newestOf(rows, short, given.limit, at);
  const parts = await Promise.all([
    kind('affiliates', affiliates, since, ({ rows }) => ({
      count: rows.length,
      pending_among_them: rows.filter((row) => standingOf(row) === 'pending').length,
      ...newest(rows, shortAffiliate),
    })),
    kind('leads', leads, since, ({ rows }) => ({ count: rows.length, ...newest(rows, shortLead) })),
    // The wider window first: the other is a part of it.
    kind('cancellations', purchases, cancelledFrom, ({ rows }) => ({
      looked_for: `Among purchases created since ${iso(cancelledFrom)}; a later cancellation of an older one is not seen.`,
      ...cancelled(rows, since, newest),
    })),
    kind('purchases', purchases, since, ({ rows }) => ({
      ...counted(rows, 'purchase_amount'),
      ...newest(rows, shortPurchase),
    })),
    kind('commissions', commissions, startOfDay - DAY_MS, ({ rows }) => {
      const ages = rows.map((row) => ({ row, age: ageOf(row, since, startOfDay) }));
      const fresh = ages.filter(({ age }) => age !== 'older').map(({ row }) => row);
      const unsure = ages.filter(({ age }) => age === 'unsure').length;
      return {
        ...counted(fresh, 'amount'),
        ...(unsure > 0 && { of_the_day_of_since: unsure, remark: DAY_REMARK }),
        ...newest(fresh, shortCommission),
      };
    }),
  ]);
  attempts.throwIfNothing();
  // By LeadDyno's clock: its records carry that time, and what this one says may lie after records still to come.
  const until = Math.min(...readAts) + (work.leaddynoAhead() ?? 0);
  return {
    since: iso(since),
    until: iso(until),
    time_zone: 'UTC',
    ...Object.assign({}, ...parts),
    // Whatever comes while this is read, or after what was read is from, is found the next time.
    ...(whole && { next_since: iso(until - BACK_MS), next_since_note: BACK_NOTE }),
  };
}

/** A record may show up in the lists a little after the time it carries, and clocks are never quite the same. */
const BACK_MS = 2 * 60_000;
const BACK_NOTE = 'It lies two minutes back, so that nothing is missed: records of those minutes may come twice.';

const DAY_REMARK = 'These name a day and no hour, nor does their purchase tell: some of them may be older than since.';

/** Hours that a time zone may be ahead of UTC, and more. */
const AHEAD_MS = 14 * 60 * 60_000;

/**
 * Whether a commission came since then. LeadDyno may give no more than its day; one of a purchase came with that, if
 * the purchase is not of an earlier day (it may have been approved later).
 */
function ageOf(commission: JsonObject, since: number, startOfDay: number): 'newer' | 'older' | 'unsure' {
  const age = (at: number) => (at >= since ? 'newer' : 'older');
  const day = createdAt(commission);
  if (!Number.isNaN(timeOf(commission.created_at))) return age(day);
  const bought = createdAt(isObject(commission.purchase) ? commission.purchase : {});
  if (bought >= day - AHEAD_MS) return age(bought);
  return day >= since ? 'newer' : day >= startOfDay ? 'unsure' : 'older';
}

function counted(rows: readonly JsonObject[], field: string): JsonObject {
  const { live, cancelled: ended, unclear } = byCancellation(rows);
  const sums = totalsOf(live, field);
  return {
    count: live.length,
    cancelled: ended.length,
    ...(unclear.length > 0 && { not_known_whether_cancelled: unclear.length }),
    sums: sums.list(),
    ...(sums.unreadable > 0 && { unreadable_amounts: sums.unreadable }),
  };
}

type Newest = (
  rows: readonly JsonObject[],
  short: (row: JsonObject) => JsonObject,
  at?: (row: JsonObject) => number,
) => JsonObject;

/** Cancellations by their date; a new purchase that is cancelled was cancelled since then, whatever else it says. */
function cancelled(rows: readonly JsonObject[], since: number, newest: Newest): JsonObject {
  const found = rows.filter((row) => cancelledAt(row) >= since || (flagOf(row.cancelled) && createdAt(row) >= since));
  const undated = rows.filter((row) => flagOf(row.cancelled) && Number.isNaN(cancelledAt(row)) && !found.includes(row));
  // The two do not have to agree (API reference, Cancellation).
  const contradictory = found.filter((row) => flagOf(row.cancelled) === false).length;
  const sums = totalsOf(found, 'purchase_amount');
  const at = (row: JsonObject) => cancelledAt(row) || createdAt(row);
  return {
    count: found.length,
    sums: sums.list(),
    ...(contradictory > 0 && { not_marked_as_cancelled: contradictory }),
    ...(undated.length > 0 && { cancelled_without_a_date: undated.length }),
    ...newest(
      found,
      (row) => ({ ...shortPurchase(row), cancelled_at: cancellationOf(row).effective_date ?? null }),
      at,
    ),
  };
}

const cancellationOf = (row: JsonObject): JsonObject => (isObject(row.cancellation) ? row.cancellation : {});

function cancelledAt(row: JsonObject): number {
  return timeOf(cancellationOf(row).effective_date);
}

/** The newest rows in short form. */
function newestOf(
  rows: readonly JsonObject[],
  short: (row: JsonObject) => JsonObject,
  limit: number,
  at: (row: JsonObject) => number = createdAt,
): JsonObject {
  if (limit === 0) return {};
  const shown = [...rows].sort((a, b) => at(b) - at(a) || compareIds(idTextOf(b), idTextOf(a))).slice(0, limit);
  return { newest: shown.map(short), ...(rows.length > shown.length && { left_off: rows.length - shown.length }) };
}

const shortPerson = (value: unknown): unknown => (isObject(value) ? { id: value.id, email: value.email } : null);

function shortAffiliate({ id, first_name, last_name, email, status, created_at }: JsonObject): JsonObject {
  return { affiliate_id: id, first_name, last_name, email, status, created_at };
}

function shortLead({ id, first_name, last_name, email, created_at, affiliate }: JsonObject): JsonObject {
  return { lead_id: id, first_name, last_name, email, created_at, affiliate: shortPerson(affiliate) };
}

function shortPurchase(row: JsonObject): JsonObject {
  const { id, purchase_code, purchase_amount, currency, cancelled: isCancelled, created_at, lead, affiliate } = row;
  return {
    purchase_id: id,
    purchase_code,
    purchase_amount,
    currency,
    cancelled: isCancelled,
    created_at,
    lead: shortPerson(lead),
    affiliate: shortPerson(affiliate),
  };
}

function shortCommission({ id, amount, currency, date, cancelled: isCancelled, affiliate, purchase }: JsonObject) {
  return {
    commission_id: id,
    amount,
    currency,
    date,
    cancelled: isCancelled,
    affiliate: shortPerson(affiliate),
    purchase_code: isObject(purchase) ? purchase.purchase_code : null,
  };
}
