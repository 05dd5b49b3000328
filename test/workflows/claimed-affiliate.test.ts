import { describe, expect, it } from 'vitest';
import type { JsonObject } from '../../src/json.ts';
import { eras } from '../support/clients.ts';
import { startHarness, startHarnessAt } from '../support/harness.ts';
import { at, rowsOf } from '../support/protocol-json.ts';
import {
  type Account,
  type AccountSetup,
  activeAffiliate,
  HOSTILE,
  person,
  startAccount,
} from '../support/scripted-account.ts';

const TOOL = 'trace_attribution';
const SOLD = '2026-02-01T00:00:00Z';

const sale = (id: number, more: JsonObject = {}): JsonObject => ({
  id,
  purchase_code: `ord-${id}`,
  purchase_amount: '50.0',
  currency: 'USD',
  cancelled: false,
  cancellation: null,
  commission_amount_override: null,
  created_at: SOLD,
  lead: { id: 500, email: 'buyer@example.com' },
  affiliate: null,
  plan: { id: 3, code: 'Default' },
  ...more,
});

const earning = (id: number, purchase: number, who: number, amount: string, more: JsonObject = {}): JsonObject => ({
  id,
  amount,
  currency: 'USD',
  date: '2026-02-01',
  due_at: '2026-03-01T00:00:00Z',
  paid: false,
  cancelled: false,
  affiliate: person(who),
  purchase: { id: purchase, purchase_code: `ord-${purchase}`, cancelled: false },
  ...more,
});

const GOLD = { compensation_tier_code: 'gold', affiliate_code: 'jane' };

/** Order 1 is credited to nobody; affiliates 2 and 3 of group gold earn 20 % of what they sell, 4 of group basic 10 %. */
function account(
  more: { sale?: JsonObject; lead?: JsonObject; visitor?: JsonObject; jane?: JsonObject } = {},
): Account {
  return {
    affiliates: [
      activeAffiliate(1, { ...GOLD, first_name: 'Jane', last_name: 'Doe', ...more.jane }),
      activeAffiliate(2, { compensation_tier_code: 'Gold' }),
      activeAffiliate(3, { compensation_tier_code: 'gold' }),
      activeAffiliate(4, { compensation_tier_code: 'basic' }),
    ],
    purchases: [
      sale(1, more.sale),
      sale(2, { affiliate: person(2), purchase_amount: '100.0' }),
      sale(3, { affiliate: person(3), purchase_amount: '10.0' }),
      sale(4, { affiliate: person(4) }),
      sale(5, { affiliate: person(3), cancelled: true }),
    ],
    leads: [
      {
        id: 500,
        email: 'buyer@example.com',
        affiliate: null,
        latest_visitor: { id: 9, tracking_code: 'track' },
        created_at: '2026-01-01T00:00:00Z',
        ...more.lead,
      },
    ],
    visitors: [{ id: 9, tracking_code: 'track', affiliate: null, created_at: '2026-01-01T00:00:00Z', ...more.visitor }],
    commissions: [
      earning(12, 2, 2, '20.0'),
      earning(13, 3, 3, '2.0'),
      earning(14, 4, 4, '5.0'),
      earning(15, 5, 3, '50.0'),
    ],
  };
}

async function claim(given: Account, claimed: string, setup: AccountSetup = {}, args: JsonObject = {}) {
  const upstream = await startAccount(given, setup);
  const harness = startHarnessAt(upstream.url);
  const call = (await harness.connect('modern')).call;
  const result = await call(TOOL, { purchase_code: 'ord-1', claimed_affiliate: claimed, ...args });
  expect(harness.faults).toEqual([]);
  const said = rowsOf(result, 'reasons').filter(({ about }) => about === 'claimed_affiliate');
  return {
    ...result,
    upstream,
    who: result.data.claimed_affiliate as JsonObject,
    said: said.map(({ reason }) => String(reason)).join(' '),
    /** By tool. */
    repairs: Object.fromEntries(((result.data.repair ?? []) as JsonObject[]).map((row) => [String(row.tool), row])),
  };
}

describe.each(eras)('%s: an order credited to nobody', (era) => {
  it('of a programme gets a repair that the tools take, and nothing is written', async () => {
    const harness = await startHarness();
    const { programme } = harness.sandbox;
    const order = programme.purchases.rows.find(({ affiliateId, cancelled }) => affiliateId === null && !cancelled);
    const who = programme.affiliates.rows.find(({ status }) => status === 'Active');
    const { call } = await harness.connect(era);
    const result = await call(TOOL, { purchase_code: order?.code, claimed_affiliate: who?.email });
    expect(result.data.claimed_affiliate).toMatchObject({ state: 'found', affiliate_id: who?.id, found_by: 'email' });
    const byCode = await call(TOOL, { purchase_code: order?.code, claimed_affiliate: who?.code });
    expect(byCode.data.claimed_affiliate).toMatchObject({ affiliate_id: who?.id, found_by: 'affiliate_code' });
    const tools = rowsOf(result, 'repair').map(({ tool }) => tool);
    expect(tools).toEqual(['create_commission', 'update_lead']);
    expect(harness.writes()).toEqual([]);
    expect(result.text.length).toBeLessThan(6_000);
    for (const { tool, arguments: args } of rowsOf(result, 'repair')) {
      const asked = await call(String(tool), args as JsonObject);
      expect(asked.isError, asked.text).toBe(false);
    }
    expect(harness.faults).toEqual([]);
  });
});

