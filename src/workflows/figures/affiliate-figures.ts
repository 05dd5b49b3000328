import { isObject, type JsonObject } from '../../json.ts';
import { amountOf, currencyOf, Decimal } from '../../records/money.ts';
import type { Identities } from '../../records/people.ts';
import { numberOf } from '../../records/values.ts';

/** What affiliates are ranked by. */
export const METRICS = ['purchases', 'revenue', 'commission', 'leads', 'visitors', 'conversion'] as const;
export type Metric = (typeof METRICS)[number];

/** What tells affiliates apart. */
export type KeyOf = Identities['keyOf'];

/** A figure per affiliate, by key; what no affiliate is credited with is counted apart. */
export interface Figures {
  readonly of: ReadonlyMap<string, Decimal>;
  /** Short records of the affiliates, as other records show them. */
  readonly seen: ReadonlyMap<string, JsonObject>;
  readonly uncredited: Decimal;
  readonly uncreditedRows: number;
  /** Amounts that are no numbers. */
  readonly unreadable: number;
}

const ONE = new Decimal(1);
const NONE = new Decimal(0);

/** Adds up rows by the affiliate they are credited to. */
function addUp(rows: readonly JsonObject[], measure: (row: JsonObject) => Decimal | undefined, keyOf: KeyOf): Figures {
  const of = new Map<string, Decimal>();
  const seen = new Map<string, JsonObject>();
  let [uncredited, uncreditedRows, unreadable] = [NONE, 0, 0];
  for (const row of rows) {
    const value = measure(row);
    const affiliate = isObject(row.affiliate) ? row.affiliate : {};
    const key = keyOf(affiliate);
    if (value === undefined) unreadable += 1;
    else if (key === '') {
      uncredited = uncredited.plus(value);
      uncreditedRows += 1;
    } else {
      of.set(key, (of.get(key) ?? NONE).plus(value));
      seen.set(key, affiliate);
    }
  }
  return { of, seen, uncredited, uncreditedRows, unreadable };
}

/** How many rows an affiliate is credited with. */
export const countRows = (rows: readonly JsonObject[], keyOf: KeyOf): Figures => addUp(rows, () => ONE, keyOf);

/** The sums of a money field, one set of figures for each currency. */
export function addMoney(rows: readonly JsonObject[], field: string, keyOf: KeyOf): Map<string, Figures> {
  const currencies = [...new Set(rows.map(currencyOf))].sort();
  return new Map(
    currencies.map((currency) => [
      currency,
      addUp(
        rows.filter((row) => currencyOf(row) === currency),
        (row) => amountOf(row[field]),
        keyOf,
      ),
    ]),
  );
}

/** LeadDyno's lifetime counters. One that is null is unknown, not zero (API reference, Affiliate). */
export function counters(affiliates: readonly JsonObject[], field: string, keyOf: KeyOf): Figures {
  const of = new Map<string, Decimal>();
  for (const row of affiliates) {
    const value = numberOf(row[field]);
    if (value !== undefined) of.set(keyOf(row), new Decimal(value));
  }
  return { of, seen: new Map(), uncredited: NONE, uncreditedRows: 0, unreadable: 0 };
}

/** Purchases per visitor, for those with enough visitors to say anything. */
export function conversions(purchases: Figures, visitors: Figures, zeroIfAbsent: boolean, minimum: number) {
  const of = new Map<string, Decimal>();
  let below = 0;
  for (const [key, visited] of visitors.of) {
    const bought = purchases.of.get(key) ?? (zeroIfAbsent ? NONE : undefined);
    if (visited.lessThan(Math.max(1, minimum))) below += 1;
    else if (bought !== undefined) of.set(key, bought.div(visited));
  }
  return { figures: { ...visitors, of, uncredited: NONE, uncreditedRows: 0, unreadable: 0 } satisfies Figures, below };
}

/** The whole that shares are parts of: all affiliates, and what nobody is credited with. */
export function wholeOf({ of, uncredited }: Figures): Decimal {
  return [...of.values()].reduce((sum, value) => sum.plus(value), uncredited);
}
