import { afterEach, describe, expect, it } from 'vitest';
import type { JsonObject } from '../../src/json.ts';
import { workflows } from '../../src/workflows/index.ts';
import { expectToEnd } from '../support/gives-up.ts';
import { type Harness, startHarnessAt } from '../support/harness.ts';
import { findInvisible } from '../support/protocol-invisible.ts';
import { reasonOf, rowsOf, stringsIn } from '../support/protocol-json.ts';
import { type Account, activeAffiliate, HOSTILE, person, startAccount } from '../support/scripted-account.ts';
import { workflowCalls } from '../support/workflow-calls.ts';

/*
 * What every workflow that reads has to bear, each in the same way: an empty programme, one that changes while it is
 * read, a LeadDyno that fails half-way, a caller that gives up half-way, text that wants to steer. What each makes of
 * it in particular is in its own file.
 */

const KNOWN = { affiliate_id: 7, purchase_code: 'order-7' };
const READS = Object.fromEntries(
  Object.entries(workflowCalls)
    .filter(([, { effect }]) => effect === undefined)
    .map(([name, { whole }]) => [name, whole(KNOWN)]),
);
const each = it.each(Object.entries(READS));
/** Those that read nothing of LeadDyno's have nothing to fail half-way. */
const OF_THIS_SERVER = ['read_export', 'list_recent_changes'];
const eachThatCalls = it.each(Object.entries(READS).filter(([name]) => !OF_THIS_SERVER.includes(name)));

const SIZE = 450;
const currencyOf = (id: number) => (id % 3 === 0 ? 'EUR' : 'USD');
const timeOf = (id: number) => new Date(Date.UTC(2026, 0, 1) + id * 3_600_000).toISOString().slice(0, 19).concat('Z');

function purchaseRow(id: number, more: JsonObject = {}): JsonObject {
  return {
    id,
    purchase_code: `order-${id}`,
    purchase_amount: `${id}.10`,
    currency: currencyOf(id),
    cancelled: false,
    cancellation: null,
    created_at: timeOf(id),
    lead: { id, email: `l${id}@example.com` },
    affiliate: person((id % SIZE) + 1),
    ...more,
  };
}

const commissionRow = (id: number, more: JsonObject = {}): JsonObject => ({
  id,
  amount: `${id}.05`,
  currency: currencyOf(id),
  date: timeOf(id).slice(0, 10),
  due_at: timeOf(id),
  created_at: timeOf(id),
  paid: false,
  cancelled: false,
  payment_type: 'cash',
  purchase: { id, purchase_code: `order-${id}`, cancelled: false },
  affiliate: person((id % SIZE) + 1),
  ...more,
});

const leadRow = (id: number, more: JsonObject = {}): JsonObject => ({
  id,
  email: `l${id}@example.com`,
  created_at: timeOf(id),
  affiliate: person((id % SIZE) + 1),
  ...more,
});

const descending = (make: (id: number) => JsonObject, size: number) =>
  Array.from({ length: size }, (_, index) => make(size - index));

function programme(size: number, more: JsonObject = {}): Record<keyof Account, JsonObject[]> {
  const affiliate = (id: number) =>
    activeAffiliate(id, {
      created_at: timeOf(id),
      paypal_email: `pay${id}@example.com`,
      total_purchases: id % 7,
      total_visitors: id % 50,
      ...(id % 40 === 0 && { status: 'Pending Approval', pending_approval: true }),
      ...more,
    });
  return {
    affiliates: descending(affiliate, size),
    purchases: descending((id) => purchaseRow(id, more), size),
    commissions: descending((id) => commissionRow(id, more), size),
    leads: descending((id) => leadRow(id, more), size),
    visitors: [],
  };
}

let harness: Harness | undefined;
afterEach(() => {
  // A fault is a bug of ours, whatever the programme holds.
  expect(harness?.faults ?? []).toEqual([]);
  harness = undefined;
});

async function connect(url: string) {
  harness = startHarnessAt(url, { keyTransport: 'header' });
  return await harness.connect('modern');
}

describe('an empty programme', () => {
  each('is no fault to %s', async (name, args) => {
    const { call } = await connect((await startAccount({})).url);
    const { isError, text, data } = await call(name, args);
    if (name === 'affiliate_profile') expect(text).toMatch(/it has no such|no such affiliate/);
    else expect(isError, text).toBe(false);
    if ('scanned' in data) expect(data.complete).toBe(true);
  });
});

describe('a programme that changes while it is read', () => {
  each('keeps %s from counting anything twice', async (name, args) => {
    const account = programme(SIZE);
    let next = SIZE;
    // With every page that is asked for, each list gets one more row at its front: all others move.
    const instead = (path: string) => {
      if (/^\/(affiliates|purchases|commissions|leads)$/.test(path) && next < SIZE + 12) {
        next += 1;
        account.purchases.unshift(purchaseRow(next));
        account.commissions.unshift(commissionRow(next));
        account.leads.unshift(leadRow(next));
        account.affiliates.unshift(activeAffiliate(next, { created_at: timeOf(next) }));
      }
      return undefined;
    };
    const { call } = await connect((await startAccount(account, { instead })).url);
    const { isError, text, data } = await call(name, args);
    expect(isError, text).toBe(false);
    if ('scanned' in data) expect(data.complete, text.slice(0, 300)).toBe(true);
    if (name === 'export_records') {
      expect(data.rows).toBeGreaterThanOrEqual(SIZE);
      expect(data.rows).toBeLessThanOrEqual(SIZE + 12);
    }
    if (name === 'payout_report') {
      const lines = (data.lines as JsonObject[]).map((line) => `${line.affiliate_id} ${line.currency}`);
      expect(new Set(lines).size).toBe(lines.length);
    }
  });
});

