import { describe, expect, it } from 'vitest';
import type { JsonObject } from '../../src/json.ts';
import { parseAffiliate } from '../../src/records/parse.ts';
import { identitiesIn } from '../../src/records/people.ts';
import { idTextOf, numericIdOf, shownIdOf } from '../../src/records/values.ts';
import { compareIds } from '../../src/workflows/rankings/ranking.ts';
import { startHarnessAt } from '../support/harness.ts';
import { owed, payee, startPayoutUpstream } from '../support/payout-upstream.ts';
import { at, rowsOf } from '../support/protocol-json.ts';
import { activeAffiliate, startAccount } from '../support/scripted-account.ts';

/*
 * Affiliates are told apart by their id as text, those without one by e-mail. Whoever has neither is never taken for
 * somebody else.
 */

describe('an id', () => {
  it.each<[unknown, string, number | string | null]>([
    [7, '7', 7],
    ['7', '7', 7],
    [' 7 ', '7', 7],
    ['007', '007', '007'],
    ['a-1', 'a-1', 'a-1'],
    ['undefined', 'undefined', 'undefined'],
    ['', '', null],
    [null, '', null],
    [undefined, '', null],
    [{ id: 7 }, '', null],
  ])('%j is %j', (id, text, shown) => {
    expect(idTextOf({ id })).toBe(text);
    expect(shownIdOf({ id })).toBe(shown);
    expect(numericIdOf({ id })).toBe(typeof shown === 'number' ? shown : undefined);
  });

  it('has a place, numbers before the rest', () => {
    expect(['b', '10', '', 'a', '9', '1'].toSorted(compareIds)).toEqual(['1', '9', '10', '', 'a', 'b']);
  });
});

it('of somebody who is named by e-mail is that of the only one who has it', () => {
  const named = (row: JsonObject) => parseAffiliate(row);
  const [one, twin, other] = [
    named({ id: 1, email: 'A@x.example' }),
    named({ id: 2, email: 'b@x.example' }),
    named({ id: 3, email: 'B@x.example' }),
  ];
  const { find, keyOf } = identitiesIn([one, twin, other]);
  expect(find(named({ email: ' a@X.example' }))).toBe(one);
  expect(keyOf(named({ email: 'a@x.example' }))).toBe(keyOf(named({ id: '1', email: 'changed@x.example' })));
  expect(find(named({ email: 'b@x.example' }))).toBeUndefined();
  expect(new Set([one, twin, other, named({ email: 'b@x.example' }), named({ id: 4 })].map(keyOf)).size).toBe(5);
  expect(keyOf(named({}))).toBe('');
  const nameless = [{ first_name: 'A' }, { first_name: 'B' }].map(named);
  expect(new Set(nameless.map(identitiesIn(nameless).keyOf)).size).toBe(2);
});

describe('a payout', () => {
  const people = [
    payee(1, { id: 'a-uuid', email: 'u1@x.example', paypal_email: 'p1@x.example' }),
    payee(2, { id: 'b-uuid', email: 'u2@x.example', paypal_email: 'p2@x.example' }),
    payee(3, { id: '007', email: 'z@x.example', paypal_email: 'p3@x.example' }),
    payee(7, { email: 'seven@x.example', paypal_email: 'p7@x.example' }),
    payee(8, { id: undefined, email: 'none@x.example', paypal_email: 'p8@x.example' }),
    payee(9, { id: 9, email: 'twin@x.example' }),
    payee(10, { id: 10, email: 'Twin@x.example' }),
  ];
  const named: readonly unknown[] = [
    { id: 'a-uuid' },
    { id: 'b-uuid' },
    { id: '007', email: 'z@x.example' },
    { id: 7, email: 'seven@x.example' },
    { email: 'U1@x.example' },
    { email: 'none@x.example' },
    { email: 'twin@x.example' },
    'bob@x.example',
    null,
    undefined,
    { id: 'c-uuid' },
    { id: 'd-uuid' },
  ];
  const commissions = named.map((affiliate, index) => owed(index + 1, 0, { affiliate }));

  async function report() {
    const upstream = await startPayoutUpstream(people, commissions);
    const { call, client } = await startHarnessAt(upstream.url).connect('modern');
    const result = await call('payout_report', { due_by: '2026-03-01T00:00:00Z', limit: 50 });
    const texts: string[] = [];
    for (const { uri } of rowsOf(result, 'files'))
      texts.push(String(at(await client.readResource({ uri: String(uri) }), 'contents', 0, 'text')));
    return { result, texts };
  }

  it('is a line for each, and nobody stands for another', async () => {
    const { result } = await report();
    const lines = rowsOf(result, 'lines').map(({ affiliate_id, pay_to, commissions: count, reasons }) => [
      affiliate_id,
      pay_to,
      count,
      ...(Array.isArray(reasons) ? reasons : []),
    ]);
    expect(lines.filter((line) => line.length === 3)).toEqual([
      ['a-uuid', 'p1@x.example', 2],
      ['007', 'p3@x.example', 1],
      [7, 'p7@x.example', 1],
      [null, 'p8@x.example', 1],
      ['b-uuid', 'p2@x.example', 1],
    ]);
    const held = lines.filter((line) => line.length > 3);
    // The one whom two could be, three that name nobody, and two ids that nobody has.
    expect(held.map(([id]) => id)).toEqual([null, null, null, null, 'c-uuid', 'd-uuid']);
    for (const line of held) expect(line.slice(1)).toEqual([undefined, 1, 'unknown affiliate']);
    expect(result.data.lines_note).toContain('4 ready lines belong to affiliates without a numeric id');
  });

  it('has a reference that is its own and short enough, whatever the id', async () => {
    const { texts } = await report();
    const payments = (texts[1] ?? '').trimEnd().split('\r\n');
    const references = payments.map((line) => line.split(',')[3]);
    const forms = [/^LD-USD-\w{10}$/, /^LD-007-USD-\w{10}$/, /^LD-7-USD-\w{10}$/, /^LD-USD-\w{10}$/, /^LD-USD-\w{10}$/];
    expect(references).toEqual(forms.map((form) => expect.stringMatching(form)));
    expect(new Set(references).size).toBe(references.length);
    expect(texts.join()).not.toContain('undefined');
  });

  it('of chosen affiliates holds theirs alone', async () => {
    const rows = [
      owed(1, 1),
      owed(2, 1, { affiliate: { id: '1' } }),
      owed(3, 1, { affiliate: null }),
      owed(4, 1, { affiliate: { email: 'Person-1@example.com' } }),
      owed(5, 1, { affiliate: { email: 'person-2@example.com' } }),
      owed(6, 1, { affiliate: { id: '001' } }),
    ];
    const upstream = await startPayoutUpstream([payee(1)], rows, {
      meddle: ({ path }) => (path === '/affiliates/1/commissions' ? { json: rows } : undefined),
    });
    const { call } = await startHarnessAt(upstream.url).connect('modern');
    const result = await call('payout_report', { affiliate_ids: [1] });
    expect(rowsOf(result, 'lines')).toMatchObject([{ affiliate_id: 1, commissions: 4 }]);
    expect(result.data).not.toHaveProperty('lines_note');
  });
});

