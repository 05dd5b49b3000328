import type { JsonObject } from '../../json.ts';
import { listed } from '../../operations/questions.ts';
import { countedList } from '../../operations/sent-values.ts';
import type { Payment } from '../../ports/payment-memory.ts';
import type { Work } from '../workflow.ts';

/* Forgets, after a confirmation, what is wrongly remembered as paid. Nothing is sent to LeadDyno. */

export interface TakenBackPlan {
  readonly kind: 'taken_back';
  readonly payments: ReadonlyMap<string, Payment>;
  /** Ids of which nothing is remembered. */
  readonly leftOut: readonly number[];
}

export async function planTakenBack(ids: readonly number[], work: Work): Promise<TakenBackPlan> {
  const payments = await work.payments.find([...new Set(ids)].map(String));
  return { kind: 'taken_back', payments, leftOut: [...new Set(ids)].filter((id) => !payments.has(String(id))) };
}

const SOURCE: Readonly<Partial<Record<Payment['how'], string>>> = {
  by_hand: 'by hand',
  marked: 'marked in LeadDyno',
  unclear: 'as reported to mark_commissions_paid',
};

/** The question; undefined if nothing is remembered. */
export function describeTakenBack({ payments, leftOut }: TakenBackPlan): string | undefined {
  if (payments.size === 0) return undefined;
  const rows = [...payments].map(
    ([id, { how, at }]) => `id ${id} (${SOURCE[how] ?? 'as reported to settle_payouts'}, ${at.slice(0, 10)})`,
  );
  return [
    `Forget that ${payments.size} commission${payments.size === 1 ? ' was' : 's were'} paid? ${countedList(rows, 100)}.`,
    'Nothing is sent to LeadDyno. payout_report then calls them ready again if LeadDyno shows them as unpaid: if they were in fact paid, they would be paid twice.',
    ...(leftOut.length > 0 ? [`Nothing is remembered of ids ${listed(leftOut.map(String))}.`] : []),
  ].join(' ');
}

export const itemsTakenBack = ({ payments }: TakenBackPlan) =>
  [...payments].map(([key, payment]) => ({ key, state: JSON.stringify(payment) }));

export async function takeBack({ payments, leftOut }: TakenBackPlan, work: Work): Promise<JsonObject> {
  const ids = [...payments.keys()].filter((id) => !work.changed.has(id));
  if (ids.length > 0) {
    const what = { not_paid: ids.map(Number), sent_to_leaddyno: false };
    await work.recordOwn(what, () => work.remember(ids, 'not_paid'));
  }
  const left = [
    ...leftOut.map((id) => ({ commission_id: id, reason: 'nothing is remembered of it' })),
    ...[...work.changed].map((id) => ({ commission_id: Number(id), reason: 'changed since the question' })),
  ];
  return {
    marked: 0,
    taken_back: ids.map(Number),
    ...(left.length > 0 && { left_out: left }),
    note:
      ids.length > 0
        ? 'taken_back is no longer remembered as paid. Nothing was sent to LeadDyno.'
        : 'Nothing was changed, and nothing was sent to LeadDyno.',
  };
}
