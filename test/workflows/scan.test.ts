import { describe, expect, it } from 'vitest';
import type { JsonObject } from '../../src/json.ts';
import { type Collection, collections } from '../../src/workflows/reading/collections.ts';
import type { Scan } from '../../src/workflows/reading/scans.ts';
import {
  type Answer,
  type Asked,
  answerPage,
  type ListBehaviour,
  purchaseRows,
  readFrom,
  startScans,
} from '../support/scripted-lists.ts';

const SIZES = [0, 1, 99, 100, 101, 200, 201, 450];

function start(answer: (asked: Asked, count: number) => Answer) {
  const upstream = readFrom(answer);
  const job = startScans(upstream.io);
  return { ...upstream, job };
}

const rowsOf = ({ records }: Scan): readonly JsonObject[] => records.map(({ raw }) => raw);
const idsOf = (rows: readonly JsonObject[]) => rows.map(({ id }) => id);
const COUNT = '/purchases/count';

/** Purchases of a LeadDyno that pages them like that. */
function startPurchases(rows: readonly unknown[], behaviour: ListBehaviour = {}, count: unknown = rows.length) {
  return start(({ path, query }) => {
    if (path !== COUNT) return answerPage(rows, query, behaviour);
    return count === 'fails' ? { status: 500, json: null } : { status: 200, json: { count } };
  });
}

describe.each<[string, ListBehaviour, (size: number) => unknown]>([
  ['that takes 200 a page', {}, (size) => size],
  ['that keeps to 100 a page', { keepsTo: 100 }, (size) => size],
  ['that keeps to 50 a page, as no source says', { keepsTo: 50 }, (size) => size],
  ['that refuses 200 a page', { refusesAbove: 100 }, (size) => size],
  ['that sends envelopes', { envelope: { plural: 'purchases' } }, (size) => size],
  ['that keeps to 20 a page and whose count fails', { keepsTo: 20 }, () => 'fails'],
  ['that keeps to 33 a page and whose count fails', { keepsTo: 33 }, () => 'fails'],
  [
    'whose envelopes say another size than they have',
    { keepsTo: 20, envelope: { plural: 'purchases', echoes: true } },
    () => 'fails',
  ],
  [
    'whose envelopes say it in other words',
    { keepsTo: 25, envelope: { plural: 'purchases', meta: true } },
    () => 'fails',
  ],
  ['that sends envelopes of 20', { keepsTo: 20, envelope: { plural: 'purchases' } }, (size) => size],
  [
    'whose envelopes give the rows of the page as the total',
    { envelope: { plural: 'purchases', total: 200 } },
    () => 'fails',
  ],
  ['whose count fails', {}, () => 'fails'],
  ['whose count is no number', { keepsTo: 100 }, () => ['many']],
  ['that counts too few', {}, (size) => Math.floor(size / 3)],
  ['that counts too few and keeps to 100', { keepsTo: 100 }, (size) => Math.floor(size / 3)],
  ['that counts one too many', { keepsTo: 100 }, (size) => size + 1],
  ['that counts far too many', { keepsTo: 100 }, (size) => size * 3 + 700],
  ['that has no page past its last', { keepsTo: 100, endsWith404: true }, (size) => size + 150],
])('a LeadDyno %s', (_, behaviour, countFor) => {
  it.each(SIZES)('is read to its end, and says so: %i rows', async (size) => {
    const rows = purchaseRows(size);
    const { job, requests, pages } = startPurchases(rows, behaviour, countFor(size));
    const scan = await job.scan(collections.purchases);
    expect(idsOf(rowsOf(scan))).toEqual(idsOf(rows));
    expect(job.unfinished()).toBeUndefined();
    // Of a list that LeadDyno itself says is longer, nobody is told that it was read whole.
    const count = behaviour.envelope?.total ?? countFor(size);
    const isLonger = typeof count === 'number' && count > size;
    expect(job.summary()).toEqual({
      complete: !isLonger,
      scanned: [
        isLonger
          ? `${size} purchases: LeadDyno counts ${count.toLocaleString('en-US')} but lists no more`
          : expect.stringMatching(new RegExp(`^${size} (of ${size} )?purchases, .*read now$`)),
      ],
    });
    expect(scan.complete).toBe(!isLonger);
    // Twice the pages there are, and a few that were asked for in vain.
    const pageSize = Math.min(behaviour.keepsTo ?? 200, behaviour.refusesAbove ?? 200);
    const needed = Math.ceil(size / pageSize);
    expect(pages('/purchases').length).toBeLessThanOrEqual(2 * needed + 14);
    expect(requests.length).toBeGreaterThan(0);
  });
});

