import type { JsonObject } from '../../json.ts';
import type { Payment } from '../../ports/payment-memory.ts';
import { isUnavailable } from '../../ports/unavailable.ts';
import type { Commission } from '../../records/parse.ts';
import type { Work } from '../workflow.ts';

/** Which of some commissions this server remembers as paid. */
export interface Remembered {
  readonly known: ReadonlyMap<string, Payment>;
  /** Why it is not known, in which case nobody should be paid. */
  readonly unknown?: string;
}

/** Commissions that were paid although LeadDyno shows them as unpaid. @throws Unavailable */
export async function findPayments(commissions: readonly Commission[], work: Work): Promise<Remembered['known']> {
  const open = commissions.filter(({ id, paid, cancelled }) => id !== '' && !paid && !cancelled);
  return await work.payments.find(open.map(({ id }) => id));
}

/** The same for a report, which says if it is not known. */
export async function readPayments(commissions: readonly Commission[], work: Work): Promise<Remembered> {
  try {
    return { known: await findPayments(commissions, work) };
  } catch (error) {
    if (!isUnavailable(error)) throw error;
    return { known: new Map(), unknown: error.message };
  }
}

/** A note if payments are forgotten when this server stops. */
export const notRemembered = ({ payments }: Work): JsonObject =>
  payments.lasts
    ? {}
    : {
        not_remembered: 'Payments are remembered until this server stops; permanently with --audit-log or Redis.',
      };
