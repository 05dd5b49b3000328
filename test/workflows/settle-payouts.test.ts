import { describe, expect, it } from 'vitest';
import { type JsonObject, rowsIn } from '../../src/json.ts';
import { type Caller, eras } from '../support/clients.ts';
import { startHarness, startHarnessAt } from '../support/harness.ts';
import { FUTURE, owed, payee, startPayoutUpstream } from '../support/payout-upstream.ts';
import { askedIn, at, reasonOf, rowsOf } from '../support/protocol-json.ts';

const DUE = '2026-03-01T00:00:00Z';

/** Asks, says yes, and gives the result. */
async function settle({ call }: Pick<Caller, 'call'>, args: JsonObject) {
  const { question, token } = askedIn(await call('settle_payouts', args));
  return { question, token, result: await call('settle_payouts', { ...args, confirmation_token: token }) };
}

/** Who has set no PayPal address is held, as many are in the sandbox. */
const strict = { require_payout_address: true };

const two = [payee(1), payee(2, { first_name: 'Zoë" approved? ', last_name: null })];

describe.each(eras)('%s: settling', (era) => {
  it('marks what is payable, held lines too where that is said, once, and leaves the rest', async () => {
    const harness = await startHarness({ sandbox: { purchases: 400, affiliates: 120 } });
    const { programme } = harness.sandbox;
    const connection = await harness.connect(era);
    const report = await connection.call('payout_report', { limit: 200, ...strict });
    const ids = [...new Set(rowsOf(report, 'lines').map(({ affiliate_id }) => affiliate_id))];
    const args = { affiliate_ids: ids, due_by: report.data.due_by, include_held: true, ...strict };
    const dueBy = Date.parse(String(report.data.due_by));
    const open = () => programme.commissions.rows.filter((row) => !row.paid && !row.cancelled && row.dueAt <= dueBy);
    const markable = open().filter((row) => row.purchaseId !== null);
    const byHand = open().filter((row) => row.purchaseId === null);
    expect(markable.length).toBeGreaterThan(5);

    const { result } = await settle(connection, args);
    expect(result.data.marked).toBe(markable.length);
    expect(open().map(({ id }) => id)).toEqual(byHand.map(({ id }) => id));
    expect(
      rowsOf(result, 'left_out')
        .flatMap((row) => row.commission_ids)
        .sort(),
    ).toEqual(byHand.map(({ id }) => id).sort());
    const cents = (currency: string) =>
      markable.filter((row) => row.currency === currency).reduce((sum, { amount }) => sum + amount, 0);
    expect(rowsOf(result, 'totals').map(({ currency, marked }) => [currency, marked])).toEqual(
      ['EUR', 'USD'].map((currency) => [currency, (cents(currency) / 100).toFixed(2)]),
    );
    expect(result.data.undo).toContain('cannot be undone');
    // Nothing of what is not due was touched.
    const later = programme.commissions.rows.filter((row) => row.dueAt > dueBy);
    expect(later.every(({ paid }) => !paid)).toBe(true);

    const writes = harness.writes().length;
    const again = await connection.call('settle_payouts', args);
    expect(again.data).toMatchObject({ marked: 0 });
    expect(again.data).not.toHaveProperty('undo');
    expect(rowsOf(again, 'totals').every(({ marked, left }) => marked === '0.00' && left === '0.00')).toBe(true);
    expect(harness.writes()).toHaveLength(writes);
    const after = await connection.call('payout_report', { limit: 200, due_by: report.data.due_by, ...strict });
    expect(rowsOf(after, 'lines').filter(({ state }) => state === 'ready')).toEqual([]);
    // In a line that is held there is more in the way of it than the mark.
    const left = rowsOf(after, 'lines').reduce((count, row) => count + Number(row.commissions), 0);
    expect(left).toBe(byHand.length);
  });

  it.each([undefined, 30])('marks nothing that the report holds back, with a minimum of %s', async (minimum) => {
    const harness = await startHarness({ sandbox: { purchases: 400, affiliates: 120 } });
    const connection = await harness.connect(era);
    const report = await connection.call('payout_report', { limit: 200, minimum, ...strict });
    const { due_by } = report.data;
    const ids = [...new Set(rowsOf(report, 'lines').map(({ affiliate_id }) => affiliate_id))];
    const { result, question } = await settle(connection, { affiliate_ids: ids, due_by, minimum, ...strict });
    const ready = rowsOf(report, 'totals').filter((row) => row.ready !== '0.00');
    const settled = rowsOf(result, 'totals');
    expect(settled.map((row) => [row.currency, row.marked])).toEqual(ready.map((row) => [row.currency, row.ready]));
    const held = rowsOf(report, 'lines').filter(({ state }) => state === 'held');
    expect(held.length).toBeGreaterThan(2);
    expect(question).toContain('held back in the report: ');
    // What was held stands in the next report as it stood in this one; nothing that was ready does.
    const after = await connection.call('payout_report', { limit: 200, minimum, due_by, fresh: true, ...strict });
    expect(rowsOf(after, 'lines').filter(({ state }) => state === 'held')).toEqual(held);
    expect(rowsOf(after, 'lines').filter(({ state }) => state === 'ready')).toEqual([]);
    expect(after.data.unmarkable_here).toEqual(report.data.unmarkable_here);
  });

  it('says of held lines that are to be marked that they are held', async () => {
    const people = [payee(1), payee(2, { paypal_email: '' }), payee(3, { archived: true, status: 'Archived' })];
    const upstream = await startPayoutUpstream(people, [owed(1, 1), owed(2, 2), owed(3, 3)]);
    const connection = await startHarnessAt(upstream.url).connect(era);
    const args = { affiliate_ids: [1, 2, 3], due_by: DUE, ...strict };
    const plain = await settle(connection, args);
    expect(plain.result.data).toMatchObject({ marked: 1, totals: [{ marked: '10.00', unmarkable_here: '0.00' }] });
    expect(rowsOf(plain.result, 'left_out').map(({ affiliate_id, reason }) => [affiliate_id, reason])).toEqual([
      [2, 'held back in the report: missing payout address'],
      [3, 'held back in the report: affiliate archived'],
    ]);
    const all = await settle(connection, { ...args, include_held: true });
    expect(all.question).toContain(
      'although the report holds them back: 1 commission of 10.00 USD (missing payout address)',
    );
    expect(all.result.data.marked).toBe(2);
  });

  it('says what was payable and has to be marked by hand, because no call can mark it', async () => {
    const upstream = await startPayoutUpstream([payee(1)], [owed(1, 1), owed(2, 1, { purchase: null })]);
    const connection = await startHarnessAt(upstream.url).connect(era);
    const report = await connection.call('payout_report', {});
    expect(rowsOf(report, 'lines')).toMatchObject([{ amount: '10.00', commissions: 1, state: 'ready' }]);
    expect(report.data.unmarkable_here).toMatchObject([{ affiliate_id: 1, amount: '10.00', commission_ids: [2] }]);
    expect(report.data.totals).toMatchObject([
      { ready: '10.00', unmarkable_here: '10.00', held: '0.00', total: '20.00' },
    ]);
    expect(rowsOf(report, 'files')).toContainEqual(
      expect.objectContaining({ name: expect.stringContaining('mark-in-leaddyno'), rows: 1, amount: '10.00' }),
    );
    const { result } = await settle(connection, { affiliate_ids: [1], due_by: DUE });
    expect(result.data).toMatchObject({ marked: 1, totals: [{ marked: '10.00', unmarkable_here: '10.00' }] });
    expect(result.data.note).toContain('payout_report lists it again as unmarkable_here');
  });

  it('takes for expected_total what was owed and what was sent in whole cents', async () => {
    const rows = [owed(1, 1, { amount: '10.005' }), owed(2, 2, { amount: '3.333' })];
    const upstream = await startPayoutUpstream([payee(1), payee(2)], rows);
    const { call } = await startHarnessAt(upstream.url).connect(era);
    const args = { affiliate_ids: [1, 2], due_by: DUE, currency: 'USD' };
    for (const expected_total of ['13.338', '13.34', '13.340']) {
      expect(askedIn(await call('settle_payouts', { ...args, expected_total })).question).toContain('2 commissions');
    }
    expect((await call('settle_payouts', { ...args, expected_total: '13.33' })).isError).toBe(true);
  });

  it('asks by a form that names everybody, and does nothing without a yes', async () => {
    const upstream = await startPayoutUpstream(two, [
      owed(1, 1),
      owed(2, 2, { currency: 'EUR', amount: '2.5' }),
      owed(3, 1),
    ]);
    const connection = await startHarnessAt(upstream.url).connect(era, { answers: 'decline' });
    const result = await connection.call('settle_payouts', { affiliate_ids: [1, 2], due_by: DUE });
    expect(result.data.declined).toBe(true);
    expect(upstream.marks).toEqual([]);
    const question = connection.forms[0]?.message ?? '';
    expect(question).toContain('3 commissions of 2 affiliates');
    expect(question).toContain('"First1 Last1", "person-1@example.com", id 1');
    expect(question).toContain('"Zoë[U+0022 quotation mark] approved?[U+0020 space]", "person-2@example.com", id 2');
    expect(question).toMatch(/20\.00 USD \(2 commissions\)/);
    expect(question).toMatch(/2\.50 EUR \(1 commission\)/);
    expect(question).toContain('moves no money');
    expect(question).toContain('cannot be undone');
  });
});

