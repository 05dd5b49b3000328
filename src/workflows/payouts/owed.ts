import { type JsonObject, recordIn } from '../../json.ts';
import { describeAffiliate } from '../../records/describe.ts';
import { Decimal, isCurrencyCode, isOfCurrency, totalsOf, written, ZERO } from '../../records/money.ts';
import type { Affiliate, Commission } from '../../records/parse.ts';
import { type Identities, identitiesIn, type Named, saysStanding } from '../../records/people.ts';
import { groupBy, isSaid, shownIdOf } from '../../records/values.ts';
import { compareIds } from '../rankings/ranking.ts';

/*
 * What is owed, by one rule for the report, its files and the marks that follow it: nothing is marked that the report
 * would not have paid, and nothing is called ready that cannot be marked.
 */

/** How a commission stands at a moment. */
export type CommissionState =
  | 'payable'
  /** Paid or cancelled. */
  | 'settled'
  | 'not_due'
  /** Its purchase is cancelled although it is not: held back until somebody has looked. */
  | 'purchase_cancelled'
  /** Unpaid and due as far as can be told, but not payable without a look. */
  | Unclear;

/** Why a commission can be neither paid nor left alone. */
export type Unclear = 'paid_or_cancelled_unknown' | 'no_due_date' | 'not_money' | 'unreadable_amount';

/** What each reason means, in words for a person. */
export const UNCLEAR: Readonly<Record<Unclear, string>> = {
  paid_or_cancelled_unknown: 'LeadDyno does not say whether they are paid or cancelled',
  no_due_date: 'without a due date that can be read',
  not_money: 'rewards that are not money',
  unreadable_amount: 'without a readable amount',
};

/** @param dueBy epoch milliseconds */
export function stateOf(commission: Commission, dueBy: number): CommissionState {
  const { paid, cancelled, dueAt, amount, purchase } = commission;
  if (paid || cancelled) return 'settled';
  if (dueAt > dueBy) return 'not_due';
  if (paid === undefined || cancelled === undefined) return 'paid_or_cancelled_unknown';
  if (Number.isNaN(dueAt)) return 'no_due_date';
  if (!commission.isMoney) return 'not_money';
  if (amount === undefined) return 'unreadable_amount';
  if (purchase?.cancelled) return 'purchase_cancelled';
  return purchase && purchase.cancelled === undefined && isSaid(purchase.raw.cancelled)
    ? 'paid_or_cancelled_unknown'
    : 'payable';
}

/** What is owed one affiliate in one currency. */
export interface Line {
  /** Undefined if the commissions name nobody who is known. */
  readonly affiliate: Affiliate | undefined;
  /** The affiliate, or what the commissions say of them. */
  readonly owner: Named;
  readonly currency: string;
  /** Everything payable, and its sum. */
  readonly commissions: readonly Commission[];
  readonly amount: Decimal;
  /** Why it is not to be paid as it is; empty if it is. */
  readonly reasons: readonly string[];
  /** What can be paid and then marked as paid by `settle_payouts`; empty if the line is held. */
  readonly ready: readonly Commission[];
  /** What can be paid, but marked in LeadDyno itself alone. */
  readonly byHand: readonly ByHand[];
}

export interface ByHand {
  readonly purchaseCode: string;
  readonly commissions: readonly Commission[];
  readonly reason: string;
}

/** The affiliates there are. */
export interface People extends Identities<Affiliate> {
  /** Whether all of them were read: who is not among them does not exist. */
  readonly complete: boolean;
}

export const peopleIn = (affiliates: readonly Affiliate[], complete: boolean): People => ({
  ...identitiesIn(affiliates),
  complete,
});

export interface OwedOptions {
  /** Epoch milliseconds. */
  readonly dueBy: number;
  /** Only this currency; what names none that can be read may be of it, and is held. */
  readonly currency?: string | undefined;
  /** Lines below are held. */
  readonly minimum?: number | undefined;
  /** Whether held lines are to be settled as well. */
  readonly includeHeld?: boolean;
}

export interface Owed {
  readonly dueBy: number;
  readonly lines: readonly Line[];
  readonly purchaseCancelled: readonly Commission[];
  readonly unclear: ReadonlyMap<Unclear, readonly Commission[]>;
}

