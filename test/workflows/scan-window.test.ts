import { describe, expect, it } from 'vitest';
import type { JsonObject } from '../../src/json.ts';
import { type Collection, collections } from '../../src/workflows/reading/collections.ts';
import { createRecordCache, type RecordCache } from '../../src/workflows/reading/record-cache.ts';
import type { Scan } from '../../src/workflows/reading/scan.ts';
import { createScans, type UnfinishedScans } from '../../src/workflows/reading/scans.ts';
import { createUnread } from '../../src/workflows/reading/unread.ts';
import {
  type Answer,
  type Asked,
  answerPage,
  NEWEST,
  purchaseRows,
  readFrom,
  stamp,
} from '../support/scripted-lists.ts';

const HOUR = 60 * 60_000;
const ago = (hours: number) => NEWEST - hours * HOUR;
const rowsOf = ({ records }: Scan): readonly JsonObject[] => records.map(({ raw }) => raw);
const idsOf = (rows: readonly JsonObject[]) => rows.map(({ id }) => id);
const within = (rows: readonly JsonObject[], since: number, until = Number.POSITIVE_INFINITY) =>
  rows.filter(({ created_at }) => Date.parse(String(created_at)) >= since && Date.parse(String(created_at)) < until);

interface Setup {
  readonly count?: unknown;
  readonly cache?: RecordCache;
  readonly resumed?: UnfinishedScans;
  readonly collection?: Collection;
}

function start(rowsNow: (asked: Asked) => readonly unknown[], { count, cache, resumed = [] }: Setup = {}) {
  const upstream = readFrom((asked): Answer => {
    if (asked.path !== '/purchases/count') return answerPage(rowsNow(asked), asked.query, { keepsTo: 100 });
    return count === 'fails' ? { status: 500, json: null } : { status: 200, json: { count } };
  });
  const unread = createUnread();
  const job = createScans({
    account: 'a',
    cache,
    writes: 1,
    fresh: false,
    resumed,
    unread,
    now: Date.now,
    io: upstream.io,
  });
  const window = (since: number, until?: number) =>
    job.scanWindow(collections.purchases, { since, ...(until !== undefined && { until }) });
  return { ...upstream, job, unread, window, asked: () => upstream.pages('/purchases') };
}

const startWith = (rows: readonly JsonObject[], setup: Setup = {}) =>
  start(() => rows, { count: rows.length, ...setup });

describe('a list that is newest first', () => {
  const rows = purchaseRows(2_000);

  it.each([0, 1, 98, 99, 100, 150, 1_000])('is read back to the edge alone: %i hours', async (hours) => {
    const { window, asked } = startWith(rows);
    const scan = await window(ago(hours));
    expect(idsOf(rowsOf(scan))).toEqual(idsOf(within(rows, ago(hours))));
    expect(scan.complete).toBe(true);
    // The pages that hold it and the day before, and one that lies wholly before that.
    expect(asked().length).toBeLessThanOrEqual(Math.ceil((hours + 25) / 100) + 1);
  });

  it('says how far back it was read', async () => {
    const { window, job } = startWith(rows);
    await window(ago(150));
    expect(job.summary()).toEqual({
      complete: true,
      scanned: [
        '300 purchases read, newest first, back to 2026-05-25T18:00:00Z: complete as LeadDyno listed them page by page, read now',
      ],
    });
  });

  it.each([
    ['2026-05-25T00:00:00.000Z', /back to 2026-05-25: complete/],
    ['2026-05-25T00:00:00.500Z', /back to 2026-05-25T00:00:00Z: complete/],
    ['2026-05-24T23:59:59.999Z', /back to 2026-05-24T23:59:59Z: complete/],
  ])('says %s as a day, or to the second', async (since, words) => {
    const { window, job } = startWith(rows);
    await window(Date.parse(since));
    expect(job.summary().scanned[0]).toMatch(words);
  });

  it('is not asked for more pages than it has', async () => {
    const { window, asked } = startWith(rows.slice(0, 250));
    expect(rowsOf(await window(0))).toHaveLength(250);
    expect(asked()).toEqual([1, 2, 3]);
  });

  it('ends before until', async () => {
    const { window } = startWith(rows);
    const scan = await window(ago(50), ago(20));
    expect(idsOf(rowsOf(scan))).toEqual(idsOf(within(rows, ago(50), ago(20))));
    expect(rowsOf(scan)).toHaveLength(30);
  });

  it('is read for the wider of two windows, and for the other not again', async () => {
    const { window, asked } = startWith(rows);
    const [wide, narrow] = await Promise.all([window(ago(350)), window(ago(50))]);
    expect([rowsOf(wide).length, rowsOf(narrow).length]).toEqual([351, 51]);
    expect(asked()).toEqual([1, 2, 3, 4, 5]);
  });

  it('is read on from where a narrower window ended', async () => {
    const { window, asked, job } = startWith(rows);
    const [narrow, wide] = await Promise.all([window(ago(50)), window(ago(350))]);
    expect([rowsOf(narrow).length, rowsOf(wide).length]).toEqual([51, 351]);
    expect(asked()).toEqual([1, 2, 3, 4, 5]);
    expect(rowsOf(await job.scan(collections.purchases))).toHaveLength(2_000);
    expect(new Set(asked()).size).toBe(asked().length);
  });

  it('stays in order although others come in front of it while it is read', async () => {
    const growing = [...rows];
    let next = 2_001;
    const { window, asked } = start(
      ({ query }) => {
        // Thirty new ones between any two pages.
        if (Number(query.page) > 1) {
          for (let added = 0; added < 30; added += 1)
            growing.unshift({ id: next++, created_at: stamp(NEWEST + next * 1000) });
        }
        return growing;
      },
      { count: 2_000 },
    );
    const scan = await window(ago(150));
    expect(idsOf(rowsOf(scan)).filter((id) => Number(id) <= 2_000)).toEqual(idsOf(within(rows, ago(150))));
    expect(asked().length).toBeLessThan(6);
  });
});

