import { describe, expect, it } from 'vitest';
import { OPTIONS } from '../../src/config/options.ts';
import type { JsonObject } from '../../src/json.ts';
import type { Era } from '../support/clients.ts';
import { askingWrites, readCalls } from '../support/good-calls.ts';
import { startHarness, startHarnessAt } from '../support/harness.ts';
import { at, rowsOf } from '../support/protocol-json.ts';
import { walk } from '../support/protocol-walk.ts';
import { startUpstream } from '../support/upstream.ts';

const ids = (rows: readonly { readonly id?: unknown }[]) => rows.map(({ id }) => id);
const sorted = (values: readonly unknown[]) => [...values].sort((a, b) => Number(a) - Number(b));

/** Nothing lost, nothing twice. */
function expectSame(found: readonly JsonObject[], all: readonly { readonly id: number }[]) {
  expect(new Set(ids(found)).size).toBe(found.length);
  expect(sorted(ids(found))).toEqual(sorted(ids(all)));
}

describe('every row is reached', () => {
  it.each<[number, JsonObject, Era]>([
    [1_000, {}, 'modern'],
    [3_000, { detail: 'full' }, 'legacy'],
    [5_000, { per_page: 7 }, 'modern'],
    [38_000, { per_page: 200, detail: 'full' }, 'legacy'],
  ])('of list_affiliates within %d characters, %j (%s)', async (maxResultChars, args, era) => {
    const harness = await startHarness({ maxResultChars, sandbox: { affiliates: 250 } });
    const walked = await walk(await harness.connect(era), 'list_affiliates', args, 'affiliates', maxResultChars);
    expectSame(walked.rows, harness.sandbox.programme.affiliates.rows);
    if (args.per_page === undefined) expect(walked.cuts).toBeGreaterThan(0);
  });

  it.each<[number, Era]>([
    [1_000, 'modern'],
    [2_500, 'legacy'],
    [5_000, 'modern'],
  ])('of list_purchases in full with line items within %d (%s)', async (maxResultChars, era) => {
    const harness = await startHarness({ maxResultChars, sandbox: { purchases: 230 } });
    const args = { detail: 'full', include_line_items: true, per_page: 100 };
    const walked = await walk(await harness.connect(era), 'list_purchases', args, 'purchases', maxResultChars);
    expectSame(walked.rows, harness.sandbox.programme.purchases.rows);
    expect(walked.cuts).toBeGreaterThan(20);
  });

  it.each<[number, Era]>([
    [1_000, 'legacy'],
    [5_000, 'modern'],
  ])('of list_affiliate_commissions within %d (%s)', async (maxResultChars, era) => {
    const harness = await startHarness({ maxResultChars, sandbox: { purchases: 400 } });
    const args = { affiliate_id: 1001, detail: 'full' };
    const connection = await harness.connect(era);
    const walked = await walk(connection, 'list_affiliate_commissions', args, 'commissions', maxResultChars);
    expectSame(walked.rows, harness.sandbox.programme.commissionsOf(1001));
    const paid = { ...args, status: 'paid' };
    const some = await walk(connection, 'list_affiliate_commissions', paid, 'commissions', maxResultChars);
    expectSame(
      some.rows,
      harness.sandbox.programme.commissionsOf(1001).filter((row) => row.paid && !row.cancelled),
    );
  });
});

it('every row that fits is reached where LeadDyno ignores the filter', async () => {
  const all = Array.from({ length: 95 }, (_, index) => ({
    id: index + 1,
    amount: '1.0',
    paid: index % 3 === 0,
    cancelled: index % 7 === 0,
    note: 'n'.repeat(index * 3),
  }));
  const upstream = await startUpstream(({ query }) => {
    const page = Number(query.page);
    const commissions = all.slice((page - 1) * 20, page * 20);
    return { json: { page, per_page: 20, total_entries: all.length, commissions } };
  });
  const maxResultChars = 1_000;
  const connection = await startHarnessAt(upstream.url, { maxResultChars }).connect('modern');
  const args = { affiliate_id: 1001, status: 'paid' };
  const { rows } = await walk(connection, 'list_affiliate_commissions', args, 'commissions', maxResultChars);
  expectSame(
    rows,
    all.filter(({ paid, cancelled }) => paid && !cancelled),
  );
});

