import type { JsonObject } from '../../json.ts';
import { Decimal, isCurrencyCode, totalsOf, written, ZERO } from '../../records/money.ts';
import { type Commission, cameToNothing } from '../../records/parse.ts';
import type { Named } from '../../records/people.ts';
import { groupBy, numericIdOf, shownIdOf } from '../../records/values.ts';
import { decimalsOf, type Line, type People, paymentOf } from './owed.ts';

/*
 * Commissions that were paid and then cancelled, alone or with their purchase. LeadDyno cannot take the payment back,
 * so they are reported and, if asked, subtracted from the affiliate's next payment.
 */

/** One affiliate's claw-backs in one currency. */
export interface Clawback {
  /** Identifies the affiliate and currency; empty if the commissions name nobody. */
  readonly key: string;
  readonly owner: Named;
  readonly currency: string;
  /** The earliest cancellation first. */
  readonly commissions: readonly Commission[];
}

/** How much of a paid commission was subtracted from earlier payments, by commission id. */
export type Netted = ReadonlyMap<string, Decimal>;

/** When a commission stopped being owed; NaN if no record says. */
const cancelledAt = ({ purchase }: Commission): number => purchase?.cancelledAt ?? Number.NaN;

const isPaidInVain = (one: Commission, now: number): boolean =>
  one.paid === true && cameToNothing(one, now) && one.isMoney && (one.amount?.gt(0) ?? false);

const keyOf = (owner: Named, currency: string, people: People): string => {
  const key = people.keyOf(owner);
  return key && JSON.stringify([key, currency]);
};

/**
 * Claw-backs per affiliate and currency, sorted by currency, then the largest first.
 * @param now epoch milliseconds, by LeadDyno's clock
 * @param currency only this one
 */
export function findClawbacks(
  all: readonly Commission[],
  people: People,
  { now, currency }: { readonly now: number; readonly currency?: string | undefined },
): Clawback[] {
  const found = all.filter((one) => isPaidInVain(one, now) && (currency === undefined || one.currency === currency));
  const nobody: Named = { id: '', email: '' };
  const groups = groupBy(found, (one) => keyOf(one.affiliate ?? nobody, one.currency, people) || `nobody ${one.id}`);
  const clawbacks = [...groups].map(([key, some]): Clawback => {
    const named = some[0]?.affiliate ?? nobody;
    return {
      key: key.startsWith('nobody ') ? '' : key,
      owner: people.find(named) ?? named,
      currency: some[0]?.currency ?? '',
      commissions: some.toSorted((a, b) => (cancelledAt(a) || 0) - (cancelledAt(b) || 0)),
    };
  });
  return clawbacks.sort(
    (a, b) => (a.currency < b.currency ? -1 : a.currency > b.currency ? 1 : 0) || amountOf(b).cmp(amountOf(a)),
  );
}

/** Leaves out commissions that were subtracted in full before, and claw-backs with nothing left. */
export function openClawbacks(clawbacks: readonly Clawback[], before: Netted): Clawback[] {
  const isOpen = ({ id, amount }: Commission) => !before.get(id)?.gte(amount ?? ZERO);
  return clawbacks
    .map((one) => ({ ...one, commissions: one.commissions.filter(isOpen) }))
    .filter(({ commissions }) => commissions.length > 0);
}

const amountOf = ({ commissions, currency }: Clawback): Decimal => totalsOf(commissions).in(currency);

/** What is subtracted, and from which payment. */
export interface Netting {
  /** What the line's affiliate still owes in its currency; zero for most. */
  openOf(line: Line): Decimal;
  /** The payment for the ready part of a line, claw-backs subtracted; never below zero. */
  paymentFor(line: Line): Decimal;
  /** What is subtracted now, by commission id: to be remembered once the payment is made. */
  readonly taken: Netted;
  /** How much of a claw-back is open now, and how much stays open after these payments. */
  restOf(clawback: Clawback): { readonly open: Decimal; readonly carried: Decimal };
}

/**
 * Subtracts claw-backs from the ready part of the same affiliate's line in the same currency, the earliest cancellation
 * first, in amounts that can be paid (`decimalsOf`). What exceeds the payment is carried over.
 * @param before what earlier payments subtracted
 */