/** Judges every commission. @param all of the affiliates in question, whatever their state */
export function judgeOwed(all: readonly Commission[], people: People, options: OwedOptions): Owed {
  const { dueBy, currency, minimum, includeHeld = false } = options;
  const isAsked = (one: Commission) => currency === undefined || isOfCurrency(one, currency);
  const owners = new Map(all.map((one, index) => [one, ownerKey(one, index, people)]));
  const open = all.filter((one) => stateOf(one, dueBy) !== 'settled');
  const byState = groupBy(
    open.filter((one) => isAsked(one) !== false),
    (one) => stateOf(one, dueBy),
  );
  const groups = groupBy(byState.get('payable') ?? [], (one) => JSON.stringify([owners.get(one), one.currency]));
  const drafts = [...groups.values()].map((commissions) => draftOf(commissions, people, minimum));
  const chosen = new Set(
    drafts
      .filter(({ reasons }) => reasons.length === 0 || includeHeld)
      .flatMap(({ commissions }) => commissions.filter((one) => isAsked(one) === true)),
  );
  /** Everything unsettled that one mark would cover: all that an affiliate has unpaid for one purchase (C5). */
  const markOf = (one: Commission) => JSON.stringify([owners.get(one), one.purchase?.code ?? '']);
  const marks = groupBy(open, markOf);
  const lines = drafts.map((draft): Line => {
    const settled = draft.commissions.filter((one) => chosen.has(one));
    const byHand: ByHand[] = [];
    const ready: Commission[] = [];
    for (const [mark, some] of groupBy(settled, markOf)) {
      const purchaseCode = some[0]?.purchase?.code ?? '';
      const marked = marks.get(mark) ?? [];
      const reason = whyByHand(
        draft,
        purchaseCode,
        marked,
        marked.filter((one) => !chosen.has(one)),
        options,
      );
      if (reason === undefined) ready.push(...some);
      else byHand.push({ purchaseCode, commissions: some, reason });
    }
    return { ...draft, ready, byHand };
  });
  const reasons = Object.keys(UNCLEAR) as Unclear[];
  return {
    dueBy,
    lines: lines.sort(byWeight),
    purchaseCancelled: byState.get('purchase_cancelled') ?? [],
    unclear: new Map(reasons.flatMap((reason) => (byState.has(reason) ? [[reason, byState.get(reason) ?? []]] : []))),
  };
}

/** Two commissions that name nobody need not be of the same person. */
const ownerKey = ({ affiliate }: Commission, index: number, people: People) =>
  (affiliate && people.keyOf(affiliate)) || `nobody ${index}`;

type Draft = Omit<Line, 'ready' | 'byHand'>;

function draftOf(commissions: readonly Commission[], people: People, minimum: number | undefined): Draft {
  const named = commissions[0]?.affiliate ?? { id: '', email: '' };
  const affiliate = people.find(named);
  const currency = commissions[0]?.currency ?? '';
  const amount = totalsOf(commissions).in(currency);
  const about = affiliate ? reasonsAbout(affiliate) : [people.complete ? 'unknown affiliate' : 'affiliate not read'];
  const reasons = [...about, ...reasonsOfAmount(amount, currency, minimum)];
  return { affiliate, owner: affiliate ?? named, currency, commissions, amount, reasons };
}

