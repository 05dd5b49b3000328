import { Decimal } from 'decimal.js';
import { describe, expect, it } from 'vitest';
import type { JsonObject } from '../../src/json.ts';
import { eras, type Result } from '../support/clients.ts';
import { startHarness, startHarnessAt } from '../support/harness.ts';
import { findInvisible } from '../support/protocol-invisible.ts';
import { at, reasonOf, rowsOf } from '../support/protocol-json.ts';
import { affiliateRow } from '../support/review-upstream.ts';
import { type Received, type Reply, startUpstream } from '../support/upstream.ts';

const TOOL = 'affiliate_profile';

/** Amounts in cents, added up by currency in another way than the server does. */
function cents(rows: readonly { readonly currency: string; readonly amount: number }[]) {
  const currencies = [...new Set(rows.map(({ currency }) => currency))].toSorted();
  return currencies.map((currency) => {
    const own = rows.filter((row) => row.currency === currency);
    const sum = own.reduce((total, { amount }) => total + amount, 0);
    return { currency, amount: (sum / 100).toFixed(2), count: own.length };
  });
}

/** A LeadDyno with these affiliates whose other answers are scripted by the last part of their path. */
async function startProfileUpstream(
  rows: readonly JsonObject[],
  sections: Readonly<Record<string, (received: Received) => Reply>> = {},
) {
  return await startUpstream((received) => {
    const [, , id, section] = received.path.split('/');
    if (received.path === '/commissions/totals') return sections.totals?.(received) ?? { json: null };
    if (section !== undefined) {
      return sections[section]?.(received) ?? { json: section === 'commissions_total' ? { due: '0.0' } : [] };
    }
    const own = sections[id ?? 'affiliates']?.(received);
    if (own) return own;
    if (id !== undefined) return { json: rows.find((row) => row && Number(row.id) === Number(id)) ?? null };
    const size = Number(received.query.per_page);
    const page = Number(received.query.page);
    return { json: rows.slice((page - 1) * size, page * size) };
  });
}

const pageOf = (all: readonly JsonObject[], { query }: Received, size = 100) =>
  all.slice((Number(query.page) - 1) * size, Number(query.page) * size);

