import type { JsonObject } from '../../json.ts';
import { keyForm } from '../../records/keys.ts';
import { totalsOf } from '../../records/money.ts';
import { isCancelled, type Purchase } from '../../records/parse.ts';
import { identitiesIn } from '../../records/people.ts';
import { groupBy } from '../../records/values.ts';
import { number, rows, text } from '../output.ts';
import { affiliates, commissions, purchases } from '../reading/collections.ts';
import { leaddynoNow, type Work } from '../workflow.ts';
import { observeRates } from './observed-rates.ts';

export const input = () => ({});

export const output = {
  groups: rows(
    'Most affiliates first. group (its code: affiliate_type, compensation_tier_code; null: no group), affiliates (by status), revenue (per currency, not cancelled), observed_rates (per currency: rate over all, most_common with the number of purchases that have it, lowest, highest, purchases)',
  ),
  basis: text('How revenue and rates were observed'),
  not_credited: rows('Revenue credited to no affiliate in the list, per currency'),
  total: number('Groups'),
};

const BASIS =
  "revenue: purchase_amount of purchases that are not cancelled, credited to the group's affiliates. observed_rates: what these affiliates earned on those purchases (commissions that are money and not cancelled, in the currency of the purchase), divided by the amount of the purchases; recruiters' commissions and purchases with a fixed commission are left out. LeadDyno does not show the plan's own rate.";

/** Groups without affiliates are missing, because LeadDyno does not list groups. */
export async function run(_: JsonObject, work: Work): Promise<JsonObject> {
  const [people, bought, earned] = await Promise.all([
    work.scan(affiliates),
    work.attempt(() => work.scan(purchases)),
    work.attempt(() => work.scan(commissions)),
  ]);
  const now = leaddynoNow(work);
  const { find } = identitiesIn(people.records);
  const groupOf = (one: Purchase) => {
    const who = one.affiliate && find(one.affiliate);
    return who && `group ${keyForm(who.group)}`;
  };
  const sales = bought.read ? work.readable('purchases', bought.value.records, 'cancelled', 'purchase_amount') : [];
  const live = sales.filter((one) => !isCancelled(one, now));
  const byGroup = groupBy(live, (one) => groupOf(one) ?? 'nobody');
  const made = earned.read ? work.readable('commissions', earned.value.records, 'cancelled', 'amount') : [];
  const members = groupBy(people.records, ({ group }) => `group ${keyForm(group)}`);
  const groups = [...members].map(([key, some]) => {
    const sold = byGroup.get(key) ?? [];
    const counts = { active: 0, pending: 0, archived: 0, unknown: 0 };
    for (const { standing } of some) counts[standing] += 1;
    const { unknown, ...rest } = counts;
    return {
      group: some[0]?.group || null,
      affiliates: { total: some.length, ...rest, ...(unknown > 0 && { unknown }) },
      ...(bought.read && { revenue: totalsOf(sold).list() }),
      ...(bought.read && earned.read && { observed_rates: observeRates(sold, made, find) }),
    };
  });
  const missing = [
    ...(bought.read ? [] : [`purchases: ${bought.why}`]),
    ...(earned.read ? [] : [`commissions: ${earned.why}`]),
  ];
  const elsewhere = totalsOf(byGroup.get('nobody') ?? []).list();
  return {
    basis: BASIS,
    total: groups.length,
    groups: groups.sort(
      (a, b) => b.affiliates.total - a.affiliates.total || ((a.group ?? '') < (b.group ?? '') ? -1 : 1),
    ),
    ...(elsewhere.length > 0 && { not_credited: elsewhere }),
    ...(missing.length > 0 && { not_read: missing, complete: false }),
  };
}
