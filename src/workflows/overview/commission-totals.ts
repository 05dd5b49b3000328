import { type JsonObject, recordIn, rowsIn } from '../../json.ts';
import { getCommissionTotals, listCommissions } from '../../operations/commissions.ts';
import { isCurrencyCode } from '../../records/money.ts';
import { parseCommission } from '../../records/parse.ts';
import { numberOf } from '../../records/values.ts';
import type { Work } from '../workflow.ts';

/** More currencies than any programme has: a sign of odd data, and a call each. */
const MOST = 10;
const SHOWN = [
  'total_count',
  'total_cost',
  'total_due_count',
  'total_due_cost',
  'total_paid_count',
  'total_paid_cost',
  'total_cancelled_count',
];

/**
 * LeadDyno's commission totals, one currency at a time. Whether it mixes currencies without that parameter is not known
 * (API reference, C4): the unfiltered count only checks whether all commissions were met, its sums are never shown.
 * @param seen currencies met among records
 */
export async function commissionTotals(
  seen: readonly string[],
  work: Pick<Work, 'read' | 'attempt'>,
): Promise<JsonObject> {
  const totals = (currency?: string) =>
    work.attempt(async () =>
      recordIn(await work.read(getCommissionTotals, currency === undefined ? {} : { currency }), 'totals'),
    );
  const all = await totals();
  if (!all.read) return { not_read: all.why };
  const count = numberOf(all.value.total_count);
  if (count === 0) return { count: 0, by_currency: [] };

  const named = codesAmong(seen);
  const currencies = named.length > 0 ? named : await currenciesOfFirstPage(work);
  const asked: { currency: string; totals: Awaited<ReturnType<typeof totals>> }[] = [];
  for (const currency of currencies.slice(0, MOST)) asked.push({ currency, totals: await totals(currency) });
  const rows: JsonObject[] = asked.map(({ currency, totals: found }) =>
    found.read ? { currency, ...shown(found.value) } : { currency, not_read: found.why },
  );
  const counts = asked.map(({ totals: found }) => (found.read ? numberOf(found.value.total_count) : undefined));
  const left = currencies.slice(MOST);
  return {
    count: count ?? null,
    ...judge(count, counts, rows),
    ...(left.length > 0 && { currencies_left_off: left.length }),
  };
}

function judge(count: number | undefined, counts: readonly (number | undefined)[], rows: readonly JsonObject[]) {
  if (count === undefined || counts.includes(undefined)) {
    return { by_currency: rows, remark: 'Whether these are all commissions cannot be told.' };
  }
  const sum = counts.reduce<number>((total, one) => total + (one ?? 0), 0);
  if (sum > count) {
    return {
      by_currency: [],
      remark:
        'LeadDyno counts more commissions by currency than in all, so it seems to ignore the currency; its sums would mix currencies and are not shown.',
    };
  }
  return {
    by_currency: rows,
    ...(sum < count && {
      in_other_currencies: count - sum,
      remark: `${count - sum} of ${count} commissions are in currencies not met among the records read, and in none of these sums.`,
    }),
  };
}

const shown = (totals: JsonObject) =>
  Object.fromEntries(SHOWN.filter((name) => name in totals).map((name) => [name, totals[name]]));

/** What is no currency code is not sent anywhere. */
const codesAmong = (currencies: readonly string[]) => [...new Set(currencies)].filter(isCurrencyCode).sort();

async function currenciesOfFirstPage(work: Pick<Work, 'read' | 'attempt'>): Promise<string[]> {
  const page = await work.attempt(() => work.read(listCommissions, { page: 1, per_page: 100, detail: 'full' }));
  return page.read ? codesAmong(rowsIn(page.value, 'commissions').map((row) => parseCommission(row).currency)) : [];
}