describe.each(eras)('%s: a profile', (era) => {
  it('says what the programme holds of an affiliate', async () => {
    const { sandbox, connect } = await startHarness({ sandbox: { affiliates: 120, purchases: 200, leads: 250 } });
    const { programme } = sandbox;
    const { client, call } = await connect(era);
    await client.listTools();
    for (const id of [1001, 1003, 1005]) {
      const { data, text, isError } = await call(TOOL, { affiliate_id: id, newest: 5 });
      expect(isError, text).toBe(false);
      const own = programme.affiliates.get(id) ?? expect.fail('no such affiliate');
      expect(data.affiliate).toMatchObject({
        affiliate_id: id,
        email: own.email,
        affiliate_code: own.code,
        group: own.group,
      });
      expect(text).not.toContain('dashboard');
      expect(data).not.toHaveProperty('could_not_read');

      const bought = programme.purchasesOf(id);
      expect(data.purchases).toMatchObject({
        read: bought.length,
        complete: true,
        cancelled: bought.filter(({ cancelled }) => cancelled).length,
        revenue: cents(bought.filter(({ cancelled }) => !cancelled)),
      });
      const newest = <Row extends { id: number; createdAt: number }>(rows: readonly Row[]) =>
        rows
          .toSorted((a, b) => b.createdAt - a.createdAt)
          .slice(0, 5)
          .map((row) => row.id);
      expect(rowsOf({ data: data.purchases } as Result, 'newest').map((row) => row.purchase_id)).toEqual(
        newest(bought),
      );
      const older = bought.filter((row) => !newest(bought).includes(row.id));
      const standing = older.filter(({ cancelled }) => !cancelled);
      expect((data.purchases as JsonObject).not_shown).toEqual(
        older.length === 0
          ? undefined
          : { count: older.length, not_cancelled: standing.length, revenue: cents(standing) },
      );
      const leads = programme.leadsOf(id);
      expect(data.leads).toMatchObject({ read: leads.length, complete: true });
      expect(rowsOf({ data: data.leads } as Result, 'newest').map((row) => row.lead_id)).toEqual(newest(leads));

      const unpaid = programme.commissionsOf(id).filter(({ paid, cancelled }) => !paid && !cancelled);
      const due = unpaid.filter(({ dueAt }) => dueAt <= Date.now());
      expect(data.commissions).toMatchObject({
        unpaid: unpaid.length,
        due: cents(due),
        pending: cents(unpaid.filter((row) => !due.includes(row))),
      });
      // LeadDyno's own figures cover its own currency alone.
      const dueInUsd = cents(due).find(({ currency }) => currency === 'USD')?.amount ?? '0';
      expect(new Decimal(String(at(data, 'commission_totals', 'due'))).equals(dueInUsd)).toBe(true);
      const paid = programme.commissionsOf(id).filter((row) => row.paid && !row.cancelled);
      const others = cents([...bought, ...unpaid]).filter(({ currency }) => currency !== 'USD');
      const other = (at(data, 'commission_totals', 'other_currencies') ?? []) as JsonObject[];
      expect(other.map(({ currency }) => currency)).toEqual(others.map(({ currency }) => currency));
      if (id === 1001) expect(other.length).toBeGreaterThan(0);
      for (const { currency, ...sums } of other) {
        const own = (rows: ReturnType<typeof cents>) => rows.find((row) => row.currency === currency)?.amount ?? '0';
        expect(new Decimal(String(sums.due)).equals(own(cents(due))), text).toBe(true);
        expect(new Decimal(String(sums.paid)).equals(own(cents(paid))), text).toBe(true);
      }
      expect(at(data, 'sub_ids', 'read')).toBe(programme.subIds.get(id)?.length ?? 0);

      const peers = programme.affiliates.rows.filter(({ status }) => status !== 'Archived');
      const better = peers.filter((row) => programme.purchasesOf(row.id).length > bought.length);
      const tied = peers.filter((row) => row.id !== id && programme.purchasesOf(row.id).length === bought.length);
      // LeadDyno's samples show null for a count of none: that is not told from a count it does not show.
      const rank = bought.length > 0 ? { rank: better.length + 1, tied_with: tied.length } : { rank: null };
      expect(data.rank).toMatchObject({ ...rank, of: peers.length });
      const recruited = programme.affiliates.rows.filter(({ recruiterId }) => recruiterId === id);
      expect(at(data, 'recruiting', 'recruited')).toBe(recruited.length);
    }
    expect((await call(TOOL, { affiliate_id: 1005 })).data.recruiting).toMatchObject({
      recruited_by: { affiliate_id: 1003, first_name: 'Carla', email: 'carla.mendes@example.org' },
    });
  });

  it('is found by e-mail, by code, and by words in any order and without accents', async () => {
    const { connect } = await startHarness();
    const { call } = await connect(era);
    for (const args of [
      { email: 'jose.alvarez@example.net' },
      { affiliate_code: 'jose10' },
      { name: 'alvarez JOSE' },
      { name: 'José' },
      { name: 'jose.alvarez@' },
      { name: 'alvarez example.net' },
    ]) {
      const { data, text } = await call(TOOL, args);
      expect(at(data, 'affiliate', 'affiliate_id'), text).toBe(1005);
    }
  });

  it('is not given where several fit: a short list is', async () => {
    const { connect, sandbox } = await startHarness();
    const { call } = await connect(era);
    const two = await call(TOOL, { name: 'tanaka' });
    expect(rowsOf(two, 'candidates').map(({ affiliate_id }) => affiliate_id)).toEqual([1010, 1011]);
    expect(two.data).not.toHaveProperty('affiliate');
    const ken = await call(TOOL, { name: 'tanaka ken' });
    expect(at(ken.data, 'affiliate', 'affiliate_id')).toBe(1011);
    const many = await call(TOOL, { name: 'example' });
    expect(rowsOf(many, 'candidates')).toHaveLength(10);
    expect(many.data.left_off).toBe(sandbox.programme.affiliates.rows.length - 10);
  });

  it('is not found where there is nobody', async () => {
    const { connect, sandbox } = await startHarness();
    const { call } = await connect(era);
    for (const args of [
      { affiliate_id: 999_999 },
      { email: 'nobody@example.com' },
      { affiliate_code: 'no-such-code' },
      { name: 'ann nobody' },
    ]) {
      expect(reasonOf(await call(TOOL, args)), JSON.stringify(args)).toBe('not_found');
    }
    const before = sandbox.requests.length;
    for (const args of [{}, { name: 'ann', affiliate_id: 1001 }, { email: 'a@b.c', affiliate_code: 'x' }]) {
      const refused = await call(TOOL, args);
      expect(reasonOf(refused)).toBe('invalid');
      expect(refused.text).toMatch(/exactly one of/);
    }
    expect(sandbox.requests).toHaveLength(before);
  });
});

