import { type JsonObject, rowsIn } from '../../json.ts';
import { listCommissions } from '../../operations/commissions.ts';
import { isCurrencyCode } from '../../records/money.ts';
import { parseCommission } from '../../records/parse.ts';
import { numberOf } from '../../records/values.ts';
import type { Work } from '../workflow.ts';
import { ignoresCurrency, readTotals, readTotalsBy, shownTotals } from './account-totals.ts';

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
