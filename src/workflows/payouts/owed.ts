import { isUnmarked, type Payment } from '../../ports/payment-memory.ts';
import { addressForm, flawOfAddress, writtenAddress } from '../../records/keys.ts';
import { Decimal, digitsOf, isCurrencyCode, isOfCurrency, totalsOf, written, ZERO } from '../../records/money.ts';
import type { Affiliate, Commission } from '../../records/parse.ts';
import { markKey, stateOf, UNCLEAR, type Unclear, whyNotSingledOut } from '../../records/payable.ts';
import { type Identities, identitiesIn, type Named, saysStanding } from '../../records/people.ts';
import { groupBy, isSaid, shownIdOf, textOf } from '../../records/values.ts';
import { compareIds } from '../rankings/ranking.ts';

/*
 * What is owed. The report, its files and the marks use this one rule, so nothing is marked that the report would not
 * have paid, and nothing is called ready that cannot be marked.
 */

/** What one affiliate is owed in one currency. */
export interface Line {
  /** Undefined if the commissions name no known affiliate. */
  readonly affiliate: Affiliate | undefined;
  /** The affiliate, or what the commissions say about them. */
  readonly owner: Named;
  readonly currency: string;
  /** Everything payable, and its sum. */
  readonly commissions: readonly Commission[];
  readonly amount: Decimal;
  readonly payTo: PayTo;
  /** Why it must not be paid as it is; empty if it can be. */
  readonly reasons: readonly string[];
  /** What can be paid and then marked by `settle_payouts`; empty if the line is held, unless `includeHeld`. */
  readonly ready: readonly Commission[];
  /** Whether it is remembered as paid, although LeadDyno still shows it as unpaid. */
  readonly wasPaid: boolean;
  /** Reported as paid before, and still to be marked. */
  readonly unmarked: boolean;
  /** What can be paid, but only marked in LeadDyno itself. */
  readonly unmarkable: readonly Unmarkable[];
}

/** Where a payment goes. */
export interface PayTo {
  /** As payment files write it; empty if no payment is possible. */
  readonly address: string;
  /** Whether it is the affiliate's own e-mail, because no PayPal address is set (API reference 10, point 1). */
  readonly isDefault: boolean;
}

export interface Unmarkable {
  readonly purchaseCode: string;
  readonly commissions: readonly Commission[];
  readonly reason: string;
}

/** The known affiliates. */
export interface People extends Identities<Affiliate> {
  /** Whether all of them were read: an affiliate who is not among them does not exist. */
  readonly complete: boolean;
  /** Whether another affiliate has the same e-mail; undefined if that is not known. */
  sharesEmail(affiliate: Affiliate): boolean | undefined;
}

/**
 * @param affiliates the payees
 * @param complete whether there are no others
 * @param everybody all affiliates of the programme, as far as they were read
 */
export function peopleIn(
  affiliates: readonly Affiliate[],
  complete: boolean,
  everybody: { readonly records: readonly Affiliate[]; readonly complete: boolean } = { records: affiliates, complete },
): People {
  const byEmail = groupBy([...new Set([...affiliates, ...everybody.records])], ({ email }) => addressForm(email));
  return {
    ...identitiesIn(affiliates),
    complete,
    sharesEmail(affiliate) {
      const same = byEmail.get(addressForm(affiliate.email)) ?? [];
      if (same.some((one) => one !== affiliate && (one.id === '' || one.id !== affiliate.id))) return true;
      return everybody.complete ? false : undefined;
    },
  };
}

export interface OwedOptions {
  /** Epoch milliseconds. */
  readonly dueBy: number;
  /** Only this currency. A commission without a readable currency may be in it, and is held. */
  readonly currency?: string | undefined;
  /** Lines below this are held. */
  readonly minimum?: number | undefined;
  /** Whether held lines are settled as well. */
  readonly includeHeld?: boolean | undefined;
  /** Whether affiliates without a PayPal address are held instead of being paid at their e-mail. */
  readonly requireAddress?: boolean | undefined;
  /** What this server remembers as paid, by commission id. */
  readonly paid?: ReadonlyMap<string, Payment>;
  /** What was reported as paid and is still to be marked: marked with what is ready, or alone. Absent: held. */
  readonly unmarked?: 'too' | 'alone';
  /** Amounts with currency, by commission id: only these, and only while they are still worth that (`worthThen`). */
  readonly only?: ReadonlyMap<string, string> | undefined;
}

/** A commission's amount and currency, for a later comparison. */
export const worthThen = ({ amount, currency }: Pick<Commission, 'amount' | 'currency'>): string =>
  `${amount?.toFixed()} ${currency}`;