it('is not found in an empty programme, by no way', async () => {
  const { connect } = await startHarness({ sandbox: { affiliates: 0, leads: 0, purchases: 0, visitors: 0 } });
  const { call } = await connect('modern');
  for (const args of [{ affiliate_id: 1 }, { email: 'a@b.c' }, { affiliate_code: 'x' }, { name: 'ann' }]) {
    expect(reasonOf(await call(TOOL, args))).toBe('not_found');
  }
});

it('counts nobody twice where the programme grows while it is read', async () => {
  const { sandbox, connect } = await startHarness({ sandbox: { affiliates: 420 } });
  const { programme } = sandbox;
  const { call } = await connect('modern');
  const calling = call(TOOL, { affiliate_id: 1003 });
  const [first = expect.fail('nobody')] = programme.affiliates.rows;
  for (let count = 0; count < 5; count += 1) {
    programme.addAffiliate({ ...first, email: `late-${count}@example.com`, code: `late-${count}`, recruiterId: 1003 });
  }
  const { data, isError, text } = await calling;
  expect(isError, text).toBe(false);
  const recruited = programme.affiliates.rows.filter(({ recruiterId }) => recruiterId === 1003).length;
  expect(data.recruiting).toMatchObject({ recruited: expect.any(Number) });
  expect(Number(at(data, 'recruiting', 'recruited'))).toBeGreaterThanOrEqual(recruited - 5);
  expect(Number(at(data, 'recruiting', 'recruited'))).toBeLessThanOrEqual(recruited);
});

