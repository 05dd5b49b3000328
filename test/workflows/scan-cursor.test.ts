import { describe, expect, it } from 'vitest';
import type { JsonObject } from '../../src/json.ts';
import { createPace } from '../../src/leaddyno/pace.ts';
import { createMemory } from '../../src/ports/memory.ts';
import { createWriteCounter } from '../../src/ports/write-counter.ts';
import { eras, type Result } from '../support/clients.ts';
import { type HarnessOptions, startHarnessAt } from '../support/harness.ts';
import { answerJson, startLeadDyno } from '../support/http-upstream.ts';
import { owed, payee, startPayoutUpstream } from '../support/payout-upstream.ts';
import { reasonOf, rowsOf } from '../support/protocol-json.ts';
import { answerPage, purchaseRows } from '../support/scripted-lists.ts';

const PURCHASES = 3_950;
const PAGES = 40;
const rows = purchaseRows(PURCHASES).map((row, index) => ({
  ...row,
  purchase_amount: `${(index * 37) % 501}.5`,
  affiliate: index % 7 === 0 ? null : { id: 1 + (index % 5), email: `a${1 + (index % 5)}@example.com` },
}));
const people = [1, 2, 3, 4, 5].map((id) => ({
  id,
  email: `a${id}@example.com`,
  archived: false,
  pending_approval: false,
}));

interface Slow {
  /** What a page takes, by the clock of the calls: no test waits for it. */
  readonly pageMs?: number;
  /** What a page takes really, for what happens meanwhile. */
  readonly delayMs?: () => number;
  readonly fails?: (page: number) => boolean;
  readonly options?: HarnessOptions;
}

/** Five affiliates, and purchases on forty pages that take their time; what was answered to the end is noted. */
async function startSlow({ pageMs = 0, delayMs = () => 0, fails = () => false, options = {} }: Slow = {}) {
  let passed = 0;
  const answered: string[] = [];
  const asked: string[] = [];
  const upstream = await startLeadDyno(({ path, query }, response) => {
    asked.push(path === '/purchases' ? `page ${query.page}` : path);
    if (path.endsWith('/count')) return answerJson(response, { count: path.startsWith('/aff') ? 5 : PURCHASES });
    if (path === '/affiliates') return answerJson(response, people);
    if (fails(Number(query.page))) return answerJson(response, null, 500);
    const { json } = answerPage(rows, query, { keepsTo: 100 });
    const timer = setTimeout(() => answerJson(response, json), delayMs());
    response.on('finish', () => answered.push(`page ${query.page}`));
    passed += pageMs;
    response.on('close', () => clearTimeout(timer));
  });
  const harness = startHarnessAt(upstream.url, { keyTransport: 'header', ticks: () => passed, ...options });
  return { upstream, harness, answered, asked };
}

const ARGS = { by: 'revenue' } as const;
/** A second is kept back for what comes after the last answer: time for some twenty pages. */
const SHORT = { workflowMs: 1_900 };
const PAGE_MS = 45;

/** What a result says besides how it was come by. */
function answerIn({ data }: Result): JsonObject {
  const { scanned: _, complete: __, ...answer } = data;
  return answer;
}

async function goOn(call: (args: JsonObject) => Promise<Result>, first: Result, most = 30): Promise<Result[]> {
  const results = [first];
  for (let last = first; typeof last.data.cursor === 'string' && results.length < most; results.push(last)) {
    last = await call({ ...ARGS, cursor: last.data.cursor });
  }
  return results;
}

/** The first of several calls that a slow LeadDyno makes necessary. */
async function startCutShort(options: HarnessOptions = {}) {
  const slow = await startSlow({ pageMs: PAGE_MS, options: { ...SHORT, ...options } });
  const connection = await slow.harness.connect('modern');
  const first = await connection.call('rank_affiliates', ARGS);
  expect(first.data.complete, first.text).toBe(false);
  return { ...slow, ...connection, first, cursor: String(first.data.cursor) };
}