describe('a purchase is marked whole or not at all', () => {
  const shared = (more: JsonObject = {}) => ({
    purchase: { id: 7, purchase_code: 'shared', cancelled: false },
    ...more,
  });

  it.each<[string, JsonObject, JsonObject]>([
    ['not due yet', shared({ due_at: FUTURE }), {}],
    ['in another currency', shared({ currency: 'EUR' }), { currency: 'USD' }],
    ['without a readable currency', shared({ currency: null }), { currency: 'USD' }],
    ['held back', shared({ amount: null }), {}],
    ['held back', shared({ payment_type: 'points' }), {}],
    ['held back', shared({ paid: null }), {}],
    ['held back', shared({ due_at: null }), {}],
    ['held back', { purchase: { id: 7, purchase_code: 'shared', cancelled: true } }, {}],
  ])('not where its mark would also settle what is %s (%j)', async (why, other, args) => {
    const rows = [owed(1, 1, shared()), owed(2, 1, other), owed(3, 1)];
    const upstream = await startPayoutUpstream(two, rows, { ignoresFilter: true });
    const connection = await startHarnessAt(upstream.url).connect('modern');
    const { question, result } = await settle(connection, { affiliate_ids: [1], due_by: DUE, ...args });
    expect(upstream.marks).toEqual([{ affiliate_email: 'person-1@example.com', purchase_code: 'order-3' }]);
    const left = rowsOf(result, 'left_out').find(({ purchase_code }) => purchase_code === 'shared');
    expect(left).toMatchObject({ commission_ids: [1], amounts: [{ amount: '10.00', currency: 'USD' }] });
    expect(left?.reason).toContain(why);
    expect(question).toContain(why);
  });

  it('and what may be of the currency asked for is left out and said', async () => {
    const rows = ['USD', ' usd', null, 'EUR', 'dollars'].map((currency, index) => owed(index + 1, 1, { currency }));
    const upstream = await startPayoutUpstream(two, rows);
    const connection = await startHarnessAt(upstream.url).connect('modern');
    const args = { affiliate_ids: [1], due_by: DUE, currency: 'USD', expected_total: '20' };
    const { question, result } = await settle(connection, args);
    expect(upstream.marks.map(({ purchase_code }) => purchase_code)).toEqual(['order-1', 'order-2']);
    expect(result.data.totals).toMatchObject([{ currency: 'USD', marked: '20.00' }]);
    expect(rowsOf(result, 'left_out')).toMatchObject([
      { commission_ids: [3], reason: 'held back in the report: currency unknown' },
      { commission_ids: [5], reason: 'held back in the report: currency unknown' },
    ]);
    expect(question).toContain('20.00 USD (2 commissions)');
    expect(question).toContain('held back in the report: currency unknown');
  });

  it.each<[string, JsonObject]>([
    ['paid already', shared({ paid: true })],
    ['cancelled', shared({ cancelled: true })],
  ])('whole where the rest of it is %s', async (_, other) => {
    const upstream = await startPayoutUpstream(two, [owed(1, 1, shared()), owed(2, 1, other)], { ignoresFilter: true });
    const { result } = await settle(await startHarnessAt(upstream.url).connect('modern'), {
      affiliate_ids: [1],
      due_by: DUE,
    });
    expect(result.data.marked).toBe(1);
    expect(upstream.marks).toHaveLength(1);
  });

  it('by one mark for several commissions, in several currencies', async () => {
    const upstream = await startPayoutUpstream(two, [
      owed(1, 1, shared()),
      owed(2, 1, shared({ currency: 'EUR', amount: '4' })),
      // The same code at another affiliate is another mark.
      owed(3, 2, shared()),
    ]);
    const { result } = await settle(await startHarnessAt(upstream.url).connect('modern'), {
      affiliate_ids: [2, 1],
      due_by: DUE,
    });
    expect(upstream.marks).toHaveLength(2);
    expect(result.data).toMatchObject({
      marked: 3,
      totals: [
        { currency: 'EUR', marked: '4.00', left: '0.00', unknown: '0.00' },
        { currency: 'USD', marked: '20.00', left: '0.00', unknown: '0.00' },
      ],
    });
  });

  it('not where two purchases have the same code', async () => {
    const rows = [owed(1, 1, shared()), owed(2, 1, { purchase: { id: 8, purchase_code: 'shared' } })];
    const upstream = await startPayoutUpstream(two, rows);
    const { call } = await startHarnessAt(upstream.url).connect('modern');
    const { data } = await call('settle_payouts', { affiliate_ids: [1], due_by: DUE });
    expect(data).toMatchObject({
      marked: 0,
      left_out: [{ commission_ids: [1, 2], reason: 'several purchases have this code' }],
    });
  });

  it.each<[string, JsonObject, JsonObject]>([
    ['no purchase code', {}, { purchase: null }],
    ['no purchase code', {}, { purchase: { id: 4, purchase_code: ' ' } }],
    ['no e-mail', { email: null }, {}],
    ['purchase is cancelled', {}, { purchase: { id: 4, purchase_code: 'x', cancelled: true } }],
    ['readable amount', {}, { amount: 'ten' }],
  ])('and is listed where it cannot be: %s', async (why, affiliate, commission) => {
    const upstream = await startPayoutUpstream([payee(1, affiliate), payee(2)], [owed(1, 1, commission), owed(2, 2)]);
    const { question, result } = await settle(await startHarnessAt(upstream.url).connect('modern'), {
      affiliate_ids: [1, 2],
      due_by: DUE,
    });
    expect(question).toContain(why);
    expect(rowsOf(result, 'left_out')).toMatchObject([{ affiliate_id: 1, commission_ids: [1] }]);
    expect(String(rowsOf(result, 'left_out')[0]?.reason)).toContain(why);
    expect(upstream.marks).toHaveLength(1);
  });
});