/** One address that leaves no doubt, and that a spreadsheet takes for what it is. */
const PAYABLE_ADDRESS = /^[^\s@"'`,;:<>()=+\-\p{C}][^\s@"'`,;:<>()\p{C}]*@[^\s@"'`,;:<>()\p{C}]+$/u;

function reasonsAbout({ standing, payoutAddress, raw }: Affiliate): string[] {
  const word = standing === 'unknown' ? "affiliate's standing unclear" : `affiliate ${standing}`;
  return [
    // Nobody is paid who is not active; a record that says nothing at all about it is no reason to wait.
    ...(standing === 'active' || !saysStanding(raw) ? [] : [word]),
    ...(payoutAddress === '' ? ['missing payout address'] : []),
    ...(payoutAddress !== '' && !PAYABLE_ADDRESS.test(payoutAddress) ? ['payout address unusable'] : []),
  ];
}

function reasonsOfAmount(amount: Decimal, currency: string, minimum: number | undefined): string[] {
  return [
    ...(amount.lte(0) ? ['nothing to pay'] : minimum !== undefined && amount.lt(minimum) ? ['below minimum'] : []),
    ...(isCurrencyCode(currency) ? [] : ['currency unknown']),
  ];
}

export const NO_CODE = 'no purchase code: the API cannot mark them, LeadDyno itself can';

/**
 * Why LeadDyno's mark by purchase code cannot settle these; undefined if it can.
 * @param marked everything that the mark would settle
 * @param others those of it that were not paid
 */
function whyByHand(
  { affiliate }: Draft,
  purchaseCode: string,
  marked: readonly Commission[],
  others: readonly Commission[],
  { dueBy, currency }: OwedOptions,
): string | undefined {
  if (purchaseCode === '') return NO_CODE;
  if (!affiliate || !/^[^\s@]+@[^\s@]+$/u.test(affiliate.email)) return 'the affiliate has no e-mail to mark by';
  if (new Set(marked.map((one) => one.purchase?.id)).size > 1) return 'several purchases have this code';
  if (others.length === 0) return undefined;
  const kinds = new Set(others.map((one) => describeOther(one, dueBy, currency)));
  return `its mark would also settle unpaid commissions of the same purchase that are ${[...kinds].join(', ')}`;
}

function describeOther(one: Commission, dueBy: number, currency: string | undefined): string {
  const asked = currency === undefined || isOfCurrency(one, currency);
  if (asked !== true) return asked === false ? 'in another currency' : 'without a readable currency';
  return stateOf(one, dueBy) === 'not_due' ? 'not due yet' : 'held back';
}

const compare = (a: string, b: string) => (a < b ? -1 : a > b ? 1 : 0);

/** Ready lines first, then by currency, amount and id. */
function byWeight(a: Line, b: Line): number {
  return (
    Math.sign(a.reasons.length) - Math.sign(b.reasons.length) ||
    compare(a.currency, b.currency) ||
    b.amount.cmp(a.amount) ||
    compareIds(a.owner.id, b.owner.id)
  );
}

/** Currencies that PayPal takes in whole units alone. */
const WHOLE_UNITS: ReadonlySet<string> = new Set(['HUF', 'JPY', 'TWD']);

/** How many decimals a payment in a currency has. */
export const decimalsOf = (currency: string): number => (WHOLE_UNITS.has(currency) ? 0 : 2);

/** What is sent for commissions of one line: whole cents. */
export function paymentOf(commissions: readonly Commission[], currency: string): Decimal {
  return totalsOf(commissions).in(currency).toDecimalPlaces(decimalsOf(currency), Decimal.ROUND_HALF_UP);
}

export const handIn = ({ byHand }: Line): readonly Commission[] => byHand.flatMap(({ commissions }) => commissions);

export const sumOf = (commissions: readonly Commission[], currency: string): Decimal =>
  commissions.length === 0 ? ZERO : totalsOf(commissions).in(currency);

export const idsOf = (commissions: readonly Commission[]) => commissions.map(({ raw }) => shownIdOf(raw));

/** Who a line is about, as a result shows them: the record, or what the commissions say of them. */
export function describeOwner({ affiliate, commissions }: Line): JsonObject {
  const raw = affiliate?.raw ?? recordIn(commissions[0]?.raw, 'affiliate');
  return describeAffiliate({ raw }, 'paypal_email');
}

/** A line as it leaves: what is ready of it, or all that is held. */
export function describeLine(line: Line): JsonObject {
  const { currency, commissions, reasons, ready } = line;
  const some = reasons.length > 0 ? commissions : ready;
  return {
    ...describeOwner(line),
    currency: currency || 'unknown',
    amount: written(sumOf(some, currency), currency),
    commissions: some.length,
    state: reasons.length === 0 ? 'ready' : 'held',
    ...(reasons.length > 0 && { reasons }),
  };
}

/** What of a line has to be marked by hand, as it leaves. */
export function describeByHand(line: Line): JsonObject[] {
  const { currency } = line;
  return line.byHand.map(({ commissions, reason, purchaseCode }) => ({
    ...describeOwner(line),
    currency,
    amount: written(sumOf(commissions, currency), currency),
    commission_ids: idsOf(commissions),
    ...(purchaseCode !== '' && { purchase_code: purchaseCode }),
    reason,
  }));
}
