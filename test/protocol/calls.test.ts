import { describe, expect, it } from 'vitest';
import { eras } from '../support/clients.ts';
import { startHarness } from '../support/harness.ts';
import { at, reasonOf, rowsOf } from '../support/protocol-json.ts';

describe.each(eras)('%s: a call', (era) => {
  it('reads a record', async () => {
    const { call } = await (await startHarness()).connect(era);
    const { data, isError } = await call('get_affiliate', { affiliate_id: 1001 });
    expect(isError).toBe(false);
    expect(data.affiliate).toMatchObject({ id: 1001, email: 'ann.arbor@example.com', first_name: 'Ann' });
  });

  it('reads a list, concise unless told otherwise', async () => {
    const harness = await startHarness();
    const { call } = await harness.connect(era);
    const concise = await call('list_affiliates', { per_page: 5 });
    expect(concise.data).toMatchObject({ page: 1, per_page: 5, next_page: 2 });
    const [row] = rowsOf(concise, 'affiliates');
    expect(row).toMatchObject({ id: 1001, affiliate_code: 'ann' });
    expect(row).not.toHaveProperty('custom_fields');
    const full = await call('list_affiliates', { per_page: 5, detail: 'full' });
    expect(rowsOf(full, 'affiliates')[0]).toHaveProperty('custom_fields');
    expect(harness.sandbox.requests.at(-1)?.query).toEqual({ page: '1', per_page: '5' });
  });

  it('says where a list ends', async () => {
    const { call } = await (await startHarness()).connect(era);
    const last = await call('list_affiliates', { page: 2, per_page: 50 });
    expect(rowsOf(last, 'affiliates')).toHaveLength(10);
    expect(last.data.next_page).toBeNull();
    const envelope = await call('list_affiliate_commissions', { affiliate_id: 1001, per_page: 200 });
    expect(envelope.data).toMatchObject({ next_page: null, total: rowsOf(envelope, 'commissions').length });
  });

  it('searches affiliates without the spaces around, and says how where a whole name finds nobody', async () => {
    const { call } = await (await startHarness()).connect(era);
    const search = async (query: string, more = {}) => (await call('list_affiliates', { query, ...more })).data;
    expect(at(await search('  arbor '), 'affiliates', 0, 'id')).toBe(1001);
    const nobody = await search(' Ann Arbor ');
    expect(nobody).toMatchObject({ affiliates: [], next_page: null });
    expect(nobody.note).toMatch(/within a first name, .*one word of it, .*affiliate_profile as name/);
    for (const data of [await search('Nobody'), await search('Ann Arbor', { page: 2 }), await search('arbor')]) {
      expect(data).not.toHaveProperty('note');
    }
  });

  it('carries out a write that asks nothing, and says how to undo it', async () => {
    const harness = await startHarness();
    const { call } = await harness.connect(era);
    const { data } = await call('update_affiliate', { affiliate_id: 1002, first_name: 'Benjamin' });
    expect(data.affiliate).toMatchObject({ id: 1002, first_name: 'Benjamin' });
    expect(data.undo).toMatch(/update_affiliate/);
    expect(harness.writes()).toEqual(['PUT /affiliates/1002']);
    expect(harness.sandbox.programme.affiliates.get(1002)?.firstName).toBe('Benjamin');
    expect(harness.reported).toEqual(['update_affiliate ok']);
  });

  it.each([
    [
      'get_affiliate',
      { affiliate_id: 1001, affilate_id: 1 },
      /unknown argument "affilate_id"\. This tool takes:? affiliate_id\. Nothing was sent\.$/,
    ],
    [
      'list_affiliates',
      { status: 'Active' },
      /unknown argument "status"\. This tool takes:? query, page, per_page, detail, skip\. Nothing was sent\.$/,
    ],
    [
      'count_affiliates',
      { page: 2 },
      /unknown argument "page"\. This tool takes (no arguments|none)\. Nothing was sent\.$/,
    ],
    [
      'archive_affiliate',
      { affiliate_id: 1, force: true },
      /"force"\. This tool takes:? affiliate_id, confirmation_token\. Nothing was sent\.$/,
    ],
    ['get_affiliate', { affiliate_id: '1001a' }, /affiliate_id: must be a whole number.*, not "1001a"/],
    ['get_affiliate', {}, /affiliate_id/],
    ['get_affiliate', { affiliate_id: 0 }, /affiliate_id/],
    ['find_affiliate_by_email', { email: 'nobody' }, /email.*one @ and no spaces/],
    ['find_purchase_by_code', { purchase_code: ' ' }, /purchase_code.*must not be blank/],
    ['cancel_purchase', { purchase_code: '' }, /purchase_code.*must not be blank/],
    ['update_affiliate', { affiliate_id: 1001 }, /nothing to send: give at least one of email, first_name/],
    ['create_purchase', { email: 'a@b.c', currency: 'dollars' }, /currency.*ISO 4217/],
    ['create_purchase', { email: 'a@b.c', line_items: [{ price: '1' }] }, /line_items.*unknown field "price"/],
    ['create_commission', { affiliate_id: 1001, amount: 0 }, /amount/],
    ['create_commission', { affiliate_id: 1001, amount: 1, due_at: '2026-02-30' }, /due_at.*existing day/],
  ])('refuses %s with %j before anything is sent', async (name, args, message) => {
    const harness = await startHarness();
    const { call } = await harness.connect(era);
    const result = await call(name, args);
    expect(reasonOf(result)).toBe('invalid');
    expect(result.text).toMatch(message);
    expect(harness.sandbox.requests).toEqual([]);
  });

  it('sends a currency in capitals, however it was written', async () => {
    const harness = await startHarness();
    const { call } = await harness.connect(era);
    expect((await call('get_commission_totals', { currency: 'eur' })).isError).toBe(false);
    expect(harness.sandbox.requests.at(-1)?.query).toMatchObject({ currency: 'EUR' });
  });

  it.each([
    ['get_affiliate', { affiliate_id: 999_999 }, 404],
    ['get_purchase', { purchase_id: 999_999 }, 404],
    ['list_affiliate_purchases', { affiliate_id: 999_999 }, 404],
    ['find_affiliate_by_email', { email: 'nobody@example.com' }, undefined],
    ['find_affiliate_by_code', { affiliate_code: 'no-such-code' }, undefined],
    ['find_purchase_by_code', { purchase_code: 'no-such-order' }, undefined],
    ['find_lead_by_email', { email: 'nobody@example.com' }, undefined],
    ['find_visitor_by_tracking_code', { tracking_code: 'none' }, undefined],
  ])('says that %s found nothing, and what to do', async (name, args, status) => {
    const harness = await startHarness();
    const { call } = await harness.connect(era);
    const result = await call(name, args);
    expect(reasonOf(result)).toBe('not_found');
    expect(at(result.data, 'error', 'status')).toBe(status);
    expect(result.text).toMatch(/^LeadDyno .*Check the id, code or e-mail; the list and find tools can search\.$/);
    expect(harness.sandbox.requests.at(-1)?.status).toBe(status ?? 200);
  });

  it('refuses a write to a record that does not exist, and says that nothing was changed', async () => {
    const { call } = await (await startHarness()).connect(era);
    const result = await call('approve_affiliate', { affiliate_id: 999_999 });
    expect(reasonOf(result)).toBe('not_found');
    expect(at(result.data, 'error', 'may_have_happened')).toBe(false);
    expect(result.text).toMatch(/Nothing was changed\./);
  });

  it('takes a tool that does not exist for a protocol error', async () => {
    const harness = await startHarness();
    const { call } = await harness.connect(era);
    await expect(call('delete_everything')).rejects.toMatchObject({ code: -32602 });
    expect(harness.sandbox.requests).toEqual([]);
  });
});

describe('a client of the maintenance line', () => {
  it('calls, and gets the same result', async () => {
    const harness = await startHarness();
    const old = await harness.connectOld();
    await old.client.listTools();
    const modern = await harness.connect('modern');
    for (const name of ['list_affiliates', 'list_campaigns', 'get_commission_totals']) {
      expect(await old.call(name)).toEqual(await modern.call(name));
    }
    const miss = await old.call('get_affiliate', { affiliate_id: 7 });
    expect(reasonOf(miss)).toBe('not_found');
  });
});
