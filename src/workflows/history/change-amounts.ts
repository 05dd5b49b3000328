import { isObject, type JsonObject, rowsIn } from '../../json.ts';
import type { Change } from '../../ports/change-log.ts';
import { amountOf, currencyOf, isMoney, type Priced, totalsOf } from '../../records/money.ts';
import { isCancelled, type Purchase, parseCommission, parsePurchase } from '../../records/parse.ts';
import { groupBy, purchaseCodeOf } from '../../records/values.ts';

/*
 * The money that a change was about: commissions that it marked or created, purchases that it cancelled, approved or
 * created.
 */

type Recorded = Pick<Change, 'at' | 'operation' | 'arguments' | 'before' | 'after'>;

const priced = (args: JsonObject, field: string): Priced[] =>
  isMoney(args) && amountOf(args[field]) ? [{ amount: amountOf(args[field]), currency: currencyOf(args) }] : [];

const purchasesIn = (record: JsonObject | null): JsonObject[] => {
  if (!record) return [];
  if (Array.isArray(record.purchases)) return rowsIn(record, 'purchases');
  if (isObject(record.purchase) && !('purchase_code' in record)) return [record.purchase];
  return 'purchase_amount' in record ? [record] : [];
};

const purchasesOf = ({ before, after }: Recorded): Purchase[] => {
  const known = purchasesIn(before);
  return (known.length > 0 ? known : purchasesIn(after)).map(parsePurchase);
};

const CANCELLING: ReadonlySet<string> = new Set(['cancel_purchase', 'cancel_customer_purchases', 'reject_purchase']);

export const cancels = ({ operation }: Pick<Change, 'operation'>): boolean => CANCELLING.has(operation);

/**
 * The purchases that a change cancelled, without those cancelled before; undefined if it cancels none or names none.
 */
export function cancelledBy(change: Recorded): Purchase[] | undefined {
  if (!cancels(change)) return undefined;
  const before = purchasesIn(change.before).map(parsePurchase);
  if (before.length > 0) return before.filter((one) => isCancelled(one, Date.parse(change.at)) !== true);
  const after = purchasesOf(change);
  return after.length > 0 ? after : undefined;
}

const ofCancelled = (change: Recorded): readonly Priced[] => cancelledBy(change) ?? [];

const AMOUNTS: Readonly<Record<string, (change: Recorded) => readonly Priced[]>> = {
  mark_commissions_paid: ({ before, arguments: args }) =>
    rowsIn(before, 'commissions')
      .filter((row) => purchaseCodeOf(row) === args.purchase_code)
      .map(parseCommission)
      .filter((one) => one.isMoney),
  create_commission: ({ arguments: args }) => priced(args, 'amount'),
  create_purchase: ({ arguments: args }) => priced(args, 'purchase_amount'),
  cancel_purchase: ofCancelled,
  cancel_customer_purchases: ofCancelled,
  reject_purchase: ofCancelled,
  approve_purchase: purchasesOf,
};

/** Empty if no money is involved, or the log does not show how much. */
const amountsOf = (change: Recorded): readonly Priced[] => AMOUNTS[change.operation]?.(change) ?? [];

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
