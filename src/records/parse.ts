import { isObject, type JsonObject, recordIn } from '../json.ts';
import { amountOf, currencyOf, type Decimal, isMoney } from './money.ts';
import { type Named, type Standing, standingOf } from './people.ts';
import { codeOf, createdAt, earnedAt, flagOf, idTextOf, isSaid, numberOf, textOf, timeOf } from './values.ts';

/*
 * Rows as they are worked with: each is read once, and how tolerantly is decided here alone. Ids are text, flags are
 * yes, no or not said, times are epoch milliseconds (NaN: none), amounts decimals. What a field says and cannot be read
 * is named in `unread`; whoever needs that field leaves the record out (`unread.ts`).
 */

export interface Parsed {
  /** Empty for a record without one. */
  readonly id: string;
  readonly createdAt: number;
  /** Fields that say something that could not be read. */
  readonly unread: readonly string[];
  /** The row as LeadDyno sent it, for what is shown and written as it came. */
  readonly raw: JsonObject;
}

export interface Affiliate extends Parsed, Named {
  readonly standing: Standing;
  /** The payout address as it was typed; empty where there is none. */
  readonly payoutAddress: string;
  /** The code of the group; empty without. */
  readonly group: string;
  readonly recruiterId: string;
  /** Lifetime counters; undefined is not known, not zero. */
  readonly leads: number | undefined;
  readonly visitors: number | undefined;
  readonly purchases: number | undefined;
}

/** What is credited to somebody. */
export interface Credited extends Parsed {
  /** Undefined if no person is named. */
  readonly affiliate: Named | undefined;
}

export interface Purchase extends Credited {
  readonly code: string;
  readonly amount: Decimal | undefined;
  readonly currency: string;
  readonly cancelled: boolean | undefined;
  readonly customer: Named;
  /** The code of the commission plan; empty if there is none. */
  readonly plan: string;
  /** When a cancellation takes effect; NaN if there is none. */
  readonly cancelledAt: number;
}

/** Clocks differ slightly: a cancellation dated this little ahead has just happened. */
const APART_MS = 2 * 60_000;

/** Whether a cancellation is dated so far ahead that it has not happened yet. @param now epoch milliseconds */
export const isStillToCome = ({ cancelledAt }: Pick<Purchase, 'cancelledAt'>, now: number): boolean =>
  cancelledAt > now + APART_MS;

/** Whether a purchase is cancelled by now; undefined if it does not say. */
export const isCancelled = (purchase: Pick<Purchase, 'cancelled' | 'cancelledAt'>, now: number): boolean | undefined =>
  purchase.cancelled && isStillToCome(purchase, now) ? false : purchase.cancelled;

/**
 * Whether a commission came to nothing by now: it or its purchase is cancelled, and that is not dated ahead.
 * @param now epoch milliseconds, by LeadDyno's clock
 */
export const cameToNothing = ({ cancelled, purchase }: Pick<Commission, 'cancelled' | 'purchase'>, now: number) =>
  (cancelled === true || purchase?.cancelled === true) && !(purchase && isStillToCome(purchase, now));

export interface Commission extends Credited {
  readonly amount: Decimal | undefined;
  readonly currency: string;
  /** Cash; every other kind of reward has a unit of its own (API reference, Commission). */
  readonly isMoney: boolean;
  readonly paid: boolean | undefined;
  readonly cancelled: boolean | undefined;
  readonly dueAt: number;
  /** The day it was earned, or when it was created if no day can be read; a plain day stands for its start, UTC. */
  readonly earnedAt: number;
  /** The purchase beneath; undefined for one added by hand. */
  readonly purchase: Purchase | undefined;
}

export interface Lead extends Credited, Named {
  readonly status: string;
  /** The code of the campaign; empty without. */
  readonly campaign: string;
  /** As it was typed; empty if there is none. */
  readonly country: string;
}

export interface Visitor extends Credited {
  /** The code of the campaign; empty without. */
  readonly campaign: string;
}

const NONE: readonly string[] = [];

/**
 * The fields that say something that could not be read.
 * @param read whether each field could be read
 * @param needed a field whose absence counts as well
 */
