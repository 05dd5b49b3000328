import { type Sums, sumCents } from '../amounts.ts';
import type { Question } from '../question.ts';
import { callOf, countFact, sumFacts } from './people.ts';

/** Sums per currency of each group or recruiter, sorted by name. */
export type ByName = Record<string, Sums>;

/** Sums the rows of each name; rows without a name are left out. */
export function byName<Row>(
  rows: readonly Row[],
  nameOf: (row: Row) => string | undefined,
  sum: (rows: Row[]) => Sums,
): ByName {
  const names = [...new Set(rows.map(nameOf))].filter((name) => name !== undefined).sort();
  return Object.fromEntries(names.map((name) => [name, sum(rows.filter((row) => nameOf(row) === name))]));
}

export const soldByRecruiter: Question<object, ByName> = {
  number: 15,
  title: 'What did the affiliates sell whom each recruiter brought in, per currency?',
  ask: () =>
    'For each recruiter: what have the affiliates whom they brought in sold so far, per currency? Leave out cancelled purchases, and list every recruiter.',
  given: () => ({}),
  truth(programme) {
    const recruiterOf = (id: number | null) => {
      const recruiterId = id === null ? null : programme.affiliates.get(id)?.recruiterId;
      return recruiterId ? programme.affiliates.get(recruiterId)?.email : undefined;
    };
    const living = programme.purchases.rows.filter(({ cancelled }) => !cancelled);
    return byName(living, ({ affiliateId }) => recruiterOf(affiliateId), sumCents);
  },
  facts: (sold, _, programme) =>
    Object.entries(sold).flatMap(([email, sums]) => sumFacts(email, sums, callOf(programme, email))),
};

export type Groups = (readonly [name: string, affiliates: number, sold: Sums])[];

export const groups: Question<object, Groups> = {
  number: 16,
  title: 'Which groups are there, how many affiliates are in each, and what did each sell?',
  ask: () =>
    'Which groups are there, how many affiliates are in each, whatever their status, and what has each sold so far per currency, without cancelled purchases?',
  given: () => ({}),
  truth(programme) {
    const living = programme.purchases.rows.filter(({ cancelled }) => !cancelled);
    const groupOf = (id: number | null) => (id === null ? undefined : programme.affiliates.get(id)?.group);
    const sold = byName(living, ({ affiliateId }) => groupOf(affiliateId), sumCents);
    const names = [...new Set(programme.affiliates.rows.map(({ group }) => group))].sort();
    const sizeOf = (name: string) => programme.affiliates.rows.filter(({ group }) => group === name).length;
    return names.map((name) => [name, sizeOf(name), sold[name] ?? {}] as const);
  },
  facts: (all) =>
    all.flatMap(([name, affiliates, sold]) => [
      countFact(`${name}: affiliates`, affiliates, [name]),
      ...sumFacts(`${name}: sold`, sold, [name]),
    ]),
};
