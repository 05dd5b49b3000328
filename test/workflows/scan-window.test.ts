import { describe, expect, it } from 'vitest';
import type { JsonObject } from '../../src/json.ts';
import { collections } from '../../src/workflows/reading/collections.ts';
import { createRecordCache } from '../../src/workflows/reading/record-cache.ts';
import type { Scan, ScansOptions } from '../../src/workflows/reading/scans.ts';
import { createUnread } from '../../src/workflows/reading/unread.ts';
import { answerPage, NEWEST, purchaseRows, readFrom, stamp, startScans } from '../support/scripted-lists.ts';

const HOUR = 60 * 60_000;
const ago = (hours: number) => NEWEST - hours * HOUR;
const rowsOf = ({ records }: Scan): readonly JsonObject[] => records.map(({ raw }) => raw);
const idsOf = (rows: readonly JsonObject[]) => rows.map(({ id }) => id);
const within = (rows: readonly JsonObject[], since: number, until = Number.POSITIVE_INFINITY) =>
  rows.filter(({ created_at }) => Date.parse(String(created_at)) >= since && Date.parse(String(created_at)) < until);

function startWith(rows: readonly JsonObject[], options: Partial<ScansOptions> = {}) {
  const upstream = readFrom(({ path, query }) =>
    path === '/purchases/count'
      ? { status: 200, json: { count: rows.length } }
      : answerPage(rows, query, { keepsTo: 100 }),
  );
  const unread = createUnread();
  const scans = startScans(upstream.io, { unread, ...options });
  const window = (since: number, until?: number) =>
    scans.scanWindow(collections.purchases, { since, ...(until !== undefined && { until }) });
  return { ...upstream, scans, unread, window };
}

const block = (from: number, count: number, at: number): JsonObject[] =>
  Array.from({ length: count }, (_, index) => ({ id: from - index, created_at: stamp(at - index * 1000) }));

describe('a window', () => {
  const rows = purchaseRows(1_000);
  const imported = block(5_000, 200, ago(20_000));

  it.each<[string, readonly JsonObject[]]>([
    ['newest first', rows],
    ['oldest first', rows.toReversed()],
    [
      'newest first, with a block imported with old dates in the middle',
      [...rows.slice(0, 200), ...imported, ...rows.slice(200)],
    ],
    ['oldest first, with such a block at the end', [...rows.toReversed(), ...imported]],
    [
      'in no order',
      rows
        .map((row, index) => [row, (index * 7_919) % 1_009] as const)
        .sort((a, b) => a[1] - b[1])
        .map(([row]) => row),
    ],
  ])('of a list %s holds all that was created in it', async (_, list) => {
    const { window, scans } = startWith(list);
    const scan = await window(ago(450), ago(20));
    expect(new Set(idsOf(rowsOf(scan)))).toEqual(new Set(idsOf(within(list, ago(450), ago(20)))));
    expect(rowsOf(scan)).toHaveLength(430);
    expect(scan.complete).toBe(true);
    expect(scans.summary().scanned).toEqual([
      `${list.length.toLocaleString('en-US')} of ${list.length.toLocaleString('en-US')} purchases, complete, read now`,
    ]);
  });

  it('begins at its edge and ends before its end', async () => {
    const { window } = startWith(rows);
    expect(idsOf(rowsOf(await window(ago(50), ago(20))))).toEqual(idsOf(rows.slice(21, 51)));
  });

  it('and another of the same list are read once', async () => {
    const { window, pages } = startWith(rows);
    const before = pages('/purchases').length;
    const [wide, narrow] = await Promise.all([window(ago(350)), window(ago(50))]);
    expect([rowsOf(wide).length, rowsOf(narrow).length]).toEqual([351, 51]);
    expect(pages('/purchases').length - before).toBeLessThanOrEqual(2 * 11);
  });

  it('counts rows that do not say when they were created, and leaves them out', async () => {
    const odd = rows
      .slice(0, 450)
      .map((row, index) => (index === 120 ? { id: row.id } : index === 130 ? { ...row, created_at: 'soon' } : row));
    const { window, unread } = startWith(odd);
    expect(rowsOf(await window(ago(200)))).toHaveLength(199);
    expect(unread.told()).toEqual([expect.stringMatching(/^2 of 450 purchases could not be read: created_at \(2\)/)]);
  });

  it('is taken from what was kept of the whole list', async () => {
    const cache = createRecordCache();
    await startWith(rows, { cache }).scans.scan(collections.purchases);
    const { window, requests, scans } = startWith(rows, { cache });
    expect(rowsOf(await window(ago(50), ago(10)))).toHaveLength(40);
    expect(requests).toEqual([]);
    expect(scans.summary().scanned[0]).toMatch(/1,000 of 1,000 purchases, complete, read \d+ s ago/);
  });
});
