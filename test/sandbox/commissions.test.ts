import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import { annId, type Sandbox, startSandbox } from '../../src/sandbox/index.ts';
import { parseCents } from '../../src/sandbox/wire-values.ts';
import { call, small } from './api-call.ts';

let sandbox: Sandbox;
beforeEach(async () => {
  sandbox = await startSandbox(small);
});
afterEach(() => sandbox.close());

interface Row {
  readonly id: number;
  readonly amount: string;
  readonly currency: string;
  readonly paid: boolean;
  readonly cancelled: boolean;
  readonly due_at: string;
}

const cents = (rows: readonly Row[]) => rows.reduce((sum, row) => sum + (parseCents(row.amount) ?? 0), 0);
const ofAnn = (query = '') => call(sandbox, 'GET', `/affiliates/${annId}/commissions?per_page=200${query}`);

describe('reading commissions', () => {
  it('comes in an envelope of 20, newest first', async () => {
    const { body } = await call(sandbox, 'GET', '/commissions');
    expect(Object.keys(body)).toEqual(['page', 'per_page', 'total_entries', 'commissions']);
    expect(body).toMatchObject({ page: 1, per_page: 20, total_entries: sandbox.programme.commissions.rows.length });
    expect(body.commissions).toHaveLength(20);
    const ids = body.commissions.map((row: Row) => row.id);
    expect(ids).toEqual(ids.toSorted((a: number, b: number) => b - a));
    const beyond = (await call(sandbox, 'GET', '/commissions?page=99&per_page=999')).body;
    expect(beyond).toMatchObject({ page: 99, per_page: 200, commissions: [] });
  });

  it('shows the purchase beneath', async () => {
    const { body } = await ofAnn();
    const row = body.commissions.find((candidate: { purchase: unknown }) => candidate.purchase !== null);
    expect(row.date).toMatch(/^\d{4}-\d\d-\d\d$/);
    expect(row).toMatchObject({ payment_type: 'cash', custom_singular: '', purchase: { affiliate: null, plan: null } });
  });

  it('filters by each state', async () => {
    const now = '2026-03-15T12:00:00Z';
    const open = (row: Row) => !row.paid && !row.cancelled;
    const expectations: [string, (row: Row) => boolean][] = [
      ['cancelled', (row) => row.cancelled],
      ['paid', (row) => row.paid && !row.cancelled],
      ['pending', (row) => open(row) && row.due_at > now],
      ['due', (row) => open(row) && row.due_at <= now],
      ['unpaid', open],
      ['live', (row) => !row.cancelled],
    ];
    const all: Row[] = (await call(sandbox, 'GET', '/commissions?per_page=200')).body.commissions;
    for (const [status, belongs] of expectations) {
      const { body } = await call(sandbox, 'GET', `/commissions?per_page=200&status=${status}`);
      expect([status, body.commissions]).toEqual([status, all.filter(belongs)]);
      expect(body.total_entries).toBe(body.commissions.length);
      const mine = (await ofAnn(`&status=${status}`)).body.commissions;
      expect(mine).toEqual((await ofAnn()).body.commissions.filter(belongs));
    }
    expect((await ofAnn('&status=open')).body.error).toEqual({ status: ['is not included in the list'] });
  });

  it('sums up one affiliate in the default currency only', async () => {
    await call(sandbox, 'POST', `/affiliates/${annId}/commissions`, { amount: 1_000, currency: 'EUR' });
    const { body } = await call(sandbox, 'GET', `/affiliates/${annId}/commissions_total`);
    expect(body.currency).toBe('USD');
    for (const status of ['due', 'pending', 'paid']) {
      const rows: Row[] = (await ofAnn(`&status=${status}`)).body.commissions;
      expect(parseCents(body[status])).toBe(cents(rows.filter((row) => row.currency === 'USD')));
    }
    const parts = [body.due, body.pending, body.paid].map((part) => parseCents(part) ?? 0);
    expect(parseCents(body.total)).toBe(parts.reduce((a, b) => a + b));
  });

  it('sums up the account, by affiliate and currency', async () => {
    const { body } = await call(sandbox, 'GET', `/commissions/totals?affiliate_id=${annId}&currency=usd`);
    const rows: Row[] = (await ofAnn()).body.commissions.filter((row: Row) => row.currency === 'USD');
    const paid: Row[] = rows.filter((row) => row.paid);
    expect(body).toMatchObject({ total_count: rows.length, total_paid_count: paid.length });
    expect(parseCents(body.total_paid_cost)).toBe(cents(paid));
    const everywhere = (await call(sandbox, 'GET', '/commissions/totals')).body;
    expect(everywhere.total_count).toBe(sandbox.programme.commissions.rows.length);
    expect((await call(sandbox, 'GET', '/commissions/totals?affiliate_id=9999')).status).toBe(404);
    expect((await call(sandbox, 'GET', '/commissions/totals?affiliate_id=x')).status).toBe(400);
  });

  it('lets pending ones become due as time passes, unless the purchase still waits for approval', async () => {
    const before = (await ofAnn('&status=pending')).body.total_entries;
    const waiting = sandbox.programme.purchasesOf(annId).filter((purchase) => purchase.pendingApproval);
    expect(before).toBeGreaterThan(waiting.length);
    const later = small.now.getTime() + 31 * 86_400_000;
    sandbox.programme.clock = () => later;
    expect((await ofAnn('&status=pending')).body.total_entries).toBe(waiting.length);
    for (const { id } of waiting) await call(sandbox, 'POST', `/purchases/${id}/approve`);
    expect((await ofAnn('&status=pending')).body.total_entries).toBe(0);
  });
});

