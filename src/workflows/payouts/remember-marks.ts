import { isObject, rowsIn } from '../../json.ts';
import { markCommissionsPaid, readMarkAnswer } from '../../operations/commissions.ts';
import type { Change, ChangeLog, Ending, Intent } from '../../ports/change-log.ts';
import type { PaymentMemory } from '../../ports/payment-memory.ts';
import { idTextOf, purchaseCodeOf } from '../../records/values.ts';

/**
 * A change log that also remembers which commissions were marked as paid, whatever tool did it: LeadDyno may go on
 * showing them as unpaid, and then nobody must be paid twice for it.
 */
export function rememberMarks(changes: ChangeLog, payments: PaymentMemory, now: () => number = Date.now): ChangeLog {
  return {
    ...changes,
    begin(intent) {
      const end = changes.begin(intent);
      if (intent.operation !== markCommissionsPaid.name) return end;
      return async (ending) => {
        await end(ending);
        const at = new Date(now()).toISOString();
        // The mark is made and in the log; what cannot be remembered of it here must not make it look undone.
        await payments.add(intent.account, markedBy(intent, ending), { how: 'marked', at }).catch(() => undefined);
      };
    },
  };
}

/** The ids of the commissions that a mark was for, unless LeadDyno's answer speaks against it. */
function markedBy(
  { before, arguments: args }: Intent,
  { outcome, after }: Pick<Change, 'outcome' | 'after'> & Ending,
): string[] {
  if (outcome !== 'done' || !isObject(after)) return [];
  // A question also shows those whose code differs by case or blanks: whether they were meant only LeadDyno knows.
  const meant = rowsIn(before, 'commissions')
    .filter((row) => purchaseCodeOf(row) === args.purchase_code)
    .map(idTextOf)
    .filter(Boolean);
  const { unpaid, others, isOfOthers } = readMarkAnswer(after, meant);
  // What the answer shows besides counts as well: without a question nothing was read before.
  const shown = others.map(idTextOf);
  return isOfOthers ? shown : [...meant.filter((id) => !unpaid.includes(id)), ...shown];
}
