import { describe, expect, it } from 'vitest';
import type { JsonObject } from '../../src/json.ts';
import { eras } from '../support/clients.ts';
import { startHarnessAt } from '../support/harness.ts';
import { owed, payee, startPayoutUpstream } from '../support/payout-upstream.ts';
import { askedIn, at, reasonOf, rowsOf } from '../support/protocol-json.ts';
import { affiliateRow, startReviewUpstream } from '../support/review-upstream.ts';
import { startUpstream } from '../support/upstream.ts';

/*
 * A look-up's record must be the one that was asked for: otherwise a person is asked about one record, and the write
 * goes to another.
 */

const OTHER = { id: 8, email: 'other@example.com', first_name: 'Other', purchase_code: 'OTHER' };

/** A LeadDyno that answers each read with one record, whatever was asked for. */
async function start(json: unknown, list: unknown = []) {
  const upstream = await startUpstream(({ method, path }) =>
    method === 'GET' ? { json: /(commissions|purchases)$/.test(path) ? list : json } : { json: {} },
  );
  const harness = startHarnessAt(upstream.url, { keyTransport: 'header' });
  return { harness, sent: () => upstream.requests.filter(({ method }) => method !== 'GET') };
}

const reads: readonly [tool: string, args: JsonObject, asked: string, came: string][] = [
  ['get_affiliate', { affiliate_id: 1 }, 'affiliate with the id "1"', 'id "8"'],
  ['get_purchase', { purchase_id: 1 }, 'purchase with the id "1"', 'id "8"'],
  ['get_lead', { lead_id: 1 }, 'lead with the id "1"', 'id "8"'],
  ['get_campaign', { campaign_id: 1 }, 'campaign with the id "1"', 'id "8"'],
  ['find_purchase_by_code', { purchase_code: 'o1' }, 'purchase with the purchase code "o1"', 'purchase code "OTHER"'],
];

const writes: readonly [tool: string, args: JsonObject][] = [
  ['archive_affiliate', { affiliate_id: 1 }],
  ['reject_affiliate', { affiliate_id: 1 }],
  ['create_affiliate_sign_in_link', { affiliate_id: 1 }],
  ['create_commission', { affiliate_id: 1, amount: 50 }],
  ['update_affiliate', { affiliate_id: 1, paypal_email: 'new@example.com' }],
  ['update_purchase', { purchase_id: 1, purchase_amount: 5 }],
  ['reject_purchase', { purchase_id: 1 }],
  ['cancel_purchase', { purchase_code: 'o1' }],
  ['cancel_customer_purchases', { email: 'a1@example.com' }],
  ['mark_commissions_paid', { affiliate_email: 'a1@example.com', purchase_code: 'o1' }],
  ['create_affiliate', { email: 'a1@example.com' }],
  ['create_lead', { email: 'a1@example.com' }],
  ['create_purchase', { email: 'a1@example.com', purchase_code: 'o1', purchase_amount: 5 }],
];

describe.each(eras)('%s: another record than was asked for', (era) => {
  it.each(reads)('fails %s, naming both', async (tool, args, asked, came) => {
    const { harness } = await start(OTHER);
    const result = await (await harness.connect(era)).call(tool, args);
    expect(reasonOf(result)).toBe('unexpected');
    expect(result.text).toContain(`LeadDyno was asked for the ${asked} but sent the one with the ${came}`);
    expect(result.text).toContain('checked both in LeadDyno');
    expect(result.text).not.toContain('other@example.com');
  });

  it.each(writes)('is no record that %s would ask about or take for its own', async (tool, args) => {
    for (const answers of ['yes', undefined] as const) {
      const { harness, sent } = await start(OTHER);
      const connection = await harness.connect(era, { answers });
      const result = await connection.call(tool, args);
      expect(reasonOf(result)).toBe('unexpected');
      expect(result.text).toMatch(/was asked for the .* but sent the one with the .*Nothing was changed\./);
      expect(at(result.data, 'error', 'may_have_happened')).toBe(false);
      expect(connection.forms).toEqual([]);
      expect(sent()).toEqual([]);
    }
  });
});

describe('wrapped or in a list of one', () => {
  it.each([[{ affiliate: OTHER }], [[OTHER]], [[{ affiliate: OTHER }]]])(
    'it is another all the same: %j',
    async (json) => {
      const { harness, sent } = await start(json);
      const { call } = await harness.connect('modern');
      expect(reasonOf(await call('get_affiliate', { affiliate_id: 1 }))).toBe('unexpected');
      expect(reasonOf(await call('archive_affiliate', { affiliate_id: 1 }))).toBe('unexpected');
      expect(sent()).toEqual([]);
    },
  );
});