export interface Owed {
  readonly dueBy: number;
  readonly lines: readonly Line[];
  readonly purchaseCancelled: readonly Commission[];
  readonly unclear: ReadonlyMap<Unclear, readonly Commission[]>;
}

/** Judges every commission. @param all of the affiliates in question, in any state */
export function judgeOwed(all: readonly Commission[], people: People, options: OwedOptions): Owed {
  const { dueBy, currency, includeHeld = false, paid, only } = options;
  const owners = new Map(all.map((one, index) => [one, ownerKey(one, index, people)]));
  const open = all.filter((one) => stateOf(one, dueBy) !== 'settled');
  /** Key of the mark that would cover a commission: all that an affiliate has unpaid for one purchase (C5). */
  const markOf = (one: Commission) => JSON.stringify([owners.get(one), markKey(one)]);
  const isListed = (one: Commission) => only === undefined || only.get(one.id) === worthThen(one);
  const listedMarks = new Set(open.filter(isListed).map(markOf));
  // What was reported as paid and is still to be marked goes with the mark of its purchase.
  const isChosen = (one: Commission) =>
    isListed(one) || (isUnmarked(paid?.get(one.id)) && listedMarks.has(markOf(one)));
  const isAsked = (one: Commission) => isChosen(one) && (currency === undefined || isOfCurrency(one, currency));
  const byState = groupBy(
    open.filter((one) => isAsked(one) !== false),
    (one) => stateOf(one, dueBy),
  );
  const groups = groupBy(byState.get('payable') ?? [], (one) =>
    JSON.stringify([owners.get(one), one.currency, saidOf(paid?.get(one.id))]),
  );
  const marks = groupBy(open, markOf);
  /** Negative commissions that count in no line with a currency, by owner. */
  const lessOf = groupBy(
    [...byState]
      .flatMap(([state, some]) => (state === 'not_due' ? [] : some))
      .filter(
        (one) =>
          one.isMoney &&
          one.amount?.lt(0) &&
          (stateOf(one, dueBy) !== 'payable' || !isCurrencyCode(one.currency)) &&
          !paid?.has(one.id),
      ),
    (one) => owners.get(one) ?? '',
  );
  let drafts = [...groups.values()].map((commissions) => draftOf(commissions, people, options));
  let lines = splitLines();
  // A line held for its parts may share a purchase with another currency of the same affiliate: that is judged again.
  for (;;) {
    const reasons = lines.map((line) =>
      line.reasons.length > 0 || line.wasPaid || only
        ? undefined
        : whyNotInParts(line, lessOf.get(owners.get(line.commissions[0] as Commission) ?? '') ?? []),
    );
    if (reasons.every((reason) => reason === undefined)) break;
    drafts = drafts.map((draft, index) => (reasons[index] ? { ...draft, reasons: [reasons[index]] } : draft));
    lines = splitLines();
  }
  const unclear = Object.keys(UNCLEAR) as Unclear[];
  return {
    dueBy,
    lines: lines.sort(byWeight),
    purchaseCancelled: byState.get('purchase_cancelled') ?? [],
    unclear: new Map(unclear.flatMap((reason) => (byState.has(reason) ? [[reason, byState.get(reason) ?? []]] : []))),
  };

  /** What of each draft can be paid, and which part of that can be marked here. */
  function splitLines(): Line[] {
    const chosen = new Set(
      drafts
        .filter(({ reasons }) => reasons.length === 0 || includeHeld)
        .flatMap(({ commissions }) => commissions.filter((one) => isAsked(one) === true)),
    );
    /** What a mark may cover: what is settled now, and what was reported as paid before. */
    const markable = new Set([...chosen, ...drafts.flatMap((one) => (one.unmarked ? one.commissions : []))]);
    return drafts.map((draft): Line => {
      const settled = draft.commissions.filter((one) => chosen.has(one));
      const unmarkable: Unmarkable[] = [];
      const ready: Commission[] = [];
      for (const [mark, some] of groupBy(settled, markOf)) {
        const purchaseCode = some[0]?.purchase?.code ?? '';
        const covers = marks.get(mark) ?? [];
        const { affiliate } = draft;
        const named = {
          hasEmail: /^[^\s@]+@[^\s@]+$/u.test(affiliate?.email ?? ''),
          emailIsShared: affiliate && people.sharesEmail(affiliate),
        };
        const others = covers.filter((one) => !markable.has(one));
        const reason = whyNotSingledOut({ ...named, purchaseCode, covers }) ?? whyNotWhole(others, options);
        if (reason === undefined) ready.push(...some);
        else unmarkable.push({ purchaseCode, commissions: some, reason });
      }
      return { ...draft, ready, unmarkable };
    });
  }
}

