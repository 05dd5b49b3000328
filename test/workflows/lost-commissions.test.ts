import { describe, expect, it } from 'vitest';
import type { JsonObject } from '../../src/json.ts';
import type { Caller } from '../support/clients.ts';
import { type HarnessOptions, startHarness, startHarnessAt } from '../support/harness.ts';
import { owed } from '../support/payout-upstream.ts';
import { at, rowsOf } from '../support/protocol-json.ts';
import { type Reply, startUpstream } from '../support/upstream.ts';

/* What list_recent_changes says of the commissions of the purchases that were cancelled. */

const CODES = Array.from({ length: 14 }, (_, index) => `order-${index + 1}`);
const idOf = (code: string) => Number(code.split('-')[1]) + 50_000;

/** A LeadDyno with one customer who made all these purchases; a cancellation takes their unpaid commissions back. */
async function startShop(
  commissionsOf: (code: string) => Reply | undefined = () => undefined,
  options: HarnessOptions = {},
) {
  const cancelled = new Set<string>();
  const isPaid = (code: string) => code === 'order-2';
  const purchase = (code: string): JsonObject => ({
    id: idOf(code),
    purchase_code: code,
    purchase_amount: '100.0',
    currency: 'USD',
    cancelled: cancelled.has(code),
    lead: { id: 9, email: 'customer@example.com' },
    affiliate: { id: 1, email: 'person-1@example.com' },
  });
  const upstream = await startUpstream(({ method, path, query }) => {
    if (method === 'DELETE') {
      for (const code of query.purchase_code === undefined ? CODES : [query.purchase_code]) cancelled.add(code);
      return { json: query.purchase_code === undefined ? {} : purchase(query.purchase_code) };
    }
    if (path === '/purchases/by_purchase_code') return { json: purchase(query.purchase_code ?? '') };
    if (path === '/leads/by_email') return { json: { id: 9, email: query.email } };
    if (path === '/leads/9/purchases') return { json: CODES.map(purchase) };
    const code = CODES.find((one) => path === `/purchases/${idOf(one)}/commissions`);
    if (code === undefined) return { status: 404, json: { error: 'Not found' } };
    const flags = { cancelled: cancelled.has(code) && !isPaid(code), paid: isPaid(code) };
    return commissionsOf(code) ?? { json: [owed(idOf(code), 1, flags)] };
  });
  const harness = startHarnessAt(upstream.url, options);
  const lookUps = () => upstream.requests.filter(({ path }) => /^\/purchases\/\d+\/commissions$/.test(path)).length;
  return { ...(await harness.connect('modern', { answers: 'yes' })), lookUps, harness };
}

async function linesOf({ call }: Caller, args: JsonObject = {}): Promise<JsonObject[]> {
  const result = await call('list_recent_changes', args);
  expect(result.isError, result.text).toBe(false);
  return rowsOf(result, 'changes');
}

const cancel = async ({ call }: Caller, ...codes: string[]) => {
  for (const purchase_code of codes) {
    const { isError, text } = await call('cancel_purchase', { purchase_code });
    expect(isError, text).toBe(false);
  }
};

