import { commissionState } from '../../src/sandbox/bookkeeping.ts';
import type { Programme } from '../../src/sandbox/index.ts';
import { inOrder, type Sums, sumCents } from '../amounts.ts';
import { change } from '../changes.ts';
import { NOW } from '../clock.ts';
import type { Question } from '../question.ts';
import { callOf, named, sumFacts } from './people.ts';

export const duesOf = (programme: Programme) =>
  programme.commissions.rows.filter((row) => commissionState(programme, row, NOW) === 'due');

/** The due commissions of one affiliate. */
export interface Owed {
  readonly email: string;
  readonly standing: Standing;
  readonly sums: Sums;
}

type Standing = 'ready' | 'without_address' | 'archived';

export function standingOf(status: unknown, address: unknown): Standing {
  if (!isAddress(address)) return 'without_address';
  return status === 'Archived' ? 'archived' : 'ready';
}

/** Some affiliates entered text that is not an address. */
const isAddress = (value: unknown) => typeof value === 'string' && /^[^\s@]+@[^\s@]+$/.test(value);

export type PayoutAnswer = ReturnType<typeof payoutAnswer>;

export function payoutAnswer(owed: readonly Owed[], total: Sums) {
  const those = (standing: Standing) =>
    inOrder(owed.filter((one) => one.standing === standing).map(({ email, sums }) => [email, sums] as const));
  return { due: total, ready: those('ready'), without_address: those('without_address'), archived: those('archived') };
}

export const payout: Question<object, PayoutAnswer> = {
  number: 4,
  title: 'What do we owe right now, per currency? Who can be paid how much, and who has no usable PayPal address?',
  ask: () =>
    'What do we owe right now, per currency? List who can be paid and how much, and say who has no usable PayPal address of their own or is archived.',
  given: () => ({}),
  truth(programme) {
    const all = duesOf(programme);
    const owing = new Set(all.map(({ affiliateId }) => affiliateId));
    const owed = programme.affiliates.rows.flatMap(({ id, email, paypalEmail, status }): Owed[] => {
      const due = owing.has(id) ? all.filter((row) => row.affiliateId === id) : [];
      return due.length === 0 ? [] : [{ email, standing: standingOf(status, paypalEmail), sums: sumCents(due) }];
    });
    return payoutAnswer(owed, sumCents(all));
  },
  facts: ({ due, ready, without_address, archived }, _, programme) => [
    ...sumFacts('owed in all', due),
    ...Object.entries(ready).flatMap(([email, sums]) => sumFacts(email, sums, callOf(programme, email))),
    ...[...Object.keys(without_address), ...Object.keys(archived)].map((email) => named(programme, email)),
  ],
};

const SETTLED = 6;

/** Affiliates who can be paid, the last with only commissions that were added by hand: no operation can mark those. */
function choose(programme: Programme): number[] {
  const due = duesOf(programme);
  const payable = programme.affiliates.rows.filter(({ paypalEmail }) => isAddress(paypalEmail));
  const those = (test: (rows: typeof due) => boolean) =>
    payable.filter(({ id }) => test(due.filter((row) => row.affiliateId === id))).map(({ id }) => id);
  const several = those((rows) => rows.length >= 2 && rows.every(({ purchaseId }) => purchaseId !== null));
  const unmarkable = those((rows) => rows.length > 0 && rows.every(({ purchaseId }) => purchaseId === null));
  return [...several.slice(0, SETTLED - 1), ...unmarkable.slice(0, 1)];
}

/** The changes that mark as paid all due commissions of these affiliates that LeadDyno can mark. */
export const marked = (programme: Programme, ids: readonly number[]) =>
  duesOf(programme)
    .filter(({ affiliateId, purchaseId }) => ids.includes(affiliateId) && purchaseId !== null)
    .map(({ id }) => change('commissions', id, 'paid', true));

export interface Settled {
  readonly settled: Sums;
  readonly cannot_be_marked: Sums;
}

export const settle: Question<{ readonly ids: readonly number[] }, Settled> = {
  number: 5,
  title: 'I have paid these six affiliates (by id) what was due to them. Mark it as settled.',
  ask: ({ ids }) =>
    `I have paid these ${ids.length} affiliates, by id, everything that was due to them: ${ids.join(', ')}. Mark it as paid in LeadDyno. Tell me per currency what was marked and what cannot be marked here.`,
  given: (programme) => ({ ids: choose(programme) }),
  truth(programme, { ids }) {
    const due = duesOf(programme).filter((row) => ids.includes(row.affiliateId));
    return {
      settled: sumCents(due.filter(({ purchaseId }) => purchaseId !== null)),
      cannot_be_marked: sumCents(due.filter(({ purchaseId }) => purchaseId === null)),
    };
  },
  facts: ({ settled, cannot_be_marked }) => [
    ...sumFacts('marked', settled),
    ...sumFacts('cannot be marked', cannot_be_marked),
  ],
  writes: (programme, { ids }) => marked(programme, ids),
  replies: ['Yes, mark them.'],
};