describe('the total that was sent', () => {
  const rows = [owed(1, 1, { amount: '12.5' }), owed(2, 2, { amount: '7.25' }), owed(3, 2, { currency: 'EUR' })];
  const args = { affiliate_ids: [1, 2], due_by: DUE, currency: 'USD' };
  const start = async () => {
    const upstream = await startPayoutUpstream(two, rows);
    return { upstream, ...(await startHarnessAt(upstream.url).connect('modern')) };
  };

  it.each(['19.75', '19.750', '019.75'])('goes on with %s', async (expected_total) => {
    const { call, upstream } = await start();
    expect((await settle({ call }, { ...args, expected_total })).result.data.marked).toBe(2);
    expect(upstream.rows.map(({ paid }) => paid)).toEqual([true, true, false]);
  });

  it.each(['19.76', '20', '0', '-19.75'])('refuses %s with both figures', async (expected_total) => {
    const { call, upstream } = await start();
    const refused = await call('settle_payouts', { ...args, expected_total });
    expect(reasonOf(refused)).toBe('invalid');
    expect(refused.text).toContain('19.75 USD');
    expect(refused.text).toContain(Number(expected_total).toFixed(2));
    expect(refused.text).toMatch(/Nothing was sent\.$/);
    expect(upstream.marks).toEqual([]);
  });

  it.each([
    ['19.75', true],
    ['22.75', true],
    ['20.75', false],
  ])('may leave out what has to be marked by hand, or hold it: %s', async (expected_total, isTaken) => {
    const upstream = await startPayoutUpstream(two, [...rows, owed(4, 2, { purchase: null, amount: '3' })]);
    const { call } = await startHarnessAt(upstream.url).connect('modern');
    const result = await call('settle_payouts', { ...args, expected_total });
    expect('confirmation' in result.data).toBe(isTaken);
    if (!isTaken) expect(result.text).toContain('22.75 USD (19.75 USD without unmarkable_here)');
  });

  it('refuses one that came to differ between the question and the yes', async () => {
    const { call, upstream } = await start();
    const given = { ...args, expected_total: '19.75' };
    const { token } = askedIn(await call('settle_payouts', given));
    upstream.rows.push(owed(9, 1));
    expect(reasonOf(await call('settle_payouts', { ...given, confirmation_token: token }))).toBe('invalid');
    expect(upstream.marks).toEqual([]);
  });

  it('needs a currency, and is a number', async () => {
    const { call, upstream } = await start();
    const { currency: _, ...without } = args;
    expect((await call('settle_payouts', { ...without, expected_total: '19.75' })).text).toContain('needs currency');
    expect(reasonOf(await call('settle_payouts', { ...args, expected_total: '19,75' }))).toBe('invalid');
    expect(upstream.requests).toEqual([]);
  });
});