describe('adding a commission by hand', () => {
  const add = (body: unknown, id = annId) => call(sandbox, 'POST', `/affiliates/${id}/commissions`, body);

  it('adds one per call, due in 30 days', async () => {
    const first = await add({ amount: 25, note: 'Bonus' });
    const second = await add({ amount: 25, note: 'Bonus' });
    expect(first.status).toBe(201);
    expect(first.body).toMatchObject({
      amount: '25.0',
      currency: 'USD',
      note: 'Bonus',
      date: '2026-03-15',
      due_at: '2026-04-14T12:00:00Z',
      purchase: null,
      affiliate: { id: annId, email: 'ann.arbor@example.com' },
    });
    expect(second.body.id).toBe(first.body.id + 1);
  });

  it('takes a due date', async () => {
    expect((await add({ amount: '10', due_at: '2026-03-01' })).body.due_at).toBe('2026-03-01T00:00:00Z');
  });

  it.each([
    [{}, 'amount', "can't be blank"],
    [{ amount: 'much' }, 'amount', 'is not a number'],
    [{ amount: 0 }, 'amount', 'must be greater than 0'],
    [{ amount: -5 }, 'amount', 'must be greater than 0'],
    [{ amount: 5, due_at: 'soon' }, 'due_at', 'is not a valid date'],
  ])('refuses %j', async (body, field, message) => {
    expect(await add(body)).toMatchObject({ status: 400, body: { error: { [field]: [message] } } });
  });

  it('needs the affiliate', async () => {
    expect((await add({ amount: 5 }, 9999)).status).toBe(404);
  });
});

describe('marking as paid', () => {
  const mark = (affiliate_email: string, purchase_code: string) =>
    call(sandbox, 'POST', '/commissions/mark_as_paid', { affiliate_email, purchase_code });

  it('marks the unpaid ones of that affiliate and purchase, once', async () => {
    await call(sandbox, 'POST', '/purchases', {
      email: 'b@example.org',
      purchase_code: 'p',
      purchase_amount: 9,
      code: 'ann',
    });
    const { body } = await mark('ann.arbor@example.com', 'p');
    expect(body).toHaveLength(1);
    expect(body[0]).toMatchObject({ paid: true, cancelled: false });
    expect(await mark('ann.arbor@example.com', 'p')).toMatchObject({ status: 200, body: [] });
    expect((await mark('carla.mendes@example.org', 'p')).body).toEqual([]);
  });

  it('refuses the unknown and the missing', async () => {
    const code = sandbox.programme.purchases.rows[0]?.code ?? '';
    expect((await mark('no@example.com', code)).status).toBe(404);
    expect((await mark('ann.arbor@example.com', 'none')).status).toBe(404);
    expect((await mark('ann.arbor@example.com', '')).status).toBe(400);
  });
});
