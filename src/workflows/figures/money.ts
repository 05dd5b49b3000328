import { Decimal } from 'decimal.js';
import { amountOf } from '../../operations/amounts.ts';
import { currencyOf } from '../../operations/currencies.ts';
import type { JsonObject } from '../../operations/operation.ts';

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

  /** In words: `12.50 USD + 3.00 EUR`. */
  words(): string {
    return (
      this.list()
        .map(({ amount, currency }) => `${amount} ${currency}`)
        .join(' + ') || 'nothing'
    );
  }
}

/** The sums of a field of rows. */
export function totalsOf(rows: readonly JsonObject[], field: string): Totals {
  const totals = new Totals();
  for (const row of rows) totals.add(row[field], currencyOf(row));
  return totals;
}