describe('a section that cannot be read', () => {
  it('says so in its place, and the others stand', async () => {
    const { sandbox } = await startHarness();
    // A relay that breaks some of the sandbox's answers.
    const broken = new Set(['purchases', 'commissions_total', 'subids']);
    const seen: string[] = [];
    const upstream = await startUpstream(({ path }) => {
      seen.push(path);
      const section = path.split('/')[3] ?? '';
      if (broken.has(section)) return section === 'subids' ? { json: 'odd' } : { status: 503, text: '<html>' };
      const row = { ...affiliateRow(1), total_purchases: 4 };
      if (section === 'commissions') return { json: { page: 1, per_page: 200, total_entries: 0, commissions: [] } };
      return { json: path === '/affiliates/1' ? row : section ? [] : [row] };
    });
    const { call } = await startHarnessAt(upstream.url).connect('modern');
    const { data, isError } = await call(TOOL, { affiliate_id: 1 });
    expect(isError).toBe(false);
    expect(data.could_not_read).toEqual({
      purchases: expect.stringMatching(/answered 503/),
      commission_totals: expect.stringMatching(/answered 503/),
      sub_ids: expect.stringMatching(/not a list of sub IDs/),
    });
    expect(data).toMatchObject({ leads: { read: 0 }, commissions: { unpaid: 0 }, rank: { rank: 1, of: 1 } });
    for (const section of ['purchases', 'commission_totals', 'sub_ids']) expect(data).not.toHaveProperty(section);
    expect(sandbox.requests).toEqual([]);
  });

  it('for a wrong key fails all', async () => {
    const upstream = await startProfileUpstream([affiliateRow(1)], { leads: () => ({ status: 401, json: null }) });
    const { call } = await startHarnessAt(upstream.url).connect('modern');
    expect(reasonOf(await call(TOOL, { affiliate_id: 1 }))).toBe('auth');
  });

  it('for missing rights alone does not', async () => {
    const upstream = await startProfileUpstream([affiliateRow(1)], { subids: () => ({ status: 403, json: null }) });
    const { call } = await startHarnessAt(upstream.url).connect('modern');
    const { data } = await call(TOOL, { affiliate_id: 1 });
    expect(data.could_not_read).toEqual({ sub_ids: expect.stringMatching(/answered 403/) });
  });

  it('of the list of all leaves out what follows from all, until the cursor finishes it', async () => {
    const rows = Array.from({ length: 450 }, (_, index) => affiliateRow(index + 1, { total_purchases: index }));
    let broken = true;
    const upstream = await startProfileUpstream(rows, {
      affiliates: (received) =>
        broken && received.query.page === '2' ? { status: 500, text: '' } : { json: pageOf(rows, received, 200) },
    });
    const { call } = await startHarnessAt(upstream.url).connect('modern');
    const part = await call(TOOL, { affiliate_id: 7 });
    expect(part.data).toMatchObject({ complete: false, affiliate: { affiliate_id: 7 } });
    expect(Object.keys(Object(part.data.could_not_read))).toEqual(['rank', 'recruiting', 'red_flags']);
    for (const section of ['rank', 'recruiting', 'red_flags']) expect(part.data).not.toHaveProperty(section);
    broken = false;
    const whole = await call(TOOL, { affiliate_id: 7, cursor: part.data.cursor });
    expect(whole.data).toMatchObject({ complete: true, rank: { rank: 444, of: 450, tied_with: 0 } });
    expect(whole.data).not.toHaveProperty('could_not_read');
  });
});