describe('between the question and the yes', () => {
  const args = { affiliate_ids: [1, 2], due_by: DUE };

  it.each<[string, (row: JsonObject) => void]>([
    ['amount', (row) => Object.assign(row, { amount: '99.0' })],
    ['currency', (row) => Object.assign(row, { currency: 'EUR' })],
    ['due date', (row) => Object.assign(row, { due_at: '2026-02-02T00:00:00Z' })],
  ])('a changed %s is passed over, the rest is marked', async (_, change) => {
    const upstream = await startPayoutUpstream(two, [owed(1, 1), owed(2, 1), owed(3, 2)]);
    const { call } = await startHarnessAt(upstream.url).connect('modern');
    const { token } = askedIn(await call('settle_payouts', args));
    change(upstream.rows[1] ?? {});
    const result = await call('settle_payouts', { ...args, confirmation_token: token });
    expect(upstream.marks.map(({ purchase_code }) => purchase_code)).toEqual(['order-1', 'order-3']);
    expect(rowsOf(result, 'left')).toMatchObject([{ purchase_code: 'order-2', reason: 'changed since the question' }]);
    expect(result.data.affiliates_left).toEqual([1]);
    expect(result.data.note).toContain('call again');
  });

  it('a changed e-mail is passed over, and so is what fell due or came', async () => {
    const upstream = await startPayoutUpstream(two, [owed(1, 1), owed(3, 2)]);
    const { call } = await startHarnessAt(upstream.url).connect('modern');
    const { token } = askedIn(await call('settle_payouts', args));
    Object.assign(upstream.people[0] ?? {}, { email: 'other@example.com' });
    upstream.rows.push(owed(4, 2));
    const result = await call('settle_payouts', { ...args, confirmation_token: token });
    expect(upstream.marks).toEqual([{ affiliate_email: 'person-2@example.com', purchase_code: 'order-3' }]);
    expect(rowsOf(result, 'left').map(({ purchase_code }) => purchase_code)).toEqual(['order-1', 'order-4']);
  });

  it('a yes counts once', async () => {
    const upstream = await startPayoutUpstream(two, [owed(1, 1), owed(3, 2)]);
    const connection = await startHarnessAt(upstream.url).connect('modern');
    const { token } = await settle(connection, args);
    upstream.rows.push(owed(4, 2));
    expect(reasonOf(await connection.call('settle_payouts', { ...args, confirmation_token: token }))).toBe(
      'already_used',
    );
    expect(upstream.marks).toHaveLength(2);
  });
});

