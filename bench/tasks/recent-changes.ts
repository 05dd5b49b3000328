import { dayOf, NOW } from '../../evals/clock.ts';
import { changedToday as asked } from '../../evals/questions/recent-changes.ts';
import { isObject, type JsonObject } from '../../src/json.ts';
import { solved } from './solved.ts';

export const changedToday = solved(asked, {
  needs: ['list_recent_changes'],
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
