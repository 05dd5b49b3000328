import { describe, expect, test } from 'vitest';
import type { JsonObject } from '../../src/json.ts';
import { checked, operationNamed, operations } from './catalogue-access.ts';

const records = (count: number, from = 1) => Array.from({ length: count }, (_, index) => ({ id: from + index }));

function list(name: string, body: unknown, input: JsonObject = {}): JsonObject {
  const operation = operationNamed(name);
  return operation.returns.shape(body, checked(operation, input), Date.now());
}

const envelope = (page: number, size: number, total: number, rows: unknown[]) => ({
  page,
  per_page: size,
  total_entries: total,
  commissions: rows,
});

describe('the next page of a bare list', () => {
  test.each([
    ['of a full page', 100, {}, 2],
    ['of a short page', 99, {}, null],
    ['of an empty page', 0, { page: 4 }, null],
    ['of a full page further on', 100, { page: 3 }, 4],
    ['of a full page of another size', 7, { per_page: 7 }, 2],
    ['of a short page of another size', 6, { per_page: 7 }, null],
    ['where the server sends more than was asked for', 100, { per_page: 7 }, 2],
    ['where the server keeps to 100 although 200 were asked for', 100, { per_page: 200 }, 2],
    ['of a full page of the largest size', 200, { per_page: 200 }, 2],
    ['of a short page of the largest size', 150, { per_page: 200 }, null],
  ])('%s', (_, rows, input, next) => {
    expect(list('list_affiliates', records(rows), input).next_page).toBe(next);
  });

  test.each(['list_leads', 'list_visitors'])('of %s goes by pages of 100', (name) => {
    expect(list(name, records(100))).toMatchObject({ page: 1, per_page: 100, next_page: 2 });
    expect(list(name, records(12), { page: 2 })).toMatchObject({ page: 2, per_page: 100, next_page: null });
  });

  test.each(['list_campaigns', 'list_purchase_commissions', 'list_lead_purchases'])(
    'of %s is none: LeadDyno documents no paging there',
    (name) => {
      const id = { list_purchase_commissions: { purchase_id: 1 }, list_lead_purchases: { lead_id: 1 } }[name] ?? {};
      expect(list(name, records(100), id)).toMatchObject({ page: 1, next_page: null });
    },
  );
});

describe('the next page of an envelope', () => {
  const commissions = (body: unknown, input: JsonObject = {}) =>
    list('list_affiliate_commissions', body, { affiliate_id: 1, ...input });

  test.each([
    ['goes by its total', envelope(1, 20, 45, records(20)), {}, 2],
    ['is none on the last page', envelope(3, 20, 45, records(5)), { page: 3 }, null],
    ['is none where the total is exactly reached', envelope(2, 20, 40, records(20)), { page: 2 }, null],
    ['is none past the end', envelope(9, 20, 45, []), { page: 9 }, null],
    [
      'goes by the size LeadDyno used, not by the one asked for',
      envelope(1, 20, 45, records(20)),
      { per_page: 200 },
      2,
    ],
    ['is asked for where the total is missing and the page is full', { commissions: records(20) }, {}, 2],
    ['is none where the total is missing and the page is short', { commissions: records(19) }, {}, null],
  ])('%s', (_, body, input, next) => {
    expect(commissions(body, input).next_page).toBe(next);
  });

  test('is none after a short page that says it has room for none', () => {
    expect(commissions(envelope(1, 0, 5, records(5)))).toMatchObject({ per_page: 20, next_page: null });
    expect(commissions({ per_page: 0, commissions: records(5) }).next_page).toBeNull();
  });

  test('shows the size that LeadDyno used', () => {
    expect(commissions(envelope(1, 20, 45, records(20)), { per_page: 200 })).toMatchObject({ per_page: 20, total: 45 });
  });
});

test('walking the pages of an account shows every row once, whatever size it keeps to', () => {
  for (const [asked, kept, count] of [
    [100, 100, 250],
    [200, 100, 300],
    [200, 200, 400],
    [20, 20, 61],
    [7, 7, 21],
  ] as const) {
    const all = records(count);
    const seen: unknown[] = [];
    for (let page: unknown = 1; typeof page === 'number'; ) {
      const rows = all.slice((page - 1) * kept, page * kept);
      const shaped = list('list_affiliates', rows, { page, per_page: asked });
      seen.push(...(shaped.affiliates as unknown[]));
      page = shaped.next_page;
    }
    expect(seen).toEqual(all);
  }
});

describe('skip', () => {
  const lists = operations.filter(({ returns }) => returns.kind === 'many').map(({ name }) => name);

  test.each(lists)('passes over rows of %s', (name) => {
    const { returns } = operationNamed(name);
    const { plural } = returns.record;
    const shaped = (skip: number) => returns.shape(records(3), { page: 1, detail: 'full', skip }, Date.now());
    expect(shaped(0)).not.toHaveProperty('skipped');
    expect(shaped(2)).toMatchObject({ [plural]: [{ id: 3 }], skipped: 2 });
    expect(shaped(9)).toMatchObject({ [plural]: [], skipped: 3 });
  });

  test('leaves page and total as they are', () => {
    const { next_page, total } = list('list_commissions', envelope(1, 20, 45, records(20)), { skip: 19 });
    expect([next_page, total]).toEqual([2, 45]);
    expect(list('list_affiliates', records(100), { skip: 100 })).toMatchObject({ affiliates: [], next_page: 2 });
  });
});

const NOW = Date.parse('2026-03-15T12:00:00Z');

const PAST = '2026-03-01T00:00:00Z';
const FUTURE = '2026-04-01T00:00:00Z';