describe('the largest page that was found', () => {
  const sizesIn = (requests: readonly Asked[]) =>
    requests.filter(({ path }) => !path.endsWith('/count')).map(({ query }) => query.per_page);

  function startFound(name: 'purchases' | 'leads', found: number, rows: number, behaviour: ListBehaviour = {}) {
    const list = purchaseRows(rows);
    const upstream = readFrom(({ path, query }) =>
      path.endsWith('/count') ? { status: 200, json: { count: rows } } : answerPage(list, query, behaviour),
    );
    const pageSizes = { [name]: found };
    return { ...upstream, job: startScans(upstream.io, { pageSizes }) };
  }

  it.each<[number, ListBehaviour, readonly (string | undefined)[]]>([
    [100, { refusesAbove: 100 }, ['100']],
    [150, { refusesAbove: 150 }, ['150']],
    [50, { refusesAbove: 50 }, ['50']],
    [200, {}, ['200']],
    // It holds no longer: as without it.
    [150, { refusesAbove: 100 }, ['150', '100']],
    [150, { keepsTo: 100 }, ['150']],
    [50, { keepsTo: 20 }, ['50']],
    // What is no size says nothing.
    [0, { refusesAbove: 100 }, ['200', '100']],
    [-3, {}, ['200']],
    [12.5, {}, ['200']],
    [5_000, {}, ['200']],
  ])('%i is asked for first, and never more', async (found, behaviour, sizes) => {
    const { job, requests } = startFound('purchases', found, 260, behaviour);
    const scan = await job.scan(collections.purchases);
    expect(scan.complete).toBe(true);
    expect(idsOf(rowsOf(scan))).toEqual(idsOf(purchaseRows(260)));
    expect([...new Set(sizesIn(requests))]).toEqual(sizes);
    // One that is refused is asked for once.
    expect(sizesIn(requests).filter((size) => size === sizes[0] && sizes.length > 1).length).toBeLessThan(2);
  });

  it('spares a list that is shorter than it the second reading: one answer held it whole', async () => {
    const { job, requests } = startFound('purchases', 100, 57, { refusesAbove: 100 });
    expect(await job.scan(collections.purchases)).toMatchObject({ complete: true });
    expect(sizesIn(requests)).toEqual(['100']);
  });

  it('of a list without a documented size is asked for only where it is worth it', async () => {
    const more = startFound('leads', 200, 450);
    expect(rowsOf(await more.job.scan(collections.leads))).toHaveLength(450);
    expect([...new Set(sizesIn(more.requests))]).toEqual(['200']);
    const usual = startFound('leads', 100, 250);
    expect(rowsOf(await usual.job.scan(collections.leads))).toHaveLength(250);
    expect([...new Set(sizesIn(usual.requests))]).toEqual([undefined]);
    const refused = startFound('leads', 200, 250, { refusesAbove: 100 });
    expect(rowsOf(await refused.job.scan(collections.leads))).toHaveLength(250);
    expect([...new Set(sizesIn(refused.requests))]).toEqual(['200', undefined]);
    const kept = startFound('leads', 200, 450, { keepsTo: 100 });
    expect(rowsOf(await kept.job.scan(collections.leads))).toHaveLength(450);
    expect([...new Set(sizesIn(kept.requests))]).toEqual(['200']);
  });

  it('of one list says nothing of another', async () => {
    const { job, requests } = startFound('leads', 150, 250);
    await job.scan(collections.purchases);
    expect([...new Set(sizesIn(requests))]).toEqual(['200']);
  });
});

