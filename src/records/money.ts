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

/** Whether a row is of a currency; undefined where it names none that can be read, so that it may be. */
export function isOfCurrency(row: JsonObject, currency: string): boolean | undefined {
  const own = currencyOf(row);
  return isCurrencyCode(own) ? own === currency : undefined;
}

/** A sum as it leaves: at least two decimals, all that there are, never rounded. */
export function written(sum: Decimal): string {
  return sum.decimalPlaces() < 2 ? sum.toFixed(2) : sum.toFixed();
}

/** One line of a sum: `{ currency: "USD", amount: "12.50", count: 3 }`. */
export interface Sum {
  readonly currency: string;
  readonly amount: string;
  readonly count: number;
}

/** Sums per currency, never across. Amounts that are no numbers are counted, not added. */
export class Totals {
  readonly #sums = new Map<string, { sum: Decimal; count: number }>();
  unreadable = 0;

  add(amount: unknown, currency: string): void {
    const value = amountOf(amount);
    if (value === undefined) {
      this.unreadable += 1;
      return;
    }
    const known = this.#sums.get(currency);
    this.#sums.set(currency, { sum: (known?.sum ?? new Decimal(0)).plus(value), count: (known?.count ?? 0) + 1 });
  }

  /** The sum in one currency; zero where there is none. */
  in(currency: string): Decimal {
    return this.#sums.get(currency)?.sum ?? new Decimal(0);
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

/** The sums of a field of rows. */
export function totalsOf(rows: readonly JsonObject[], field: string): Totals {
  const totals = new Totals();
  for (const row of rows) totals.add(row[field], currencyOf(row));
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
    else sums.set(currency, { sum: (known?.sum ?? new Decimal(0)).plus(amount), as });
  }
  const parts = [...sums.values()].map(({ sum, as }) => money(sum.toFixed(), as));
  if (unreadable > 0) parts.push(`${unreadable} unreadable`);
  return parts.join(' + ') || 'nothing';
}
