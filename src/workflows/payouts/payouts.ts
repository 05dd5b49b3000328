import { type JsonObject, recordIn } from '../../json.ts';
import { amountOf, currencyOf, Decimal, isCurrencyCode, isOfCurrency, written } from '../../records/money.ts';
import { standingOf as affiliateStanding, type Identities, identitiesIn, saysStanding } from '../../records/people.ts';
import { flagOf, idTextOf, isSaid, numberOf, purchaseCodeOf, shownIdOf, textOf, timeOf } from '../../records/values.ts';
import { compareIds } from '../figures/ranking.ts';

/*
 * What is owed: one reading of it for the report and for the marks that follow it, so that nothing is marked that the
 * report would not have paid.
 */

/** How a commission stands at a moment. */
export type Standing =
  | 'payable'
  /** Paid or cancelled. */
  | 'settled'
  | 'not_due'
  /** Its purchase is cancelled although it is not: held back until somebody has looked. */
  | 'purchase_cancelled'
  /** Unpaid and due as far as can be told, but not payable without a look; what is in the way. */
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

/** Cash, or nothing said; every other kind of reward has a unit of its own (API reference, Commission). */
function isMoney({ payment_type: type, custom_singular: unit }: JsonObject): boolean {
  const isCash = type === undefined || type === null || type === '' || type === 'cash';
  return isCash && (unit === undefined || unit === null || unit === '');
}

/** How a commission stands. @param dueBy epoch milliseconds */
export function standingOf(row: JsonObject, dueBy: number): Standing {
  const [paid, cancelled] = [flagOf(row.paid), flagOf(row.cancelled)];
  if (paid || cancelled) return 'settled';
  const dueAt = timeOf(row.due_at);
  if (dueAt > dueBy) return 'not_due';
  if (paid === undefined || cancelled === undefined) return 'paid_or_cancelled_unknown';
  if (Number.isNaN(dueAt)) return 'no_due_date';
  if (!isMoney(row)) return 'not_money';
  if (amountOf(row.amount) === undefined) return 'unreadable_amount';
  const { cancelled: ended } = recordIn(row, 'purchase');
  if (flagOf(ended)) return 'purchase_cancelled';
  return flagOf(ended) === undefined && isSaid(ended) ? 'paid_or_cancelled_unknown' : 'payable';
}

/** Commissions by how they stand; what is settled or not due is in none. */
export interface Sorted {
  readonly payable: readonly JsonObject[];
  readonly purchase_cancelled: readonly JsonObject[];
  readonly unclear: ReadonlyMap<Unclear, readonly JsonObject[]>;
}

/** Sorts commissions by how they stand. @param only a currency; what names none that can be read may be of it */
export function sortByStanding(all: readonly JsonObject[], dueBy: number, only: string | undefined): Sorted {
  const by = new Map<Standing, JsonObject[]>();
  for (const row of all) {
    if (only !== undefined && isOfCurrency(row, only) === false) continue;
    const standing = standingOf(row, dueBy);
    const group = by.get(standing);
    if (group) group.push(row);
    else by.set(standing, [row]);
  }
  const reasons = Object.keys(UNCLEAR) as Unclear[];
  return {
    payable: by.get('payable') ?? [],
    purchase_cancelled: by.get('purchase_cancelled') ?? [],
    unclear: new Map(reasons.flatMap((reason) => (by.has(reason) ? [[reason, by.get(reason) ?? []] as const] : []))),
  };
}

/** What a report is made from. */
export interface Report extends Sorted {
  readonly dueBy: number;
  readonly lines: readonly Line[];
}

/** The id of a commission; null where it is none. */
export const idOf = (row: JsonObject): number | string | null =>
  numberOf(row.id) ?? (typeof row.id === 'string' ? row.id : null);

/** What is owed one affiliate in one currency. */
export interface Line {
  /** Null where a commission names nobody, or somebody without an id. */
  readonly affiliateId: number | string | null;
  /** The record; what the commission says of them where there is none. */
  readonly affiliate: JsonObject;
  readonly currency: string;
  readonly amount: Decimal;
  readonly commissions: readonly JsonObject[];
  /** Why it is not to be paid out as it is; empty where it is. */
  readonly reasons: readonly string[];
}

/** The affiliates there are. */
export interface People extends Identities {
  /** Whether all of them were read: who is not among them does not exist. */
  readonly complete: boolean;
}

export const peopleIn = (affiliates: readonly JsonObject[], complete: boolean): People => ({
  ...identitiesIn(affiliates),
  complete,
});