describe('pages', () => {
  it('are read twice, and no more of them than there are', async () => {
    const { job, requests, pages } = startPurchases(purchaseRows(450));
    await job.scan(collections.purchases);
    // The third is shorter than was asked for, as the first was not: it is the last by all accounts.
    expect(pages('/purchases').sort()).toEqual([1, 1, 2, 2, 3, 3]);
    expect(requests).toHaveLength(7);
  });

  it('are asked for without a size where LeadDyno documents none', async () => {
    const rows = purchaseRows(250);
    const { job, requests } = start(({ path, query }) =>
      path === '/leads/count' ? { status: 200, json: { count: 250 } } : answerPage(rows, query),
    );
    expect(rowsOf(await job.scan(collections.leads))).toHaveLength(250);
    expect(requests.filter(({ query }) => 'per_page' in query)).toEqual([]);
  });

  it('are never more than four under way, whatever is read at the same time', async () => {
    let under = 0;
    let most = 0;
    const upstream = start(({ query, path }) =>
      path.endsWith('/count') ? { status: 200, json: { count: 2_000 } } : answerPage(purchaseRows(2_000), query),
    );
    const { read } = upstream.io;
    const io: typeof upstream.io = {
      ...upstream.io,
      async read(operation, args, signal) {
        under += 1;
        most = Math.max(most, under);
        return await read(operation, args, signal).finally(() => {
          under -= 1;
        });
      },
    };
    const job = startScans(io);
    const { purchases, leads, visitors } = collections;
    await Promise.all([purchases, leads, visitors].map((collection: Collection) => job.scan(collection)));
    expect(most).toBe(4);
  });

  it('that hold no records do not end the reading', async () => {
    const rows: unknown[] = purchaseRows(1_000);
    for (let index = 200; index < 400; index += 1) rows[index] = null;
    const { job } = startPurchases(rows);
    const scan = await job.scan(collections.purchases);
    expect(rowsOf(scan)).toHaveLength(800);
    expect(scan.complete).toBe(false);
    expect(job.summary().scanned[0]).toContain('200 rows that are not records were left out');
  });
});

describe('a LeadDyno that sends the same page for every number', () => {
  it.each([1, 99, 100])('is complete where that page holds all %i rows', async (size) => {
    const { job } = startPurchases(purchaseRows(size), { keepsTo: 100, ignoresPage: true });
    const scan = await job.scan(collections.purchases);
    expect(scan).toMatchObject({ complete: true });
    expect(rowsOf(scan)).toHaveLength(size);
  });

  it.each(['fails', 450])(
    'is not complete where there are more (count: %s), and nothing can be gone on with',
    async (count) => {
      const { job, requests } = startPurchases(purchaseRows(450), { keepsTo: 100, ignoresPage: true }, count);
      const scan = await job.scan(collections.purchases);
      expect(rowsOf(scan)).toHaveLength(100);
      expect(scan.complete).toBe(false);
      expect(job.summary()).toMatchObject({
        complete: false,
        scanned: [expect.stringMatching(/^100.* purchases: LeadDyno sends the same page for different page numbers/)],
      });
      expect(job.unfinished()).toBeUndefined();
      expect(requests.length).toBeLessThan(14);
    },
  );

  it('is complete where it ignores the size as well and sends everything at once', async () => {
    const { job } = startPurchases(purchaseRows(450), { keepsTo: 0 }, 'fails');
    expect(rowsOf(await job.scan(collections.purchases))).toHaveLength(0);
    const all = start(({ path }) =>
      path === COUNT ? { status: 500, json: null } : { status: 200, json: purchaseRows(450) },
    );
    const scan = await all.job.scan(collections.purchases);
    expect(rowsOf(scan)).toHaveLength(450);
    expect(scan.complete).toBe(true);
  });
});

describe('a list that moves while it is read', () => {
  /** The newest first; `change` happens before the second page is answered. */
  function startMoving(change: (rows: JsonObject[]) => void, keepsTo = 100) {
    const rows = purchaseRows(450);
    let moved = false;
    const upstream = start(({ path, query }) => {
      if (path === COUNT) return { status: 200, json: { count: rows.length } };
      if (Number(query.page) > 1 && !moved) {
        moved = true;
        change(rows);
      }
      return answerPage(rows, query, { keepsTo });
    });
    return { ...upstream, rows };
  }

  it('counts rows once that moved on to the next page', async () => {
    const { job } = startMoving((rows) => rows.unshift({ id: 1_001 }, { id: 1_002 }));
    const scan = await job.scan(collections.purchases);
    // What came after reading began may be missing, nothing else may be.
    expect(idsOf(rowsOf(scan)).filter((id) => Number(id) <= 450)).toEqual(idsOf(purchaseRows(450)));
    expect(new Set(idsOf(rowsOf(scan))).size).toBe(rowsOf(scan).length);
    expect(scan.complete).toBe(true);
  });

  it('finds the row that slipped onto a page that was read already', async () => {
    const { job, rows } = startMoving((all) => all.splice(5, 1));
    const scan = await job.scan(collections.purchases);
    expect(new Set(idsOf(rowsOf(scan)))).toEqual(new Set(idsOf(rows)));
    expect(rows).toHaveLength(449);
    expect(scan.complete).toBe(true);
  });

  it('without rest is read four times and then not called complete', async () => {
    const rows = purchaseRows(450);
    const { job, pages } = start(({ path, query }) => {
      if (path === COUNT) return { status: 200, json: { count: 450 } };
      if (Number(query.page) > 1) rows.push(...rows.splice(Number(query.page) * 7, 1));
      return answerPage(rows, query, { keepsTo: 100 });
    });
    const scan = await job.scan(collections.purchases);
    expect(scan.complete).toBe(false);
    expect(pages('/purchases').filter((page) => page === 1)).toHaveLength(4);
    expect(job.summary().scanned[0]).toMatch(/rows moved or disappeared each time the list was read \(4 times\)/);
    expect(job.unfinished()).toBeUndefined();
  });
});

