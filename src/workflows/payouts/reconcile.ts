import type { JsonObject } from '../../json.ts';
import { amountOf, type Decimal, isCurrencyCode, totalsOf, written, ZERO } from '../../records/money.ts';
import { ignoresCurrency, readTotalsBy } from '../overview/account-totals.ts';
import type { Attempt } from '../reading/attempt.ts';
import type { Work } from '../workflow.ts';
import type { Owed } from './owed.ts';

/** Programmes have fewer currencies than this; each costs a call. */
const MOST = 12;

/**
 * Compares what is owed by our rules with what LeadDyno counts as due now, per currency (API reference, C4).
 * @param affiliateId the one that was asked for; LeadDyno sums one affiliate or all
 */
export async function reconcile(owed: Owed, affiliateId: number | undefined, work: Work): Promise<JsonObject[]> {
  const all = [...owed.lines.map(({ currency }) => currency), ...totalsOf(owed.purchaseCancelled).currencies()];
  const currencies = [...new Set(all)].filter(isCurrencyCode).sort().slice(0, MOST);
  const whose = { affiliate_id: affiliateId };
  const by = await readTotalsBy(currencies, work, whose);
  const rows = [...by].map(([currency, theirs]) => compare(owed, currency, theirs));
  // Where no sum disagrees, it does not matter whether LeadDyno ignores the currency.
  if (rows.every(({ agrees }) => agrees !== false) || !(await ignoresCurrency(by, work, whose))) return rows;
  return rows.map(({ currency, ours }) => incomparable(currency, ours, IGNORES));
}

const IGNORES =
  'LeadDyno gives the same sum for every currency, so it ignores the currency and mixes them: it cannot be compared with this sum';

const incomparable = (currency: unknown, ours: unknown, why: string): JsonObject => ({
  currency,
  ours,
  leaddyno: null,
  difference: null,
  agrees: null,
  likely_reasons: [why],
});

function compare(owed: Owed, currency: string, read: Attempt<JsonObject>): JsonObject {
  const ours = owed.lines
    .filter((line) => line.currency === currency)
    .reduce((sum, { amount }) => sum.plus(amount), ZERO);
  const theirs = read.read ? amountOf(read.value.total_due_cost) : undefined;
  if (!theirs) return incomparable(currency, written(ours, currency), "LeadDyno's own sum could not be read");
  const difference = ours.minus(theirs);
  return {
    currency,
    ours: written(ours, currency),
    leaddyno: written(theirs, currency),
    difference: written(difference, currency),
    agrees: difference.isZero(),
    ...(!difference.isZero() && { likely_reasons: reasonsFor(owed, currency, difference) }),
  };
}

/** Why the two may differ. A reason that explains the difference exactly is the only one given. */
function reasonsFor(owed: Owed, currency: string, difference: Decimal): string[] {
  const withheld = totalsOf(owed.purchaseCancelled).in(currency);
  if (!withheld.isZero() && difference.plus(withheld).isZero()) {
    return [
      `LeadDyno counts the commissions of cancelled purchases that are held back here (${written(withheld, currency)})`,
    ];
  }
  const nameless = owed.lines
    .filter((line) => !isCurrencyCode(line.currency))
    .reduce((count, { commissions }) => count + commissions.length, 0);
  const unclear = [...owed.unclear.values()].reduce((count, found) => count + found.length, 0);
  return [
    ...(difference.gt(0)
      ? ['LeadDyno may not count commissions whose purchase is waiting for approval: the API does not show which']
      : []),
    ...(withheld.isZero()
      ? []
      : [`Commissions of cancelled purchases are held back here (${written(withheld, currency)})`]),
    ...(nameless > 0
      ? [`${nameless} commissions without a readable currency, not in this sum, may be in LeadDyno's`]
      : []),
    ...(unclear > 0 ? [`${unclear} commissions in not_counted may be in LeadDyno's sum`] : []),
    'Commissions were added, fell due, were paid or cancelled between reads: fresh: true reads all of them again',
    "LeadDyno's rule for due is not documented",
  ];
}
