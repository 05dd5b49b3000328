import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import { annId, type Sandbox, startSandbox } from '../../src/sandbox/index.ts';
import { call, small } from './api-call.ts';

let sandbox: Sandbox;
beforeEach(async () => {
  sandbox = await startSandbox(small);
});
afterEach(() => sandbox.close());

const order = { email: 'buyer@example.org', purchase_code: 'ord-1', purchase_amount: 80, code: 'ann' };
const create = (body: object) => call(sandbox, 'POST', '/purchases', body);

describe('reading purchases', () => {
  it('lists a bare array, newest first', async () => {
    const { body } = await call(sandbox, 'GET', '/purchases?per_page=200');
    expect(body).toHaveLength(90);
    const ids = body.map((row: { id: number }) => row.id);
    expect(ids).toEqual(ids.toSorted((a: number, b: number) => b - a));
    const cancelled = body.find((row: { cancelled: boolean }) => row.cancelled);
    expect(Object.keys(cancelled.cancellation)).toEqual(['id', 'cancellation_code', 'effective_date', 'source']);
    expect((await call(sandbox, 'GET', '/purchases/count')).body).toEqual({ count: 90 });
  });

  it('adds line items, all strings, when asked', async () => {
    const { body } = await call(sandbox, 'GET', '/purchases?include_line_items=true&per_page=200');
    const [item] = body.find((row: { line_items: unknown[] }) => row.line_items.length > 0).line_items;
    expect(Object.keys(item)).toEqual(['sku', 'description', 'quantity', 'amount']);
    expect(item.quantity).toMatch(/^\d+\.\d{1,2}$/);
    const one = await call(sandbox, 'GET', '/purchases/300001?include_line_items=1');
    expect(one.body.line_items).toBeInstanceOf(Array);
  });

  it('filters by creation time, both ends inclusive', async () => {
    const [, second, third] = (await call(sandbox, 'GET', '/purchases')).body;
    const window = `created_after=${third.created_at}&created_before=${second.created_at}`;
    const ids = (await call(sandbox, 'GET', `/purchases?${window}`)).body.map((row: { id: number }) => row.id);
    expect(ids).toEqual([second.id, third.id]);
    const day = second.created_at.slice(0, 10);
    const ofDay = await call(sandbox, 'GET', `/purchases?created_after=${day}&created_before=${day}`);
    expect(ofDay.body.map((row: { id: number }) => row.id)).toContain(second.id);
    expect(await call(sandbox, 'GET', '/purchases?created_after=2026-02-30')).toMatchObject({
      status: 400,
      body: { error: { created_after: ['is not a valid date'] } },
    });
  });

  it('looks up by code and misses with null', async () => {
    const [newest] = (await call(sandbox, 'GET', '/purchases')).body;
    const hit = await call(sandbox, 'GET', `/purchases/by_purchase_code?purchase_code=${newest.purchase_code}`);
    expect(hit.body).toEqual(newest);
    const miss = await call(sandbox, 'GET', '/purchases/by_purchase_code?purchase_code=none');
    expect(miss).toMatchObject({ status: 200, body: null });
    expect((await call(sandbox, 'GET', '/purchases/1')).status).toBe(404);
  });
});

