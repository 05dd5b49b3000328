import { type JsonObject, recordIn } from '../../json.ts';
import { LeadDynoError } from '../../leaddyno/errors.ts';
import { getCommissionTotals } from '../../operations/commissions.ts';
import { amountOf, Decimal, isCurrencyCode, totalsOf, written } from '../../records/money.ts';
import type { Work } from '../workflow.ts';
import type { Report } from './payouts.ts';

/** More currencies than a programme has: each costs a call. */
const MOST = 12;

/**
 * What is owed by our reading against what LeadDyno counts as due now, per currency (API reference, C4).
 * @param ids the affiliates that were chosen; LeadDyno sums one of them or all
 */
export async function reconcile(report: Report, ids: readonly number[] | undefined, work: Work): Promise<JsonObject[]> {
  if (ids && ids.length > 1) return [];
  const all = [...report.lines.map(({ currency }) => currency), ...withheldIn(report).currencies()];
  const currencies = [...new Set(all)].filter(isCurrencyCode).sort().slice(0, MOST);
  return await Promise.all(currencies.map((currency) => compare(report, currency, ids?.[0], work)));
}

const withheldIn = ({ purchase_cancelled }: Report) => totalsOf(purchase_cancelled, 'amount');

async function compare(
  report: Report,
  currency: string,
  affiliateId: number | undefined,
  work: Work,
): Promise<JsonObject> {
  const ours = report.lines
    .filter((line) => line.currency === currency)
    .reduce((sum, { amount }) => sum.plus(amount), new Decimal(0));
  const theirs = await readDue(currency, affiliateId, work);
  if (!theirs) {
    const why = "LeadDyno's own sum could not be read";
    return { currency, ours: written(ours), leaddyno: null, difference: null, agrees: null, likely_reasons: [why] };
  }
  const difference = ours.minus(theirs);
  return {
    currency,
    ours: written(ours),
    leaddyno: written(theirs),
    difference: written(difference),
    agrees: difference.isZero(),
    ...(!difference.isZero() && { likely_reasons: reasonsFor(report, currency, difference) }),
  };
}

async function readDue(currency: string, affiliateId: number | undefined, work: Work): Promise<Decimal | undefined> {
  try {
    const args = { currency, ...(affiliateId !== undefined && { affiliate_id: affiliateId }) };
    return amountOf(recordIn(await work.read(getCommissionTotals, args), 'totals').total_due_cost);
  } catch (error) {
    work.signal.throwIfAborted();
    if (!(error instanceof LeadDynoError)) throw error;
    return undefined;
  }
}

/** Why the two may differ; what explains it exactly stands first and alone. */
function reasonsFor(report: Report, currency: string, difference: Decimal): string[] {
  const withheld = withheldIn(report).in(currency);
  if (!withheld.isZero() && difference.plus(withheld).isZero()) {
    return [`LeadDyno counts the commissions of cancelled purchases that are held back here (${written(withheld)})`];
  }
  const nameless = report.lines
    .filter((line) => !isCurrencyCode(line.currency))
    .reduce((count, { commissions }) => count + commissions.length, 0);
  const unclear = [...report.unclear.values()].reduce((count, found) => count + found.length, 0);
  return [
    ...(difference.gt(0)
      ? ['LeadDyno may not count commissions whose purchase waits for approval: the API does not show which do']
      : []),
    ...(withheld.isZero() ? [] : [`Commissions of cancelled purchases are held back here (${written(withheld)})`]),
    ...(nameless > 0
      ? [`${nameless} commissions without a readable currency, in no such sum here, may be in LeadDyno's`]
      : []),
    ...(unclear > 0 ? [`${unclear} commissions in not_counted may be in LeadDyno's sum`] : []),
    'Commissions came, fell due, were paid or cancelled between the readings: fresh: true reads all of them anew',
    "LeadDyno's rule for due is not documented",
  ];
}
