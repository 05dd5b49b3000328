import { annId, benId } from '../../src/sandbox/index.ts';
import type { Question } from '../question.ts';
import { callOf, emailOfId } from './people.ts';

const NEW_ADDRESS = 'ann.payouts@example.com';

interface Changed {
  readonly archived: number | undefined;
  readonly address: string | null | undefined;
}

export const changedToday: Question<Changed, readonly object[]> = {
  number: 14,
  title: 'What have we changed through this assistant today?',
  ask: () =>
    'What have we changed in LeadDyno through this assistant today? Say who was concerned, and what was changed.',
  given: (programme) => ({
    archived: programme.affiliates.rows.findLast(({ status }) => status === 'Active')?.id,
    address: programme.affiliates.get(annId)?.paypalEmail,
  }),
  async before(agent, { archived }) {
    await agent.confirmed('approve_affiliate', { affiliate_id: benId });
    await agent.confirmed('update_affiliate', { affiliate_id: annId, paypal_email: NEW_ADDRESS });
    await agent.confirmed('archive_affiliate', { affiliate_id: archived });
  },
  truth: (_, { archived, address }) => [
    { operation: 'archive_affiliate', affiliate_id: archived, outcome: 'done' },
    { operation: 'update_affiliate', affiliate_id: annId, outcome: 'done', from: address, to: NEW_ADDRESS },
    { operation: 'approve_affiliate', affiliate_id: benId, outcome: 'done' },
  ],
  facts(_, { archived = 0 }, programme) {
    const about = (id: number) => callOf(programme, emailOfId(programme, id));
    return [
      { what: `archived ${archived}`, says: ['archiv'], near: about(archived) },
      { what: `approved ${benId}`, says: ['approv'], near: about(benId) },
      { what: `the new payout address of ${annId}`, anyOf: [NEW_ADDRESS] },
      { what: `names ${annId}`, anyOf: about(annId) },
    ];
  },
};