const due = { id: 1, paid: false, cancelled: false, due_at: PAST };
const pending = { id: 2, paid: false, cancelled: false, due_at: FUTURE };
const paid = { id: 3, paid: true, cancelled: false, due_at: PAST };
const cancelled = { id: 4, paid: false, cancelled: true, due_at: PAST };
const everything = [due, pending, paid, cancelled];

function filtered(status: string | undefined, rows: readonly unknown[], total?: number): JsonObject {
  const { returns } = operationNamed('list_affiliate_commissions');
  const body = total === undefined ? rows : { page: 1, per_page: 20, total_entries: total, commissions: rows };
  return returns.shape(body, { affiliate_id: 1, status, page: 1, per_page: 20, detail: 'full', skip: 0 }, NOW);
}

const ids = ({ commissions }: JsonObject) => (commissions as { id: number }[]).map(({ id }) => id);

describe('where LeadDyno ignored the filter', () => {
  test.each([
    ['due', [1]],
    ['pending', [2]],
    ['unpaid', [1, 2]],
    ['paid', [3]],
    ['cancelled', [4]],
    ['live', [1, 2, 3]],
  ])('%s rows are kept and a note counts the others', (status, kept) => {
    const shaped = filtered(status, everything);
    expect(ids(shaped)).toEqual(kept);
    expect(shaped.note).toContain(`${4 - kept.length} of its 4 rows`);
    expect(shaped.note).toMatch(/ignored the status filter/);
  });

  test('its total, which counts the others too, is left out, and paging goes on by it', () => {
    const rows = [...Array.from({ length: 19 }, () => paid), due];
    const shaped = filtered('due', rows, 45);
    expect(shaped).not.toHaveProperty('total');
    expect(shaped).toMatchObject({ commissions: [due], next_page: 2, per_page: 20 });
  });

  test('skip counts the rows that are shown', () => {
    const { returns } = operationNamed('list_affiliate_commissions');
    const shaped = returns.shape(everything, { status: 'unpaid', page: 1, detail: 'full', skip: 1 }, NOW);
    expect(ids(shaped)).toEqual([2]);
    expect(shaped.skipped).toBe(1);
  });
});

describe('where LeadDyno honoured the filter', () => {
  test.each([
    ['due', [due]],
    ['pending', [pending]],
    ['unpaid', [due, pending]],
    ['paid', [paid]],
    ['cancelled', [cancelled]],
    ['live', [due, pending, paid]],
    [undefined, everything],
  ])('%s rows come through without a note', (status, rows) => {
    const shaped = filtered(status, rows, rows.length);
    expect(shaped).toStrictEqual({ commissions: rows, page: 1, per_page: 20, next_page: null, total: rows.length });
  });

  test('pending ones may wait for an approval although their date has passed', () => {
    const shaped = filtered('pending', [{ ...pending, due_at: PAST }, pending]);
    expect(ids(shaped)).toEqual([2, 2]);
    expect(shaped).not.toHaveProperty('note');
  });
});

describe('where the flags prove nothing', () => {
  test.each(['due', 'pending', 'unpaid', 'paid', 'cancelled', 'live'])('%s rows all stay', (status) => {
    const bare = [{ id: 1 }, { id: 2, paid: 'no', cancelled: null }, 'text', null];
    const shaped = filtered(status, bare);
    expect(shaped.commissions).toStrictEqual(bare);
    expect(shaped).not.toHaveProperty('note');
  });

  test.each([undefined, null, '', 'soon', 20260301])('a due row whose date is %j stays', (due_at) => {
    const shaped = filtered('due', [{ ...due, due_at }]);
    expect(ids(shaped)).toEqual([1]);
    expect(shaped).not.toHaveProperty('note');
  });
});

describe('purchases without an affiliate', () => {
  const credited = { id: 1, affiliate: { id: 7, email: 'ann@example.com' } };
  const nobody = { id: 2, affiliate: null };
  const rows = [credited, nobody, { id: 3 }, { id: 4, affiliate: { id: 8 } }, { id: 5, affiliate: '' }];
  const shaped = (body: unknown, input: JsonObject = {}) =>
    list('list_purchases', body, { without_affiliate: true, ...input });
  const shownIds = ({ purchases }: JsonObject) => (purchases as { id: number }[]).map(({ id }) => id);

  test('are picked here, and the answer says so without blaming LeadDyno', () => {
    const answer = shaped(rows);
    expect(shownIds(answer)).toEqual([2, 3, 5]);
    expect(answer.note).toMatch(/applied here, to this page alone: 2 of its 5 purchases name an affiliate/);
    expect(answer.note).not.toMatch(/ignored/);
    expect(answer).toMatchObject({ next_page: null });
  });

  test('of a page that names none are said to be picked as well', () => {
    expect(shaped([nobody]).note).toContain('0 of its 1 purchases');
  });

  test('may be on other pages, even if this one holds none', () => {
    const answer = shaped([credited, nobody, credited], { per_page: 3 });
    expect(answer).toMatchObject({ next_page: 2, note: expect.stringContaining('read on until next_page is null') });
    expect(shaped([credited, credited], { per_page: 2 })).toMatchObject({ purchases: [], next_page: 2 });
  });

  test('are counted by skip as they are shown', () => {
    expect(shaped(rows, { skip: 1 })).toMatchObject({ skipped: 1, purchases: [{ id: 3 }, { id: 5 }] });
  });

  test.each([{}, { without_affiliate: false }])('are not picked where nobody asks (%j)', (input) => {
    const answer = list('list_purchases', rows, input);
    expect(answer.purchases).toHaveLength(5);
    expect(answer).not.toHaveProperty('note');
  });
});