describe('the claimed affiliate', () => {
  it.each([
    ['1', 'affiliate_id'],
    ['Jane', 'name'],
    ['jane doe', 'name'],
  ])('is found by %s', async (claimed, by) => {
    const { who } = await claim(account(), claimed);
    expect(who).toMatchObject({ state: 'found', affiliate_id: 1, found_by: by, group: 'gold', status: 'Active' });
  });

  it('by a name of several is asked for; of nobody is said to be missing', async () => {
    const several = await claim(account(), 'example.com Last');
    expect(several.who).toMatchObject({ state: 'several', note: expect.stringContaining('ask which one') });
    expect(several.data).not.toHaveProperty('repair');
    const { who, data } = await claim(account(), 'Nobody Known');
    expect(who).toMatchObject({ state: 'missing' });
    expect(data.chain).toMatchObject({ purchase: { state: 'found' } });
    expect((await claim(account(), 'x@masked.invalid')).who.note).toContain('pseudonym');
  });

  it('who cannot be read is no affiliate who is missing', async () => {
    const { who, data } = await claim(account(), '1', {
      instead: (path) => (path === '/affiliates/1' ? { status: 503, json: null } : undefined),
    });
    expect(who).toMatchObject({ state: 'not_read', why: expect.stringContaining('Could not be read') });
    expect(data).not.toHaveProperty('repair');
  });

  it.each<[string, Parameters<typeof account>[0], RegExp]>([
    [
      'joined after the sale',
      { jane: { created_at: '2026-02-02T00:00:00Z' } },
      /joined on 2026-02-02T00:00:00Z, after/,
    ],
    ['joined after the customer', { jane: { created_at: '2026-01-15T00:00:00Z' } }, /after the customer became a lead/],
    ['joined just before', { jane: { created_at: '2026-01-15T00:00:00Z' } }, /may have waited for approval/],
    ['waits for approval', { jane: { status: 'Pending Approval', pending_approval: true } }, /still wait for approval/],
    ['is archived', { jane: { status: 'Archived', archived: true } }, /archived now.*does not show since when/],
    ['brought the visit', { visitor: { affiliate: person(1) } }, /visit came through their link: this speaks for/],
    [
      'brought it too late',
      { visitor: { affiliate: person(1), created_at: '2026-03-01T00:00:00Z' } },
      /their link, but after the sale/,
    ],
    ['brought no visit', {}, /visit names no affiliate/],
    ['did not bring it', { visitor: { affiliate: person(2) } }, /through the link of affiliate 2/],
    ['lost the customer to another', { lead: { affiliate: person(2) } }, /belongs to another affiliate/],
    ['has the lead', { lead: { affiliate: person(1) } }, /The lead is credited to them/],
  ])('%s', async (_, more, phrase) => {
    expect((await claim(account(more), '1')).said).toMatch(phrase);
  });

  it('of long standing is told nothing about approval', async () => {
    expect((await claim(account(), '1')).said).not.toMatch(/approval|joined/);
  });
});

describe('what visit is not known', () => {
  const lead = (code: unknown, more: JsonObject = {}) => account({ lead: { latest_visitor: code, ...more } });
  const reasons = (result: { data: JsonObject }, about: string) =>
    (result.data.reasons as JsonObject[]).filter((one) => one.about === about).map(({ reason }) => String(reason));

  it.each<[string, Account, AccountSetup, RegExp]>([
    ['was not found', lead({ tracking_code: 'gone' }), {}, /does not find the visit by the tracking code/],
    ['has no code', lead(null), {}, /no tracking code/],
    [
      'was not read',
      lead({ tracking_code: 'track' }),
      { instead: (path) => (path.startsWith('/visitors/') ? { status: 503, json: null } : undefined) },
      /visit could not be read/,
    ],
  ])('because it %s is said so, of the claim too', async (_, given, setup, phrase) => {
    const result = await claim(given, '1', setup);
    expect(reasons(result, 'lead').join(' ')).toMatch(phrase);
    expect(result.said).toMatch(phrase);
    expect(result.text).not.toMatch(/came without an affiliate link/);
  });

  it('is looked for by the own code of the lead if that of its latest visit is not found', async () => {
    const given = lead({ tracking_code: 'gone' }, { tracking_code: 'track' });
    const result = await claim(given, '1');
    expect(at(result.data, 'chain', 'visitor')).toMatchObject({ state: 'found', visitor_id: 9 });
  });
});