describe('totals in other currencies', () => {
  const bought = (currency: unknown, index: number) => ({ id: index + 1, purchase_amount: '1', currency });
  const totalsOf = (count: number, due = '0.0', paid = '0.0') => ({
    json: { total_count: count, total_due_cost: due, total_paid_cost: paid, total_cost: '99.0' },
  });

  async function profileOf(
    currencies: readonly unknown[],
    totals: (currency: string | undefined) => Reply,
    own: JsonObject = { currency: 'USD', due: '3.0', total: '3.0' },
  ) {
    const upstream = await startProfileUpstream([affiliateRow(1)], {
      commissions_total: () => ({ json: own }),
      purchases: () => ({ json: currencies.map(bought) }),
      commissions: () => ({ json: [{ id: 1, amount: '1', currency: 'GBP', paid: false, cancelled: false }] }),
      totals: ({ query }) => totals(query.currency),
    });
    const harness = startHarnessAt(upstream.url);
    const { data, isError } = await (await harness.connect('modern')).call(TOOL, { affiliate_id: 1 });
    expect(isError).toBe(false);
    expect(harness.faults).toEqual([]);
    const asked = upstream.requests.filter(({ path }) => path === '/commissions/totals').map(({ query }) => query);
    return { totals: data.commission_totals as JsonObject, asked, data };
  }

  it('are asked for by affiliate and currency, once for each that is met in purchases or unpaid commissions', async () => {
    const { totals, asked } = await profileOf(['EUR', 'USD', 'EUR', null, '', 'eur', 7, '<b>'], (currency) =>
      currency === 'EUR' ? totalsOf(2, '1.5', '2.5') : totalsOf(currency === undefined ? 9 : 1, '0.1'),
    );
    expect(totals).toEqual({
      currency: 'USD',
      due: '3.00',
      total: '3.00',
      other_currencies: [
        { currency: 'EUR', due: '1.50', paid: '2.50' },
        { currency: 'GBP', due: '0.10', paid: '0.00' },
      ],
    });
    expect(asked.every(({ affiliate_id }) => affiliate_id === '1')).toBe(true);
    expect(asked.map(({ currency }) => currency).sort()).toEqual(['EUR', 'GBP', undefined]);
  });

  it('that cannot be read say so in their place, and the others stand', async () => {
    const { totals, data } = await profileOf(['EUR'], (currency) =>
      currency === 'EUR' ? { status: 503, text: '' } : { status: currency ? 200 : 500, ...totalsOf(1, '0.1') },
    );
    expect(totals.other_currencies).toEqual([
      { currency: 'EUR', not_read: 'Could not be read (upstream)' },
      { currency: 'GBP', due: '0.10', paid: '0.00' },
    ]);
    expect(totals).toMatchObject({ due: '3.00' });
    expect(data).not.toHaveProperty('could_not_read');
  });

  it('are not shown where LeadDyno seems to ignore the currency', async () => {
    const { totals } = await profileOf([], () => totalsOf(4, '7.0'));
    expect(totals).toMatchObject({ due: '3.00', other_currencies: [], other_currencies_met: ['GBP'] });
    expect(totals.remark).toMatch(/seems to ignore the currency/);
    // It has the same answer for a currency that no record shows, and for none.
    const { totals: none } = await profileOf([], () => totalsOf(4, '7.0'), { currency: 'USD', total: '0.0' });
    expect(none).toMatchObject({ other_currencies: [], other_currencies_met: ['GBP'] });
  });

  it('of a shape that is not known are null, and an unnamed own currency is said', async () => {
    const { totals } = await profileOf([], () => ({ json: ['odd'] }), { due: '3.0' });
    expect(totals.other_currencies).toEqual([{ currency: 'GBP', due: null, paid: null }]);
    expect(totals.remark).toMatch(/does not say which currency/);
  });

  it('are not asked for where there is one currency, and of very many only the first', async () => {
    expect((await profileOf(['USD'], () => totalsOf(0), { currency: 'GBP' })).totals.other_currencies).toHaveLength(1);
    const one = await profileOf(['GBP'], () => totalsOf(0), { currency: 'GBP' });
    expect(one.asked).toEqual([]);
    expect(one.totals).toEqual({ currency: 'GBP' });
    const letters = [...'ABCDEFGHIJKLMN'].map((letter) => `XX${letter}`);
    const many = await profileOf(letters, (currency) => totalsOf(currency === undefined ? 9 : 0));
    expect(many.totals.other_currencies).toHaveLength(10);
    expect(many.totals.other_currencies_left_off).toBe(5);
    expect(many.asked).toHaveLength(11);
  });

  it('with a key that does not work fail all', async () => {
    const upstream = await startProfileUpstream([affiliateRow(1)], {
      purchases: () => ({ json: [bought('EUR', 0)] }),
      totals: () => ({ status: 401, json: null }),
    });
    const { call } = await startHarnessAt(upstream.url).connect('modern');
    expect(reasonOf(await call(TOOL, { affiliate_id: 1 }))).toBe('auth');
  });
});

