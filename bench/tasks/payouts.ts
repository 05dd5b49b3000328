import { type Agent, rowsOf } from '../../evals/agent.ts';
import { sumRows, sumsIn } from '../../evals/amounts.ts';
import { NOW, stampOf } from '../../evals/clock.ts';
import {
  type Owed,
  payoutAnswer,
  payout as payoutAsked,
  settle as settleAsked,
  standingOf,
} from '../../evals/questions/payouts.ts';
import type { JsonObject } from '../../src/json.ts';
import { parseCsv } from './csv.ts';
import { allAffiliates, allCommissions, emailOf, inside } from './lists.ts';
import { solved } from './solved.ts';

export const payout = solved(payoutAsked, {
  needs: ['payout_report'],
  plain: [
    {
      how: 'read the due commissions of one affiliate after the other, then the records of those who have any',
      async solve(agent) {
        const due: JsonObject[] = [];
        for (const { id, status } of await allAffiliates(agent)) {
          if (status === 'Pending Approval') continue;
          const args = { affiliate_id: id, status: 'due', per_page: 100 };
          due.push(...(await agent.list('list_affiliate_commissions', args, 'commissions')));
        }
        return await withAddresses(agent, due);
      },
    },
    {
      how: 'read all commissions, then the records of those who have a due one',
      async solve(agent) {
        const all = await allCommissions(agent);
        const due = all.filter((row) => !row.paid && !row.cancelled && Date.parse(String(row.due_at)) <= NOW);
        return await withAddresses(agent, due);
      },
    },
  ],
  async workflows(agent) {
    // The question asks who has no address of their own. LeadDyno would pay these affiliates at their e-mail.
    const facts = await agent.finish('payout_report', { require_payout_address: true, by_payee: true });
    const unmarkable = facts.unmarkable_here === undefined ? [] : rowsOf(facts, 'unmarkable_here');
    // Where the result is cut, the file of the whole report has everybody.
    if (facts.payees_left_off !== undefined || facts.unmarkable_here_left_off !== undefined) {
      const whole = await agent.finish('payout_report', { require_payout_address: true, limit: 1 });
      const owed = owedIn(await linesInFile(agent, whole));
      return payoutAnswer(owed, sumsIn(facts.totals, 'total'));
    }
    const lines = rowsOf(facts, 'payees').flatMap(({ reasons, payees }) =>
      (payees as JsonObject[]).flatMap((payee) =>
        Object.entries(payee.amounts ?? {}).map(([currency, amount]) => ({ ...payee, reasons, currency, amount })),
      ),
    );
    const owed = owedIn([...lines, ...unmarkable]);
    return payoutAnswer(owed, sumsIn(facts.totals, 'total'));
  },
});

/** The lines of the report, grouped by affiliate. */
function owedIn(lines: readonly JsonObject[]): Owed[] {
  const byEmail = new Map<string, JsonObject[]>();
  for (const line of lines) {
    // The report names the e-mail only where it differs from the payout address.
    const email = String(line.email ?? line.pay_to);
    byEmail.set(email, [...(byEmail.get(email) ?? []), line]);
  }
  return [...byEmail].map(([email, own]): Owed => {
    const reasons = own.map(({ reasons }) => String(reasons ?? '')).join();
    const standing = /payout address/.test(reasons)
      ? 'without_address'
      : /archived/.test(reasons)
        ? 'archived'
        : 'ready';
    return { email, standing, sums: sumRows(own, 'amount') };
  });
}

async function linesInFile(agent: Agent, facts: JsonObject): Promise<JsonObject[]> {
  const report = rowsOf(facts, 'files').find(({ name }) => /report/.test(String(name)));
  // The file also lists what may be claimed back, with no amount.
  return parseCsv(await agent.file(String(report?.uri))).filter(({ amount }) => amount !== '');
}

/** Adds the payout addresses of those with due commissions; only the whole record has them. */
async function withAddresses(agent: Agent, due: readonly JsonObject[]) {
  const owed: Owed[] = [];
  for (const id of new Set(due.map((row) => inside(row, 'affiliate')?.id))) {
    const { affiliate } = await agent.call('get_affiliate', { affiliate_id: id });
    const { email, paypal_email, status } = affiliate as JsonObject;
    const sums = sumRows(
      due.filter((row) => inside(row, 'affiliate')?.id === id),
      'amount',
    );
    owed.push({ email: String(email), standing: standingOf(status, paypal_email), sums });
  }
  return payoutAnswer(owed, sumRows(due, 'amount'));
}

export const settle = solved(settleAsked, {
  needs: ['settle_payouts'],
  plain: [
    {
      how: "read each one's due commissions, then mark one purchase after the other, each with its question",
      async solve(agent, { ids }) {
        const settled: JsonObject[] = [];
        const impossible: JsonObject[] = [];
        for (const affiliate_id of ids) {
          const args = { affiliate_id, status: 'due', per_page: 100 };
          for (const row of await agent.list('list_affiliate_commissions', args, 'commissions')) {
            const purchase_code = inside(row, 'purchase')?.purchase_code;
            if (purchase_code === undefined) {
              impossible.push(row);
              continue;
            }
            const mark = { affiliate_email: emailOf(row, 'affiliate'), purchase_code };
            const done = await agent.confirmed('mark_commissions_paid', mark);
            settled.push(...rowsOf(done, 'commissions'));
          }
        }
        return { settled: sumRows(settled, 'amount'), cannot_be_marked: sumRows(impossible, 'amount') };
      },
    },
  ],
  async workflows(agent, { ids }) {
    const done = await agent.confirmed('settle_payouts', { affiliate_ids: ids, due_by: stampOf(NOW) });
    const leftOut = done.left_out === undefined ? [] : rowsOf(done, 'left_out');
    return {
      settled: sumsIn(done.totals, 'marked'),
      cannot_be_marked: sumRows(
        leftOut.flatMap((row) => rowsOf(row, 'amounts')),
        'amount',
      ),
    };
  },
});