/**
 * Why a line must not be paid in the parts that can and cannot be marked here: the payments would be more than is owed,
 * or something would be marked for which nothing is paid.
 * @param withheld negative commissions of the same affiliate that are in no line
 */
function whyNotInParts(line: Line, withheld: readonly Commission[]): string | undefined {
  const { currency, amount, ready } = line;
  // One without a readable currency may be of this one.
  const less = withheld.filter((one) => isOfCurrency(one, currency) !== false);
  if (less.length > 0) {
    const sum = written(totalsOf(less.map((one) => ({ ...one, currency }))).in(currency), currency);
    return `${sum} ${currency} of the same affiliate is not counted in it (commission ids ${idsOf(less).join(', ')}): settle that in LeadDyno first`;
  }
  const apart = unmarkableIn(line);
  if (apart.length === 0 || ready.length === 0) return undefined;
  if (paymentOf(ready, currency).gt(0) && !paymentOf(apart, currency).lt(0)) return undefined;
  const [here, there] = [ready, apart].map((some) => `${written(sumOf(some, currency), currency)} ${currency}`);
  const all = written(roundedToPay(amount, currency), currency);
  return `only ${here} of it can be marked here, not ${there}, so it must not be paid in parts: pay ${all} ${currency} in one sum and mark it in LeadDyno or record it with settle_payouts paid_by_hand`;
}

/** Two commissions that name nobody may belong to two people. */
const ownerKey = ({ affiliate }: Commission, index: number, people: People) =>
  (affiliate && people.keyOf(affiliate)) || `nobody ${index}`;

type Draft = Omit<Line, 'ready' | 'unmarkable'>;

/** What is remembered of a commission that LeadDyno still shows as unpaid; empty if nothing is. */
function saidOf(payment: Payment | undefined): string {
  const day = payment?.at.slice(0, 10);
  if (!payment) return '';
  return SAID[payment.how].replace('DAY', day ?? '');
}

const TO_MARK = 'not yet marked in LeadDyno: call settle_payouts again or mark it there';
const MARKED = 'marked as paid on DAY through this server, but LeadDyno still shows it as unpaid';
const SAID: Readonly<Record<Payment['how'], string>> = {
  marked: MARKED,
  // Never found under a commission's own id: `netted` has other keys, and `not_paid` is dropped on reading.
  netted: MARKED,
  not_paid: MARKED,
  paid: `paid on DAY as reported to settle_payouts, ${TO_MARK}`,
  unclear: `paid on DAY as reported to mark_commissions_paid, outcome unknown, ${TO_MARK}`,
  by_hand: 'paid by hand on DAY, not yet marked in LeadDyno',
};
const NOT_OF_IT = 'not part of the payment being finished: call again for it';

function draftOf(commissions: readonly Commission[], people: People, options: OwedOptions): Draft {
  const named = commissions[0]?.affiliate ?? { id: '', email: '' };
  const affiliate = people.find(named);
  const currency = commissions[0]?.currency ?? '';
  const amount = totalsOf(commissions).in(currency);
  const about = affiliate ? reasonsAbout(affiliate) : [people.complete ? 'unknown affiliate' : 'affiliate not read'];
  const { payTo, flaw } = payToOf(affiliate, options.requireAddress ?? false);
  const payment = options.paid?.get(commissions[0]?.id ?? '');
  const unmarked = isUnmarked(payment);
  const reasons =
    unmarked && options.unmarked
      ? []
      : payment
        ? [saidOf(payment)]
        : [
            ...about,
            ...(flaw ? [flaw] : []),
            ...reasonsOfAmount(amount, currency, options),
            ...(options.unmarked === 'alone' ? [NOT_OF_IT] : []),
          ];
  return {
    affiliate,
    owner: affiliate ?? named,
    currency,
    commissions,
    amount,
    payTo,
    reasons,
    unmarked,
    wasPaid: payment !== undefined,
  };
}

function reasonsAbout({ standing, raw }: Affiliate): string[] {
  const word = standing === 'unknown' ? "affiliate's status unclear" : `affiliate ${standing}`;
  // Only active affiliates are paid; a record without any status is no reason to wait.
  return standing === 'active' || !saysStanding(raw) ? [] : [word];
}

const NO_ADDRESS: PayTo = { address: '', isDefault: false };

