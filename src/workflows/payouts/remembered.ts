import type { JsonObject } from '../../json.ts';
import type { Payment } from '../../ports/payment-memory.ts';
import { isUnavailable } from '../../ports/unavailable.ts';
import type { Commission } from '../../records/parse.ts';
import type { Work } from '../workflow.ts';

/** What this server remembers as paid of some commissions. */
export interface Remembered {
  readonly known: ReadonlyMap<string, Payment>;
  /** Why it is not known; then nobody should be paid. */
  readonly unknown?: string;
}

/** What was paid although LeadDyno shows it unpaid. @throws Unavailable */
export async function findPayments(commissions: readonly Commission[], work: Work): Promise<Remembered['known']> {
  const open = commissions.filter(({ id, paid, cancelled }) => id !== '' && !paid && !cancelled);
  return await work.payments.find(open.map(({ id }) => id));
}

/** The same for a report, which says what it does not know. */
export async function readPayments(commissions: readonly Commission[], work: Work): Promise<Remembered> {
  try {
    return { known: await findPayments(commissions, work) };
  } catch (error) {
    if (!isUnavailable(error)) throw error;
    return { known: new Map(), unknown: error.message };
  }
}

/** What a server without a lasting record does not promise. */
export const notRemembered = ({ payments }: Work): JsonObject =>
  payments.lasts
    ? {}
    : {
        not_remembered: 'Payments are remembered until this server stops; permanently with --audit-log or Redis.',
      };
