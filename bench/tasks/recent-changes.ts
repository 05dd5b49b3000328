import { isObject, type JsonObject } from '../../src/json.ts';
import { annId, benId } from '../../src/sandbox/index.ts';
import { dayOf, NOW } from './clock.ts';
import { question } from './question.ts';

const NEW_ADDRESS = 'ann.payouts@example.com';

export const changedToday = question({
  number: 14,
  asked: 'What have we changed through this assistant today?',
  writes: true,
  needs: ['list_recent_changes'],
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
  plain: [],
  async workflows(agent) {
    const { rows } = await agent.finishAll('list_recent_changes', { since: dayOf(NOW) }, 'changes');
    return rows.map((row) => ({
      operation: row.operation ?? row.tool,
      affiliate_id: isObject(row.record) ? row.record.affiliate_id : row.record,
      outcome: row.outcome,
      ...(row.tool === 'update_affiliate' && addresses(row)),
    }));
  },
  note: 'LeadDyno keeps no list of changes: updated_at says that a record was touched, not by whom nor what.',
});

function addresses({ before, after }: JsonObject) {
  const address = (record: unknown) => (isObject(record) ? record.paypal_email : undefined);
  return { from: address(before), to: address(after) };
}
