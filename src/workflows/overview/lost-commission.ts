import type { JsonObject } from '../../json.ts';
import { rewardsIn, sumsOf, totalsOf, written, ZERO } from '../../records/money.ts';
import type { Commission, Purchase } from '../../records/parse.ts';
import { groupBy } from '../../records/values.ts';

/** What became of a commission whose purchase was cancelled. */
type Fate = 'taken_back' | 'already_paid' | 'still_open' | 'unclear';

const FATES = ['taken_back', 'already_paid', 'still_open', 'unclear'] as const;

/** What to do about each; nothing if it was taken back. */
const MEANINGS: Readonly<Partial<Record<Fate, string>>> = {
  already_paid: 'already_paid: paid before the purchase was cancelled; payout_report shows it as a claw-back.',
  still_open:
    'still_open: neither cancelled nor paid although the purchase is cancelled; payout_report holds it back. Look at it in LeadDyno.',
  unclear: 'unclear: LeadDyno does not say whether it is paid or cancelled.',
};

function fateOf({ paid, cancelled }: Commission): Fate {
  if (paid) return 'already_paid';
  if (cancelled === undefined || (paid === undefined && !cancelled)) return 'unclear';
  return cancelled ? 'taken_back' : 'still_open';
}

/** The commissions of these purchases, matched by the purchase's id. */
export function commissionsOf(purchases: readonly Purchase[], commissions: readonly Commission[]): Commission[] {
  const ids = new Set(purchases.map(({ id }) => id).filter((id) => id !== ''));
  return commissions.filter(({ purchase }) => purchase && ids.has(purchase.id));
}

/** The commissions of cancelled purchases by what became of them: money per currency, rewards separately. */
export function describeLostCommission(commissions: readonly Commission[]): JsonObject {
  const byFate = groupBy(commissions, fateOf);
  const found = FATES.filter((fate) => byFate.has(fate));
  const summed = new Map(found.map((fate) => [fate, sumsOf(byFate.get(fate) ?? [])]));
  const totals = new Map([...summed].map(([fate, { money }]) => [fate, totalsOf(money)]));
  const shown = FATES.filter((fate) => fate !== 'unclear' || byFate.has(fate));
  const currencies = [...new Set([...totals.values()].flatMap((one) => one.currencies()))].sort();
  const sumsIn = (currency: string) =>
    Object.fromEntries(shown.map((fate) => [fate, written(totals.get(fate)?.in(currency) ?? ZERO, currency)]));
  const rewards = [...summed].flatMap(([fate, part]) => part.rewards.map((reward) => ({ ...reward, fate })));
  const meanings = found.flatMap((fate) => MEANINGS[fate] ?? []);
  return {
    sums: currencies.map((currency) => ({ currency: currency || 'unknown', ...sumsIn(currency) })),
    ...rewardsIn(rewards),
    ...(meanings.length > 0 && { meaning: meanings.join(' ') }),
  };
}
