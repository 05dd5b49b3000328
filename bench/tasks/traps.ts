import type { Agent } from '../../evals/agent.ts';
import { rowsOf } from '../../evals/agent.ts';
import { dayOf, NOW, stampOf, THIS_MONTH } from '../../evals/clock.ts';
import { isObject, type JsonObject } from '../../src/json.ts';
import { inside } from './lists.ts';

/** A script that answers a question in words, with nothing but the tools. */
export type Script = (agent: Agent, given: JsonObject) => Promise<string>;

const lineOf = ({ email, pay_to, amount, currency, state }: JsonObject) =>
  `${email ?? pay_to}: ${amount} ${currency} (${state})`;

async function allDue(agent: Agent, affiliate_ids: readonly unknown[], more: JsonObject = {}): Promise<JsonObject[]> {
  return rowsOf(await agent.finish('payout_report', { affiliate_ids, ...more }), 'lines');
}

/** How a script avoids the trap in each question that has one, by the question's number. */
export const trapScripts: Readonly<Record<number, Script>> = {
  async 17(agent, { email }) {
    const { rows } = await agent.finishAll('list_pending_affiliates', { limit: 100 }, 'applicants');
    const applicant = rows.find((row) => row.email === email) ?? {};
    const flags = rowsOf(applicant, 'red_flags').map(({ flag }) => flag);
    return `${email} applied on ${dayOf(Date.parse(String(applicant.applied_at)))}. Look closely: ${flags.join(', ')}.`;
  },
  async 18(agent) {
    const { candidates } = await agent.call('affiliate_profile', { name: 'Chris Taylor' });
    const ids = (candidates as JsonObject[]).map(({ affiliate_id }) => affiliate_id);
    const lines = await allDue(agent, ids);
    return `There are ${ids.length}:\n${lines.map((line) => `- ${lineOf(line)}`).join('\n')}`;
  },
  async 19(agent) {
    const period = { currency: 'JPY', since: dayOf(THIS_MONTH), until: dayOf(NOW) };
    const sum = async (records: string) => {
      const { totals } = await agent.finish('summarize_records', { records, ...period });
      return inside((totals as JsonObject[])[0] ?? {}, 'everything')?.amount;
    };
    return `Sold ${await sum('purchases')} JPY, which earned ${await sum('commissions')} JPY.`;
  },
  async 20(agent, { id }) {
    const lines = await allDue(agent, [id]);
    return `Nothing was changed. It would be ${lines.map(lineOf).join(', ')}.`;
  },
  async 21(agent) {
    const period = { since: '2019-01-01', until: '2019-01-31' };
    const { totals } = await agent.finish('summarize_records', { records: 'purchases', ...period });
    return (totals as unknown[]).length === 0 ? 'There were none in January 2019.' : JSON.stringify(totals);
  },
  async 22(agent, { email }) {
    const { commissions } = await agent.finish('affiliate_profile', { email });
    const { due, rewards } = commissions as Record<string, JsonObject[]>;
    const money = (due ?? []).map(({ amount, currency }) => `${amount} ${currency}`);
    return `Due: ${money.join(', ')}. Not money: ${(rewards ?? []).map(({ amount, name }) => `${amount} ${name}`).join(', ')}.`;
  },
  async 23(agent, { code }) {
    const { chain } = await agent.call('trace_attribution', { purchase_code: code });
    const [purchase, commissions] = [
      inside(chain as JsonObject, 'purchase'),
      inside(chain as JsonObject, 'commissions'),
    ];
    const earned = rowsOf(commissions ?? {}, 'rows').map(({ amount, currency }) => `${amount} ${currency}`);
    return `It is cancelled as of ${dayOf(Date.parse(String(purchase?.cancelled_at)))}. It earned ${earned.join(', ')}.`;
  },
  async 24(agent, { code }) {
    const { chain } = await agent.call('trace_attribution', { purchase_code: code });
    const [row] = rowsOf(inside(chain as JsonObject, 'commissions') ?? {}, 'rows');
    return `${row?.amount} ${row?.currency}, ${row?.paid === true ? 'already marked as paid' : 'not paid yet'}.`;
  },
  async 25(agent) {
    const { candidates } = await agent.call('affiliate_profile', { name: 'John' });
    const all = (candidates as JsonObject[]).map((one) => `${one.first_name} ${one.last_name} (${one.email})`);
    return `Which John do you mean: ${all.join(', ')}?`;
  },
  async 26(agent, { ids }) {
    const held = (await allDue(agent, ids as unknown[], { require_payout_address: true })).filter(
      ({ state }) => state === 'held',
    );
    const done = await agent.confirmed('settle_payouts', { affiliate_ids: ids, due_by: stampOf(NOW) });
    const marked = rowsOf(done, 'totals').map((row) => `${isObject(row) && row.marked} ${row.currency}`);
    return `Marked: ${marked.join(', ')}. Left out: ${held.map(lineOf).join(', ')}.`;
  },
};
