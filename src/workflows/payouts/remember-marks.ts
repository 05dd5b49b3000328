import { isObject, rowsIn } from '../../json.ts';
import { markCommissionsPaid, readMarkAnswer } from '../../operations/commissions.ts';
import type { ChangeLog, Ending, Intent } from '../../ports/change-log.ts';
import type { PaymentMemory } from '../../ports/payment-memory.ts';
import { idTextOf, purchaseCodeOf } from '../../records/values.ts';

/**
 * A change log that also remembers which commissions were marked as paid, by whatever tool. LeadDyno may still show
 * them as unpaid, and they must not be paid again.
 */
export function rememberMarks(changes: ChangeLog, payments: PaymentMemory, now: () => number = Date.now): ChangeLog {
  return {
    ...changes,
    // A mark's arguments do not name its commissions, so they are read before it.
    wantsBefore: (operation) => operation === markCommissionsPaid.name || changes.wantsBefore(operation),
    begin(intent) {
      const end = changes.begin(intent);
      if (intent.operation !== markCommissionsPaid.name) return end;
      return async (ending) => {
        await end(ending);
        const at = new Date(now()).toISOString();
        // The mark is made and logged: a failure to remember it here must not make it look undone.
        const marked = markedBy(intent, ending);
        // A batch remembered its own commissions before the first mark.
        const unclear = intent.tool === intent.operation ? unclearBy(intent, ending, marked) : [];
        await payments.add(intent.account, marked, { how: 'marked', at }).catch(() => undefined);
        await payments.add(intent.account, unclear, { how: 'unclear', at }).catch(() => undefined);
      };
    },
  };
}

/**
 * The commissions the mark was for. The question also shows purchases whose code differs in case or spaces; only
 * LeadDyno knows whether the mark covers those.
 */
const meantBy = ({ before, arguments: args }: Pick<Intent, 'before' | 'arguments'>): string[] =>
  rowsIn(before, 'commissions')
    .filter((row) => purchaseCodeOf(row) === args.purchase_code)
    .map(idTextOf)
    .filter(Boolean);

/** Ids of commissions whose mark got no clear answer, or one that contradicts it. */
function unclearBy(intent: Intent, { outcome }: Ending, marked: readonly string[]): string[] {
  if (outcome !== 'unknown' && outcome !== 'done') return [];
  return meantBy(intent).filter((id) => !marked.includes(id));
}

/** Ids of the commissions that a mark was for, unless LeadDyno's answer contradicts it. */
function markedBy(intent: Intent, { outcome, after }: Ending): string[] {
  if (outcome !== 'done' || !isObject(after)) return [];
  const meant = meantBy(intent);
  const { unpaid, others, isOfOthers } = readMarkAnswer(after, meant);
  // Other commissions in the answer count too: without a question, nothing was read before.
  const shown = others.map(idTextOf);
  return isOfOthers ? shown : [...meant.filter((id) => !unpaid.includes(id)), ...shown];
}
