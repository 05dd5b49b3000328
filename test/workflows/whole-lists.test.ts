import { describe, expect, it } from 'vitest';
import type { JsonObject } from '../../src/json.ts';
import { startHarnessAt } from '../support/harness.ts';
import { owed, PAST, payee, startPayoutUpstream } from '../support/payout-upstream.ts';
import { at } from '../support/protocol-json.ts';
import type { Received, Reply } from '../support/upstream.ts';

/*
 * The list of one affiliate, of a LeadDyno that sends it with gaps, moves it about or miscounts it: nobody is paid and
 * nothing is marked by a list that may not be whole.
 */

const people = [payee(1), payee(2)];
const row = (id: number, more: JsonObject = {}) => owed(id, 1, more);
const numbered = (count: number) => Array.from({ length: count }, (_, index) => row(1000 + index));

/** One page in LeadDyno's envelope, of a list that it counts as `total`. */
function envelope(rows: readonly unknown[], { query }: Received, size: number, total = rows.length): Reply {
  const page = Number(query.page ?? 1);
  const commissions = rows.slice((page - 1) * size, page * size);
  return { json: { page, per_page: size, total_entries: total, commissions } };
}

/** A LeadDyno that answers the list of affiliate 1 like this; affiliate 2 is owed 10 USD. */
async function connect(answer: (received: Received, count: number) => Reply) {
  let count = 0;
  const upstream = await startPayoutUpstream(people, [owed(1, 2)], {
    meddle: (received) => {
      if (received.path !== '/affiliates/1/commissions') return undefined;
      count += 1;
      return answer(received, count);
    },
  });
  const { call } = await startHarnessAt(upstream.url, { keyTransport: 'header' }).connect('modern');
  return { call, upstream, requests: () => count };
}

/** The rows in another order at each request, by a fixed generator. */
function shuffler(rows: readonly JsonObject[]) {
  let state = 7;
  const next = () => {
    state = (state * 1_664_525 + 1_013_904_223) >>> 0;
    return state;
  };
  return () =>
    rows
      .map((one) => [next(), one] as const)
      .sort((a, b) => a[0] - b[0])
      .map(([, one]) => one);
}

const shuffled = shuffler(numbered(250));
const withHole = (received: Received) =>
  received.query.page === '2' ? envelope([], received, 50, 250) : envelope(numbered(250), received, 50);

const faults: readonly (readonly [string, (received: Received) => Reply, RegExp])[] = [
  [
    'rows that are no records',
    (of) =>
      envelope(
        numbered(30).map((one, n) => (n % 5 ? one : null)),
        of,
        200,
      ),
    /not records/,
  ],
  ['an empty page in between', withHole, /empty pages in between/],
  ['a larger total than rows', (of) => envelope(numbered(24), of, 200, 30), /counts 30 and sent 24/],
  ['another order each time', (of) => envelope(shuffled(), of, 50), /moved rows about/],
  [
    'pages that come round again',
    ({ query }) => ({
      json: numbered(40)
        .slice(Number(query.page) % 2 ? 0 : 20)
        .slice(0, 20),
    }),
    /same page for different page numbers/,
  ],
  ['the same page of 20 for every number', () => ({ json: numbered(20) }), /same page for different page numbers/],
  ['two different rows with one id', (of) => envelope([row(10), row(10, { amount: '99.0' })], of, 200), /the same id/],
];

describe.each(faults)('a list of an affiliate with %s', (_, answer, why) => {
  it('is in no report, file or report id', async () => {
    const { call } = await connect(answer);
    const { data } = await call('payout_report', { affiliate_ids: [1, 2] });
    expect(data).toMatchObject({
      complete: false,
      not_read: [{ affiliate_id: 1, reason: expect.stringMatching(why) }],
      partial_totals: [{ currency: 'USD', ready: '10.00', commissions: 1 }],
    });
    expect(data).not.toHaveProperty('report');
    expect(data).not.toHaveProperty('files');
  });

  it('is not reported alone', async () => {
    const { call } = await connect(answer);
    const { isError, text } = await call('payout_report', { affiliate_ids: [1] });
    expect(isError).toBe(true);
    expect(text).toMatch(why);
  });

  it('is not settled', async () => {
    const { call, upstream } = await connect(answer);
    const asked = await call('settle_payouts', { affiliate_ids: [1, 2], due_by: '2026-11-01' });
    expect(asked.text).toContain('1 commission of 1 affiliate, together 10.00 USD');
    expect(asked.text).toContain('Not read, so left out: affiliates 1.');
    const alone = await call('settle_payouts', { affiliate_ids: [1], due_by: '2026-11-01' });
    expect(alone.isError).toBe(true);
    expect(alone.text).toMatch(why);
    const summed = { affiliate_ids: [1, 2], due_by: '2026-11-01', currency: 'USD', expected_total: '250.00' };
    expect((await call('settle_payouts', summed)).isError).toBe(true);
    expect(upstream.marks).toEqual([]);
  });
});

