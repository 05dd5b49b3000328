import { isObject, type JsonObject, rowsIn } from '../../json.ts';
import type { Change } from '../../ports/change-log.ts';
import { amountOf, currencyOf, isMoney, type Priced } from '../../records/money.ts';
import { parseCommission, parsePurchase } from '../../records/parse.ts';
import { purchaseCodeOf } from '../../records/values.ts';

/* What a change was about in money: the commissions it marked or created, the purchases it cancelled, approved or made. */

type Recorded = Pick<Change, 'operation' | 'arguments' | 'before' | 'after'>;

const priced = (args: JsonObject, field: string): Priced[] =>
  isMoney(args) && amountOf(args[field]) ? [{ amount: amountOf(args[field]), currency: currencyOf(args) }] : [];

const purchasesIn = (record: JsonObject | null): JsonObject[] => {
  if (!record) return [];
  if (Array.isArray(record.purchases)) return rowsIn(record, 'purchases');
  if (isObject(record.purchase) && !('purchase_code' in record)) return [record.purchase];
  return 'purchase_amount' in record ? [record] : [];
};

const ofPurchases = ({ before, after }: Recorded): Priced[] => {
  const known = purchasesIn(before);
  return (known.length > 0 ? known : purchasesIn(after)).map(parsePurchase);
};

const AMOUNTS: Readonly<Record<string, (change: Recorded) => readonly Priced[]>> = {
  mark_commissions_paid: ({ before, arguments: args }) =>
    rowsIn(before, 'commissions')
      .filter((row) => purchaseCodeOf(row) === args.purchase_code)
      .map(parseCommission)
      .filter((one) => one.isMoney),
  create_commission: ({ arguments: args }) => priced(args, 'amount'),
  create_purchase: ({ arguments: args }) => priced(args, 'purchase_amount'),
  cancel_purchase: ofPurchases,
  cancel_customer_purchases: ofPurchases,
  reject_purchase: ofPurchases,
  approve_purchase: ofPurchases,
};

/** Nothing if it was about no money, or the log does not show how much. */
export const amountsOf = (change: Recorded): readonly Priced[] => AMOUNTS[change.operation]?.(change) ?? [];
