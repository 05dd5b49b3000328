import type { Programme } from '../../src/sandbox/index.ts';
import type { Question } from '../question.ts';
import { PLANTED_APPLICANT } from '../scene.ts';
import { emailOfId, named } from './people.ts';

/** Ids of affiliates who may be one person, in groups sorted by id, and of those who are their own customer. */
export interface Findings {
  readonly groups: readonly (readonly number[])[];
  readonly own_customers: readonly number[];
}

/** The duplicates that the sandbox holds on purpose, by address: `src/sandbox/cast.ts` and `scene.ts`. */
const SAME: readonly (readonly string[])[] = [
  ['dana.whitlock@example.com', 'kit.rowe@example.net', 'lior.stern@example.org'],
  ['mei.tanaka@example.com', 'ken.tanaka@example.com'],
  ['ann.arbor@example.com', PLANTED_APPLICANT],
];
const OWN_CUSTOMERS = ['jose.alvarez@example.net'];

const idOf = (programme: Programme, email: string) => programme.affiliateByEmail(email)?.id ?? Number.NaN;

export const ascending = (a: number, b: number) => a - b;

/** Joins groups that share a member. */
export function merge(groups: readonly (readonly number[])[]): number[][] {
  const merged: Set<number>[] = [];
  for (const group of groups) {
    const touching = merged.filter((known) => group.some((id) => known.has(id)));
    for (const known of touching) merged.splice(merged.indexOf(known), 1);
    merged.push(new Set([...group, ...touching.flatMap((known) => [...known])]));
  }
  return merged.map((group) => [...group].sort(ascending)).sort(([a = 0], [b = 0]) => a - b);
}

export const duplicates: Question<object, Findings> = {
  number: 11,
  title: 'Which affiliates share a mailbox or a payout address, and who is their own customer?',
  ask: () =>
    'Which affiliates share a mailbox or a payout address with another, and is anybody their own customer? Name them all.',
  given: () => ({}),
  truth: (programme) => ({
    groups: merge(SAME.map((emails) => emails.map((email) => idOf(programme, email)))),
    own_customers: OWN_CUSTOMERS.map((email) => idOf(programme, email)),
  }),
  facts: ({ groups, own_customers }, _, programme) =>
    [...groups.flat(), ...own_customers].map((id) => named(programme, emailOfId(programme, id))),
};