describe('a list that is oldest first', () => {
  const rows = purchaseRows(2_050).reverse();

  it.each([0, 49, 50, 150])('is read from its end back to the edge: %i hours', async (hours) => {
    const { window, asked, job } = startWith(rows);
    const scan = await window(ago(hours));
    expect(idsOf(rowsOf(scan))).toEqual(idsOf(within(rows, ago(hours))));
    expect(scan.complete).toBe(true);
    expect(asked().length).toBeLessThanOrEqual(5);
    expect(job.summary().scanned[0]).toContain('oldest first');
  });

  it.each([['fails'], [3], [700], [2_400], [9_000]])('is right with a count of %s', async (count) => {
    const { window } = startWith(rows, { count });
    const scan = await window(ago(150));
    expect(idsOf(rowsOf(scan))).toEqual(idsOf(within(rows, ago(150))));
    expect(scan.complete).toBe(true);
  });

  it('finds what came behind the last page since it was counted', async () => {
    const late = Array.from({ length: 130 }, (_, index) => ({
      id: 3_000 + index,
      created_at: stamp(NEWEST + index * 1000),
    }));
    const { window } = startWith([...rows, ...late], { count: 2_050 });
    expect(rowsOf(await window(ago(10)))).toHaveLength(11 + 130);
  });
});

