import { Refusal } from '../../operations/operation.ts';
import type { Payment } from '../../ports/payment-memory.ts';
import { amountOf, Decimal, written, ZERO } from '../../records/money.ts';
import type { Line } from './owed.ts';
import { type SettlePlan, sumLines, unmarkedIn } from './settle-plan.ts';

/* Compares the sum that was sent with what is to be marked. */

interface Expected {
  readonly expected_total?: string;
  readonly currency?: string;
}

/**
 * Which part of a plan the expected total matches. `all`: what is payable now, with or without what was reported as
 * paid before. `unmarked`: only the latter, by its sum now or by the sum given then (marks made since have reduced it).
 * @throws Refusal if it matches neither
 */
export function partOfTotal(
  { expected_total: expected, currency: only }: Expected,
  plan: SettlePlan,
  paid: ReadonlyMap<string, Payment>,
): 'all' | 'unmarked' {
  if (expected === undefined || only === undefined) return 'all';
  const { lines, notRead, netted } = plan;
  const given = new Decimal(expected);
  const less = netted?.totals.in(only) ?? ZERO;
  // With or without what no call can mark. Payments are rounded to cents; what is owed may be finer.
  const fits = (some: readonly Line[], minus: Decimal) =>
    Object.values(sumLines(some)).some((sum) => sum.in(only).minus(minus).eq(given));
  const before = lines.filter(({ unmarked }) => unmarked);
  const fresh = lines.filter(({ unmarked }) => !unmarked);
  if (fits(lines, less) || (fresh.length > 0 && fits(fresh, less))) return 'all';
  const sums = unmarkedIn(plan).map(({ id }) => amountOf(paid.get(id)?.amount));
  if (before.length > 0 && (fits(before, ZERO) || sums.some((sum) => sum?.eq(given)))) return 'unmarked';
  if (notRead.length > 0) {
    throw new Refusal(
      `${notRead.length} of the affiliates could not be read, so there is nothing to compare expected_total with. Wait a minute, or give fewer affiliate_ids and their sum`,
    );
  }
  const { payable, ready } = sumLines(lines);
  const [now, markable] = [payable, ready].map((sum) => written(sum.in(only).minus(less), only));
  const without = payable.in(only).eq(ready.in(only)) ? '' : ` (${markable} ${only} without unmarkable_here)`;
  throw new Refusal(
    `expected_total is ${written(given, only)} ${only}, but payable now is ${now} ${only}${without}. Compare with payout_report and the same due_by and minimum; what an earlier call marked is no longer payable`,
  );
}