describe('what is too large', () => {
  const LONG = `${'word '.repeat(10_000)}\u{1f600}`;

  async function start(era: Era, json: unknown, maxResultChars: number) {
    const upstream = await startUpstream(() => ({ json }));
    return await startHarnessAt(upstream.url, { maxResultChars, confirm: 'off' }).connect(era);
  }

  it.each([1_000, 5_000, 38_000])('in one record is cut and marked, within %d', async (max) => {
    const record = { id: 7, email: 'a@example.com', first_name: LONG, custom_fields: { a: LONG, b: 'short' } };
    const { call } = await start('modern', record, max);
    const { text, data } = await call('get_affiliate', { affiliate_id: 7 });
    expect(text.length).toBeLessThanOrEqual(max);
    expect(data.affiliate).toMatchObject({ id: 7, email: 'a@example.com' });
    expect(at(data, 'affiliate', 'first_name')).toMatch(/^word word .*… \[cut: 50002 characters\]$/);
    expect(at(data, 'affiliate', 'custom_fields', 'b')).toBe('short');
  });

  it.each([1_000, 5_000])('in one row does not stop the walk, within %d', async (max) => {
    const json = [1, 2, 3].map((id) => ({ id, note: id === 2 ? LONG : 'short', purchase_code: `order-${id}` }));
    const connection = await start('modern', json, max);
    const { rows } = await walk(connection, 'list_purchases', { detail: 'full' }, 'purchases', max);
    expect(ids(rows)).toEqual([1, 2, 3]);
    expect(rows[1]?.note).toMatch(/\[cut: 50002 characters\]$/);
    expect([rows[0]?.note, rows[2]?.note]).toEqual(['short', 'short']);
  });

  it('by its number of fields is cut and marked', async () => {
    const custom_fields = Object.fromEntries(Array.from({ length: 5_000 }, (_, index) => [`Field ${index}`, 'x']));
    const { call } = await start('modern', { id: 7, custom_fields }, 2_000);
    const { text, data } = await call('get_affiliate', { affiliate_id: 7 });
    expect(text.length).toBeLessThanOrEqual(2_000);
    expect(data.affiliate).toMatchObject({ id: 7, custom_fields: { 'Field 0': 'x' } });
    expect(text).toMatch(/\d+ more fields left off/);
  });

  it('by the length of a list in it is cut and marked', async () => {
    const line_items = Array.from({ length: 3_000 }, (_, index) => ({ sku: `sku-${index}`, amount: '1.0' }));
    const { call } = await start('modern', { id: 7, purchase_code: 'order-1', line_items }, 2_000);
    const { text, data } = await call('get_purchase', { purchase_id: 7 });
    expect(text.length).toBeLessThanOrEqual(2_000);
    expect(data.purchase).toMatchObject({ id: 7, purchase_code: 'order-1' });
    expect(text).toMatch(/\d+ more left off/);
  });

  it('in the answer of a write keeps the words on how to undo it', async () => {
    const purchases = Array.from({ length: 400 }, (_, index) => ({ id: index, note: LONG.slice(0, 200) }));
    const { call } = await start('modern', purchases, 2_000);
    const { text, data } = await call('cancel_customer_purchases', { email: 'a@example.com' });
    expect(text.length).toBeLessThanOrEqual(2_000);
    expect(data.undo).toBe('Cancelled purchases cannot be restored.');
    expect(at(data, 'purchases', 0, 'id')).toBe(0);
  });

  it('in another shape is cut as well', async () => {
    const { call } = await start('modern', { lists: [LONG], others: [LONG] }, 1_000);
    const { text, isError } = await call('list_affiliates');
    expect(isError).toBe(false);
    expect(text.length).toBeLessThanOrEqual(1_000);
  });
});