describe('a list that is nearly in order', () => {
  const MINUTE = HOUR / 60;
  /** Five minutes apart: a page of a hundred is of one day, so that it alone does not say which way the list runs. */
  const dense = Array.from({ length: 6_000 }, (_, index) => ({
    id: 6_000 - index,
    created_at: stamp(NEWEST - index * 5 * MINUTE),
  }));
  /** Every seventh row stands in front of the one before it. */
  const swapped = [...dense];
  for (let index = 0; index + 1 < swapped.length; index += 7) swapped.splice(index, 0, ...swapped.splice(index + 1, 1));

  it.each([
    ['newest first', swapped],
    ['oldest first', swapped.toReversed()],
  ])('%s: a few rows out of order do not have it read whole', async (order, rows) => {
    const { window, asked, job } = startWith(rows);
    const scan = await window(ago(24));
    expect(new Set(idsOf(rowsOf(scan)))).toEqual(new Set(idsOf(within(rows, ago(24)))));
    expect(scan.complete).toBe(true);
    // Two days of 288 rows, the page that ends them, and those by which the order was found.
    expect(asked().length).toBeLessThanOrEqual(10);
    expect(job.summary().scanned[0]).toContain(
      `purchases read, ${order} to within a day, back to 2026-05-31: complete`,
    );
  });

  it('a row that stands most of a day too late is found, though the page before it lies before the window', async () => {
    const rows = purchaseRows(2_000);
    const [late] = rows.splice(100, 1);
    rows.splice(100 + 22, 0, ...(late ? [late] : []));
    const { window, asked } = startWith(rows);
    expect(idsOf(rowsOf(await window(ago(100))))).toContain(late?.id);
    expect(asked().length).toBeLessThanOrEqual(3);
  });

  it('and whose last page is of the same time as its first is read whole', async () => {
    const rows = swapped.slice(0, 250).map((row, index) => ({ ...row, created_at: stamp(NEWEST - ((index * 7) % 5)) }));
    const { window, asked } = startWith(rows);
    expect(rowsOf(await window(ago(24)))).toHaveLength(250);
    expect(asked()).toEqual([1, 2, 3]);
  });

  it('by less than a second more than a day is not', async () => {
    const rows = purchaseRows(1_000).map((row, index) =>
      index === 60 ? { ...row, created_at: stamp(NEWEST - 59 * HOUR + 24 * HOUR + 1_000) } : row,
    );
    const { window, job } = startWith(rows);
    await window(ago(200));
    expect(job.summary().scanned[0]).toMatch(/^1,000 of 1,000 purchases, complete/);
    rows[60] = { ...rows[60], created_at: stamp(NEWEST - 59 * HOUR + 24 * HOUR) };
    const within = startWith(rows);
    await within.window(ago(200));
    expect(within.asked()).toEqual([1, 2, 3, 4]);
  });
});

function shuffle(rows: JsonObject[]): JsonObject[] {
  const keyed = rows.map((row, index) => ({ row, key: (index * 7919) % 1_009 }));
  return keyed.sort((a, b) => a.key - b.key).map(({ row }) => row);
}

describe('a list in no order', () => {
  it.each<[string, (rows: JsonObject[]) => JsonObject[]]>([
    ['shuffled', shuffle],
    [
      'its second page newer than its first',
      (rows) => [...rows.slice(100, 200), ...rows.slice(0, 100), ...rows.slice(200)],
    ],
    [
      'its third page newer than its second, behind which lies more',
      (rows) =>
        [
          [100, 200],
          [300, 400],
          [0, 100],
          [600, 700],
          [200, 300],
          [400, 600],
          [700, 1_000],
        ].flatMap(([from, to]) => rows.slice(from, to)),
    ],
    ['an old one among the new', (rows) => [...rows.slice(0, 30), ...rows.slice(-1), ...rows.slice(30, -1)]],
    [
      'one page newest first, the next oldest first',
      (rows) => [...rows.slice(0, 100), ...rows.slice(100, 200).reverse(), ...rows.slice(200)],
    ],
  ])('%s: is read whole', async (_, arrange) => {
    const rows = arrange(purchaseRows(1_000));
    const { window } = startWith(rows);
    const scan = await window(ago(450));
    expect(new Set(idsOf(rowsOf(scan)))).toEqual(new Set(idsOf(within(rows, ago(450)))));
    expect(scan.complete).toBe(true);
  });

  it('has rows that do not say when they were created: they are counted, not dated', async () => {
    const rows = purchaseRows(450).map((row, index) =>
      index === 120 ? { id: row.id } : index === 130 ? { ...row, created_at: 'soon' } : row,
    );
    const { window, unread } = startWith(rows);
    const scan = await window(ago(200));
    expect(rowsOf(scan)).toHaveLength(199);
    expect(unread.told()).toEqual([expect.stringMatching(/^2 of \d+ purchases could not be read: created_at \(2\)/)]);
  });
});

describe('a list of days', () => {
  const commissions = (count: number, perDay: number) =>
    Array.from({ length: count }, (_, index) => ({
      id: count - index,
      date: stamp(NEWEST - Math.floor(index / perDay) * 24 * HOUR).slice(0, 10),
    }));

  it('is in order although a whole page is of one day', async () => {
    const rows = commissions(1_000, 120);
    const { io, pages } = readFrom(({ query }) =>
      answerPage(rows, query, { keepsTo: 100, envelope: { plural: 'commissions' } }),
    );
    const job = createScans({
      account: 'a',
      cache: undefined,
      fresh: false,
      resumed: [],
      unread: createUnread(),
      now: Date.now,
      io,
    });
    const scan = await job.scanWindow(collections.commissions, { since: NEWEST - 24 * HOUR });
    expect(rowsOf(scan)).toHaveLength(240);
    expect(pages('/commissions').length).toBeLessThanOrEqual(5);
  });
});