it.each([
  [60, 2],
  [30, 3],
  [200, undefined],
  [0, undefined],
])('a question of more requests than %s a minute says that it takes %s minutes', async (rateLimit, minutes) => {
  const ids = Array.from({ length: 10 }, (_, index) => index + 1);
  const rows = Array.from({ length: 30 }, (_, index) => owed(index + 1, 1 + (index % 10)));
  const upstream = await startPayoutUpstream(
    ids.map((id) => payee(id)),
    rows,
  );
  const { call } = await startHarnessAt(upstream.url, { rateLimit }).connect('modern');
  const { question } = askedIn(await call('settle_payouts', { affiliate_ids: ids, due_by: DUE }));
  if (minutes === undefined) expect(question).not.toContain('a minute');
  else {
    expect(question).toContain(
      `This takes about 52 requests to LeadDyno at ${rateLimit} a minute: about ${minutes} minutes.`,
    );
    expect(question).toContain('repeat it to continue where it stopped');
  }
});

describe('marks that fail', () => {
  const args = { affiliate_ids: [1, 2], due_by: DUE };
  const rows = [owed(1, 1), owed(2, 1, { amount: '5' }), owed(3, 2, { currency: 'EUR' })];
  const isMark = (path: string) => path === '/commissions/mark_as_paid';

  it('are told one by one: refused, unknown, done', async () => {
    const upstream = await startPayoutUpstream(two, rows, {
      meddle: ({ path, body }) => {
        if (!isMark(path)) return undefined;
        if (at(body, 'purchase_code') === 'order-1') return { status: 422, json: { error: 'no' } };
        return at(body, 'purchase_code') === 'order-3' ? { reset: 'before the answer' } : undefined;
      },
    });
    const { result } = await settle(await startHarnessAt(upstream.url).connect('modern'), args);
    expect(result.isError).toBe(false);
    expect(result.data).toMatchObject({
      marked: 1,
      totals: [
        { currency: 'EUR', marked: '0.00', left: '0.00', unknown: '10.00' },
        { currency: 'USD', marked: '5.00', left: '10.00', unknown: '0.00' },
      ],
      failed: [{ affiliate_id: 1, purchase_code: 'order-1', reason: 'invalid' }],
      unknown: [{ affiliate_id: 2, purchase_code: 'order-3' }],
      done: [{ affiliate_id: 1, purchases: 1, totals: [{ currency: 'USD', amount: '5.00', count: 1 }] }],
    });
    expect(result.data.note).toContain('payout_report');
  });

  it('by the time limit leave the rest, which another call finishes without marking twice', async () => {
    const many = Array.from({ length: 40 }, (_, index) => owed(index + 1, 1));
    const upstream = await startPayoutUpstream(two, many, {
      meddle: ({ path }) => (isMark(path) && upstream.marks.length >= 4 && slow ? 'never' : undefined),
    });
    let slow = true;
    const harness = startHarnessAt(upstream.url, { workflowMs: 5_500 });
    const connection = await harness.connect('modern');
    const args = { affiliate_ids: [1], due_by: DUE, currency: 'USD', expected_total: '400' };
    const { result } = await settle(connection, args);
    const marked = Number(result.data.marked);
    expect(marked).toBeGreaterThan(0);
    expect(result.data.note).toContain('everything else unchanged (expected_total too)');
    const left = rowsOf(result, 'left').reduce((sum, { purchases }) => sum + Number(purchases), 0);
    expect(left + rowsOf(result, 'unknown').length).toBe(40 - marked);
    expect(result.data).toMatchObject({ affiliates_left: [1], stopped: expect.any(String) });
    slow = false;
    let all = marked;
    // More than one where the machine is busy.
    for (let left: unknown = result.data.affiliates_left; left !== undefined; ) {
      const { result: rest } = await settle(connection, { ...args, affiliate_ids: left });
      all += Number(rest.data.marked);
      left = rest.data.affiliates_left;
    }
    expect(all).toBe(40);
    expect(upstream.marks).toHaveLength(40);
    expect(new Set(upstream.marks.map(({ purchase_code }) => purchase_code)).size).toBe(40);
  });

  it('say where the answer does not show the mark', async () => {
    const upstream = await startPayoutUpstream(two, rows.slice(0, 2), {
      meddle: ({ path, body }) =>
        isMark(path)
          ? { json: at(body, 'purchase_code') === 'order-1' ? { ok: true } : { id: '2', paid: true } }
          : undefined,
    });
    const { result } = await settle(await startHarnessAt(upstream.url).connect('modern'), args);
    const done = rowsOf(result, 'done');
    expect(done.find(({ purchase_code }) => purchase_code === 'order-1')?.unconfirmed_ids).toEqual([1]);
    expect(done.find(({ purchases }) => purchases === 1)).not.toHaveProperty('unconfirmed_ids');
    expect(result.data.note).toContain('unconfirmed_ids');
  });

  const answering = async (json: unknown) => {
    const upstream = await startPayoutUpstream(two, rows.slice(0, 1), {
      meddle: ({ path }) => (isMark(path) ? { json } : undefined),
    });
    const { result } = await settle(await startHarnessAt(upstream.url).connect('modern'), args);
    return { data: result.data, requests: upstream.requests.filter(({ path }) => isMark(path)) };
  };

  it.each([[false], ['false'], ['FALSE'], ['0'], [0], ['no'], ['f']])(
    'are unknown where the answer shows the commission with paid %j',
    async (paid) => {
      const { data, requests } = await answering({ commissions: [{ id: 1, paid }] });
      expect(data).toMatchObject({ marked: 0, totals: [{ currency: 'USD', marked: '0.00', unknown: '10.00' }] });
      expect(rowsIn(data, 'unknown')[0]?.message).toMatch(/as not paid: 1$/);
      expect(data.note).not.toContain('This recorded payments');
      expect(requests).toHaveLength(1);
    },
  );

  it.each([[true], ['true'], ['True'], ['1'], [1], ['yes'], ['t']])(
    'are done where the answer shows the commission with paid %j',
    async (paid) => {
      const { data } = await answering({ commissions: [{ id: 1, paid }] });
      expect(data.marked).toBe(1);
      expect(rowsIn(data, 'done')[0]).not.toHaveProperty('unconfirmed_ids');
      expect(data.note).toBe('This recorded payments; it moved no money.');
    },
  );

  it.each([
    [{ commission: { id: 2, paid: true } }],
    [{ id: 2, paid: true }],
    [[{ id: 2 }, { id: 3, paid: true }]],
    [{ commissions: [{ id: 2 }] }],
  ])('are unknown where the answer names only other commissions: %j', async (json) => {
    const { data, requests } = await answering(json);
    expect(data).toMatchObject({ marked: 0, totals: [{ currency: 'USD', marked: '0.00', unknown: '10.00' }] });
    expect(rowsIn(data, 'unknown')[0]?.message).toContain('names only other commissions: 2');
    expect(data.note).not.toContain('This recorded payments');
    expect(requests).toHaveLength(1);
  });

  it('say what the answer shows as paid beyond the plan, with its sum', async () => {
    const { data } = await answering([
      { id: 1, paid: true, amount: '10.0', currency: 'USD' },
      { id: 8, paid: true, amount: '2.5', currency: 'EUR' },
      { id: 9, paid: true, amount: '4', currency: 'EUR' },
      { id: 10, paid: false, amount: '4', currency: 'EUR' },
    ]);
    expect(rowsIn(data, 'done')).toMatchObject([
      { beyond_plan: { commission_ids: [8, 9], totals: [{ currency: 'EUR', amount: '6.50', count: 2 }] } },
    ]);
    expect(data).toMatchObject({ marked: 1 });
    expect(data.note).toContain('beyond_plan');
  });

  it.each([[[]], [{ marked: 0 }], [{ commissions: [{ id: 1, paid: null }] }], [null]])(
    'are not said to have recorded payments where the answer is %j',
    async (json) => {
      const { data } = await answering(json);
      expect(rowsIn(data, 'done')[0]?.unconfirmed_ids).toEqual([1]);
      expect(data.note).toMatch(/^It is not certain whether this recorded payments; it moved no money\./);
    },
  );

  it.each([
    [{ success: false, message: 'Not their purchase' }],
    [{ errors: ['Not their purchase'] }],
    [{ status: 'error', message: 'Not their purchase' }],
  ])('have failed where the answer is %j', async (json) => {
    const { data, requests } = await answering(json);
    expect(data).toMatchObject({
      marked: 0,
      totals: [{ currency: 'USD', marked: '0.00', left: '10.00', unknown: '0.00' }],
      failed: [{ affiliate_id: 1, purchase_code: 'order-1', reason: 'invalid', leaddyno_said: 'Not their purchase' }],
    });
    expect(data.note).toMatch(/^No payment was recorded\./);
    expect(requests).toHaveLength(1);
  });

  it('stop with the call', async () => {
    const many = Array.from({ length: 30 }, (_, index) => owed(index + 1, 1));
    let stuck = 0;
    const upstream = await startPayoutUpstream(two, many, {
      meddle: ({ path }) => {
        if (!isMark(path)) return undefined;
        stuck += 1;
        return 'never';
      },
    });
    const { call } = await startHarnessAt(upstream.url, { confirm: 'off' }).connect('modern');
    const stop = new AbortController();
    const running = call('settle_payouts', args, { signal: stop.signal });
    await expect.poll(() => stuck).toBeGreaterThan(0);
    stop.abort();
    await expect(running).rejects.toThrow();
    await new Promise((resolve) => setTimeout(resolve, 100));
    expect(stuck).toBeLessThanOrEqual(3);
  });
});

