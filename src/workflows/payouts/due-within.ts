import type { JsonObject } from '../../json.ts';
import { totalsOf, written } from '../../records/money.ts';
import type { Commission } from '../../records/parse.ts';
import { stateOf } from '../../records/payable.ts';
import { DAY_MS } from '../../records/period.ts';
import { judgeOwed, type Line, type OwedOptions, type People, unmarkableIn } from './owed.ts';

/** How many days to plan ahead. */
const AHEAD = [30, 60] as const;

const payableIn = (lines: readonly Line[]) => totalsOf(lines.flatMap((line) => [...line.ready, ...unmarkableIn(line)]));

/**
 * What must be on the account now and later, per currency: what is payable by then, by the report's own rule, if
 * nothing is paid, cancelled or earned in between.
 * @param lines as judged now
 */
export function sumDueWithin(
  lines: readonly Line[],
  commissions: readonly Commission[],
  people: People,
  options: OwedOptions,
): JsonObject {
  const open = commissions.filter((one) => stateOf(one, options.dueBy) !== 'settled');
  const later = AHEAD.map((days) => {
    const then = judgeOwed(open, people, { ...options, dueBy: options.dueBy + days * DAY_MS });
    return [`in_${days}_days`, payableIn(then.lines)] as const;
  });
  const sums = [['now', payableIn(lines)] as const, ...later];
  const currencies = [...new Set(sums.flatMap(([, totals]) => totals.currencies()))].sort();
  if (currencies.length === 0) return {};
  const due_within = currencies.map((currency) => ({
    currency: currency || 'unknown',
    ...Object.fromEntries(sums.map(([name, totals]) => [name, written(totals.in(currency), currency)])),
  }));
  return { due_within };
}
