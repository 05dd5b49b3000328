import type { JsonObject } from './operation.ts';

/** The currency of a row, as a code is written; empty where it does not say. */
export const currencyOf = ({ currency }: JsonObject): string =>
  typeof currency === 'string' ? currency.trim().toUpperCase() : '';

export const isCurrencyCode = (currency: string): boolean => /^[A-Z]{3}$/.test(currency);

/** Whether a row is of a currency; undefined where it names none that can be read, so that it may be. */
export function isOfCurrency(row: JsonObject, currency: string): boolean | undefined {
  const own = currencyOf(row);
  return isCurrencyCode(own) ? own === currency : undefined;
}