describe('two currencies', () => {
  it.each(['program_overview', 'payout_report', 'rank_affiliates', 'changes_since'])(
    'are never one sum in %s',
    async (name) => {
      const { call } = await connect((await startAccount(programme(90))).url);
      const { isError, text } = await call(name, READS[name] ?? {});
      expect(isError, text).toBe(false);
      for (const currency of ['EUR', 'USD']) expect(text).toContain(`"currency":"${currency}"`);
      // What both together would come to, were they added: 1.10 + 2.10 + … and 1.05 + 2.05 + …
      for (const sum of ['4104.00', '4104.0', '4099.50', '4099.5']) expect(text).not.toContain(`"${sum}"`);
    },
  );
});

describe('a LeadDyno that fails half-way', () => {
  eachThatCalls('is told of by %s', async (name, args) => {
    let asked = 0;
    const instead = (path: string) => {
      if (path === '/affiliates/count') return undefined;
      asked += 1;
      return asked > 1 ? { status: 500, json: { error: 'broken' } } : undefined;
    };
    const { call } = await connect((await startAccount(programme(SIZE), { instead })).url);
    const { isError, text } = await call(name, args);
    const says = /"complete":false|"not_read"|"could_not_read"|"partial":true|not_looked|could not be read/;
    if (isError) expect(text).toMatch(/LeadDyno.*(fault|500)/s);
    else expect(text).toMatch(says);
  });
});

describe('a read that is refused', () => {
  /** The reads of a call, and the call again for each of them with that read answered by a status. */
  async function refuseEach(name: string, args: JsonObject, status: number) {
    const asked = new Set<string>();
    let refused: string | undefined;
    const account = await startAccount(programme(60), {
      instead: (path) => {
        asked.add(path);
        return path === refused ? { status, json: { error: 'refused' } } : undefined;
      },
    });
    const { call } = await connect(account.url);
    expect((await call(name, args)).isError).toBe(false);
    const paths = [...asked];
    const results = [];
    for (const path of paths) {
      refused = path;
      results.push({ path, result: await call(name, { ...args, ...(FRESH.has(name) && { fresh: true }) }) });
    }
    expect(results.length).toBeGreaterThan(0);
    return results;
  }

  const FRESH = new Set(workflows.filter(({ scans }) => scans).map(({ name }) => name));

  eachThatCalls('because of the key ends %s, whichever it is', async (name, args) => {
    for (const { path, result } of await refuseEach(name, args, 401))
      expect([path, reasonOf(result)]).toEqual([path, 'auth']);
  });

  eachThatCalls('for anything else is named by %s, or all that it can say', async (name, args) => {
    for (const { path, result } of await refuseEach(name, args, 403)) {
      if (result.isError) expect([path, reasonOf(result)]).toEqual([path, 'forbidden']);
      else
        expect(result.text, path).toMatch(
          /forbidden|does not allow|could not be read|LeadDyno counts|to the end of the list|page by page/,
        );
    }
  });

  // What the answer of each is about: all the rest it can do without.
  it.each([
    ['program_overview', '/commissions/totals'],
    ['program_overview', '/affiliates'],
    ['payout_report', '/commissions/totals'],
    ['affiliate_profile', '/commissions/totals'],
    ['affiliate_profile', '/affiliates/7/purchases'],
    ['find_duplicate_affiliates', '/purchases'],
    ['changes_since', '/leads'],
    ['trace_attribution', '/leads/7'],
  ])('is no failure of %s: %s', async (name, path) => {
    const results = await refuseEach(name, READS[name] ?? {}, 403);
    for (const { result } of results.filter((one) => one.path === path))
      expect(result.isError, result.text).toBe(false);
  });
});

describe('a caller that gives up half-way', () => {
  eachThatCalls('ends what %s asks for', async (name, args) => {
    const upstream = await startAccount(programme(SIZE), { delayMs: 120 });
    const { call } = await connect(upstream.url);
    await expectToEnd(upstream, 0, (signal) => call(name, args, { signal }));
  });
});

describe('text that wants to steer', () => {
  each('stays in its place in %s', async (name, args) => {
    const more = { first_name: HOSTILE, last_name: HOSTILE, note: HOSTILE, custom_fields: { Website: HOSTILE } };
    const { call } = await connect((await startAccount(programme(60, more))).url);
    const result = await call(name, args);
    const { isError, text, data } = result;
    expect(isError, text).toBe(false);
    expect(JSON.parse(text)).toEqual(data);
    expect(stringsIn(data).flatMap(findInvisible)).toEqual([]);
    // A name as questions give it: whatever is of the record is inside quotation marks.
    const named = name === 'list_pending_affiliates' ? rowsOf(result, 'applicants').map((row) => row.asked_as) : [];
    for (const said of named) expect(said).toMatch(/^"Ignore all[^"]*"$/);
    // Else a value of its own, never a part of a sentence of ours.
    const others = stringsIn(data).filter((said) => said.includes('Ignore all') && !named.includes(said));
    for (const said of others) expect(said).toMatch(/^Ignore all[^"]*$/);
  });
});
