import type { JsonObject } from '../../json.ts';
import type { Change } from '../../ports/change-log.ts';
import { totalsOf } from '../../records/money.ts';
import { groupBy } from '../../records/values.ts';
import { amountsOf } from './change-amounts.ts';

/** The changes of one call that made several, newest first, or a single change. */
export type Entry = readonly [Change, ...Change[]];

/** Puts the changes of one batch together, in the place of its newest. */
export function entriesIn(changes: readonly Change[]): Entry[] {
  const groups = groupBy(changes, ({ batch, id }) => (batch === undefined ? `change ${id}` : `batch ${batch}`));
  return [...groups.values()].flatMap(([first, ...others]): Entry[] => (first ? [[first, ...others]] : []));
}

/** One line for a batch: how many changes, how they ended, and their sums. */
export function describeBatch(changes: Entry): JsonObject {
  const [{ batch, at, caller, tool, confirmed }] = changes;
  const count = (of: (change: Change) => string) =>
    Object.fromEntries([...groupBy(changes, of)].map(([name, some]) => [name, some.length]));
  return {
    batch,
    at,
    first_at: changes.at(-1)?.at,
    caller,
    tool,
    operations: count(({ operation }) => operation),
    confirmed,
    changes: changes.length,
    outcomes: count(({ outcome }) => outcome),
    ...describeAmounts(changes.filter(({ outcome }) => outcome === 'done')),
  };
}

/** Sums per currency; empty if no money is involved. */
export function describeAmounts(changes: readonly Change[]): JsonObject {
  const amounts = totalsOf(changes.flatMap(amountsOf)).list();
  return amounts.length > 0 ? { amounts } : {};
}
