import type { JsonObject } from '../../json.ts';
import { sumsOf } from '../../records/money.ts';
import type { Affiliate, Commission } from '../../records/parse.ts';
import type { Identities } from '../../records/people.ts';
import { groupBy } from '../../records/values.ts';
import type { Work } from '../workflow.ts';

/** What some accounts together were paid and are owed, per currency. */
export type EarningsOf = (accounts: readonly Affiliate[]) => JsonObject;

/** Counts only money. An unpaid commission that is cancelled is not owed. */
export function earningsIn(all: readonly Commission[], people: Identities<Affiliate>, work: Work): EarningsOf {
  const readable = work.readable('commissions', all, 'paid', 'cancelled', 'amount');
  const { money } = sumsOf(readable);
  const byAccount = groupBy(money, ({ affiliate }) => (affiliate ? people.keyOf(affiliate) : ''));
  return (accounts) => {
    const own = accounts.flatMap((one) => byAccount.get(people.keyOf(one)) ?? []);
    const sums = (fits: (one: Commission) => boolean) => sumsOf(own.filter(fits)).sums;
    const lost = sums(({ paid, cancelled }) => paid === true && cancelled === true);
    return {
      paid: sums(({ paid, cancelled }) => paid === true && !cancelled),
      owed: sums(({ paid, cancelled }) => !paid && !cancelled),
      ...(lost.length > 0 && { paid_then_cancelled: lost }),
    };
  };
}