describe('the repair', () => {
  it('of the sale is a commission at the rate of the group, of the future the lead', async () => {
    const { repairs, upstream, data } = await claim(account(), '1');
    expect(repairs.create_commission).toMatchObject({
      when: 'this_sale',
      arguments: { affiliate_id: 1, amount: 10, currency: 'USD', note: 'ord-1' },
      amount_from: { purchase_amount: '50.00', rate: '20.0%', group: 'gold', purchases_with_this_rate: 2 },
    });
    expect(repairs.update_lead).toMatchObject({
      when: 'future_sales',
      arguments: { lead_id: 500, email: 'buyer@example.com', code: 'jane' },
    });
    expect(data).not.toHaveProperty('not_this_sale');
    expect(upstream.requests.every(({ method }) => method === 'GET')).toBe(true);
  });

  it('has the amount that the purchase fixes', async () => {
    const { repairs } = await claim(account({ sale: { commission_amount_override: '7.5' } }), '1');
    expect(repairs.create_commission).toMatchObject({
      arguments: { amount: 7.5 },
      amount_from: { commission_amount_override: '7.50' },
    });
  });

  it.each<[string, JsonObject, RegExp]>([
    ['a fixed commission of nothing', { commission_amount_override: 0 }, /override is 0/],
    ['a sale of nothing', { purchase_amount: '0' }, /no amount/],
    ['a currency in which the group sold nothing', { currency: 'EUR' }, /No purchase of their group \(EUR\)/],
  ])('has no amount for %s, and says why', async (_, more, why) => {
    const { repairs } = await claim(account({ sale: more }), '1');
    expect(repairs.create_commission?.amount_unknown).toMatch(why);
    expect(repairs.create_commission?.arguments).not.toHaveProperty('amount');
  });

  it('has no amount if the lists cannot be read', async () => {
    const setup: AccountSetup = {
      instead: (path) => (path === '/commissions' ? { status: 503, json: null } : undefined),
    };
    expect((await claim(account(), '1', setup)).repairs.create_commission?.amount_unknown).toMatch(/Could not be read/);
  });

  it('of a sale that others earned on says that both are paid', async () => {
    const given = account({ sale: { affiliate: person(2) }, lead: { affiliate: person(2) } });
    const commissions = [...(given.commissions ?? []), earning(11, 1, 2, '10.0')];
    const { repairs } = await claim({ ...given, commissions }, '1');
    expect(repairs.create_commission?.remark).toMatch(/paid twice/);
    expect(repairs.update_lead?.remark).toMatch(/Affiliate 2 loses the customer/);
  });

  it('of a sale that is theirs and earned nothing begins with its approval', async () => {
    const given = account({ sale: { affiliate: person(1) }, lead: { affiliate: person(1) } });
    const { repairs } = await claim(given, '1');
    expect(Object.keys(repairs)).toEqual(['approve_purchase', 'create_commission']);
    expect(repairs.approve_purchase).toMatchObject({ arguments: { purchase_id: 1 } });
  });

  it.each<[string, JsonObject, string]>([
    ['pending', { status: 'Pending Approval', pending_approval: true }, 'approve_affiliate'],
    ['archived', { status: 'Archived', archived: true }, 'unarchive_affiliate'],
  ])('of somebody %s begins with their standing', async (_, jane, tool) => {
    const { data } = await claim(account({ jane }), '1');
    expect(at(data, 'repair', 0)).toMatchObject({ when: 'first', tool, arguments: { affiliate_id: 1 } });
  });

  it('adds no commission for a cancelled sale, for one that has theirs, or for none', async () => {
    const cancelled = await claim(account({ sale: { cancelled: true } }), '1');
    expect(cancelled.repairs).not.toHaveProperty('create_commission');
    expect(cancelled.data.not_this_sale).toMatch(/cancelled/);

    const given = account({ sale: { affiliate: person(1) } });
    const has = await claim({ ...given, commissions: [earning(11, 1, 1, '10.0')] }, '1');
    expect(has.repairs).not.toHaveProperty('create_commission');
    expect(has.data.not_this_sale).toMatch(/already/);
    expect(has.said).toMatch(/They have a commission on this purchase/);

    const none = await claim(account(), '1', {}, { purchase_code: 'other' });
    expect(none.data).toMatchObject({ repair: [], not_this_sale: expect.stringContaining('not found') });
  });

  it('reads no lists where nothing is claimed', async () => {
    const upstream = await startAccount(account());
    const { data } = await (await startHarnessAt(upstream.url).connect('modern')).call(TOOL, {
      purchase_code: 'ord-1',
    });
    expect(data).not.toHaveProperty('claimed_affiliate');
    expect(upstream.requests.map(({ path }) => path)).not.toContain('/commissions');
  });

  it('takes text of strangers as a cleaned value alone', async () => {
    const { data } = await claim(account({ jane: { affiliate_code: HOSTILE, last_name: HOSTILE } }), '1');
    for (const { reason, basis } of data.reasons as JsonObject[])
      expect(`${reason} ${basis}`).not.toMatch(/Ignore all/);
    for (const { remark } of data.repair as JsonObject[]) expect(remark).not.toMatch(/Ignore all/);
    expect(JSON.stringify(data)).not.toMatch(/\u202E|\u200B/);
  });
});