describe('a ranking', () => {
  const ranked = async (affiliates: JsonObject[], account: JsonObject, args: JsonObject) => {
    const upstream = await startAccount({ affiliates, ...account });
    const { call } = await startHarnessAt(upstream.url).connect('modern');
    return await call('rank_affiliates', args);
  };
  const withoutIds = [3, 50, 7].map((total_purchases, index) =>
    activeAffiliate(index + 1, { id: undefined, total_purchases }),
  );

  it.each([
    ['an e-mail', withoutIds],
    ['the same e-mail', withoutIds.map((row) => ({ ...row, email: 'same@x.example' }))],
    ['no e-mail', withoutIds.map((row) => ({ ...row, email: null }))],
  ])('gives those who have no id but %s their own value', async (_, affiliates) => {
    const result = await ranked(affiliates, {}, {});
    expect(rowsOf(result, 'ranking').map(({ first_name, value, share }) => [first_name, value, share])).toEqual([
      ['First2', 50, '83.3%'],
      ['First3', 7, '11.7%'],
      ['First1', 3, '5.0%'],
    ]);
    expect(rowsOf(result, 'ranking').map(({ affiliate_id }) => affiliate_id)).toEqual([null, null, null]);
  });

  it('credits by e-mail what names no id, and keeps 7 and 007 apart', async () => {
    const affiliates = [activeAffiliate(7), activeAffiliate(8, { id: '007' }), activeAffiliate(9)];
    const named = [
      { id: 7 },
      { id: '007' },
      { id: '007' },
      { email: 'A9@example.com' },
      { email: 'new@x.example' },
      {},
    ];
    const purchases = named.map((affiliate, index) => ({
      id: index + 1,
      created_at: '2026-05-01T00:00:00Z',
      purchase_amount: '1.0',
      currency: 'USD',
      affiliate,
    }));
    const result = await ranked(affiliates, { purchases }, { by: 'revenue' });
    expect(rowsOf(result, 'ranking').map(({ affiliate_id, email, value }) => [affiliate_id, email, value])).toEqual([
      ['007', 'a8@example.com', '2.00'],
      [7, 'a7@example.com', '1.00'],
      [9, 'a9@example.com', '1.00'],
      [null, 'new@x.example', '1.00'],
    ]);
    expect(rowsOf(result, 'rankings')).toMatchObject([{ all: '6.00', not_credited: { count: 1, amount: '1.00' } }]);
  });
});

it('that is no number is not taken for one by what acts on it or points to it', async () => {
  const affiliates = [
    activeAffiliate(7, { email: 'one@x.example' }),
    activeAffiliate(8, { id: '007', email: 'ONE@x.example', status: 'Pending Approval', pending_approval: true }),
  ];
  const upstream = await startAccount({ affiliates });
  const { call } = await startHarnessAt(upstream.url, { confirm: 'off' }).connect('modern');
  expect((await call('find_duplicate_affiliates', {})).data).toMatchObject({ groups: [], affiliates_without_id: 1 });
  const [applicant] = rowsOf(await call('list_pending_affiliates', {}), 'applicants');
  expect(applicant).toMatchObject({ affiliate_id: '007', red_flags: [{ flag: 'same_mailbox', affiliate_ids: [7] }] });
  const many = Array.from({ length: 10 }, (_, index) => index + 1);
  const reviewed = await call('review_affiliates', { action: 'approve', affiliate_ids: many });
  expect(rowsOf(reviewed, 'left_out').find(({ affiliate_id }) => affiliate_id === 7)?.reason).toBe('already active');
  const exported = await call('export_records', { records: 'affiliates', affiliate_id: 7 });
  expect(exported.data.rows).toBe(1);
});