/** Where an affiliate is paid, or why not. LeadDyno pays those without a PayPal address at their e-mail. */
function payToOf(affiliate: Affiliate | undefined, requireAddress: boolean): { payTo: PayTo; flaw?: string } {
  if (!affiliate) return { payTo: NO_ADDRESS };
  const { raw, email, payoutAddress } = affiliate;
  // A missing field does not mean that the address is blank.
  if (raw.paypal_email === undefined) return { payTo: NO_ADDRESS, flaw: 'payout address not shown by LeadDyno' };
  if (isSaid(raw.paypal_email)) {
    const flaw = textOf(raw.paypal_email) === '' ? 'unusable' : flawOfAddress(payoutAddress);
    if (flaw) return { payTo: NO_ADDRESS, flaw: `payout address ${flaw}` };
    return { payTo: { address: writtenAddress(payoutAddress), isDefault: false } };
  }
  if (requireAddress || email === '') return { payTo: NO_ADDRESS, flaw: 'missing payout address' };
  const flaw = flawOfAddress(email);
  if (flaw) return { payTo: NO_ADDRESS, flaw: `no PayPal address, and the e-mail used instead is ${flaw}` };
  return { payTo: { address: writtenAddress(email), isDefault: true } };
}

function reasonsOfAmount(amount: Decimal, currency: string, options: OwedOptions): string[] {
  const reason = whyNotAmount(amount, currency, options);
  return [...(reason === undefined ? [] : [reason]), ...(isCurrencyCode(currency) ? [] : ['currency unknown'])];
}

function whyNotAmount(amount: Decimal, currency: string, { minimum, only }: OwedOptions): string | undefined {
  // What a report called ready was paid in one sum: the rest of it may be negative once some of it is marked.
  if (only) return undefined;
  if (amount.lte(0)) return 'nothing to pay';
  if (minimum !== undefined && amount.lt(minimum)) return 'below minimum';
  if (roundedToPay(amount, currency).gt(0)) return undefined;
  return 'too small to pay: it waits until more adds up';
}

/** Why a mark that is otherwise clear must not be made: it would also settle what was not paid. */
function whyNotWhole(others: readonly Commission[], { dueBy, currency, only }: OwedOptions): string | undefined {
  if (others.length === 0) return undefined;
  const kinds = new Set(
    others.map((one) =>
      only && only.get(one.id) !== worthThen(one) ? 'not in that report' : describeOther(one, dueBy, currency),
    ),
  );
  return `marking it would also settle unpaid commissions of the same purchase that are ${[...kinds].join(', ')}`;
}

function describeOther(one: Commission, dueBy: number, currency: string | undefined): string {
  const asked = currency === undefined || isOfCurrency(one, currency);
  if (asked !== true) return asked === false ? 'in another currency' : 'without a readable currency';
  return stateOf(one, dueBy) === 'not_due' ? 'not due yet' : 'held back';
}

const compare = (a: string, b: string) => (a < b ? -1 : a > b ? 1 : 0);

/** Lines that are not held first, then by currency, amount (largest first) and id. */
function byWeight(a: Line, b: Line): number {
  return (
    Math.sign(a.reasons.length) - Math.sign(b.reasons.length) ||
    compare(a.currency, b.currency) ||
    b.amount.cmp(a.amount) ||
    compareIds(a.owner.id, b.owner.id)
  );
}

/** Currencies with decimals that PayPal takes only in whole units. */
const WHOLE_UNITS: ReadonlySet<string> = new Set(['HUF', 'TWD']);

/** How many decimals a payment in a currency has: those of ISO 4217, or fewer if PayPal takes fewer. */
export const decimalsOf = (currency: string): number => (WHOLE_UNITS.has(currency) ? 0 : digitsOf(currency));

const roundedToPay = (amount: Decimal, currency: string): Decimal =>
  amount.toDecimalPlaces(decimalsOf(currency), Decimal.ROUND_HALF_UP);

/** What is sent for commissions of one line, rounded half up to what can be paid (`decimalsOf`). */
export function paymentOf(commissions: readonly Commission[], currency: string): Decimal {
  return roundedToPay(totalsOf(commissions).in(currency), currency);
}

export const unmarkableIn = ({ unmarkable }: Line): readonly Commission[] =>
  unmarkable.flatMap(({ commissions }) => commissions);

export const sumOf = (commissions: readonly Commission[], currency: string): Decimal =>
  commissions.length === 0 ? ZERO : totalsOf(commissions).in(currency);

export const idsOf = (commissions: readonly Commission[]) => commissions.map(({ raw }) => shownIdOf(raw));
