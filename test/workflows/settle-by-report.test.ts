import { describe, expect, it } from 'vitest';
import type { JsonObject } from '../../src/json.ts';
import type { Caller } from '../support/clients.ts';
import { startHarnessAt } from '../support/harness.ts';
import { owed, payee, startPayoutUpstream } from '../support/payout-upstream.ts';
import { rowsOf } from '../support/protocol-json.ts';

const people = [payee(1), payee(2)];
const commissions = [owed(11, 1), owed(12, 1, { amount: '4.5' }), owed(21, 2)];

async function begin() {
  const upstream = await startPayoutUpstream(people, commissions);
  const harness = startHarnessAt(upstream.url);
  const client = await harness.connect('modern');
  const report = await client.call('payout_report', {});
  return { upstream, harness, client, report: String(report.data.report) };
}

async function settle({ call }: Caller, args: JsonObject) {
  const asked = await call('settle_payouts', args);
  const { confirmation } = asked.data as { confirmation?: JsonObject };
  if (!confirmation) return { question: undefined, result: asked };
  const { confirmation_token } = confirmation;
  return { question: asked.text, result: await call('settle_payouts', { ...args, confirmation_token }) };
}

describe('settling by the id of a report', () => {
  it('marks what it listed, with no other argument', async () => {
    const { upstream, client, report } = await begin();
    const { question, result } = await settle(client, { report });
    expect(question).toContain('Nothing that it called ready has changed since.');
    expect(rowsOf(result, 'totals')).toEqual([expect.objectContaining({ currency: 'USD', marked: '24.50' })]);
    expect(upstream.rows.every(({ paid }) => paid === true)).toBe(true);
    const again = await client.call('settle_payouts', { report });
    expect(again.data).toMatchObject({ marked: 0 });
  });

  it('marks neither what came later nor what is worth another amount now, and says so', async () => {
    const { upstream, client, report } = await begin();
    const changed = upstream.rows.find(({ id }) => id === 12);
    if (changed) changed.amount = '6.0';
    upstream.rows.push(owed(22, 2));
    const { question, result } = await settle(client, { report });
    expect(question).toContain(
      'Changed since that report, so not marked: 4.50 USD, ids 12 of 4.50 USD (worth 6.00 USD)',
    );
    expect(rowsOf(result, 'changed_since_report')).toEqual([
      { affiliate_id: 1, commission_id: 12, amount: '4.50', currency: 'USD', now: 'worth 6.00 USD' },
    ]);
    expect(JSON.stringify(rowsOf(result, 'left_out'))).toContain('not called ready by that report');
    expect(upstream.rows.filter(({ paid }) => paid).map(({ id }) => id)).toEqual([11, 21]);
  });

  it.each(['0123456789ab', 'nonsense'])('refuses an id that it does not know: %s', async (report) => {
    const { client } = await begin();
    const { isError, text } = await client.call('settle_payouts', { report });
    expect(isError).toBe(true);
    expect(text).toContain('Call payout_report again');
  });

  it('refuses arguments that the report says itself', async () => {
    const { client, report } = await begin();
    const { isError, text } = await client.call('settle_payouts', { report, due_by: '2026-01-01', minimum: 5 });
    expect(isError).toBe(true);
    expect(text).toMatch(/leave out .*due_by.*minimum|leave out .*minimum.*due_by/);
  });

  it('refuses the report of another account', async () => {
    const { report } = await begin();
    const other = await startPayoutUpstream(people, commissions);
    const client = await startHarnessAt(other.url).connect('modern');
    expect((await client.call('settle_payouts', { report })).text).toContain('There is no such report');
  });

  it('holds for a day', async () => {
    const { harness, client, report } = await begin();
    const day = 24 * 60 * 60_000;
    harness.advance(day - 60_000);
    expect((await client.call('settle_payouts', { report })).data).toHaveProperty('confirmation');
    harness.advance(2 * 60_000);
    const { isError, text } = await client.call('settle_payouts', { report });
    expect(isError).toBe(true);
    expect(text).toContain('There is no such report: an id is valid for a day');
  });

  it('takes as many affiliates as a minute of the limit allows, and the same call goes on', async () => {
    const payees = Array.from({ length: 12 }, (_, index) => payee(index + 1));
    const upstream = await startPayoutUpstream(
      payees,
      payees.map(({ id }) => owed(Number(id), Number(id))),
    );
    const client = await startHarnessAt(upstream.url, { rateLimit: 40 }).connect('modern');
    const { data } = await client.call('payout_report', {});
    const args = { report: String(data.report) };
    let sum = 0;
    for (const [marked, rest] of [
      [6, 6],
      [6, 0],
    ]) {
      const { question, result } = await settle(client, args);
      expect(question).toContain(
        rest ? `${rest} more affiliates of it are for the next call.` : 'Nothing that it called',
      );
      expect(result.data.marked).toBe(marked);
      expect(result.data.affiliates_to_go ?? 0).toBe(rest);
      if (rest)
        expect(result.data.note).toContain('call settle_payouts again with the same arguments (the same report)');
      sum += Number(result.data.marked);
    }
    expect(sum).toBe(12);
    expect(upstream.marks).toHaveLength(12);
  });
});