describe('records', () => {
  it('are told apart by ids that come as digits or as numbers', async () => {
    const rows = [...purchaseRows(100), ...purchaseRows(100).map((row) => ({ ...row, id: String(row.id) }))];
    const { job } = startPurchases(rows, { keepsTo: 100 });
    expect(rowsOf(await job.scan(collections.purchases))).toHaveLength(100);
  });

  it.each([[{}], [{ id: null }], [{ id: { odd: true } }]])(
    'without a usable id (%j) that look the same are several',
    async (id) => {
      const rows = Array.from({ length: 7 }, () => ({ ...id, currency: 'USD', purchase_amount: '5.0' }));
      const { job } = startPurchases(rows);
      expect(rowsOf(await job.scan(collections.purchases))).toHaveLength(7);
    },
  );
});

describe('a failure', () => {
  it.each([
    [401, 'auth'],
    [500, 'upstream'],
    [429, 'rate_limited'],
    [400, 'invalid'],
  ])('of the first page (%i) is that of the call', async (status, reason) => {
    const { job } = start(() => ({ status, json: null }));
    await expect(job.scan(collections.purchases)).rejects.toMatchObject({ reason });
  });

  it('of a later page leaves what was read, and only the missing pages are read afterwards', async () => {
    let broken = true;
    const rows = purchaseRows(950);
    const answer = ({ path, query }: Asked): Answer => {
      if (path === COUNT) return { status: 200, json: { count: 950 } };
      return broken && query.page === '3' ? { status: 500, json: null } : answerPage(rows, query);
    };
    const { job, io, requests } = start(answer);
    const scan = await job.scan(collections.purchases);
    expect(scan.complete).toBe(false);
    expect(job.summary().scanned[0]).toMatch(
      /of 950 purchases: stopped because LeadDyno failed \(upstream\) after \d of 5 pages/,
    );
    const left = job.unfinished() ?? [];
    const read = left[0]?.outline().passes[0] ?? [];
    expect(read).not.toContain(3);
    broken = false;
    const before = requests.length;
    const next = startScans(io, { resumed: left });
    const whole = await next.scan(collections.purchases);
    expect(idsOf(rowsOf(whole))).toEqual(idsOf(rows));
    expect(whole.complete).toBe(true);
    // What was read is not read again, but for the second reading.
    const asked = requests.slice(before).map(({ query }) => Number(query.page));
    const missing = [1, 2, 3, 4, 5].filter((page) => !read.includes(page));
    expect(asked.slice(0, missing.length).sort()).toEqual(missing);
    expect(next.summary().scanned[0]).toMatch(/950 of 950 purchases, complete, read between \d+ s ago and now/);
  });

  it('of the key half-way fails the call', async () => {
    const { job } = start(({ path, query }) => {
      if (path === COUNT) return { status: 200, json: { count: 450 } };
      return query.page === '2' ? { status: 401, json: null } : answerPage(purchaseRows(450), query);
    });
    await expect(job.scan(collections.purchases)).rejects.toMatchObject({ reason: 'auth' });
  });

  it('by a limit at the start of a second list keeps the first', async () => {
    const { job } = start(({ path, query }) => {
      if (path.endsWith('/count')) return { status: 200, json: { count: 3 } };
      return path === '/leads' ? { status: 429, json: null } : answerPage(purchaseRows(3), query);
    });
    expect((await job.scan(collections.purchases)).complete).toBe(true);
    expect(await job.scan(collections.leads)).toMatchObject({ complete: false, records: [] });
    expect(job.summary().scanned[1]).toMatch(/0 of 3 leads: stopped at the request limit/);
    expect(job.unfinished()).toHaveLength(2);
  });

  it('to count in time does not hold up the reading', async () => {
    const { io, pages } = readFrom(({ query }) => answerPage(purchaseRows(250), query));
    const never: typeof io = {
      ...io,
      timeLeft: () => 2_000,
      read: (operation, args, signal) =>
        operation.name.startsWith('count_') ? new Promise(() => undefined) : io.read(operation, args, signal),
    };
    const job = startScans(never);
    expect(await job.scan(collections.purchases)).toMatchObject({ complete: true });
    // Without a count two empty pages are the end, and one when it is read again.
    expect(pages('/purchases').sort()).toEqual([1, 1, 2, 2, 3, 3, 4]);
  });
});