describe('recording a purchase', () => {
  it('creates the lead, credits the code and pays the percentage of the group', async () => {
    const { status, body } = await create({ ...order, description: 'By phone', purchase_amount: '80.55' });
    expect(status).toBe(201);
    expect(body).toMatchObject({
      purchase_code: 'ord-1',
      purchase_amount: '80.55',
      currency: 'USD',
      note: 'By phone',
      affiliate: { id: annId },
      plan: { id: 30, code: 'default' },
    });
    const lead = await call(sandbox, 'GET', '/leads/by_email?email=buyer@example.org');
    expect(lead.body).toMatchObject({ id: body.lead.id, status: 'Customer', affiliate: { id: annId } });
    const [commission] = (await call(sandbox, 'GET', `/purchases/${body.id}/commissions`)).body;
    // 20 % of 80.55 is 16.11.
    expect(commission).toMatchObject({ amount: '16.11', due_at: '2026-04-14T12:00:00Z', paid: false, note: null });
  });

  it.each([
    // 15 % of 123.50 is 18.525.
    ['jose10', '123.50', '18.53'],
    ['carla', '0.01', undefined],
    ['ann', '0.00', undefined],
  ])('by %s for %s pays %s: half a cent up, and nothing for less', async (code, purchase_amount, amount) => {
    const { body } = await create({ ...order, code, purchase_amount });
    const commissions = (await call(sandbox, 'GET', `/purchases/${body.id}/commissions`)).body;
    expect(commissions.map((row: { amount: string }) => row.amount)).toEqual(amount === undefined ? [] : [amount]);
  });

  it('answers 201 to a repeated code and records nothing', async () => {
    const first = await create(order);
    const second = await create({ ...order, purchase_amount: 999, email: 'other@example.org' });
    expect(second).toMatchObject({ status: 201, body: first.body });
    expect((await call(sandbox, 'GET', '/purchases/count')).body).toEqual({ count: 91 });
    expect((await call(sandbox, 'GET', '/leads/by_email?email=other@example.org')).body).toBeNull();
  });

  it('makes up a code each time when none is given', async () => {
    const first = await create({ email: 'buyer@example.org' });
    const second = await create({ email: 'buyer@example.org' });
    expect(first.body.purchase_code).toMatch(/^[0-9a-f]{8}-[0-9a-f]{4}-4[0-9a-f]{3}-[89ab][0-9a-f]{3}-[0-9a-f]{12}$/);
    expect(first.body.purchase_code).not.toBe(second.body.purchase_code);
    expect(first.body.purchase_amount).toBe('0.0');
  });

  it('moves the lead to the new affiliate unless told not to', async () => {
    await create(order);
    const kept = await create({ ...order, purchase_code: 'ord-2', code: 'carla', reassign_affiliate: false });
    expect(kept.body.affiliate.id).toBe(annId);
    const moved = await create({ ...order, purchase_code: 'ord-3', code: 'carla' });
    expect(moved.body.affiliate.id).toBe(1003);
    const lead = (await call(sandbox, 'GET', `/leads/${moved.body.lead.id}`)).body;
    expect(lead.affiliate.id).toBe(1003);
    const ofAnn = (await call(sandbox, 'GET', `/affiliates/${annId}/leads`)).body;
    expect(ofAnn.map((row: { id: number }) => row.id)).not.toContain(lead.id);
  });

  it('credits the affiliate of the lead without a code, and nobody by an unknown or pending code', async () => {
    await create(order);
    expect((await create({ email: order.email })).body.affiliate.id).toBe(annId);
    expect((await create({ email: 'x@example.org', code: 'no-such-code' })).body.affiliate).toBeNull();
    expect((await create({ email: 'y@example.org', code: 'ben' })).body.affiliate).toBeNull();
  });

  it('takes an override, a currency and line items', async () => {
    const { body } = await create({
      ...order,
      currency: 'eur',
      commission_amount_override: 12.5,
      line_items: [{ sku: 'S1', description: 'Tent', quantity: '2', amount: '9.52' }],
    });
    expect(body).toMatchObject({ currency: 'EUR', commission_amount_override: '12.5' });
    const [commission] = (await call(sandbox, 'GET', `/purchases/${body.id}/commissions`)).body;
    expect(commission).toMatchObject({ amount: '12.5', currency: 'EUR' });
    const full = await call(sandbox, 'GET', `/purchases/${body.id}?include_line_items=true`);
    expect(full.body.line_items).toEqual([{ sku: 'S1', description: 'Tent', quantity: '2.0', amount: '9.52' }]);
  });

  it.each([
    [{ email: undefined }, 'email', "can't be blank"],
    [{ email: 'x' }, 'email', 'is invalid'],
    [{ purchase_amount: 'ten' }, 'purchase_amount', 'is not a number'],
    [{ purchase_amount: -1 }, 'purchase_amount', 'must be greater than or equal to 0'],
    [{ currency: 'dollars' }, 'currency', 'is invalid'],
    [{ line_items: 'tent' }, 'line_items', 'is invalid'],
  ])('refuses %j', async (change, field, message) => {
    const answer = await create({ ...order, ...change });
    expect(answer).toMatchObject({ status: 400, body: { error: { [field]: [message] } } });
    expect(sandbox.programme.leadByEmail(order.email)).toBeUndefined();
  });
});

