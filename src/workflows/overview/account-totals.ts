import { type JsonObject, recordIn } from '../../json.ts';
import { getCommissionTotals } from '../../operations/commissions.ts';
import { amountOf, written } from '../../records/money.ts';
import { numberOf } from '../../records/values.ts';
import type { Attempt } from '../reading/attempt.ts';
import { mapParallel } from '../reading/parallel.ts';
import type { Work } from '../workflow.ts';

/*
 * LeadDyno's own commission totals (API reference, C4), requested for one currency at a time: without a currency it
 * most likely adds all of them into one number. Whether it heeds the currency is not established, so that is checked
 * before a sum is used.
 */

type Reading = Pick<Work, 'read' | 'attempt'>;

/** By currency: the answer, or why there is none. */
export type TotalsBy = ReadonlyMap<string, Attempt<JsonObject>>;

/** Whose totals: those of one affiliate, or without an id those of the account. */
export interface Whose {
  readonly affiliate_id?: number | undefined;
}

const COSTS = ['total_cost', 'total_due_cost', 'total_paid_cost'] as const;
const COUNTS = ['total_count', 'total_due_count', 'total_paid_count', 'total_cancelled_count'] as const;
const FIELDS: readonly string[] = [...COUNTS, ...COSTS];

/** Shown next to LeadDyno's own totals if any commission that was read is not money. */
export const REWARDS_REMARK =
  'Some commissions are rewards that are not money (points, credit): LeadDyno may have included them in these sums and counts.';

const WIDTH = 3;

export function readTotals(work: Reading, whose: Whose, currency?: string): Promise<Attempt<JsonObject>> {
  const { affiliate_id } = whose;
  const args = { ...(affiliate_id !== undefined && { affiliate_id }), ...(currency !== undefined && { currency }) };
  return work.attempt(async () => recordIn(await work.read(getCommissionTotals, args), 'totals'));
}

export async function readTotalsBy(currencies: readonly string[], work: Reading, whose: Whose = {}): Promise<TotalsBy> {
  const found = await mapParallel(currencies, WIDTH, (currency) => readTotals(work, whose, currency));
  return new Map(found.map((one, index) => [currencies[index] ?? '', one]));
}

/**
 * Whether LeadDyno ignores the currency: it gives the same answer for each one, and without one. If there is an answer
 * for only one currency, this asks for a second one to compare.
 * @param all the answer without a currency, if it was read already
 */
export async function ignoresCurrency(
  by: TotalsBy,
  work: Reading,
  whose: Whose = {},
  all?: JsonObject,
): Promise<boolean> {
  const answers = [...by.values()].flatMap((one) => (one.read ? [one.value] : []));
  const [first] = answers;
  if (!first || !saysAnything(first) || answers.some((one) => !isSame(one, first))) return false;
  if (answers.length === 1) {
    const other = await readTotals(work, whose, by.has('USD') ? 'EUR' : 'USD');
    if (!other.read || !isSame(other.value, first)) return false;
  }
  const unfiltered = all ? ({ read: true, value: all } as const) : await readTotals(work, whose);
  return unfiltered.read && isSame(unfiltered.value, first);
}

const isSame = (one: JsonObject, other: JsonObject) =>
  FIELDS.every((name) => String(one[name]) === String(other[name]));

/** Zeros are the same in every currency, so they prove nothing. */
const saysAnything = (totals: JsonObject) =>
  numberOf(totals.total_count) !== 0 && FIELDS.some((name) => amountOf(totals[name])?.isZero() === false);

/** The fields of an answer that are shown, in a readable order; amounts have the decimals of the currency. */
export function shownTotals(totals: JsonObject, currency: string): JsonObject {
  const order = ['total_count', 'total_cost', 'total_due_count', 'total_due_cost', 'total_paid_count'];
  const names = [...order, 'total_paid_cost', 'total_cancelled_count'].filter((name) => name in totals);
  return Object.fromEntries(names.map((name) => [name, inCurrency(name, totals[name], currency)]));
}

function inCurrency(name: string, value: unknown, currency: string): unknown {
  const amount = COSTS.some((cost) => cost === name) ? amountOf(value) : undefined;
  return amount ? written(amount, currency) : value;
}