describe('the same record', () => {
  it.each<[tool: string, args: JsonObject, json: JsonObject]>([
    ['get_affiliate', { affiliate_id: 7 }, { id: '7' }],
    ['get_affiliate', { affiliate_id: 7 }, { id: ' 7 ' }],
    ['get_affiliate', { affiliate_id: 7 }, { name: 'without an id' }],
    ['get_affiliate', { affiliate_id: 7 }, { id: null, name: 'x' }],
    ['find_purchase_by_code', { purchase_code: '77' }, { id: 1, purchase_code: 77 }],
    ['find_purchase_by_code', { purchase_code: 'Order-1' }, { id: 1, purchase_code: 'ORDER-1 ' }],
    ['find_purchase_by_code', { purchase_code: 'o1' }, { id: 1 }],
    // An affiliate may have several codes, and a person several addresses.
    ['find_affiliate_by_code', { affiliate_code: 'x' }, { id: 1, affiliate_code: 'y' }],
    ['find_affiliate_by_email', { email: 'a1@example.com' }, OTHER],
    ['find_lead_by_email', { email: 'a1@example.com' }, OTHER],
  ])('is shown by %s with %j where %j comes', async (tool, args, json) => {
    const { harness } = await start(json);
    const { isError, data, text } = await (await harness.connect('modern')).call(tool, args);
    expect(isError, text).toBe(false);
    expect(Object.values(data)).toContainEqual(json);
  });

  it.each<[string, JsonObject]>([
    ['in other letters', { id: 1, email: ' A1@Example.COM' }],
    ['without an address', { id: 1, first_name: 'Ann' }],
  ])('is asked about by e-mail %s, under the address that will be sent', async (_, json) => {
    const { harness, sent } = await start(json, [owed(5, 1)]);
    const { call } = await harness.connect('modern');
    const args = { affiliate_email: 'a1@example.com', purchase_code: 'order-5' };
    const { question, token } = askedIn(await call('mark_commissions_paid', args));
    expect(question).toContain('"a1@example.com", id 1');
    await call('mark_commissions_paid', { ...args, confirmation_token: token });
    expect(sent().map(({ body }) => body)).toEqual([args]);
  });

  it('is asked about under the id or code that will be sent', async () => {
    const { harness, sent } = await start({ id: '7', email: 'ann@example.com', purchase_code: 'O1' });
    const { call } = await harness.connect('modern');
    const archive = askedIn(await call('archive_affiliate', { affiliate_id: 7 }));
    expect(archive.question).toContain('"ann@example.com", id 7');
    const cancel = askedIn(await call('cancel_purchase', { purchase_code: 'o1' }));
    expect(cancel.question).toContain('purchase "o1"');
    await call('cancel_purchase', { purchase_code: 'o1', confirmation_token: cancel.token });
    expect(sent().map(({ query }) => query)).toEqual([{ purchase_code: 'o1' }]);
  });
});

describe('workflows', () => {
  it('name who was answered with another, and mark nothing of theirs', async () => {
    const upstream = await startPayoutUpstream([payee(1), payee(2)], [owed(1, 1), owed(2, 2)], {
      meddle: ({ path }) => (path === '/affiliates/1' ? { json: OTHER } : undefined),
    });
    const { call } = await startHarnessAt(upstream.url, { confirm: 'off' }).connect('modern');
    const args = { affiliate_ids: [1, 2], due_by: '2026-03-01T00:00:00Z' };
    const result = await call('settle_payouts', args);
    expect(rowsOf(result, 'not_read')).toEqual([{ affiliate_id: 1, reason: 'unexpected' }]);
    expect(upstream.marks).toEqual([{ affiliate_email: 'person-2@example.com', purchase_code: 'order-2' }]);
    const alone = await call('settle_payouts', { ...args, affiliate_ids: [1] });
    expect(reasonOf(alone)).toBe('unexpected');
    expect(alone.text).toContain('Nothing was changed.');
  });

  it('decide about nobody where one was answered with another', async () => {
    const upstream = await startReviewUpstream([affiliateRow(1), affiliateRow(2)], {
      reads: ({ path }) => (path === '/affiliates/1' ? { json: OTHER } : undefined),
    });
    const { call } = await startHarnessAt(upstream.url).connect('modern');
    const result = await call('review_affiliates', { action: 'approve', affiliate_ids: [1, 2] });
    expect(reasonOf(result)).toBe('unexpected');
    expect(result.text).toMatch(/id "1".*id "8".*Nothing was changed/);
    expect(upstream.writes()).toEqual([]);
  });

  it('profile nobody else', async () => {
    const { harness } = await start(OTHER);
    const result = await (await harness.connect('modern')).call('affiliate_profile', { affiliate_id: 1 });
    expect(reasonOf(result)).toBe('unexpected');
  });
});
