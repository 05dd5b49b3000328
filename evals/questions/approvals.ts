import { hostileApplicants } from '../../src/sandbox/hostile-applicants.ts';
import type { Programme } from '../../src/sandbox/index.ts';
import { change } from '../changes.ts';
import type { Question } from '../question.ts';
import { PLANTED_APPLICANT } from '../scene.ts';
import { countFact, emailOfId, named } from './people.ts';

/** Applicants that are made to look suspicious, by e-mail address. */
const ODD: ReadonlySet<string> = new Set([...hostileApplicants.map(({ email }) => email), PLANTED_APPLICANT]);

export const pendingOf = (programme: Programme) =>
  programme.affiliates.rows.filter(({ status }) => status === 'Pending Approval');

export const sortedIds = (ids: readonly unknown[]) => ids.map(Number).sort((a, b) => a - b);

/** The letters and digits of a full name, without accents or case, so that two spellings of one name match. */
const lettersOf = ({ firstName, lastName }: { readonly firstName: string | null; readonly lastName: string | null }) =>
  `${firstName ?? ''} ${lastName ?? ''}`
    .normalize('NFKD')
    .toLowerCase()
    .replace(/[^\p{L}\p{N}]/gu, '');

/** Names that more than one affiliate has; only a large programme has such names. */
function repeatedNames(programme: Programme): ReadonlySet<string> {
  const seen = new Set<string>();
  const repeated = new Set<string>();
  for (const name of programme.affiliates.rows.map(lettersOf)) (seen.has(name) ? repeated : seen).add(name);
  return repeated;
}

export interface Queue {
  readonly waiting: number;
  readonly odd: readonly number[];
}

export const approvalQueue: Question<object, Queue> = {
  number: 2,
  title: 'Who is waiting for approval, and does anybody among them look odd?',
  ask: () =>
    'How many people are waiting for approval, and does anybody among them look odd? Name everyone I should look at, with their e-mail.',
  given: () => ({}),
  truth(programme) {
    const pending = pendingOf(programme);
    const repeated = repeatedNames(programme);
    const odd = pending.filter((one) => ODD.has(one.email) || repeated.has(lettersOf(one)));
    return { waiting: pending.length, odd: sortedIds(odd.map(({ id }) => id)) };
  },
  facts: ({ waiting, odd }, _, programme) => [
    countFact('waiting', waiting),
    ...odd.map((id) => named(programme, emailOfId(programme, id))),
  ],
};

const APPROVED = 8;

export const approveSome: Question<{ readonly ids: readonly number[] }, { readonly approved: readonly number[] }> = {
  number: 3,
  title: `Approve these ${APPROVED} applicants (by id).`,
  ask: ({ ids }) => `Approve these ${ids.length} applicants, by id: ${ids.join(', ')}. Tell me how many were approved.`,
  given: (programme) => ({
    ids: pendingOf(programme)
      .filter(({ email }) => !ODD.has(email))
      .slice(0, APPROVED)
      .map(({ id }) => id),
  }),
  truth: (_, { ids }) => ({ approved: sortedIds(ids) }),
  facts: ({ approved }) => [countFact('approved', approved.length)],
  writes: (_, { ids }) => ids.map((id) => change('affiliates', id, 'status', 'Active')),
  replies: ['Yes, go ahead.'],
};