export function netClawbacks(
  lines: readonly Line[],
  clawbacks: readonly Clawback[],
  people: People,
  before: Netted = new Map(),
): Netting {
  const taken = new Map<string, Decimal>();
  const openOne = (one: Commission) => Decimal.max(ZERO, (one.amount ?? ZERO).minus(before.get(one.id) ?? ZERO));
  const openAll = ({ commissions }: Clawback) => commissions.reduce((sum, one) => sum.plus(openOne(one)), ZERO);
  // A commission without an id cannot be remembered, so it would be subtracted again each time.
  const takable = (one: Commission) => (one.id === '' ? ZERO : openOne(one).minus(taken.get(one.id) ?? ZERO));
  const byKey = new Map(clawbacks.filter(({ key }) => key !== '').map((one) => [one.key, one]));
  const of = (line: Line) =>
    isCurrencyCode(line.currency) ? byKey.get(keyOf(line.owner, line.currency, people)) : undefined;
  const payments = new Map<Line, Decimal>();
  for (const line of lines) {
    const clawback = of(line);
    const full = paymentOf(line.ready, line.currency);
    if (!clawback || !full.gt(0)) continue;
    const open = clawback.commissions.reduce((sum, one) => sum.plus(takable(one)), ZERO);
    let left = Decimal.min(full, open.toDecimalPlaces(decimalsOf(line.currency), Decimal.ROUND_DOWN));
    payments.set(line, full.minus(left));
    for (const one of clawback.commissions) {
      const part = Decimal.min(left, takable(one));
      if (part.gt(0)) taken.set(one.id, part.plus(taken.get(one.id) ?? ZERO));
      left = left.minus(part);
    }
  }
  return {
    openOf(line) {
      const clawback = of(line);
      return clawback ? openAll(clawback) : ZERO;
    },
    paymentFor: (line) => payments.get(line) ?? paymentOf(line.ready, line.currency),
    taken,
    restOf(clawback) {
      const open = openAll(clawback);
      const now = clawback.commissions.reduce((sum, one) => sum.plus(taken.get(one.id) ?? ZERO), ZERO);
      return { open, carried: open.minus(now) };
    },
  };
}

/** Rows of a result, and commissions that each names as evidence. */
const ROWS = 5;
const EVIDENCE = 3;

const dayOf = (time: number): string | null => (Number.isNaN(time) ? null : new Date(time).toISOString());

/**
 * The claw-backs as a result shows them.
 * @param nets whether the payments in the files have them subtracted
 */
export function describeClawbacks(clawbacks: readonly Clawback[], netting: Netting, nets: boolean): JsonObject {
  const open = clawbacks.filter((one) => netting.restOf(one).open.gt(0));
  if (open.length === 0) return {};
  const left = open.length - ROWS;
  return {
    clawbacks: {
      totals: totalsIn(open, netting, nets),
      affiliates: open.slice(0, ROWS).map((one) => describeOne(one, netting, nets)),
      ...(left > 0 && { left_off: left }),
    },
  };
}

function totalsIn(clawbacks: readonly Clawback[], netting: Netting, nets: boolean): JsonObject[] {
  return [...groupBy(clawbacks, ({ currency }) => currency || 'unknown')].map(([currency, some]) => {
    const rests = some.map((one) => netting.restOf(one));
    const open = rests.reduce((sum, one) => sum.plus(one.open), ZERO);
    const carried = rests.reduce((sum, one) => sum.plus(one.carried), ZERO);
    const count = some.reduce((sum, { commissions }) => sum + commissions.length, 0);
    return {
      currency,
      amount: written(open, currency),
      commissions: count,
      ...(nets && parts(open, carried, currency)),
    };
  });
}

const parts = (open: Decimal, carried: Decimal, currency: string): JsonObject => ({
  netted: written(open.minus(carried), currency),
  carried: written(carried, currency),
});

function describeOne(clawback: Clawback, netting: Netting, nets: boolean): JsonObject {
  const { owner, currency, commissions } = clawback;
  const { open, carried } = netting.restOf(clawback);
  const times = commissions.map(cancelledAt).filter((time) => !Number.isNaN(time));
  const left = commissions.length - EVIDENCE;
  return {
    affiliate_id: numericIdOf(owner) ?? (owner.id || null),
    email: owner.email || null,
    currency: currency || 'unknown',
    amount: written(open, currency),
    commissions: commissions.length,
    since: times.length === 0 ? null : dayOf(Math.min(...times)),
    ...(nets && parts(open, carried, currency)),
    evidence: commissions.slice(0, EVIDENCE).map((one) => ({
      commission_id: shownIdOf(one.raw),
      amount: one.raw.amount,
      purchase_code: one.purchase?.code || null,
      cancelled_at: dayOf(cancelledAt(one)),
    })),
    ...(left > 0 && { evidence_left_off: left }),
  };
}