describe('what was kept', () => {
  const rows = purchaseRows(2_000);

  it('of all there is holds every window', async () => {
    const cache = createRecordCache();
    await startWith(rows, { cache }).job.scan(collections.purchases);
    const { window, requests, job } = startWith(rows, { cache });
    expect(rowsOf(await window(ago(50), ago(10)))).toHaveLength(40);
    expect(requests).toEqual([]);
    expect(job.summary().scanned[0]).toMatch(/2,000 of 2,000 purchases, complete, read \d+ s ago/);
  });

  it('of a window holds a narrower one and no wider one', async () => {
    const cache = createRecordCache();
    await startWith(rows, { cache }).window(ago(300));
    const narrow = startWith(rows, { cache });
    expect(rowsOf(await narrow.window(ago(299), ago(10)))).toHaveLength(289);
    expect(narrow.requests).toEqual([]);
    const wide = startWith(rows, { cache });
    expect(rowsOf(await wide.window(ago(301)))).toHaveLength(302);
    expect(wide.requests).not.toEqual([]);
    const whole = startWith(rows, { cache });
    expect(rowsOf(await whole.job.scan(collections.purchases))).toHaveLength(2_000);
  });

  it('of a window that was read to the end of the list holds all there is', async () => {
    const cache = createRecordCache();
    await startWith(rows.slice(0, 60), { cache }).window(ago(5));
    const { job, requests } = startWith(rows.slice(0, 60), { cache });
    expect(rowsOf(await job.scan(collections.purchases))).toHaveLength(60);
    expect(requests).toEqual([]);
  });

  it('is nothing where reading stopped', async () => {
    const cache = createRecordCache();
    const { window } = start(({ query }) => (query.page === '2' ? [] : rows), { cache, count: 2_000 });
    const upstream = readFrom(({ path, query }) =>
      query.page === '2'
        ? { status: 500, json: null }
        : path.endsWith('count')
          ? { status: 200, json: { count: 2_000 } }
          : answerPage(rows, query),
    );
    const job = createScans({
      account: 'b',
      cache,
      writes: 1,
      fresh: false,
      resumed: [],
      unread: createUnread(),
      now: Date.now,
      io: upstream.io,
    });
    const scan = await job.scanWindow(collections.purchases, { since: ago(350) });
    expect(scan.complete).toBe(false);
    expect(job.summary().scanned[0]).toMatch(/200 purchases read, newest first.*failed \(upstream\) before 2026-/);
    expect(cache.get('b', 'purchases', 0, 1)).toBeUndefined();
    // A page that is suddenly empty is the end of the list, not a stop.
    expect((await window(ago(350))).complete).toBe(true);
  });
});

it('a window that was cut short goes on with the missing pages, though now has moved on', async () => {
  const rows = purchaseRows(2_000);
  let broken = true;
  const answer = ({ path, query }: Asked): Answer => {
    if (path.endsWith('count')) return { status: 200, json: { count: 2_000 } };
    return broken && query.page === '4' ? { status: 429, json: null } : answerPage(rows, query, { keepsTo: 100 });
  };
  const first = readFrom(answer);
  const options = { account: 'a', cache: undefined, fresh: false, now: Date.now, unread: createUnread() } as const;
  const job = createScans({ ...options, resumed: [], io: first.io });
  expect(await job.scanWindow(collections.purchases, { since: ago(700) })).toMatchObject({ complete: false });
  broken = false;
  const second = readFrom(answer);
  const next = createScans({ ...options, resumed: JSON.parse(JSON.stringify(job.unfinished())), io: second.io });
  const scan = await next.scanWindow(collections.purchases, { since: ago(700) + 5_000 });
  expect(rowsOf(scan)).toHaveLength(700);
  expect(scan.complete).toBe(true);
  expect(second.pages('/purchases')).toEqual([4, 5, 6, 7, 8, 9]);
});