describe('changing a purchase', () => {
  it('updates amount, currency and note', async () => {
    const { id } = (await create(order)).body;
    const { body } = await call(sandbox, 'PUT', `/purchases/${id}`, { purchase_amount: 70, description: 'Corrected' });
    expect(body).toMatchObject({ purchase_amount: '70.0', note: 'Corrected', currency: 'USD' });
  });

  it('approves, whether it waits or not', async () => {
    const { id } = (await create(order)).body;
    const purchase = sandbox.programme.purchases.get(id);
    if (purchase === undefined) throw new Error('not recorded');
    purchase.pendingApproval = true;
    expect((await call(sandbox, 'POST', `/purchases/${id}/approve`)).status).toBe(200);
    expect(purchase.pendingApproval).toBe(false);
    expect((await call(sandbox, 'POST', `/purchases/${id}/approve`)).status).toBe(200);
  });

  it('rejects into a cancelled purchase with cancelled commissions', async () => {
    const { id } = (await create(order)).body;
    const { body } = await call(sandbox, 'POST', `/purchases/${id}/reject`);
    expect(body).toMatchObject({ cancelled: true, cancellation: { source: null } });
    const [commission] = (await call(sandbox, 'GET', `/purchases/${id}/commissions`)).body;
    expect(commission).toMatchObject({ cancelled: true, paid: false });
  });

  it('cancels one by code, and leaves what was paid out', async () => {
    await create(order);
    await create({ ...order, purchase_code: 'ord-2' });
    await call(sandbox, 'POST', '/commissions/mark_as_paid', {
      affiliate_email: 'ann.arbor@example.com',
      purchase_code: 'ord-1',
    });
    const { status, body } = await call(sandbox, 'DELETE', '/purchases?purchase_code=ord-1&email=buyer@example.org');
    expect(status).toBe(200);
    expect(body).toMatchObject({ purchase_code: 'ord-1', cancelled: true });
    const [paid] = (await call(sandbox, 'GET', `/purchases/${body.id}/commissions`)).body;
    expect(paid).toMatchObject({ paid: true, cancelled: false });
    const other = await call(sandbox, 'GET', '/purchases/by_purchase_code?purchase_code=ord-2');
    expect(other.body.cancelled).toBe(false);
    const again = await call(sandbox, 'DELETE', '/purchases?purchase_code=ord-1');
    expect(again.body.cancellation).toEqual(body.cancellation);
  });

  it('cancels all of a customer by e-mail alone', async () => {
    await create(order);
    await create({ ...order, purchase_code: 'ord-2' });
    const { body } = await call(sandbox, 'DELETE', '/purchases', { email: 'BUYER@example.org' });
    expect(body.map((row: { cancelled: boolean }) => row.cancelled)).toEqual([true, true]);
    const lead = await call(sandbox, 'GET', '/leads/by_email?email=buyer@example.org');
    expect(lead.body.status).toBe('Cancelled');
  });

  it('cancels by id with a code and a source', async () => {
    const { id } = (await create(order)).body;
    const { body } = await call(sandbox, 'DELETE', `/purchases/${id}`, { source: 'api', cancellation_code: 'c-1' });
    expect(body.cancellation).toMatchObject({ source: 'api', cancellation_code: 'c-1' });
    expect(body.cancellation.effective_date).toBe('2026-03-15T12:00:00Z');
  });

  it('refuses to cancel nothing or the unknown', async () => {
    expect((await call(sandbox, 'DELETE', '/purchases')).status).toBe(400);
    expect((await call(sandbox, 'DELETE', '/purchases?purchase_code=none')).status).toBe(404);
    expect((await call(sandbox, 'DELETE', '/purchases?email=none@example.org')).status).toBe(404);
    expect((await call(sandbox, 'DELETE', '/purchases/1')).status).toBe(404);
  });
});