function unreadOf(raw: JsonObject, read: Readonly<Record<string, boolean>>, needed?: string): readonly string[] {
  const unread = Object.keys(read).filter((name) => !read[name] && (name === needed || isSaid(raw[name])));
  return unread.length === 0 ? NONE : unread;
}

const named = (raw: JsonObject): Named => ({ id: idTextOf(raw), email: textOf(raw.email) });
/** One affiliate stands in many rows, as one object where a list was read whole (`workflows/reading/page-source.ts`). */
const namedBefore = new WeakMap<JsonObject, Named>();

function namedIn(raw: JsonObject, field: string): Named | undefined {
  const row = raw[field];
  if (!isObject(row)) return undefined;
  const known = namedBefore.get(row) ?? named(row);
  namedBefore.set(row, known);
  return known;
}

const codeIn = (raw: JsonObject, field: string): string => codeOf(recordIn(raw, field).code).trim();

const isTime = (time: number) => !Number.isNaN(time);

export function parseAffiliate(raw: JsonObject): Affiliate {
  const created = createdAt(raw);
  return {
    ...named(raw),
    createdAt: created,
    standing: standingOf(raw),
    payoutAddress: textOf(raw.paypal_email),
    group: codeOf(raw.compensation_tier_code).trim(),
    recruiterId: idTextOf({ id: raw.referring_affiliate_id }),
    leads: numberOf(raw.total_leads),
    visitors: numberOf(raw.total_visitors),
    purchases: numberOf(raw.total_purchases),
    unread: unreadOf(raw, { created_at: isTime(created) }),
    raw,
  };
}

export function parsePurchase(raw: JsonObject): Purchase {
  const amount = amountOf(raw.purchase_amount);
  const cancelled = flagOf(raw.cancelled);
  const created = createdAt(raw);
  return {
    id: idTextOf(raw),
    createdAt: created,
    code: codeOf(raw.purchase_code),
    amount,
    currency: currencyOf(raw),
    cancelled,
    cancelledAt: timeOf(recordIn(raw, 'cancellation').effective_date),
    customer: named(recordIn(raw, 'lead')),
    plan: codeIn(raw, 'plan'),
    affiliate: namedIn(raw, 'affiliate'),
    unread: unreadOf(raw, {
      purchase_amount: amount !== undefined,
      cancelled: cancelled !== undefined,
      currency: typeof raw.currency === 'string',
      created_at: isTime(created),
    }),
    raw,
  };
}

export function parseCommission(raw: JsonObject): Commission {
  const amount = amountOf(raw.amount);
  const [paid, cancelled] = [flagOf(raw.paid), flagOf(raw.cancelled)];
  const dueAt = timeOf(raw.due_at);
  const earned = earnedAt(raw);
  return {
    id: idTextOf(raw),
    createdAt: createdAt(raw),
    amount,
    currency: currencyOf(raw),
    isMoney: isMoney(raw),
    paid,
    cancelled,
    dueAt,
    earnedAt: earned,
    purchase: isObject(raw.purchase) ? parsePurchase(raw.purchase) : undefined,
    affiliate: namedIn(raw, 'affiliate'),
    unread: unreadOf(
      raw,
      {
        amount: amount !== undefined,
        paid: paid !== undefined,
        cancelled: cancelled !== undefined,
        currency: typeof raw.currency === 'string',
        due_at: isTime(dueAt),
        date: isTime(earned),
      },
      'amount',
    ),
    raw,
  };
}

export function parseLead(raw: JsonObject): Lead {
  const created = createdAt(raw);
  return {
    ...named(raw),
    createdAt: created,
    status: textOf(raw.status),
    campaign: codeIn(raw, 'campaign'),
    country: textOf(raw.country),
    affiliate: namedIn(raw, 'affiliate'),
    unread: unreadOf(raw, { created_at: isTime(created) }),
    raw,
  };
}

export function parseVisitor(raw: JsonObject): Visitor {
  const created = createdAt(raw);
  const unread = unreadOf(raw, { created_at: isTime(created) });
  const affiliate = namedIn(raw, 'affiliate');
  return { id: idTextOf(raw), createdAt: created, affiliate, campaign: codeIn(raw, 'campaign'), unread, raw };
}