describe.each([1_000, 3_000, 38_000])('no result is longer than %d characters', (maxResultChars) => {
  it('of those that read', async () => {
    const harness = await startHarness({ maxResultChars, sandbox: { affiliates: 250, purchases: 300, leads: 400 } });
    const { call, client } = await harness.connect('modern');
    await client.listTools();
    for (const [tool, args] of Object.entries(readCalls)) {
      const result = await call(tool, args(harness.sandbox.programme));
      expect(result.isError, tool).toBe(false);
      expect(result.text.length, tool).toBeLessThanOrEqual(maxResultChars);
      if (Array.isArray(result.data.affiliates)) expect(rowsOf(result, 'affiliates').length).toBeGreaterThan(0);
    }
  });

  it('of questions, declined ones, results and dry runs', async () => {
    for (const write of askingWrites) {
      const harness = await startHarness({ maxResultChars });
      const { call } = await harness.connect('modern');
      const args = write.args(harness.sandbox.programme);
      const asked = await call(write.tool, args);
      expect.soft(asked.text.length, write.title).toBeLessThanOrEqual(maxResultChars);
      const token = at(asked.data, 'confirmation', 'confirmation_token');
      const done = await call(write.tool, { ...args, confirmation_token: token });
      expect(done.isError, done.text).toBe(false);
      expect(done.text.length, write.title).toBeLessThanOrEqual(maxResultChars);
      const dry = await (await startHarness({ maxResultChars, dryRun: true })).connect('modern');
      expect((await dry.call(write.tool, args)).text.length, write.title).toBeLessThanOrEqual(maxResultChars);
    }
  });

  it('of the longest question', async () => {
    const harness = await startHarness({ maxResultChars });
    const { programme } = harness.sandbox;
    const open = programme.commissionsOf(1001).find((row) => !row.paid && !row.cancelled) ?? expect.fail('none open');
    const order = programme.purchases.get(open.purchaseId ?? 0) ?? expect.fail('no order');
    const { id: _, ...another } = open;
    for (let count = 0; count < 100; count += 1) programme.addCommission(another);
    const { call } = await harness.connect('modern');
    const args = { affiliate_email: 'ann.arbor@example.com', purchase_code: order.code };
    expect((await call('mark_commissions_paid', args)).text.length).toBeLessThanOrEqual(maxResultChars);
  });

  it('of failures', async () => {
    const error = { field: [`${'long word '.repeat(1_000)}`], other: ['"quoted"'.repeat(1_000)] };
    const upstream = await startUpstream(() => ({ status: 400, json: { error } }));
    const { call } = await startHarnessAt(upstream.url, { maxResultChars }).connect('modern');
    const failed = await call('approve_affiliate', { affiliate_id: 1001 });
    expect(failed.text.length).toBeLessThanOrEqual(maxResultChars);
    const unknown = Object.fromEntries(Array.from({ length: 200 }, (_, index) => [`${'x'.repeat(100)}${index}`, 1]));
    const refused = await call('create_purchase', { email: 'a@b.c', ...unknown });
    expect(refused.text.length).toBeLessThanOrEqual(maxResultChars);
    const line_items = Array.from({ length: 2_000 }, () => ({ price: 'not a field', quantity: 1 }));
    const wrong = await call('create_purchase', { email: 'a@b.c', line_items });
    expect(wrong.isError).toBe(true);
    expect(wrong.text.length).toBeLessThanOrEqual(maxResultChars);
  });
});

it('leaves something of every tool at the least that the command line takes', async () => {
  const sandbox = { affiliates: 250, leads: 2_000, purchases: 1_200, visitors: 5_000 };
  const harness = await startHarness({ maxResultChars: OPTIONS.maxResultChars.min, sandbox });
  const { call } = await harness.connect('modern');
  for (const [tool, args] of Object.entries(readCalls)) {
    const { data, text } = await call(tool, args(harness.sandbox.programme));
    expect(data, tool).not.toHaveProperty('cut');
    // Whole, but for the longest lists that can be asked for.
    if (tool !== 'changes_since') expect(text, tool).not.toMatch(/more left off\]|more fields left off|… \[cut/);
  }
});
