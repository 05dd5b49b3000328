import { commissionState } from '../../src/sandbox/bookkeeping.ts';
import { annId, type Programme } from '../../src/sandbox/index.ts';
import { type Sums, sumCents } from '../amounts.ts';
import { NOW, stampOf } from '../clock.ts';
import type { Fact } from '../fact.ts';
import type { Question } from '../question.ts';
import { countFact, sumFacts } from './people.ts';

/** What a description of an affiliate must contain; sums per currency. */
export interface Portrait {
  readonly id: number;
  readonly status: string;
  readonly group: string;
  readonly leads: number;
  readonly visitors: number;
  readonly purchases: number;
  /** From purchases that were not cancelled. */
  readonly revenue: Sums;
  readonly due: Sums;
  readonly pending: Sums;
  readonly paid: Sums;
  readonly last_purchase_at: string | null;
}

function portray(programme: Programme, id: number): Portrait {
  const affiliate = programme.affiliates.get(id);
  if (!affiliate) throw new Error(`no affiliate ${id}`);
  const purchases = programme.purchasesOf(id);
  const commissions = (state: string) =>
    sumCents(programme.commissionsOf(id).filter((row) => commissionState(programme, row, NOW) === state));
  const latest = purchases.map(({ createdAt }) => createdAt).sort((a, b) => b - a)[0];
  return {
    id,
    status: affiliate.status,
    group: affiliate.group,
    leads: programme.leadsOf(id).length,
    visitors: programme.visitorsOf(id).length,
    purchases: purchases.length,
    revenue: sumCents(purchases.filter(({ cancelled }) => !cancelled)),
    due: commissions('due'),
    pending: commissions('pending'),
    paid: commissions('paid'),
    last_purchase_at: latest === undefined ? null : stampOf(latest),
  };
}

/** The active affiliate (not Ann) with a full name, commissions in several currencies, and the most commissions. */
function chooseByName(programme: Programme) {
  const busy = programme.affiliates.rows
    .filter(({ id, status, firstName, lastName }) => id !== annId && status === 'Active' && firstName && lastName)
    .filter(({ id }) => new Set(programme.commissionsOf(id).map(({ currency }) => currency)).size > 1)
    .sort((a, b) => programme.commissionsOf(b.id).length - programme.commissionsOf(a.id).length)[0];
  if (!busy) throw new Error('nobody sells in two currencies');
  return { first: String(busy.firstName), last: String(busy.lastName), id: busy.id };
}

interface Named {
  readonly email: string;
  readonly first: string;
  readonly last: string;
  readonly id: number;
}

const portraitFacts = (portrait: Portrait): Fact[] => [
  { what: `${portrait.id}: group ${portrait.group}`, anyOf: [portrait.group] },
  countFact(`${portrait.id}: leads`, portrait.leads),
  countFact(`${portrait.id}: visitors`, portrait.visitors),
  countFact(`${portrait.id}: purchases`, portrait.purchases),
  ...sumFacts(`${portrait.id}: revenue`, portrait.revenue),
  ...sumFacts(`${portrait.id}: due`, portrait.due),
  ...sumFacts(`${portrait.id}: pending`, portrait.pending),
  ...sumFacts(`${portrait.id}: paid`, portrait.paid),
];

export const profile: Question<Named, readonly Portrait[]> = {
  number: 6,
  title: 'Tell me everything about this affiliate (by e-mail), and about that one (by name).',
  ask: ({ email, first, last }) =>
    `Tell me about two affiliates, ${email} and ${first} ${last}: status, group, number of leads, visitors and purchases, revenue without what was cancelled, commissions due, pending and paid, per currency, and the last purchase.`,
  given: (programme) => ({
    email: programme.affiliates.get(annId)?.email ?? '',
    ...chooseByName(programme),
  }),
  truth: (programme, { id }) => [portray(programme, annId), portray(programme, id)],
  facts: (portraits) => portraits.flatMap(portraitFacts),
};