describe.each(eras)('%s: a scan that its time was too short for', (era) => {
  it('says so, goes on with exactly the missing pages, and ends as if it had not been interrupted', async () => {
    const quick = await startSlow();
    const expected = await (await quick.harness.connect(era)).call('rank_affiliates', ARGS);
    expect(expected.data.complete).toBe(true);

    const slow = await startSlow({ pageMs: PAGE_MS, options: SHORT });
    const { call } = await slow.harness.connect(era);
    const first = await call('rank_affiliates', ARGS);
    expect(first.data).toMatchObject({ complete: false, preliminary: true });
    expect(first.data.note).toContain('This covers only what was scanned');
    expect(String(rowsText(first.data.scanned))).toMatch(
      /of 3,950 purchases: stopped at the time limit after \d+ of 40 pages/,
    );
    expect(rowsOf(first, 'rankings')[0]).not.toHaveProperty('credited');
    const results = await goOn((args) => call('rank_affiliates', args), first);
    const last = results.at(-1);
    expect(last && answerIn(last)).toEqual(answerIn(expected));
    expect(last?.data.complete).toBe(true);
    expect(results.length).toBeGreaterThan(1);
    // Each page twice, that of the end too: once to read it, once to see that nothing moved.
    expect(new Set(slow.answered).size).toBe(PAGES + 1);
    expect(mostOften(slow.answered)).toBe(2);
    // The affiliates were read for all of these calls together.
    expect(slow.asked.filter((path) => path === '/affiliates')).toHaveLength(4);
    expect(slow.harness.faults).toEqual([]);
  });
});

const mostOften = (names: readonly string[]) =>
  Math.max(...names.map((name) => names.filter((other) => other === name).length));

const rowsText = (value: unknown) => (Array.isArray(value) ? value.join('; ') : '');

describe('a cursor', () => {
  it.each<[string, string, JsonObject]>([
    ['of other arguments', 'rank_affiliates', { by: 'revenue', limit: 3 }],
    ['of another tool', 'changes_since', { since: '2026-01-01' }],
  ])('%s is refused with words, and nothing is sent', async (_, tool, args) => {
    const { call, cursor, asked } = await startCutShort();
    const before = asked.length;
    const refused = await call(tool, { ...args, cursor });
    expect(reasonOf(refused)).toBe('invalid');
    expect(refused.text).toMatch(/cursor is not known.*same arguments.*Call again without cursor/);
    expect(asked).toHaveLength(before);
  });

  it.each([
    (cursor: string) => `\`${cursor}\``,
    (cursor: string) => `"${cursor}".`,
    (cursor: string) => `  ${cursor}\n`,
    (cursor: string) => `\u201c${cursor.slice(0, 30)}\n${cursor.slice(30)}\u201d`,
  ])('is read in whatever it is wrapped (%s)', async (wrap) => {
    const { call, cursor } = await startCutShort();
    const next = await call('rank_affiliates', { ...ARGS, cursor: wrap(cursor) });
    expect(next.isError, next.text).toBe(false);
    expect(next.data).toHaveProperty('rankings');
  });

  it('that was altered is refused', async () => {
    const { call, cursor, asked } = await startCutShort();
    const before = asked.length;
    const middle = Math.floor(cursor.length / 2);
    for (const altered of [
      `${cursor}x`,
      cursor.slice(0, -4),
      `${cursor.slice(0, middle)}${cursor[middle] === 'a' ? 'b' : 'a'}${cursor.slice(middle + 1)}`,
      'x',
    ]) {
      expect(reasonOf(await call('rank_affiliates', { ...ARGS, cursor: altered }))).toBe('invalid');
    }
    expect(asked).toHaveLength(before);
  });

  it('is refused after ten minutes, and good until then', async () => {
    const { call, cursor, harness } = await startCutShort();
    harness.advance(10 * 60_000 - 5_000);
    expect((await call('rank_affiliates', { ...ARGS, cursor })).isError).toBe(false);
    harness.advance(6_000);
    expect(reasonOf(await call('rank_affiliates', { ...ARGS, cursor }))).toBe('invalid');
  });

  it('is no confirmation', async () => {
    const { call, cursor } = await startCutShort();
    const asked = await call('archive_affiliate', { affiliate_id: 1, confirmation_token: cursor });
    expect(asked.isError || 'confirmation' in asked.data).toBe(true);
    expect(asked.data).not.toHaveProperty('affiliate');
  });

  it('of one server is none of another', async () => {
    const { cursor } = await startCutShort();
    const other = await startSlow();
    const { call } = await other.harness.connect('modern');
    expect(reasonOf(await call('rank_affiliates', { ...ARGS, cursor }))).toBe('invalid');
  });
});