describe('long lists', () => {
  it('are read three pages far, and the rest is not passed off as read', async () => {
    const day = (index: number) => new Date(Date.UTC(2026, 0, 1) + index * 86_400_000).toISOString();
    const purchases = Array.from({ length: 420 }, (_, index) => ({
      id: index + 1,
      purchase_amount: index % 3 ? '0.10' : 0.2,
      currency: index % 2 ? 'EUR' : 'USD',
      cancelled: index % 10 === 0,
      created_at: day(index),
    }));
    const upstream = await startProfileUpstream([affiliateRow(1)], {
      purchases: (received) => ({ json: pageOf(purchases, received) }),
      leads: () => ({ json: purchases.slice(0, 99) }),
    });
    const { call } = await startHarnessAt(upstream.url).connect('modern');
    const { data } = await call(TOOL, { affiliate_id: 1 });
    const read = purchases.slice(0, 300);
    const kept = read.filter(({ cancelled }) => !cancelled);
    const sum = (currency: string) => {
      const own = kept.filter((row) => row.currency === currency);
      const tenths = own.reduce((total, { purchase_amount }) => total + Math.round(Number(purchase_amount) * 10), 0);
      return { currency, amount: (tenths / 10).toFixed(2), count: own.length };
    };
    expect(data.purchases).toMatchObject({
      read: 300,
      complete: false,
      next_page: 4,
      note: expect.stringMatching(/list_affiliate_purchases from that page on, or export_records/),
      not_cancelled_so_far: 270,
      cancelled_so_far: 30,
      revenue_so_far: [sum('EUR'), sum('USD')],
      newest_so_far: [300, 299].map((id) => expect.objectContaining({ purchase_id: id })),
    });
    // The same page for every number is one page.
    expect(data.leads).toMatchObject({ read: 99, complete: true });
    expect(upstream.requests.filter(({ path }) => path.endsWith('/purchases'))).toHaveLength(3);
    expect(upstream.requests.filter(({ path }) => path.endsWith('/leads'))).toHaveLength(2);
  });

  it('are read to the end where LeadDyno does not filter them: what is due stands last', async () => {
    const rows = Array.from({ length: 147 }, (_, index) => ({
      id: index + 1,
      amount: '1.5',
      currency: 'USD',
      paid: index < 140,
      cancelled: false,
      due_at: '2026-01-01T00:00:00Z',
    }));
    const upstream = await startProfileUpstream([affiliateRow(1)], {
      commissions: ({ query }) => {
        const page = Number(query.page);
        return {
          json: { page, per_page: 20, total_entries: 147, commissions: rows.slice((page - 1) * 20, page * 20) },
        };
      },
    });
    const { call } = await startHarnessAt(upstream.url).connect('modern');
    expect((await call(TOOL, { affiliate_id: 1 })).data.commissions).toMatchObject({
      complete: true,
      unpaid: 7,
      due: [{ currency: 'USD', amount: '10.50', count: 7 }],
    });
    const list = await call('list_affiliate_commissions', { affiliate_id: 1, status: 'unpaid', page: 1 });
    expect(list.data).toMatchObject({ commissions: [], next_page: 2 });
    expect(list.data.note).toMatch(/Other pages may have matching rows even if this one has none/);
    const last = await call('list_affiliate_commissions', { affiliate_id: 1, status: 'unpaid', page: 8 });
    expect(last.data).toMatchObject({ next_page: null });
  });

  it('that end early claim nothing of the rest', async () => {
    const paid = { amount: '1.5', currency: 'USD', paid: true, cancelled: false };
    const upstream = await startProfileUpstream([affiliateRow(1)], {
      commissions: ({ query }) =>
        query.page === '1'
          ? { json: Array.from({ length: 100 }, (_, index) => ({ id: index + 1, ...paid })) }
          : { status: 500, text: '' },
    });
    const { call } = await startHarnessAt(upstream.url).connect('modern');
    const { commissions } = (await call(TOOL, { affiliate_id: 1 })).data;
    expect(commissions).toMatchObject({ complete: false, unpaid_so_far: 0, due_so_far: [], next_page: 2 });
    expect(commissions).not.toHaveProperty('unpaid');
  });

  it('that break off later give what was read', async () => {
    const leads = Array.from({ length: 150 }, (_, index) => ({ id: index + 1 }));
    const upstream = await startProfileUpstream([affiliateRow(1)], {
      leads: (received) =>
        received.query.page === '1' ? { json: pageOf(leads, received) } : { status: 500, text: '' },
    });
    const { call } = await startHarnessAt(upstream.url).connect('modern');
    expect((await call(TOOL, { affiliate_id: 1 })).data.leads).toMatchObject({
      read: 100,
      complete: false,
      next_page: 2,
      note: expect.stringMatching(/list_affiliate_leads/),
    });
  });

  it('can be read on with the tools and the page that are named', async () => {
    const purchases = Array.from({ length: 420 }, (_, index) => ({ id: index + 1, purchase_amount: '1.0' }));
    const commissions = Array.from({ length: 650 }, (_, index) => ({ id: index + 1, amount: '1.0', paid: false }));
    const upstream = await startProfileUpstream([affiliateRow(1)], {
      purchases: (received) => ({ json: pageOf(purchases, received) }),
      commissions: (received) => ({ json: pageOf(commissions, received, Number(received.query.per_page)) }),
    });
    const { call } = await startHarnessAt(upstream.url).connect('modern');
    const { data } = await call(TOOL, { affiliate_id: 1 });
    const rest = await call('list_affiliate_purchases', { affiliate_id: 1, page: at(data, 'purchases', 'next_page') });
    expect(rowsOf(rest, 'purchases')[0]).toMatchObject({ id: 301 });
    expect(rest.data.next_page).toBe(5);
    const note = String(at(data, 'commissions', 'note'));
    expect(note).toMatch(/list_affiliate_commissions \(status unpaid, per_page 200\)/);
    const args = { affiliate_id: 1, status: 'unpaid', per_page: 200, page: at(data, 'commissions', 'next_page') };
    const unpaid = await call('list_affiliate_commissions', args);
    expect(rowsOf(unpaid, 'commissions')).toHaveLength(50);
    expect(data.leads).not.toHaveProperty('note');
  });
});

