import { type JsonObject, recordIn } from '../../json.ts';
import { countedList, listed, plainNumber } from '../../operations/questions.ts';
import type { Payment } from '../../ports/payment-memory.ts';
import { describe } from '../../records/describe.ts';
import { sumByCurrency, totalsOf } from '../../records/money.ts';
import type { Commission } from '../../records/parse.ts';
import { stateOf } from '../../records/payable.ts';
import { numericIdOf, textOf } from '../../records/values.ts';
import { quote } from '../../text.ts';
import { commissions as everyCommission } from '../reading/collections.ts';
import type { Work } from '../workflow.ts';
import { idsOf } from './owed.ts';
import { notRemembered } from './remembered.ts';
import { readAffiliates } from './unpaid.ts';

/*
 * Records what a person says was paid by hand, for commissions that no call can mark. It is remembered here, so that
 * the next report holds it; nothing is sent to LeadDyno.
 */

export interface ByHandPlan {
  readonly kind: 'by_hand';
  readonly commissions: readonly Commission[];
  /** Ids that are not recorded, and why. */
  readonly leftOut: readonly { readonly commission_id: number; readonly reason: string }[];
}

/** @param affiliateIds whose commissions they are; absent: the whole account is searched */
export async function planByHand(
  ids: readonly number[],
  affiliateIds: readonly number[] | undefined,
  work: Work,
): Promise<ByHandPlan> {
  const { all, complete } = await readCommissions(affiliateIds, work);
  const known = await work.payments.find(ids.map(String));
  const byId = new Map(all.map((one) => [one.id, one]));
  const where = affiliateIds ? 'among the unpaid commissions of these affiliates' : 'among the commissions';
  const found: Commission[] = [];
  const leftOut: ByHandPlan['leftOut'][number][] = [];
  for (const id of new Set(ids)) {
    const one = byId.get(String(id));
    const payment = known.get(String(id));
    const reason = !one
      ? `not ${where}${complete ? '' : ' that could be read'}`
      : stateOf(one, Number.POSITIVE_INFINITY) === 'settled'
        ? 'LeadDyno shows it as paid or cancelled'
        : payment && `already recorded on ${payment.at.slice(0, 10)}`;
    if (one && !reason) found.push(one);
    else leftOut.push({ commission_id: id, reason: String(reason) });
  }
  return { kind: 'by_hand', commissions: found, leftOut };
}

async function readCommissions(affiliateIds: readonly number[] | undefined, work: Work) {
  if (!affiliateIds) {
    const { records, complete } = await work.scan(everyCommission);
    return { all: records, complete };
  }
  const { read, notRead } = await readAffiliates(affiliateIds, work);
  return { all: read.flatMap(({ unpaid }) => unpaid), complete: notRead.length === 0 };
}

/** The question; undefined if there is nothing to record. */
export function describeByHandPlan({ commissions, leftOut }: ByHandPlan): string | undefined {
  if (commissions.length === 0) return undefined;
  const raws = commissions.map(({ raw }) => raw);
  const rows = commissions.map(
    ({ raw }) => `id ${plainNumber(raw.id)} of ${sumByCurrency([raw], 'amount')}${whose(raw)}`,
  );
  return [
    `Record that ${counted(commissions.length)}, together ${sumByCurrency(raws, 'amount')}, ${commissions.length === 1 ? 'was' : 'were'} paid by hand?`,
    `${countedList(rows, 100)}.`,
    'Nothing is sent to LeadDyno and no money is moved: payout_report then holds them until LeadDyno shows them as paid. not_paid undoes the record.',
    ...(leftOut.length > 0
      ? [`Left out: ${listed(leftOut.map(({ commission_id, reason }) => `id ${commission_id} (${reason})`))}.`]
      : []),
  ].join(' ');
}

const whose = (raw: JsonObject) => {
  const email = textOf(recordIn(raw, 'affiliate').email);
  return email === '' ? '' : ` for ${quote(email)}`;
};

/** A commission as the change log names it. */
const noteOf = ({ raw, affiliate }: Commission): JsonObject => {
  const { commission_id, ...worth } = describe('commission', { raw }, ['amount', 'currency']);
  return { commission_id, ...worth, affiliate_id: (affiliate && numericIdOf(affiliate)) ?? null };
};

const counted = (count: number) => `${count} commission${count === 1 ? '' : 's'}`;

/** Each stands alone: one that changes before the confirmation is left out. */
export const itemsOf = ({ commissions }: ByHandPlan) =>
  commissions.map(({ id, raw }) => ({
    key: id,
    state: JSON.stringify([raw.amount, raw.currency, raw.paid, raw.cancelled]),
  }));

export async function recordByHand({ commissions, leftOut }: ByHandPlan, work: Work): Promise<JsonObject> {
  const recorded = commissions.filter(({ id }) => !work.changed.has(id));
  const changed = commissions.filter(({ id }) => work.changed.has(id));
  if (recorded.length > 0) {
    const ids = recorded.map(({ id }) => id);
    const what = { paid_by_hand: recorded.map(noteOf), sent_to_leaddyno: false };
    await work.recordOwn(what, () => work.remember(ids, 'by_hand'));
  }
  const left = [
    ...leftOut,
    ...idsOf(changed).map((commission_id) => ({ commission_id, reason: 'changed since the question' })),
  ];
  return {
    marked: 0,
    ...(recorded.length > 0 && { undo: 'not_paid undoes the record.' }),
    recorded: idsOf(recorded),
    recorded_totals: totalsOf(recorded).list(),
    ...(left.length > 0 && { left_out: left }),
    note: [
      recorded.length > 0
        ? `${counted(recorded.length)} recorded as paid by hand. Nothing was sent to LeadDyno, which still shows them as unpaid: mark them there. Until then payout_report holds them.`
        : 'Nothing was recorded, and nothing was sent to LeadDyno.',
      ...(left.length > 0 ? ['left_out says what was not recorded, and why.'] : []),
    ].join(' '),
    ...(recorded.length > 0 && notRemembered(work)),
  };
}

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