describe('a write in between', () => {
  const OWED = 450;
  const report = { due_by: '2026-03-01' };

  /** A payout report that ended after its first page of commissions. */
  async function startReport() {
    let slow = true;
    let passed = 0;
    const people = [1, 2, 3].map((id) => payee(id));
    const rows = Array.from({ length: OWED }, (_, index) => owed(index + 1, (index % 3) + 1));
    const upstream = await startPayoutUpstream(people, rows, {
      meddle: ({ path }) => {
        if (slow && path === '/commissions') passed += 1_000;
        return undefined;
      },
    });
    const shared = { memory: createMemory(), writeCounter: createWriteCounter() };
    const harness = startHarnessAt(upstream.url, { ...shared, workflowMs: 2_000, ticks: () => passed });
    const { call } = await harness.connect('modern');
    // With the time that writes need.
    const writer = await startHarnessAt(upstream.url, { ...shared, confirm: 'off' }).connect('modern');
    const first = await call('payout_report', report);
    expect(first.data.complete, first.text).toBe(false);
    slow = false;
    return { upstream, call, write: writer.call, cursor: first.data.cursor };
  }

  it.each<[string, JsonObject]>([
    ['mark_commissions_paid', { affiliate_email: 'person-1@example.com', purchase_code: 'order-1' }],
    ['settle_payouts', { affiliate_ids: [1], due_by: report.due_by }],
    // Refused by LeadDyno, and counts all the same.
    ['approve_affiliate', { affiliate_id: 999 }],
  ])('by %s: the cursor is refused with that reason, and a new reading counts nothing twice', async (tool, args) => {
    const { upstream, call, write, cursor } = await startReport();
    await write(tool, args);
    const paid = upstream.rows.filter((row) => row.paid).length;
    expect(paid > 0).toBe(tool !== 'approve_affiliate');
    const sent = upstream.requests.length;
    const refused = await call('payout_report', { ...report, cursor });
    expect(reasonOf(refused)).toBe('invalid');
    expect(refused.text).toMatch(/predates a change .* Call again without cursor/);
    expect(upstream.requests).toHaveLength(sent);
    const anew = await call('payout_report', report);
    expect(anew.data).toMatchObject({ complete: true, totals: [{ commissions: OWED - paid }] });
  });

  it('that was not sent leaves the cursor good', async () => {
    const { call, write, cursor } = await startReport();
    expect((await write('approve_affiliate', { affiliate_id: 'x' })).isError).toBe(true);
    const rest = await call('payout_report', { ...report, cursor });
    expect(rest.data).toMatchObject({ complete: true, totals: [{ commissions: OWED }] });
  });
});

it('a call waits for its turn at the pace, and the next goes on where it ended', async () => {
  const pace = createPace({ limit: 9, windowMs: 1_500 });
  const options = { pace, workflowMs: 3_000, ticks: () => performance.now() };
  const { harness, answered } = await startSlow({ options });
  const { call } = await harness.connect('modern');
  const first = await call('rank_affiliates', ARGS);
  expect(rowsText(first.data.scanned)).toMatch(/purchases: stopped at the time limit/);
  expect(first.data.complete).toBe(false);
  const read = answered.length;
  expect(read).toBeGreaterThan(0);
  const second = await call('rank_affiliates', { ...ARGS, cursor: first.data.cursor });
  expect(second.isError, second.text).toBe(false);
  expect(answered.length).toBeGreaterThan(read);
  expect(mostOften(answered)).toBe(1);
});

it('between two calls the reading goes on by itself', async () => {
  const { harness, answered } = await startSlow({ pageMs: PAGE_MS, options: SHORT });
  const { call } = await harness.connect('modern');
  const first = await call('rank_affiliates', ARGS);
  const read = answered.length;
  expect(first.data.note).toContain('Reading continues meanwhile');
  await expect.poll(() => answered.length).toBeGreaterThan(read + 4);
});

it('without a cursor nothing goes on: the call was cancelled', async () => {
  const { harness, answered } = await startSlow({ delayMs: () => 50 });
  const { call } = await harness.connect('modern');
  const cancelling = new AbortController();
  const cancelled = call('rank_affiliates', ARGS, { signal: cancelling.signal }).catch((error: unknown) => error);
  await expect.poll(() => answered.length).toBeGreaterThan(3);
  cancelling.abort();
  await cancelled;
  await new Promise((resolve) => setTimeout(resolve, 200));
  const read = answered.length;
  await new Promise((resolve) => setTimeout(resolve, 800));
  expect(answered).toHaveLength(read);
});