describe('odd shapes', () => {
  it('do not stop it, and nothing is made up', async () => {
    const rows = [
      {
        id: '1',
        total_purchases: '4',
        referring_affiliate_id: '2',
        custom_fields: 'none',
        status: null,
        email: 'own@x.org',
      },
      { id: 2, total_purchases: null, referring_affiliate_id: 1 },
      { id: 3, total_purchases: 4, referring_affiliate_id: '1', archived: false },
      { id: 4, total_purchases: 9, archived: true },
      { total_purchases: { a: 1 } },
    ];
    const commission = (more: JsonObject) => ({ id: 1, amount: '1.5', currency: 'USD', ...more });
    const upstream = await startProfileUpstream(rows as JsonObject[], {
      affiliates: () => ({ json: rows }),
      '1': () => ({ json: [rows[0]] }),
      purchases: () => ({
        json: [
          { id: 1, purchase_amount: null, lead: 'someone', currency: 7 },
          { id: 2, purchase_amount: { a: 1 }, created_at: 'soon', cancelled: 'no' },
          { id: '3', purchase_amount: 12, cancelled: null },
        ],
      }),
      leads: () => ({ json: { data: [{ id: 1, email: { x: 1 }, created_at: 5 }] } }),
      commissions: () => ({
        json: [
          commission({ due_at: null }),
          commission({ id: 2, due_at: 'later', amount: 'much' }),
          commission({ id: 3, due_at: '2020-01-01', currency: null }),
          commission({ id: 4, due_at: '2999-01-01T00:00:00Z', purchase: 'x' }),
          commission({ id: 5, paid: true }),
          commission({ id: 6, cancelled: true }),
        ],
      }),
      commissions_total: () => ({ json: { due: 8, total: null } }),
      subids: () => ({ json: { sub_ids: [{ a: 1 }, 'x', { deep: { b: 2 } }] } }),
    });
    const harness = startHarnessAt(upstream.url);
    const { call, client } = await harness.connect('modern');
    await client.listTools();
    const { data, isError, text } = await call(TOOL, { affiliate_id: 1 });
    expect(isError, text).toBe(false);
    expect(harness.faults).toEqual([]);
    expect(data).not.toHaveProperty('could_not_read');
    expect(data).toMatchObject({
      affiliate: { affiliate_id: 1, custom_fields: 'none' },
      purchases: { read: 3, revenue: [{ currency: 'unknown', amount: '12.00', count: 1 }] },
      leads: { read: 1 },
      commissions: {
        unpaid: 3,
        due: [{ currency: 'unknown', amount: '1.50', count: 1 }],
        pending: [{ currency: 'USD', amount: '1.50', count: 1 }],
        without_due_date: [{ currency: 'USD', amount: '1.50', count: 1 }],
      },
      commission_totals: { due: 8, total: null },
      unreadable: [
        '1 of 4 commissions could not be read: amount (1); ids 2. Not in these figures.',
        '1 of 3 purchases could not be read: purchase_amount (1); ids 2. Not in these figures.',
      ],
      sub_ids: { read: 2 },
      // Four of them are not archived; for two LeadDyno shows no count.
      rank: { rank: 1, of: 4, tied_with: 1, without_count: 2 },
      recruiting: { recruited_by: { affiliate_id: 2 }, recruited: 2, recruited_affiliate_ids: [2, 3] },
      // Nobody resembles themselves, however their id is written.
      red_flags: [{ flag: 'no_name' }],
    });
    expect((await call(TOOL, { affiliate_id: 2 })).data.rank).toMatchObject({ rank: null });
    expect((await call(TOOL, { affiliate_id: 4 })).data.rank).toMatchObject({ rank: null });
  });

  it('without an id are no profile', async () => {
    const upstream = await startUpstream(() => ({ json: { email: 'a@example.com' } }));
    const { call } = await startHarnessAt(upstream.url).connect('modern');
    expect(reasonOf(await call(TOOL, { email: 'a@example.com' }))).toBe('unexpected');
  });

  it('of a search that LeadDyno does not narrow', async () => {
    const rows = Array.from({ length: 40 }, (_, index) => affiliateRow(index + 1));
    const upstream = await startProfileUpstream(rows);
    const { call } = await startHarnessAt(upstream.url).connect('modern');
    expect(at((await call(TOOL, { name: 'First17' })).data, 'affiliate', 'affiliate_id')).toBe(17);
  });
});

