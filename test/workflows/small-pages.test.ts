import { describe, expect, it } from 'vitest';
import type { JsonObject } from '../../src/json.ts';
import { startHarnessAt } from '../support/harness.ts';
import { owed, payee, startPayoutUpstream } from '../support/payout-upstream.ts';
import { at, rowsOf } from '../support/protocol-json.ts';
import { answerPage, type ListBehaviour } from '../support/scripted-lists.ts';

/*
 * How many rows LeadDyno sends a page is not established, and a server may keep to its own size whatever it is asked
 * for, with or without saying so. Where money is concerned, none may be missed.
 */

const people = [payee(1), payee(2)];
const rows = Array.from({ length: 90 }, (_, index) => owed(index + 1, 1 + (index % 2)));
const paidFirst = [...Array.from({ length: 60 }, (_, index) => owed(index + 1, 1, { paid: true })), owed(99, 1)];

async function connect(commissions: readonly JsonObject[], behaviour: ListBehaviour) {
  const upstream = await startPayoutUpstream(people, commissions, {
    meddle: ({ method, path, query }) => {
      if (method !== 'GET') return undefined;
      if (path === '/affiliates/by_email') return { json: people.find(({ email }) => email === query.email) ?? null };
      const [, id] = /^\/affiliates\/(\d+)\/commissions$/.exec(path) ?? [];
      if (id === undefined && path !== '/commissions') return undefined;
      const found = commissions.filter((row) => id === undefined || at(row, 'affiliate', 'id') === Number(id));
      return answerPage(found, query as Record<string, string>, behaviour);
    },
  });
  const harness = startHarnessAt(upstream.url, { keyTransport: 'header' });
  return { ...(await harness.connect('modern')), upstream };
}

const plural = 'commissions';
const kinds: readonly (readonly [string, ListBehaviour])[] = [
  ['bare lists of 20', { keepsTo: 20 }],
  ['bare lists of 15', { keepsTo: 15 }],
  ['bare lists of 20 that end in 404', { keepsTo: 20, endsWith404: true }],
  ['envelopes of 20', { keepsTo: 20, envelope: { plural } }],
  ['envelopes of 20 that say 200', { keepsTo: 20, envelope: { plural, echoes: true } }],
  ['envelopes of 25 in other words', { keepsTo: 25, envelope: { plural, meta: true } }],
];

describe.each(kinds)('commissions in %s', (_, behaviour) => {
  it('are reported whole, of everybody and of one', async () => {
    const { call } = await connect(rows, behaviour);
    const everybody = (await call('payout_report', {})).data;
    expect(at(everybody, 'totals', 0)).toMatchObject({ currency: 'USD', ready: '900.00' });
    expect(everybody.complete).toBe(true);
    const one = (await call('payout_report', { affiliate_ids: [1] })).data;
    expect(at(one, 'totals', 0)).toMatchObject({ ready: '450.00' });
  });

  it('are exported whole', async () => {
    const { call } = await connect(rows, behaviour);
    expect((await call('export_records', { records: 'commissions' })).data).toMatchObject({ rows: 90, complete: true });
  });

  it('are asked about whole before they are marked', async () => {
    const { call } = await connect(rows, behaviour);
    const args = { affiliate_email: 'person-1@example.com', purchase_code: 'order-89' };
    const { text } = await call('mark_commissions_paid', args);
    expect(text).toContain('1 found: id 89 of 10.00 USD');
  });

  it('that are owed are found behind those that are paid, though LeadDyno ignores the filter', async () => {
    const { call } = await connect(paidFirst, behaviour);
    const { data } = await call('payout_report', { affiliate_ids: [1] });
    expect(at(data, 'totals', 0)).toMatchObject({ ready: '10.00' });
  });

  it('are listed with a next page while there is one', async () => {
    const { call } = await connect(rows, behaviour);
    const seen = new Set<unknown>();
    let page: unknown = 1;
    for (let calls = 0; typeof page === 'number' && calls < 20; calls += 1) {
      const result = await call('list_commissions', { page, per_page: 200 });
      for (const row of rowsOf(result, 'commissions')) seen.add(row.id);
      page = result.data.next_page;
    }
    // A bare page of 15 says nothing of another: no server is known to send such.
    expect(seen.size).toBe(behaviour.keepsTo === 15 ? 15 : 90);
  });
});