it('a scan that LeadDyno breaks off goes on once LeadDyno is back', async () => {
  let broken = true;
  const { harness, answered } = await startSlow({ fails: (page) => broken && page === 6 });
  const { call } = await harness.connect('modern');
  const first = await call('rank_affiliates', ARGS);
  expect(rowsText(first.data.scanned)).toMatch(/stopped because LeadDyno failed \(upstream\) after \d+ of 40 pages/);
  broken = false;
  const results = await goOn((args) => call('rank_affiliates', args), first);
  expect(results.at(-1)?.data.complete).toBe(true);
  expect(new Set(answered).size).toBe(PAGES + 1);
  expect(mostOften(answered)).toBe(2);
});

describe('what cannot be gone on with', () => {
  it('because LeadDyno sends the same page for every number says that calling again does not help', async () => {
    const upstream = await startLeadDyno(({ path, query }, response) => {
      if (path.endsWith('/count')) return answerJson(response, { count: path.startsWith('/aff') ? 5 : PURCHASES });
      if (path === '/affiliates') return answerJson(response, people);
      answerJson(response, answerPage(rows, { ...query, page: '1' }, { keepsTo: 100 }).json);
    });
    const { call } = await startHarnessAt(upstream.url).connect('modern');
    const { data } = await call('rank_affiliates', ARGS);
    expect(data).toMatchObject({ complete: false, preliminary: true });
    expect(data).not.toHaveProperty('cursor');
    expect(data.note).toMatch(/^This covers only what was scanned: say so, and why .*calling again does not help\.$/);
  });

  it('because it was read record by record says to call again', async () => {
    const upstream = await startLeadDyno(({ path }, response) => {
      if (path.endsWith('/commissions')) return answerJson(response, null, path.includes('/2/') ? 500 : 200);
      answerJson(response, people.find(({ id }) => path === `/affiliates/${id}`) ?? []);
    });
    const { call } = await startHarnessAt(upstream.url).connect('modern');
    const { data } = await call('payout_report', { affiliate_ids: [1, 2] });
    expect(data).toMatchObject({ complete: false, not_read: [{ affiliate_id: 2 }] });
    expect(data).not.toHaveProperty('cursor');
    expect(data.note).toBe('This covers only what was scanned: say so, or call again for the rest.');
  });

  it('is not said of what is complete', async () => {
    const { harness } = await startSlow();
    const { call } = await harness.connect('modern');
    expect((await call('rank_affiliates', ARGS)).data).not.toHaveProperty('note');
  });
});

it.each(eras)('%s: a cancelled scan sends nothing more', async (era) => {
  let delay = 100;
  const { harness, asked, upstream } = await startSlow({ delayMs: () => delay });
  const { call } = await harness.connect(era);
  const cancelling = new AbortController();
  const cancelled = call('rank_affiliates', ARGS, { signal: cancelling.signal }).catch((error: unknown) => error);
  await expect.poll(() => asked.filter((path) => path.startsWith('page')).length).toBeGreaterThan(3);
  cancelling.abort();
  expect(await cancelled).toBeInstanceOf(Error);
  await expect.poll(() => upstream.abandoned()).toBeGreaterThan(0);
  const sent = asked.length;
  await new Promise((resolve) => setTimeout(resolve, 400));
  expect(asked).toHaveLength(sent);
  expect(sent).toBeLessThan(PAGES);
  expect(harness.faults).toEqual([]);
  // What was half read is not kept for the next question.
  delay = 0;
  const whole = await call('rank_affiliates', ARGS);
  expect(whole.data.complete).toBe(true);
});

describe.each(eras)('%s: progress', (era) => {
  it('counts up, strictly, with the number of records', async () => {
    const { harness } = await startSlow({ pageMs: 120 });
    const { client } = await harness.connect(era);
    const seen: { progress: number; total?: number | undefined; message?: string | undefined }[] = [];
    await client.callTool({ name: 'rank_affiliates', arguments: ARGS }, { onprogress: (one) => void seen.push(one) });
    expect(seen.length).toBeGreaterThan(1);
    const counts = seen.map(({ progress }) => progress);
    expect(counts).toEqual([...new Set(counts)].sort((a, b) => a - b));
    for (const { progress, total } of seen) expect(total === undefined || total >= progress).toBe(true);
    expect(seen.at(-1)?.message).toMatch(/^\d+ purchases read$/);
  });

  it('is not sent to a client that did not ask', async () => {
    const { harness } = await startSlow({ pageMs: 120 });
    const { client, call } = await harness.connect(era);
    const seen: unknown[] = [];
    client.fallbackNotificationHandler = async (notification) => void seen.push(notification);
    client.onerror = (error) => void seen.push(error);
    expect((await call('rank_affiliates', ARGS)).data.complete).toBe(true);
    expect(seen).toEqual([]);
  });
});