describe('what is hidden', () => {
  it('stays so under --mask-pii, and the way out is named', async () => {
    const { connect } = await startHarness({ maskPii: true });
    const { call } = await connect('modern');
    const { text, data } = await call(TOOL, { affiliate_id: 1005 });
    expect(text).not.toMatch(/alvarez|Álvarez|José|Carla|mendes/);
    const pseudonym = at(data, 'affiliate', 'email');
    const missed = await call(TOOL, { email: pseudonym });
    expect(reasonOf(missed)).toBe('not_found');
    expect(missed.text).toMatch(/does not know their pseudonyms: use affiliate_id/);
    expect((await call(TOOL, { name: 'masked-1234' })).text).toMatch(/use affiliate_id/);
  });

  it('of hostile applicants comes out clean', async () => {
    const { connect, sandbox } = await startHarness();
    const { call } = await connect('modern');
    for (const email of ['terminal@example.net', 'long.name@example.org', 'verified.partner@example.com']) {
      const { text, data } = await call(TOOL, { email });
      expect(findInvisible(text)).toEqual([]);
      expect(rowsOf({ data } as Result, 'red_flags').length).toBeGreaterThan(0);
      expect(text.length).toBeLessThan(4_000);
    }
    expect(sandbox.requests.every(({ method }) => method === 'GET')).toBe(true);
  });
});

it('stops reading where it is cancelled', async () => {
  const controller = new AbortController();
  const rows = Array.from({ length: 3_000 }, (_, index) => affiliateRow(index + 1));
  const upstream = await startProfileUpstream(rows, {
    purchases: () => {
      controller.abort();
      return { json: rows.slice(0, 100), delayMs: 50 };
    },
  });
  const harness = startHarnessAt(upstream.url);
  const { call } = await harness.connect('modern');
  await expect(call(TOOL, { affiliate_id: 1 }, { signal: controller.signal })).rejects.toThrow();
  const sent = upstream.requests.length;
  await new Promise((resolve) => setTimeout(resolve, 250));
  expect(upstream.requests.length).toBeLessThanOrEqual(sent + 6);
  expect(harness.faults).toEqual([]);
});
