import { type JsonObject, recordIn, rowsIn } from '../../json.ts';
import { getCommissionTotals, listCommissions } from '../../operations/commissions.ts';
import { amountOf, isCurrencyCode, written } from '../../records/money.ts';
import { parseCommission } from '../../records/parse.ts';
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
type TotalsBy = ReadonlyMap<string, Attempt<JsonObject>>;

/** Whose totals: those of one affiliate, or without an id those of the account. */
interface Whose {
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
function shownTotals(totals: JsonObject, currency: string): JsonObject {
  const order = ['total_count', 'total_cost', 'total_due_count', 'total_due_cost', 'total_paid_count'];
  const names = [...order, 'total_paid_cost', 'total_cancelled_count'].filter((name) => name in totals);
  return Object.fromEntries(names.map((name) => [name, inCurrency(name, totals[name], currency)]));
}

function inCurrency(name: string, value: unknown, currency: string): unknown {
  const amount = COSTS.some((cost) => cost === name) ? amountOf(value) : undefined;
  return amount ? written(amount, currency) : value;
}

/** More than any programme has: more currencies would mean odd data, and each costs a call. */
const MOST = 10;

/**
 * LeadDyno's commission totals, one currency at a time. Whether it mixes currencies without that parameter is not known
 * (API reference, C4): the unfiltered count only serves to check that all commissions are covered; its sums are never
 * shown.
 * @param seen currencies found in records
 */
export async function commissionTotals(
  seen: readonly string[],
  work: Pick<Work, 'read' | 'attempt'>,
): Promise<JsonObject> {
  const all = await readTotals(work, {});
  if (!all.read) return { not_read: all.why };
  const count = numberOf(all.value.total_count);
  if (count === 0) return { count_with_cancelled: 0, by_currency: [] };

  const named = codesAmong(seen);
  const currencies = named.length > 0 ? named : await currenciesOfFirstPage(work);
  const by = await readTotalsBy(currencies.slice(0, MOST), work);
  const rows: JsonObject[] = [...by].map(([currency, found]) =>
    found.read ? { currency, ...shownTotals(found.value, currency) } : { currency, not_read: found.why },
  );
  const counts = [...by.values()].map((found) => (found.read ? numberOf(found.value.total_count) : undefined));
  const left = currencies.slice(MOST);
  return {
    count_with_cancelled: count ?? null,
    basis: BASIS,
    ...((await ignoresCurrency(by, work, {}, all.value)) ? MIXED : judge(count, counts, rows)),
    ...(left.length > 0 && { currencies_left_off: left.length }),
  };
}

/** The sample in LeadDyno's docs shows this for the counts; for the sums it is likely (API reference, C4). */
const BASIS =
  "LeadDyno's own all-time totals: total_count includes cancelled commissions, and total_cost most likely too; due is payable now; pending is only in the total.";

const MIXED = {
  by_currency: [],
  remark:
    'LeadDyno gives the same totals for every currency, so it ignores the currency; its sums would mix currencies and are not shown.',
};

function judge(count: number | undefined, counts: readonly (number | undefined)[], rows: readonly JsonObject[]) {
  if (count === undefined || counts.includes(undefined)) {
    return { by_currency: rows, remark: 'These may not be all commissions.' };
  }
  const sum = counts.reduce<number>((total, one) => total + (one ?? 0), 0);
  if (sum > count) {
    return {
      by_currency: [],
      remark:
        'LeadDyno counts more commissions by currency than in total, so it seems to ignore the currency; its sums would mix currencies and are not shown.',
    };
  }
  return {
    by_currency: rows,
    ...(sum < count && {
      in_other_currencies: count - sum,
      remark: `${count - sum} of ${count} commissions are in currencies that none of the records read has, and are not in these sums.`,
    }),
  };
}

/** Only currency codes: nothing else is sent to LeadDyno as one. */
const codesAmong = (currencies: readonly string[]) => [...new Set(currencies)].filter(isCurrencyCode).sort();

async function currenciesOfFirstPage(work: Pick<Work, 'read' | 'attempt'>): Promise<string[]> {
  const page = await work.attempt(() => work.read(listCommissions, { page: 1, per_page: 100, detail: 'full' }));
  return page.read ? codesAmong(rowsIn(page.value, 'commissions').map((row) => parseCommission(row).currency)) : [];
}