/** The payable commissions of everybody, one line per affiliate and currency. */
export function linesOf(rows: readonly JsonObject[], people: People, minimum: number | undefined): Line[] {
  const groups = new Map<string, { affiliate: JsonObject; known: boolean; rows: JsonObject[] }>();
  for (const [index, row] of rows.entries()) {
    const minimal = recordIn(row, 'affiliate');
    const known = people.find(minimal);
    const affiliate = known ?? minimal;
    // Two commissions that name nobody need not be of the same person.
    const key = JSON.stringify([people.keyOf(minimal) || index, currencyOf(row)]);
    const group = groups.get(key) ?? { affiliate, known: known !== undefined, rows: [] };
    group.rows.push(row);
    groups.set(key, group);
  }
  const lines = [...groups.values()].map(({ affiliate, known, rows: commissions }): Line => {
    const amount = commissions.reduce((sum, row) => sum.plus(amountOf(row.amount) ?? 0), new Decimal(0));
    const currency = currencyOf(commissions[0] ?? {});
    const about = known ? reasonsAbout(affiliate) : [people.complete ? 'unknown affiliate' : 'affiliate not read'];
    const reasons = [...about, ...reasonsOfAmount(amount, currency, minimum)];
    return { affiliateId: shownIdOf(affiliate), affiliate, currency, amount, commissions, reasons };
  });
  return lines.sort(
    (a, b) =>
      Math.sign(a.reasons.length) - Math.sign(b.reasons.length) ||
      compare(a.currency, b.currency) ||
      b.amount.cmp(a.amount) ||
      compareIds(idTextOf(a.affiliate), idTextOf(b.affiliate)),
  );
}

const compare = (a: string, b: string) => (a < b ? -1 : a > b ? 1 : 0);

/** One address that leaves no doubt, and that a spreadsheet takes for what it is. */
const PAYABLE_ADDRESS = /^[^\s@"'`,;:<>()=+\-\p{C}][^\s@"'`,;:<>()\p{C}]*@[^\s@"'`,;:<>()\p{C}]+$/u;

function reasonsAbout(affiliate: JsonObject): string[] {
  const payout = textOf(affiliate.paypal_email);
  return [
    ...reasonsOfStanding(affiliate),
    ...(payout === '' ? ['missing payout address'] : []),
    ...(payout !== '' && !PAYABLE_ADDRESS.test(payout) ? ['payout address unusable'] : []),
  ];
}

/** Nobody is paid but who is active; a record that says nothing at all about it is no reason to wait. */
function reasonsOfStanding(affiliate: JsonObject): string[] {
  const standing = affiliateStanding(affiliate);
  if (standing === 'active' || !saysStanding(affiliate)) return [];
  return [standing === 'unknown' ? "affiliate's standing unclear" : `affiliate ${standing}`];
}

function reasonsOfAmount(amount: Decimal, currency: string, minimum: number | undefined): string[] {
  return [
    ...(amount.lte(0) ? ['nothing to pay'] : minimum !== undefined && amount.lt(minimum) ? ['below minimum'] : []),
    ...(isCurrencyCode(currency) ? [] : ['currency unknown']),
  ];
}

/** Currencies that PayPal takes in whole units alone. */
const WHOLE_UNITS: ReadonlySet<string> = new Set(['HUF', 'JPY', 'TWD']);

/** How many decimals a payment in a currency has. */
export const decimalsOf = (currency: string): number => (WHOLE_UNITS.has(currency) ? 0 : 2);

/** What is sent for a line: whole cents. */
export const paymentOf = ({ amount, currency }: Line): Decimal =>
  amount.toDecimalPlaces(decimalsOf(currency), Decimal.ROUND_HALF_UP);

/** Commissions that no call can mark as paid, because their purchase has no code (API reference, C5). */
export const unmarkable = (commissions: readonly JsonObject[]): readonly JsonObject[] =>
  commissions.filter((row) => purchaseCodeOf(row) === '');

/** A line as it leaves. */
export function describeLine({ affiliateId, affiliate, currency, amount, commissions, reasons }: Line): JsonObject {
  const { first_name, last_name, email, paypal_email } = affiliate;
  return {
    affiliate_id: affiliateId,
    first_name,
    last_name,
    email,
    paypal_email,
    currency: currency || 'unknown',
    amount: written(amount),
    commissions: commissions.length,
    state: reasons.length === 0 ? 'ready' : 'held',
    ...(reasons.length > 0 && { reasons }),
    ...(unmarkable(commissions).length > 0 && { commission_ids_to_mark_by_hand: unmarkable(commissions).map(idOf) }),
  };
}
