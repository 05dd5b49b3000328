import { hasRows, type JsonObject, rowsIn } from '../../json.ts';
import { listPurchaseCommissions } from '../../operations/purchases.ts';
import { type Commission, parseCommission } from '../../records/parse.ts';
import { idTextOf, numericIdOf } from '../../records/values.ts';
import type { Still } from '../workflow.ts';
import type { Mark } from './settle-plan.ts';

/** Checks the purchase's commissions right before its mark; undefined if the purchase cannot be read by an id. */
export function stillOwed({ commissions, affiliate }: Mark): Still | undefined {
  const purchase_id = commissions.map(({ purchase }) => purchase && numericIdOf(purchase)).find((one) => one);
  if (purchase_id === undefined) return undefined;
  return {
    operation: listPurchaseCommissions,
    args: { purchase_id },
    holds(read) {
      // Without a readable list, there is only what the question was built from.
      if (!hasRows(read, 'commissions')) return true;
      const now = new Map(rowsIn(read, 'commissions').map((row) => [idTextOf(row), row]));
      const known = new Set(commissions.map(({ id }) => id));
      const more = [...now.values()]
        .map(parseCommission)
        .filter((one) => isOpenFor(affiliate, one) && !known.has(one.id));
      return more.length === 0 && commissions.every(({ id, raw }) => id === '' || isSameDebt(raw, now.get(id)));
    },
  };
}

const isOpenFor = ({ id }: Mark['affiliate'], { affiliate, paid, cancelled }: Commission) =>
  affiliate?.id === id && paid === false && cancelled === false;

/** Rows of two lists may have different fields: a field that one of them lacks is no difference. */
function isSameDebt(then: JsonObject, now: JsonObject | undefined): boolean {
  if (!now) return false;
  return ['amount', 'currency', 'paid', 'cancelled'].every(
    (name) => then[name] === undefined || now[name] === undefined || String(then[name]) === String(now[name]),
  );
}