describe('who is read', () => {
  it('who cannot be read is left out and named, the others are marked', async () => {
    const upstream = await startPayoutUpstream(two, [owed(1, 1), owed(2, 2)], {
      meddle: ({ path }) => (path === '/affiliates/2' ? { status: 500, text: 'oops' } : undefined),
    });
    const { question, result } = await settle(await startHarnessAt(upstream.url).connect('modern'), {
      affiliate_ids: [2, 1, 77],
      due_by: DUE,
    });
    expect(question).toContain('affiliates 2; 77');
    expect(result.data).toMatchObject({
      marked: 1,
      not_read: [
        { affiliate_id: 2, reason: 'upstream' },
        { affiliate_id: 77, reason: 'not_found' },
      ],
    });
    expect(upstream.marks).toEqual([{ affiliate_email: 'person-1@example.com', purchase_code: 'order-1' }]);
  });

  it('is the failure of the call where it is nobody', async () => {
    const upstream = await startPayoutUpstream([], []);
    const { call } = await startHarnessAt(upstream.url).connect('modern');
    const failed = await call('settle_payouts', { affiliate_ids: [1], due_by: DUE });
    expect(reasonOf(failed)).toBe('not_found');
    expect(failed.data).toMatchObject({ error: { may_have_happened: false } });
  });

  it('no row of somebody else counts', async () => {
    const upstream = await startPayoutUpstream(two, [owed(1, 1)], {
      meddle: ({ path }) =>
        path === '/affiliates/1/commissions'
          ? { json: { page: 1, per_page: 200, total_entries: 2, commissions: [owed(1, 1), owed(2, 2)] } }
          : undefined,
    });
    const { result } = await settle(await startHarnessAt(upstream.url).connect('modern'), {
      affiliate_ids: [1],
      due_by: DUE,
    });
    expect(result.data.marked).toBe(1);
    expect(upstream.marks.map(({ purchase_code }) => purchase_code)).toEqual(['order-1']);
  });
});

