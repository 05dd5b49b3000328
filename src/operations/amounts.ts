import { Decimal } from 'decimal.js';

// Sums stay exact: the longest amount has 25 digits, and the default is 20.
Decimal.set({ precision: 60 });

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
