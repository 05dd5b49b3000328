import type { JsonObject } from '../src/json.ts';

/** Sums per currency, such as `{ EUR: "3.00", USD: "12.50" }`; sums of zero are left out. */
export type Sums = Readonly<Record<string, string>>;

/** The cents of a decimal amount as LeadDyno writes it. @throws Error if it is not one */
export function centsOf(amount: unknown): number {
  const match = /^(-?)(\d+)(?:\.(\d{1,2})0*)?$/.exec(String(amount));
  if (!match) throw new Error(`${JSON.stringify(amount)} is no amount`);
  const cents = Number(match[2]) * 100 + Number((match[3] ?? '').padEnd(2, '0'));
  return match[1] === '-' ? -cents : cents;
}

export function writeCents(cents: number): string {
  const digits = String(Math.abs(cents)).padStart(3, '0');
  return `${cents < 0 ? '-' : ''}${digits.slice(0, -2)}.${digits.slice(-2)}`;
}

/** @param rows cents with their currency */
export function sumCents(rows: readonly { readonly currency: string; readonly amount: number }[]): Sums {
  const sums = new Map<string, number>();
  for (const { currency, amount } of rows) sums.set(currency, (sums.get(currency) ?? 0) + amount);
  return inOrder(
    [...sums].filter(([, cents]) => cents !== 0).map(([currency, cents]) => [currency, writeCents(cents)]),
  );
}

/** The sums of a field, over rows that name their currency. */
export function sumRows(rows: readonly JsonObject[], field: string): Sums {
  return sumCents(rows.map((row) => ({ currency: String(row.currency), amount: centsOf(row[field]) })));
}

/** Reads sums as a workflow lists them: `[{ currency, amount, … }]`; sums of zero are left out. */
export function sumsIn(lines: unknown, field = 'amount'): Sums {
  if (!Array.isArray(lines)) throw new Error(`expected sums per currency, got ${JSON.stringify(lines)}`);
  return inOrder(
    (lines as JsonObject[])
      .map((line): [string, string] => [String(line.currency), writeCents(centsOf(line[field]))])
      .filter(([, amount]) => amount !== '0.00'),
  );
}

/** Entries as an object, in the order of their keys. */
export function inOrder<Value>(entries: readonly (readonly [string, Value])[]): Record<string, Value> {
  return Object.fromEntries([...entries].sort(([a], [b]) => (a < b ? -1 : 1)));
}