describe('the operator', () => {
  it('who switched off mark_commissions_paid is respected before anything is read', async () => {
    const upstream = await startPayoutUpstream(two, [owed(1, 1)]);
    for (const confirm of ['ask', 'off'] as const) {
      const { call } = await startHarnessAt(upstream.url, { excludeTools: ['mark_commissions_paid'], confirm }).connect(
        'modern',
      );
      const refused = await call('settle_payouts', { affiliate_ids: [1], due_by: DUE });
      expect(reasonOf(refused)).toBe('invalid');
      expect(refused.text).toContain('switched off mark_commissions_paid');
    }
    expect(upstream.requests).toEqual([]);
  });

  it('of a dry run sees the question and each request, and nothing is sent', async () => {
    const upstream = await startPayoutUpstream(two, [owed(1, 1)]);
    const { call } = await startHarnessAt(upstream.url, { dryRun: true }).connect('modern');
    const { data } = await call('settle_payouts', { affiliate_ids: [1], due_by: DUE });
    expect(at(data, 'dry_run', 'question')).toMatch(
      /^Mark as paid 1 commission of 1 affiliate, together 10\.00 USD, due by 2026-03-01T00:00:00\.000Z\?/,
    );
    const [request, ...more] = at(data, 'dry_run', 'requests') as object[];
    expect(request).toMatchObject({ method: 'POST', path: '/commissions/mark_as_paid', query: {} });
    expect(Object.keys(at(request, 'body') as object)).toEqual(['affiliate_email', 'purchase_code']);
    expect(more).toEqual([]);
    expect(upstream.marks).toEqual([]);
  });
});