describe('a list of an affiliate that can be read', () => {
  const readyOf = async (answer: (received: Received, count: number) => Reply) => {
    const { call, requests } = await connect(answer);
    const { data, text, isError } = await call('payout_report', { affiliate_ids: [1] });
    expect(isError, text).toBe(false);
    expect(data).toMatchObject({ complete: true, report: expect.any(String) });
    return { ready: at(data, 'totals', 0, 'ready'), requests: requests() };
  };

  it('takes one request where LeadDyno counts what it sent', async () => {
    expect(await readyOf((of) => envelope(numbered(30).slice(0, 29), of, 200))).toEqual({
      ready: '290.00',
      requests: 1,
    });
  });

  it('is read past a count that is as large as a usual page', async () => {
    expect(await readyOf((of) => envelope(numbered(100), of, 20, 20))).toMatchObject({ ready: '1000.00' });
    expect(await readyOf((of) => envelope(numbered(20), of, 20))).toEqual({ ready: '200.00', requests: 2 });
  });

  it.each([7, 33])('is read whole in bare pages of %i', async (size) => {
    const answer = ({ query }: Received) => ({
      json: numbered(100).slice((Number(query.page) - 1) * size, Number(query.page) * size),
    });
    expect(await readyOf(answer)).toMatchObject({ ready: '1000.00' });
  });

  it('holds what slipped past while it was read', async () => {
    const rows = numbered(250);
    rows[20] = row(1020, { amount: '700.0' });
    const answer = (of: Received, count: number) => {
      if (count === 2) rows.splice(0, 1);
      if (count === 2) rows.push(row(5000, { amount: '5000.0' }));
      return envelope(rows, of, 20);
    };
    expect(await readyOf(answer)).toMatchObject({ ready: '8180.00' });
  });

  it('is read again where a page failed in the shape of an empty one', async () => {
    const once = (of: Received, count: number) => (count === 2 ? { json: null } : envelope(numbered(250), of, 50));
    expect(await readyOf(once)).toMatchObject({ ready: '2500.00' });
    const nulls = (of: Received, count: number) =>
      count === 1 ? envelope([null, row(1)], of, 200) : envelope([row(1), row(2)], of, 200);
    expect(await readyOf(nulls)).toMatchObject({ ready: '20.00' });
  });
});

describe('the question of mark_commissions_paid', () => {
  it.each([
    ['with rows that are no records', (of: Received) => envelope([row(71), null], of, 200)],
    ['that LeadDyno counts longer', (of: Received) => envelope([row(71)], of, 200, 2)],
  ])('says that a list %s may hold more', async (_, answer) => {
    const { call } = await connect(answer);
    const args = { affiliate_email: 'person-1@example.com', purchase_code: 'order-71' };
    const { text } = await call('mark_commissions_paid', args);
    expect(text).toMatch(/1 found: id 71 .* so there may be more/);
  });
});

describe('a profile', () => {
  const purchases = Array.from({ length: 60 }, (_, index) => ({
    id: index + 1,
    purchase_amount: '10.0',
    currency: 'USD',
    cancelled: false,
    created_at: PAST,
  }));

  async function profileOf(rows: readonly unknown[], size: number, list = (page: readonly unknown[]): unknown => page) {
    const upstream = await startPayoutUpstream(people, [], {
      meddle: ({ path, query }) => {
        if (!path.endsWith('/purchases')) return path.endsWith('/leads') ? { json: [] } : undefined;
        const page = Number(query.page ?? 1);
        return { json: list(rows.slice((page - 1) * size, page * size)) };
      },
    });
    const { call } = await startHarnessAt(upstream.url, { keyTransport: 'header' }).connect('modern');
    return (await call('affiliate_profile', { affiliate_id: 1 })).data.purchases;
  }

  it.each([
    [7, 13],
    [33, 45],
  ])('does not take a bare page of %i for all', async (size, count) => {
    expect(await profileOf(purchases.slice(0, count), size)).toMatchObject({ complete: true, read: count });
  });

  it('says how far it read where there are more pages than it reads', async () => {
    const read = await profileOf(purchases, 7);
    expect(read).toMatchObject({ complete: false, read: 21, next_page: 4 });
  });

  it('does not call a list with gaps complete', async () => {
    const gaps = await profileOf([purchases[0], null, purchases[1]], 100);
    expect(gaps).toMatchObject({
      complete: false,
      not_cancelled_so_far: 2,
      note: expect.stringMatching(/not records/),
    });
    const counted = (page: readonly unknown[]) => ({ total_entries: 9, purchases: page });
    expect(await profileOf(purchases.slice(0, 3), 100, counted)).toMatchObject({
      complete: false,
      note: expect.stringMatching(/counts 9 and sent 3/),
    });
  });

  it('does not call a list of commissions with a page missing complete', async () => {
    const { call } = await connect((of) =>
      of.query.page === '2' ? envelope([], of, 50, 150) : envelope(numbered(150), of, 50),
    );
    expect((await call('affiliate_profile', { affiliate_id: 1 })).data.commissions).toMatchObject({
      complete: false,
      unpaid_so_far: expect.any(Number),
    });
  });
});

describe("the account's lists", () => {
  it.each([
    ['purchases', '/purchases'],
    ['affiliates', '/affiliates'],
  ])('with rows that are no records are not complete: %s', async (records, list) => {
    const upstream = await startPayoutUpstream(people, [owed(1, 2)], {
      meddle: ({ path, query }) => {
        if (path === `${list}/count`) return { json: { count: 3 } };
        return path === list ? { json: query.page === '1' ? [payee(1), null, payee(2)] : [] } : undefined;
      },
    });
    const { call } = await startHarnessAt(upstream.url, { keyTransport: 'header' }).connect('modern');
    const { data } = await call('export_records', { records });
    expect(data).toMatchObject({ complete: false, scanned: [expect.stringContaining('are not records')] });
    if (list !== '/affiliates') return;
    // Somebody with the same e-mail may be the row that could not be read.
    const report = (await call('payout_report', { affiliate_ids: [2] })).data;
    expect(report).toMatchObject({ complete: false });
    expect(report).not.toHaveProperty('files');
    expect(report).not.toHaveProperty('report');
  });
});