it('progress counts up over several lists at once, never twice the same', async () => {
  const { job, progress } = start(({ path, query }) =>
    path.endsWith('/count')
      ? { status: 200, json: { count: 900 } }
      : answerPage(purchaseRows(900), query, { keepsTo: 100 }),
  );
  await Promise.all([job.scan(collections.purchases), job.scan(collections.leads), job.scan(collections.affiliates)]);
  const done = progress.map((one) => one.done);
  expect(done).toEqual([...new Set(done)].sort((a, b) => a - b));
  expect(done.at(-1)).toBe(2_700);
  expect(progress.at(-1)?.total).toBe(2_700);
  for (const { done: some, total } of progress) expect(total === undefined || total >= some).toBe(true);
});

it('rows that are no records are not taken for a smaller page', async () => {
  const { job, pages } = startPurchases([{ id: 1 }, null, 'two', {}, [], { id: 2 }]);
  const scan = await job.scan(collections.purchases);
  expect(rowsOf(scan)).toEqual([{ id: 1 }, {}, { id: 2 }]);
  expect(scan.complete).toBe(false);
  expect(job.summary().scanned[0]).toMatch(
    /^3 of 6 purchases: some of what LeadDyno lists are not records; 3 rows that are not records were left out/,
  );
  expect(pages('/purchases').sort()).toEqual([1, 1, 2, 2]);
});

describe.each([1, 2, 3])('a null in place of page %i', (page) => {
  it.each([100, 200])('is asked for again where LeadDyno counts more, %i rows a page', async (keepsTo) => {
    const rows = purchaseRows(keepsTo * 3 - 10);
    let nulls = 0;
    const { job } = start(({ path, query }) => {
      if (path === COUNT) return { status: 200, json: { count: rows.length } };
      if (Number(query.page) === page && nulls === 0) {
        nulls += 1;
        return { status: 200, json: null };
      }
      return answerPage(rows, query, { keepsTo });
    });
    const scan = await job.scan(collections.purchases);
    expect(nulls).toBe(1);
    expect(idsOf(rowsOf(scan))).toEqual(idsOf(rows));
    expect(scan.complete).toBe(true);
  });
});

it('a list that is empty whatever LeadDyno counts is asked for a few times, not for ever', async () => {
  const { job, requests } = startPurchases([], {}, 700);
  const scan = await job.scan(collections.purchases);
  expect(rowsOf(scan)).toEqual([]);
  expect(requests.length).toBeLessThan(16);
  expect(job.summary().scanned[0]).toContain('LeadDyno counts 700');
});

it('a list that people are paid by is not complete if a row of it is no record', async () => {
  const { job } = start(({ query }) =>
    answerPage([{ id: 1 }, null, { id: 2 }], query, { envelope: { plural: 'commissions' } }),
  );
  expect(await job.scan(collections.commissions)).toMatchObject({ complete: false });
  expect(job.summary().scanned[0]).toMatch(
    /some of what LeadDyno lists are not records; 1 rows that are not records were left out/,
  );
});

it.each([2, 3, 7])(
  'pages that cycle after %i end at the first repetition, and are not called complete',
  async (length) => {
    const rows = purchaseRows(100 * 20);
    const { job, pages, requests } = start(({ path, query }) => {
      if (path === COUNT) return { status: 500, json: null };
      return answerPage(rows, { ...query, page: String(((Number(query.page) - 1) % length) + 1) }, { keepsTo: 100 });
    });
    const scan = await job.scan(collections.purchases);
    expect(rowsOf(scan)).toHaveLength(100 * length);
    expect(scan.complete).toBe(false);
    // A few are asked for at the same time; each reading ends where it sees the first page again.
    expect(Math.max(...pages('/purchases'))).toBeLessThanOrEqual(length + 8);
    expect(requests.length).toBeLessThan(60);
  },
);
