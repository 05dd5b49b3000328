import { isObject, rowsIn } from '../../json.ts';
import { markCommissionsPaid, readMarkAnswer } from '../../operations/commissions.ts';
import type { ChangeLog, Ending, Intent } from '../../ports/change-log.ts';
import type { PaymentMemory } from '../../ports/payment-memory.ts';
import { idTextOf, purchaseCodeOf } from '../../records/values.ts';

/**
 * A change log that also remembers which commissions were marked as paid, whatever tool did it: LeadDyno may go on
 * showing them as unpaid, and then nobody must be paid twice for it.
 */
export function rememberMarks(changes: ChangeLog, payments: PaymentMemory, now: () => number = Date.now): ChangeLog {
  return {
    ...changes,
    // Which commissions a mark was for stands in no argument of it.
    wantsBefore: (operation) => operation === markCommissionsPaid.name || changes.wantsBefore(operation),
    begin(intent) {
      const end = changes.begin(intent);
      if (intent.operation !== markCommissionsPaid.name) return end;
      return async (ending) => {
        await end(ending);
        const at = new Date(now()).toISOString();
        // The mark is made and in the log; what cannot be remembered of it here must not make it look undone.
        const marked = markedBy(intent, ending);
        // A batch has remembered its own before the first mark.
        const unclear = intent.tool === intent.operation ? unclearBy(intent, ending, marked) : [];
        await payments.add(intent.account, marked, { how: 'marked', at }).catch(() => undefined);
        await payments.add(intent.account, unclear, { how: 'unclear', at }).catch(() => undefined);
      };
    },
  };
}

/** What a question also shows are those whose code differs by case or blanks: were they meant, only LeadDyno knows. */
const meantBy = ({ before, arguments: args }: Pick<Intent, 'before' | 'arguments'>): string[] =>
  rowsIn(before, 'commissions')
    .filter((row) => purchaseCodeOf(row) === args.purchase_code)
    .map(idTextOf)
    .filter(Boolean);

/** The ids of those that were said to be paid by a mark of which nobody knows what became: without an answer, or against it. */
function unclearBy(intent: Intent, { outcome }: Ending, marked: readonly string[]): string[] {
  if (outcome !== 'unknown' && outcome !== 'done') return [];
  return meantBy(intent).filter((id) => !marked.includes(id));
}

/** The ids of the commissions that a mark was for, unless LeadDyno's answer speaks against it. */
function markedBy(intent: Intent, { outcome, after }: Ending): string[] {
  if (outcome !== 'done' || !isObject(after)) return [];
  const meant = meantBy(intent);
  const { unpaid, others, isOfOthers } = readMarkAnswer(after, meant);
  // What the answer shows besides counts as well: without a question nothing was read before.
  const shown = others.map(idTextOf);
  return isOfOthers ? shown : [...meant.filter((id) => !unpaid.includes(id)), ...shown];
}
