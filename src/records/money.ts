import { Decimal as Base } from 'decimal.js';
import type { JsonObject } from '../json.ts';
import { cutText, quote } from '../text.ts';

/* Amounts and their currencies: decimal arithmetic alone, never across currencies. */

/** Sums stay exact: the longest amount has 25 digits, and the library's default is 20. */
export const Decimal = Base.clone({ precision: 60 });
export type Decimal = Base;

const AMOUNT = /^-?\d{1,15}(\.\d{1,10})?$/;

/** An amount as LeadDyno wrote it, if the value is one; no object is ever asked to turn itself into text. */
export function amountText(value: unknown): string | undefined {
  const text = typeof value === 'number' || typeof value === 'string' ? String(value) : '';
  return AMOUNT.test(text) ? text : undefined;
}

/** Amounts repeat, and a decimal takes 240 bytes: each of a list is made once. */
const MOST_AMOUNTS = 20_000;
const amounts = new Map<string, Decimal>();

/** A decimal amount as LeadDyno sends it, text or number; undefined where it is none. */
export function amountOf(value: unknown): Decimal | undefined {
  const text = amountText(value);
  if (text === undefined) return undefined;
  const known = amounts.get(text);
  if (known) return known;
  if (amounts.size >= MOST_AMOUNTS) amounts.clear();
  const amount = new Decimal(text);
  amounts.set(text, amount);
  return amount;
}

/** The same amount, however it is written (`49`, `"49.0"`). */
export function sameAmount(a: unknown, b: unknown): boolean {
  const [one, other] = [amountOf(a), amountOf(b)];
  return one !== undefined && other !== undefined && one.equals(other);
}

/** The currency of a row, as a code is written; empty where it does not say. */
export const currencyOf = ({ currency }: JsonObject): string =>
  typeof currency === 'string' ? currency.trim().toUpperCase() : '';

export const isCurrencyCode = (currency: string): boolean => /^[A-Z]{3}$/.test(currency);

/** Whether a record is of a currency; undefined if it names none that can be read, so that it may be. */
export function isOfCurrency({ currency: own }: Pick<Priced, 'currency'>, currency: string): boolean | undefined {
  return isCurrencyCode(own) ? own === currency : undefined;
}

/** That nothing is in a currency that was asked for, and in which there is; nothing to say if something is. */
export function noteOnCurrency(
  what: string,
  records: readonly Pick<Priced, 'currency'>[],
  asked: string | undefined,
): { readonly currency_note?: string } {
  if (asked === undefined || records.some(({ currency }) => currency === asked)) return {};
  const seen = [...new Set(records.map(({ currency }) => currency))].filter(isCurrencyCode).sort();
  return { currency_note: `No ${what} in ${asked}. Currencies seen: ${seen.join(', ') || 'none'}.` };
}

/** Currencies whose decimals are not two, by ISO 4217. Not from `Intl`, which has its own of some (IDR, COP, IQD: none). */
const DIGITS: ReadonlyMap<string, number> = new Map(
  [
    ['BIF CLP DJF GNF ISK JPY KMF KRW PYG RWF UGX UYI VND VUV XAF XOF XPF', 0] as const,
    ['BHD IQD JOD KWD LYD OMR TND', 3] as const,
    ['CLF UYW', 4] as const,
  ].flatMap(([codes, digits]) => codes.split(' ').map((code) => [code, digits] as const)),
);

/** The decimals of a currency by ISO 4217 (USD 2, JPY 0, KWD 3); two for what is no code. */
export const digitsOf = (currency: string): number => DIGITS.get(currency) ?? 2;

/** Why an amount cannot be one of a currency: it has more decimals than that; undefined if it can, or is no amount. */
export function whyNotOf(amount: unknown, currency: string): string | undefined {
  const number = typeof amount === 'number' || amountOf(amount) ? new Decimal(amount as number | string) : undefined;
  const most = digitsOf(currency);
  if (!number?.isFinite() || number.decimalPlaces() <= most) return undefined;
  const digits = most === 0 ? 'no decimals' : `at most ${most} decimals`;
  return `an amount in ${currency} has ${digits}, so ${number.toFixed()} is not valid`;
}

/** An amount for output: with the decimals of its currency and any further ones it has; never rounded. */
export function written(amount: Decimal, currency: string): string {
  const least = digitsOf(currency);
  return amount.decimalPlaces() < least ? amount.toFixed(least) : amount.toFixed();
}

/**
 * A quotient (an average) for output: rounded half up to the decimals of its currency.
 * @param more decimals, where what is averaged is small
 */
export const rounded = (amount: Decimal, currency: string, more = 0): string =>
  amount.toFixed(digitsOf(currency) + more, Decimal.ROUND_HALF_UP);

const saysNothing = (value: unknown) =>
  value === undefined || value === null || (typeof value === 'string' && value.trim() === '');
const isCash = (type: unknown) =>
  saysNothing(type) || (typeof type === 'string' && type.trim().toLowerCase() === 'cash');

/** Cash, or nothing said; every other kind of reward has a unit of its own (API reference, Commission). */
export const isMoney = ({ payment_type: type, custom_singular: one, custom_plural: many }: JsonObject): boolean =>
  isCash(type) && saysNothing(one) && saysNothing(many);

