import { Decimal as Base } from 'decimal.js';
import type { JsonObject } from '../json.ts';
import { quote } from '../text.ts';

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

/** A decimal amount as LeadDyno sends it, text or number; undefined where it is none. */
export function amountOf(value: unknown): Decimal | undefined {
  const text = amountText(value);
  return text === undefined ? undefined : new Decimal(text);
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

/** A sum as it leaves: at least two decimals, all that there are, never rounded. */
export function written(sum: Decimal): string {
  return sum.decimalPlaces() < 2 ? sum.toFixed(2) : sum.toFixed();
}

/** Cash, or nothing said; every other kind of reward has a unit of its own (API reference, Commission). */
export function isMoney({ payment_type: type, custom_singular: unit }: JsonObject): boolean {
  const isCash = type === undefined || type === null || type === '' || type === 'cash';
  return isCash && (unit === undefined || unit === null || unit === '');
}

/** What has an amount in a currency. */
export interface Priced {
  readonly amount: Decimal | undefined;
  readonly currency: string;
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
      amount: written(this.in(currency)),
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

/** An amount with its currency as LeadDyno wrote them; quoted where they are not what they should be. */
export function money(amount: unknown, currency: unknown): string {
  const isFilled = typeof amount === 'string' && amount.trim() !== '';
  const number = amountText(amount) ?? (isFilled ? quote(amount, 20) : 'an unknown amount');
  if (typeof currency !== 'string' || currency === '') return number;
  return `${number} ${isCurrencyCode(currency) ? currency : quote(currency, 10)}`;
}

/** Sums per currency, never across: `12.5 USD + 3 EUR`. Amounts that are no numbers are counted, not added. */
export function sumByCurrency(rows: readonly JsonObject[], field: string): string {
  const sums = new Map<string, { sum: Decimal; as: unknown }>();
  let unreadable = 0;
  for (const row of rows) {
    const amount = amountOf(row[field]);
    const currency = currencyOf(row);
    const known = sums.get(currency);
    // Named as LeadDyno wrote it: what is made into a code here could be a stranger's word outside of quotes.
    const as = row.currency === currency ? currency : (known?.as ?? row.currency);
    if (amount === undefined) unreadable += 1;
    else sums.set(currency, { sum: (known?.sum ?? ZERO).plus(amount), as });
  }
  const parts = [...sums.values()].map(({ sum, as }) => money(sum.toFixed(), as));
  if (unreadable > 0) parts.push(`${unreadable} unreadable`);
  return parts.join(' + ') || 'nothing';
}