it('the question says what of it is not due yet', async () => {
  const upstream = await startPayoutUpstream(two, [owed(1, 1), owed(2, 1, { due_at: '2998-01-01T00:00:00Z' })]);
  const { call } = await startHarnessAt(upstream.url).connect('modern');
  const early = await call('settle_payouts', { affiliate_ids: [1], due_by: '2999-01-01T00:00:00Z' });
  expect(at(early.data, 'confirmation', 'question')).toContain('Not due yet: 1 of them, 10.00 USD.');
  const due = await call('settle_payouts', { affiliate_ids: [1], due_by: DUE });
  expect(at(due.data, 'confirmation', 'question')).not.toContain('Not due yet');
});

it('an answer of many purchases stays within its size', async () => {
  const many = Array.from({ length: 150 }, (_, index) =>
    owed(index + 1, 1 + (index % 2), { purchase: { id: index, purchase_code: `${'c'.repeat(60)}${index}` } }),
  );
  const upstream = await startPayoutUpstream(two, many);
  const { call } = await startHarnessAt(upstream.url, { confirm: 'off', workflowMs: 300_000 }).connect('modern');
  const result = await call('settle_payouts', { affiliate_ids: [1, 2], due_by: DUE });
  expect(rowsOf(result, 'done')).toEqual([
    { affiliate_id: 1, purchases: 75, totals: [{ currency: 'USD', amount: '750.00', count: 75 }] },
    { affiliate_id: 2, purchases: 75, totals: [{ currency: 'USD', amount: '750.00', count: 75 }] },
  ]);
  expect(result.data).toMatchObject({ marked: 150 });
  expect(result.text.length).toBeLessThan(1_000);
});

it('says of a currency in which nothing is unpaid in which there is', async () => {
  const upstream = await startPayoutUpstream([payee(1)], [owed(1, 1), owed(2, 1, { currency: 'EUR' })]);
  const { call } = await startHarnessAt(upstream.url).connect('modern');
  const { data } = await call('settle_payouts', { affiliate_ids: [1], due_by: DUE, currency: 'GBP' });
  expect(data).toMatchObject({ marked: 0, currency_note: 'No commission in GBP. Currencies seen: EUR, USD.' });
  const { result } = await settle(await startHarnessAt(upstream.url).connect('modern'), {
    affiliate_ids: [1],
    due_by: DUE,
    currency: 'EUR',
  });
  expect(result.data).not.toHaveProperty('currency_note');
});

it('accounts for every mark when an answer in the middle cannot be read', async () => {
  const rows = [1, 2, 3, 4, 5, 6].map((id) => owed(id, 1));
  const nested = `${'['.repeat(5_000)}${']'.repeat(5_000)}`;
  const upstream = await startPayoutUpstream([payee(1)], rows, {
    meddle: ({ path, body }) =>
      path === '/commissions/mark_as_paid' && at(body, 'purchase_code') === 'order-3' ? { text: nested } : undefined,
  });
  const args = { affiliate_ids: [1], due_by: DUE };
  const { result } = await settle(await startHarnessAt(upstream.url).connect('modern'), args);
  expect(result.isError, result.text).toBe(false);
  expect(result.data).toMatchObject({ marked: 5, unknown: [{ purchase_code: 'order-3' }] });
  expect(rowsOf(result, 'done')).toMatchObject([{ affiliate_id: 1, purchases: 5 }]);
  expect(result.data.totals).toEqual([
    { currency: 'USD', marked: '50.00', left: '0.00', unknown: '10.00', unmarkable_here: '0.00' },
  ]);
});

it('looks at a purchase right before it is marked, if that is more than a second after the question', async () => {
  const rows = [1, 2, 3, 4].map((id) => owed(id, 1));
  const upstream = await startPayoutUpstream([payee(1)], rows, {
    meddle({ path }) {
      // The first three are under way for longer than that.
      if (path === '/commissions/mark_as_paid') return { json: [], delayMs: 1_500 };
      const purchase = /^\/purchases\/5000(\d)\/commissions$/.exec(path)?.[1];
      // Somebody has marked it meanwhile.
      return purchase ? { json: [{ ...rows[Number(purchase) - 1], paid: true }] } : undefined;
    },
  });
  const args = { affiliate_ids: [1], due_by: DUE };
  const { result } = await settle(await startHarnessAt(upstream.url).connect('modern'), args);
  const marked = upstream.requests.filter(({ path }) => path === '/commissions/mark_as_paid');
  const looked = upstream.requests.filter(({ path }) => path.startsWith('/purchases/'));
  // On a slow machine the first ones may be looked at as well.
  expect(looked.length).toBeGreaterThanOrEqual(1);
  expect(marked.length + looked.length).toBe(4);
  expect(rowsOf(result, 'left')).toHaveLength(looked.length);
  expect(rowsOf(result, 'left')[0]).toMatchObject({ reason: 'changed since the question' });
});
