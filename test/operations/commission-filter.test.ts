import { afterEach, beforeEach, describe, expect, test, vi } from 'vitest';
import type { JsonObject } from '../../src/json.ts';
import { operationNamed } from './catalogue-access.ts';

const NOW = new Date('2026-03-15T12:00:00Z');

beforeEach(() => {
  vi.useFakeTimers({ now: NOW, toFake: ['Date'] });
});
afterEach(() => {
  vi.useRealTimers();
});

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
  return returns.shape(body, { affiliate_id: 1, status, page: 1, per_page: 20, detail: 'full', skip: 0 }, Date.now());
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
    const shaped = returns.shape(everything, { status: 'unpaid', page: 1, detail: 'full', skip: 1 }, Date.now());
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