/** What a reward that is not money is called: points, credit. */
export function rewardName({ payment_type: type, custom_singular: one, custom_plural: many }: JsonObject): string {
  const named = [many, one, isCash(type) ? undefined : type].find((name) => !saysNothing(name));
  return typeof named === 'string' ? cutText(named.trim(), LONGEST_NAME) : 'unknown';
}

const LONGEST_NAME = 40;

/** What has an amount in a currency. */
export interface Priced {
  readonly amount: Decimal | undefined;
  readonly currency: string;
}

/** What may be a reward in points or the like in place of money. */
export interface Rewarding extends Priced {
  readonly isMoney: boolean;
  readonly raw: JsonObject;
}

/** One line of rewards that are not money, never added to any currency. */
export interface Reward {
  readonly name: string;
  readonly amount: string;
  readonly count: number;
}

export const ZERO = new Decimal(0);

/** One line of a sum: `{ currency: "USD", amount: "12.50", count: 3 }`. */
export interface Sum {
  readonly currency: string;
  readonly amount: string;
  readonly count: number;
}

/** Sums per currency, never across. */
export class Totals {
  readonly #sums = new Map<string, { sum: Decimal; count: number }>();

  add(amount: Decimal, currency: string): void {
    const known = this.#sums.get(currency);
    this.#sums.set(currency, { sum: (known?.sum ?? ZERO).plus(amount), count: (known?.count ?? 0) + 1 });
  }

  /** The sum in one currency; zero where there is none. */
  in(currency: string): Decimal {
    return this.#sums.get(currency)?.sum ?? ZERO;
  }

  currencies(): string[] {
    return [...this.#sums.keys()].sort();
  }

  /** By currency, in alphabetical order. */
  list(): Sum[] {
    return this.currencies().map((currency) => ({
      currency: currency || 'unknown',
      amount: written(this.in(currency), currency),
      count: this.#sums.get(currency)?.count ?? 0,
    }));
  }
}

/** The sums of records; one without an amount adds nothing. */
export function totalsOf(records: readonly Priced[]): Totals {
  const totals = new Totals();
  for (const { amount, currency } of records) if (amount !== undefined) totals.add(amount, currency);
  return totals;
}

/** Sums commissions, with money apart from rewards that are not money. Every sum of commissions uses this. */
export function sumsOf<Record extends Rewarding>(
  records: readonly Record[],
): { readonly money: readonly Record[]; readonly sums: Sum[]; readonly rewards: Reward[] } {
  const money = records.filter((one) => one.isMoney);
  const byName = new Totals();
  for (const { isMoney: cash, amount, raw } of records) {
    if (!cash && amount !== undefined) byName.add(amount, rewardName(raw));
  }
  const rewards = byName
    .list()
    .map(({ currency: name, count }) => ({ name, amount: byName.in(name).toFixed(), count }));
  return { money, sums: totalsOf(money).list(), rewards };
}

/** The rewards of some records as a part of a result; nothing if there are none. */
export const rewardsIn = (rewards: readonly Reward[]): JsonObject => (rewards.length > 0 ? { rewards } : {});

/**
 * An amount with its currency, quoted if they are not what they should be.
 * @param amount as LeadDyno wrote it
 */
export function money(amount: unknown, currency: unknown): string {
  const isFilled = typeof amount === 'string' && amount.trim() !== '';
  const code = typeof currency === 'string' ? currency : '';
  const value = amountOf(amount);
  const number = value ? written(value, code) : isFilled ? quote(amount, 20) : 'an unknown amount';
  if (code === '') return number;
  return `${number} ${isCurrencyCode(code) ? code : quote(code, 10)}`;
}

/** What a row of commissions or purchases is worth: `12.50 USD`, `300 "points"`. */
export function worthOf(row: JsonObject, field: string): string {
  if (isMoney(row)) return money(row[field], row.currency);
  const number = amountOf(row[field])?.toFixed() ?? 'an unknown amount';
  return `${number} ${quote(rewardName(row), LONGEST_NAME)}`;
}

/**
 * Sums per currency, never across, and rewards that are not money by themselves: `12.50 USD + 3.00 EUR + 40 "points"`.
 * Amounts that are no numbers are counted, not added.
 */
export function sumByCurrency(rows: readonly JsonObject[], field: string): string {
  const sums = new Map<string, { sum: Decimal; like: JsonObject }>();
  let unreadable = 0;
  for (const row of rows) {
    const amount = amountOf(row[field]);
    const currency = currencyOf(row);
    const key = isMoney(row) ? `money ${currency}` : `reward ${rewardName(row)}`;
    const known = sums.get(key);
    // Named as LeadDyno wrote it: what is made into a code here could be a stranger's word outside of quotes.
    const like = row.currency === currency ? row : (known?.like ?? row);
    if (amount === undefined) unreadable += 1;
    else sums.set(key, { sum: (known?.sum ?? ZERO).plus(amount), like });
  }
  const parts = [...sums.values()].map(({ sum, like }) => sumAs(sum, like));
  if (unreadable > 0) parts.push(`${unreadable} unreadable`);
  return parts.join(' + ') || 'nothing';
}

/** A sum may have more digits than any single amount. */
function sumAs(sum: Decimal, { currency, ...row }: JsonObject): string {
  if (!isMoney(row)) return `${sum.toFixed()} ${quote(rewardName(row), LONGEST_NAME)}`;
  const code = typeof currency === 'string' ? currency : '';
  return [written(sum, code), code && (isCurrencyCode(code) ? code : quote(code, 10))].filter(Boolean).join(' ');
}
