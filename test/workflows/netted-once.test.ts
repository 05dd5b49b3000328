import { describe, expect, it } from 'vitest';
import { openPaymentRecord } from '../../src/audit/index.ts';
import type { JsonObject } from '../../src/json.ts';
import { startHarnessAt } from '../support/harness.ts';
import { temporaryFolder } from '../support/http-tokens.ts';
import { owed, PAST, payee, startPayoutUpstream } from '../support/payout-upstream.ts';
import { at, rowsOf } from '../support/protocol-json.ts';
import { readCsv } from '../support/read-csv.ts';

/* What a report's files subtracted is remembered when it is settled, and subtracted from no later payment. */

const cancelledPurchase = { id: 5, purchase_code: 'O5', cancelled: true, cancellation: { effective_date: PAST } };
const vain = (more: JsonObject = {}) =>
  owed(50, 1, { amount: '30.0', paid: true, purchase: cancelledPurchase, ...more });
const DUE = '2026-03-01T00:00:00Z';

async function begin(clawback: JsonObject = vain({ cancelled: true })) {
  const payments = openPaymentRecord(temporaryFolder().path, { processName: 'test' });
  const upstream = await startPayoutUpstream([payee(1)], [owed(1, 1, { amount: '100.0' }), clawback]);
  const { call, client } = await startHarnessAt(upstream.url, { payments }).connect('modern');
  async function report(args: JsonObject = { net_clawbacks: true }) {
    const result = await call('payout_report', { fresh: true, ...args });
    const file = rowsOf(result, 'files')[1];
    if (!file) return { result, sent: undefined };
    const text = String(at(await client.readResource({ uri: String(file.uri) }), 'contents', 0, 'text'));
    return { result, sent: readCsv(text)[0]?.[1] };
  }
  async function settle(args: JsonObject) {
    const asked = await call('settle_payouts', args);
    const confirmation_token = at(asked.data, 'confirmation', 'confirmation_token');
    const question = String(at(asked.data, 'confirmation', 'question'));
    return { question, result: await call('settle_payouts', { ...args, confirmation_token }) };
  }
  const nextMonth = async () => {
    upstream.rows.push(owed(2, 1, { amount: '100.0' }));
    return (await report()).sent;
  };
  const markInLeadDyno = () => {
    for (const row of upstream.rows) row.paid = true;
  };
  return { upstream, call, report, settle, nextMonth, markInLeadDyno };
}

describe.each<[string, JsonObject]>([
  ['the commission and its purchase are cancelled', vain({ cancelled: true })],
  ['only the purchase is cancelled', vain()],
  ['only the commission is cancelled', vain({ cancelled: true, purchase: null })],
])('a claw-back is subtracted once where %s', (_, clawback) => {
  it.each(['by the report', 'by its arguments'])('%s', async (how) => {
    const { report, settle, nextMonth } = await begin(clawback);
    const { result, sent } = await report();
    expect(sent).toBe('70.00');
    const byReport = how === 'by the report';
    const done = await settle(
      byReport ? { report: result.data.report } : { affiliate_ids: [1], due_by: DUE, net_clawbacks: true },
    );
    expect(done.question).toContain('claw-backs of 30.00 USD, commission ids 50.');
    expect(done.result.data).toMatchObject({ marked: 1, netted: [{ currency: 'USD', amount: '30.00' }] });
    expect(await nextMonth()).toBe('100.00');
  });
});

describe('by its id, a report is followed in what it subtracted', () => {
  it('although LeadDyno no longer shows the claw-back, and reads no list for it', async () => {
    const { upstream, report, settle, nextMonth } = await begin();
    const { result } = await report();
    const gone = upstream.rows.pop();
    const reads = upstream.requests.length;
    await settle({ report: result.data.report });
    const lists = upstream.requests.slice(reads).filter(({ path }) => path.endsWith('/commissions'));
    expect(lists.every(({ path, query }) => path.startsWith('/purchases') || query.status === 'unpaid')).toBe(true);
    if (gone) upstream.rows.push(gone);
    expect(await nextMonth()).toBe('100.00');
  });

  it('although the commissions were marked in LeadDyno itself: it asks, and marks nothing', async () => {
    const { upstream, report, settle, nextMonth, markInLeadDyno } = await begin();
    const { result } = await report();
    markInLeadDyno();
    const done = await settle({ report: result.data.report });
    expect(done.question).toContain('Nothing is left to mark as paid. Remembered as subtracted');
    expect(done.result.data).toMatchObject({ marked: 0, netted: [{ amount: '30.00' }] });
    expect(upstream.marks).toEqual([]);
    expect(await nextMonth()).toBe('100.00');
  });

  it('once: the same report settled again asks nothing', async () => {
    const { call, report, settle } = await begin();
    const { result } = await report();
    await settle({ report: result.data.report });
    const again = await call('settle_payouts', { report: result.data.report });
    expect(again.data).not.toHaveProperty('confirmation');
    expect(again.data).toMatchObject({ marked: 0 });
  });

  it('and where an earlier payment subtracted the same since, the question says so', async () => {
    const { upstream, report, settle, markInLeadDyno } = await begin();
    const first = await report();
    markInLeadDyno();
    upstream.rows.push(owed(2, 1, { amount: '40.0' }));
    const second = await report();
    expect(second.sent).toBe('10.00');
    expect((await settle({ report: first.result.data.report })).question).not.toContain('too little');
    expect((await settle({ report: second.result.data.report })).question).toContain(
      '30.00 USD of it was already subtracted from an earlier payment: these affiliates were paid that much too little.',
    );
  });
});

describe('settling without net_clawbacks what a report paid less', () => {
  it('says in the question and the result that it will be subtracted again', async () => {
    const { report, settle } = await begin();
    const { result } = await report();
    const done = await settle({ affiliate_ids: [1], due_by: DUE });
    const said = `claw-backs of 30.00 USD from what these affiliates are paid; this call does not remember that`;
    expect(done.question).toContain(said);
    expect(done.question).toContain(`report: ${result.data.report} or net_clawbacks: true`);
    expect(done.result.data.left_clawbacks).toContain(said);
  });

  it.each<[string, JsonObject]>([
    ['the call says that nothing was subtracted', { net_clawbacks: false }],
    ['the sum that was sent is the full one', { currency: 'USD', expected_total: '100.00' }],
  ])('says nothing where %s', async (_, args) => {
    const { report, settle } = await begin();
    await report();
    expect((await settle({ affiliate_ids: [1], due_by: DUE, ...args })).question).not.toContain('claw-backs');
  });

  it('says nothing where no report subtracted anything, or it was settled', async () => {
    const { upstream, report, settle } = await begin();
    await report({});
    const { question } = await settle({ affiliate_ids: [1], due_by: DUE });
    expect(question).not.toContain('claw-backs');
    upstream.rows.push(owed(2, 1, { amount: '100.0' }));
    const next = await report();
    await settle({ report: next.result.data.report });
    upstream.rows.push(owed(3, 1, { amount: '100.0' }));
    expect((await settle({ affiliate_ids: [1], due_by: DUE })).question).not.toContain('claw-backs');
  });
});