describe('the commission of a cancelled purchase', () => {
  it('stands beside its amount, by what became of it', async () => {
    const shop = await startShop();
    await cancel(shop, 'order-1', 'order-2');
    const [second, first] = await linesOf(shop);
    expect(first).toMatchObject({
      amounts: [{ currency: 'USD', amount: '100.00', count: 1 }],
      commission: { sums: [{ currency: 'USD', taken_back: '10.00', already_paid: '0.00', still_open: '0.00' }] },
    });
    expect(second).toMatchObject({
      commission: {
        sums: [{ currency: 'USD', taken_back: '0.00', already_paid: '10.00', still_open: '0.00' }],
        meaning: expect.stringContaining('claw-back'),
      },
    });
    expect(shop.harness.faults).toEqual([]);
  });

  it("is summed over all of a customer's, without those that were cancelled before", async () => {
    const shop = await startShop();
    await cancel(shop, ...CODES.slice(5));
    await shop.call('cancel_customer_purchases', { email: 'customer@example.com' });
    const [all] = await linesOf(shop, { limit: 1 });
    expect(all).toMatchObject({
      amounts: [{ currency: 'USD', amount: '500.00', count: 5 }],
      commission: { sums: [{ currency: 'USD', taken_back: '40.00', already_paid: '10.00' }] },
    });
    // Once more: there is nothing left to cancel, and nothing to look up.
    await shop.call('cancel_customer_purchases', { email: 'customer@example.com' });
    const before = shop.lookUps();
    const [again] = await linesOf(shop, { limit: 1 });
    expect(again).not.toHaveProperty('amounts');
    expect(again).not.toHaveProperty('commission');
    expect(shop.lookUps()).toBe(before);
  });

  it('of the sandbox is what the programme has', async () => {
    const harness = await startHarness({ confirm: 'off' });
    const client = await harness.connect('modern');
    const { purchases, commissions } = harness.sandbox.programme;
    const open = commissions.rows.find(
      ({ purchaseId, paid, cancelled }) => !paid && !cancelled && purchases.get(purchaseId ?? 0)?.cancelled === false,
    );
    const order = purchases.get(open?.purchaseId ?? 0);
    await cancel(client, order?.code ?? '');
    const [line] = await linesOf(client);
    const sum = commissions.rows
      .filter(({ purchaseId, currency }) => purchaseId === order?.id && currency === open?.currency)
      .reduce((total, { amount }) => total + amount, 0);
    expect(Number(at(line, 'commission', 'sums', 0, 'taken_back'))).toBeCloseTo(sum / 100, 2);
  });
});

describe('where it is not known, the line says why', () => {
  it('more purchases than one call looks up', async () => {
    const shop = await startShop();
    await cancel(shop, ...CODES.slice(0, 12));
    const lines = await linesOf(shop);
    expect(shop.lookUps()).toBe(10);
    const known = lines.map(({ commission }) => at(commission, 'not_known') === undefined);
    expect(known).toEqual([...Array(10).fill(true), false, false]);
    expect(at(lines[11], 'commission', 'not_known')).toMatch(/looks up 10 purchases\. list_purchase_commissions/);
    // The next page of lines looks up its own.
    expect(at((await linesOf(shop, { skip: 10 }))[1], 'commission', 'sums', 0, 'taken_back')).toBe('10.00');
  });

  it.each<[string, Reply, RegExp]>([
    ['LeadDyno does not answer', { status: 503, json: {} }, /^Could not be read \(upstream\)/],
    ['the key is refused', { status: 401, json: { error: 'no' } }, /^Could not be read \(auth\)/],
    ['there is no such list', { status: 404, json: { error: 'Not found' } }, /did not list all/],
    ['it is a part', { json: { commissions: [owed(1, 1)], total_entries: 30 } }, /did not list all/],
    ['it is something else', { json: { message: 'soon' } }, /did not list all/],
  ])('%s', async (_, reply, why) => {
    const shop = await startShop(() => reply);
    await cancel(shop, 'order-1');
    const [line] = await linesOf(shop);
    expect(line).toMatchObject({
      amounts: [{ currency: 'USD', amount: '100.00' }],
      commission: { not_known: expect.stringMatching(why) },
    });
    expect(shop.harness.faults).toEqual([]);
  });

  it('the record does not name the purchases', async () => {
    // Without a question and without an audit log nothing is read before.
    const shop = await startShop(undefined, { confirm: 'off' });
    await shop.call('cancel_customer_purchases', { email: 'customer@example.com' });
    const [line] = await linesOf(shop);
    expect(line).not.toHaveProperty('amounts');
    expect(at(line, 'commission', 'not_known')).toMatch(/does not name the purchases\. changes_since sums them/);
  });

  it('the tool that tells is one that is served', async () => {
    const shop = await startShop(() => ({ status: 503, json: {} }), { excludeTools: ['list_purchase_commissions'] });
    await cancel(shop, 'order-1');
    const [line] = await linesOf(shop);
    expect(at(line, 'commission', 'not_known')).toMatch(/\. changes_since sums them/);
  });
});
