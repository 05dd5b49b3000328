import { describe, expect, it } from 'vitest';
import type { JsonObject } from '../../src/json.ts';
import { toTable, writeTable } from '../../src/workflows/exports/table.ts';
import { type Connection, eras, type Result } from '../support/clients.ts';
import { startHarness, startHarnessAt } from '../support/harness.ts';
import { at, reasonOf, rowsOf } from '../support/protocol-json.ts';
import { startAccount } from '../support/scripted-account.ts';
import { startUpstream } from '../support/upstream.ts';

/** The one file of a result, as its client reads it. */
async function fileIn(result: Result, { client }: Pick<Connection, 'client'>) {
  expect(result.isError, result.text).toBe(false);
  const [file] = rowsOf(result, 'files');
  const { contents } = await client.readResource({ uri: String(file?.uri) });
  return { file, text: String(at(contents, 0, 'text')), mimeType: at(contents, 0, 'mimeType') };
}

/** Rows of JSON Lines. */
const linesOf = (text: string) =>
  text
    .split('\n')
    .filter(Boolean)
    .map((line): JsonObject => JSON.parse(line));
const ids = (rows: readonly { readonly id?: unknown }[]) => rows.map(({ id }) => Number(id)).sort((a, b) => a - b);

async function startSandboxed() {
  const harness = await startHarness({ sandbox: { purchases: 300, affiliates: 90 } });
  const connection = await harness.connect('modern');
  const exported = async (args: JsonObject) => {
    const result = await connection.call('export_records', { format: 'jsonl', ...args });
    return linesOf((await fileIn(result, connection)).text);
  };
  return { harness, connection, exported, programme: harness.sandbox.programme };
}

describe.each(eras)('%s: an export', (era) => {
  it('holds every record, and none of them passes through the result', async () => {
    const harness = await startHarness({ sandbox: { purchases: 300 } });
    const connection = await harness.connect(era);
    const { programme } = harness.sandbox;
    for (const [records, all] of [
      ['affiliates', programme.affiliates.rows],
      ['purchases', programme.purchases.rows],
      ['commissions', programme.commissions.rows],
      ['leads', programme.leads.rows],
      ['visitors', programme.visitors.rows],
    ] as const) {
      const result = await connection.call('export_records', { records, format: 'jsonl' });
      const { file, text, mimeType } = await fileIn(result, connection);
      expect(ids(linesOf(text))).toEqual(ids(all));
      expect(result.data).toMatchObject({ rows: all.length, complete: true });
      expect(file).toMatchObject({ rows: all.length, size: Buffer.byteLength(text), mime_type: mimeType });
      expect(file?.name).toMatch(new RegExp(`^${records}-\\d{4}-\\d\\d-\\d\\d\\.jsonl$`));
      expect(result.data).not.toHaveProperty('sample');
      expect(result.text.length).toBeLessThan(1_500);
      const columns = new Set(linesOf(text).flatMap((row) => Object.keys(row)));
      expect(new Set(result.data.columns as string[])).toEqual(columns);
    }
  });

  it('as CSV has what is nested in columns of its own', async () => {
    const harness = await startHarness({ sandbox: { purchases: 50 } });
    const connection = await harness.connect(era);
    const { text } = await fileIn(await connection.call('export_records', { records: 'purchases' }), connection);
    // A spreadsheet knows by it that this is UTF-8.
    expect(text.startsWith('\ufeff')).toBe(true);
    const [header = '', ...rows] = text.slice(1).trimEnd().split('\r\n');
    expect(header.split(',')).toEqual(
      expect.arrayContaining(['id', 'purchase_amount', 'lead_email', 'affiliate_id', 'affiliate_email']),
    );
    expect(rows).toHaveLength(50);
    const place = header.split(',').indexOf('affiliate_id');
    const credited = harness.sandbox.programme.purchases.rows.map(({ affiliateId }) => String(affiliateId ?? ''));
    expect(rows.map((row) => row.split(',')[place] ?? '').sort()).toEqual(credited.sort());
  });
});

describe('a filter', () => {
  const none = { paid: false, cancelled: false };
  it.each<[JsonObject, readonly JsonObject[], readonly number[], number]>([
    [
      { records: 'commissions', currency: 'USD' },
      ['USD', ' usd', 'EUR', null, '', '$'].map((currency) => ({ currency })),
      [1, 2],
      3,
    ],
    [
      { records: 'commissions', status: 'unpaid' },
      [none, { paid: 'false', cancelled: 0 }, { paid: 'true', cancelled: 0 }, { paid: 'partly', cancelled: false }, {}],
      [1, 2],
      2,
    ],
    [
      { records: 'commissions', status: 'paid' },
      [none, { paid: 1, cancelled: 'no' }, { paid: 'yes', cancelled: 'no' }, { paid: true, cancelled: 'maybe' }],
      [2, 3],
      1,
    ],
    [
      { records: 'commissions', status: 'due' },
      ['2020-01-01', '2999-01-01', '03/12/2020', null].map((due_at) => ({ ...none, due_at })),
      [1],
      2,
    ],
    [
      { records: 'purchases', status: 'live' },
      [false, 'false', 'f', 0, true, 1, 'maybe', null].map((cancelled) => ({ cancelled })),
      [1, 2, 3, 4],
      2,
    ],
    [
      { records: 'affiliates', status: 'active' },
      [{ status: 'active' }, { status: 'Archived', archived: false }, { status: 'Archived' }],
      [1],
      1,
    ],
  ])('leaves out what does not say whether it fits, and says how much: %j', async (args, given, expected, unclear) => {
    const rows = given.map((row, index) => ({ id: index + 1, ...row }));
    const upstream = await startAccount({ [String(args.records)]: rows });
    const connection = await startHarnessAt(upstream.url).connect('modern');
    const result = await connection.call('export_records', { format: 'jsonl', ...args });
    expect(ids(linesOf((await fileIn(result, connection)).text))).toEqual(expected);
    expect(result.data).toMatchObject({ rows: expected.length, not_known_whether_they_fit: unclear });
  });

  it('by status takes the words of each list', async () => {
    const { programme, exported } = await startSandboxed();
    const { affiliates, purchases, commissions, leads } = programme;
    const now = Date.now();
    const open = commissions.rows.filter((row) => !row.paid && !row.cancelled);
    for (const [args, expected] of [
      [
        { records: 'affiliates', status: 'pending' },
        affiliates.rows.filter((row) => row.status === 'Pending Approval'),
      ],
      [{ records: 'affiliates', status: 'Archived' }, affiliates.rows.filter((row) => row.status === 'Archived')],
      [{ records: 'affiliates', status: 'active' }, affiliates.rows.filter((row) => row.status === 'Active')],
      [{ records: 'purchases', status: 'cancelled' }, purchases.rows.filter((row) => row.cancelled)],
      [{ records: 'purchases', status: 'live' }, purchases.rows.filter((row) => !row.cancelled)],
      [{ records: 'commissions', status: 'unpaid' }, open],
      [{ records: 'commissions', status: 'due' }, open.filter((row) => row.dueAt <= now)],
      [{ records: 'commissions', status: 'pending' }, open.filter((row) => row.dueAt > now)],
      [{ records: 'commissions', status: 'paid' }, commissions.rows.filter((row) => row.paid)],
      [{ records: 'leads', status: 'customer' }, leads.rows.filter((row) => row.status === 'Customer')],
    ] as const) {
      expect(expected.length, JSON.stringify(args)).toBeGreaterThan(0);
      expect(ids(await exported(args)), JSON.stringify(args)).toEqual(ids(expected));
    }
  });

  it('by affiliate, currency and time', async () => {
    const { programme, exported } = await startSandboxed();
    const { purchases, commissions, affiliates } = programme;
    const since = Date.now() - 200 * 24 * 3_600_000;
    const until = Date.now() - 50 * 24 * 3_600_000;
    const times = { since: new Date(since).toISOString(), until: new Date(until).toISOString() };
    const within = purchases.rows.filter((row) => row.createdAt >= since && row.createdAt < until);
    expect(within.length).toBeGreaterThan(0);
    expect(ids(await exported({ records: 'purchases', ...times }))).toEqual(ids(within));
    expect(ids(await exported({ records: 'purchases', ...times, affiliate_id: 1001 }))).toEqual(
      ids(within.filter((row) => row.affiliateId === 1001)),
    );
    expect(ids(await exported({ records: 'commissions', currency: 'EUR' }))).toEqual(
      ids(commissions.rows.filter((row) => row.currency === 'EUR')),
    );
    expect(ids(await exported({ records: 'affiliates', affiliate_id: 1004 }))).toEqual([1004]);
    expect(affiliates.rows.length).toBeGreaterThan(1);
  });

  it.each<[JsonObject, RegExp]>([
    [
      { records: 'leads', status: 'Customers' },
      /^None of the 120 leads read has the status "Customers"; found: ("\w+" \(\d+\)(; )?)+\.$/,
    ],
    [{ records: 'leads', status: ' Customers ' }, /"Customer" \(\d+\)/],
    [{ records: 'purchases', affiliate_id: 999_999 }, /^None of the \d+ purchases read names the affiliate 999999\.$/],
    [{ records: 'affiliates', affiliate_id: 999_999 }, /^None of the \d+ affiliates read has the id 999999\.$/],
    [{ records: 'commissions', currency: 'GBP' }, /has the currency "GBP"; found: .*"USD" \(\d+\)/],
    [{ records: 'purchases', currency: 'GBP', affiliate_id: 999_999 }, /"GBP".* None of the .* affiliate 999999/],
  ])('that finds nothing because of one value says so: %j', async (args, note) => {
    const { connection } = await startSandboxed();
    const { data } = await connection.call('export_records', args);
    expect(data).toMatchObject({ rows: 0, complete: true });
    expect(data.note).toMatch(note);
  });

  it('that finds nothing by values that are there says nothing of them', async () => {
    const { connection, programme } = await startSandboxed();
    const idle = programme.affiliates.rows.find(
      ({ id }) => !programme.purchases.rows.some(({ affiliateId }) => affiliateId === id),
    );
    for (const args of [
      { records: 'leads', status: 'cUSTOMER', affiliate_id: 1001, until: '2001-01-01' },
      { records: 'affiliates', status: 'archived', affiliate_id: 1001 },
    ]) {
      const { data } = await connection.call('export_records', args);
      expect(data.rows).toBe(0);
      expect(data).not.toHaveProperty('note');
    }
    expect(idle).toBeDefined();
    const { data } = await connection.call('export_records', { records: 'purchases', affiliate_id: idle?.id });
    expect(data.note).toContain(`names the affiliate ${idle?.id}`);
  });

  it.each<[JsonObject, string]>([
    [{ records: 'affiliates', status: 'paid' }, 'status of affiliates is one of active, pending, archived, all'],
    [{ records: 'purchases', status: 'constructor' }, 'status of purchases is one of live, cancelled, all'],
    [{ records: 'visitors', status: 'new' }, 'visitors have no status'],
    [{ records: 'leads', currency: 'USD' }, 'currency does not apply to leads'],
    [{ records: 'purchases', since: '2026-02-01', until: '2026-01-31' }, 'until must be after since'],
    [{ records: 'orders' }, 'records'],
  ])('that makes no sense is refused before anything is read: %j', async (args, words) => {
    const upstream = await startUpstream(() => ({ json: [] }));
    const { call } = await startHarnessAt(upstream.url).connect('modern');
    const refused = await call('export_records', args);
    expect(reasonOf(refused)).toBe('invalid');
    expect(refused.text).toContain(words);
    expect(upstream.requests).toEqual([]);
  });
});

it('is no way around a list that the operator switched off', async () => {
  const upstream = await startUpstream(() => ({ json: [] }));
  const { call } = await startHarnessAt(upstream.url, { excludeTools: ['list_leads'] }).connect('modern');
  expect((await call('export_records', { records: 'leads' })).text).toContain('switched off list_leads');
  expect(upstream.requests).toEqual([]);
  expect((await call('export_records', { records: 'visitors' })).isError).toBe(false);
});

it('joins nothing of affiliates where the operator switched their list off', async () => {
  const upstream = await startUpstream(() => ({ json: [] }));
  const { call } = await startHarnessAt(upstream.url, { excludeTools: ['list_affiliates'] }).connect('modern');
  for (const more of [{ join: 'affiliate' }, { group: 'VIP' }]) {
    const refused = await call('export_records', { records: 'purchases', ...more });
    expect(reasonOf(refused)).toBe('invalid');
    expect(refused.text).toContain('switched off list_affiliates');
  }
  expect(upstream.requests.filter(({ path }) => path.startsWith('/affiliates'))).toEqual([]);
  expect((await call('export_records', { records: 'purchases' })).isError).toBe(false);
});

describe('what is in a file', () => {
  const secret = 'https://dash.example.org/p/secret-token';
  const hostile: JsonObject[] = [
    {
      id: 1,
      email: 'ann@example.com',
      first_name: '=HYPERLINK("http://x.example")',
      last_name: '\u202eMallory\u200b',
      custom_fields: { '=1+1': '@SUM(A1)', Website: 'https://a.example', Nested: { deep: { deeper: [1, 2] } } },
      affiliate_dashboard_url: secret,
      created_at: '2026-01-01T00:00:00Z',
    },
    { id: '2', email: null, first_name: 7, custom_fields: null, 'affiliate_dashboard\u200b_url': secret },
    // Nothing in it is known: then it is kept whole.
    { odd: { affiliate_dashboard_url: secret, sign_in_url: secret }, 'a,b': '-5' },
  ];
  const start = async (options = {}) => {
    const upstream = await startUpstream(({ path }) => ({ json: path.endsWith('count') ? 3 : hostile }));
    return await startHarnessAt(upstream.url, options).connect('modern');
  };

  it.each(['csv', 'jsonl'])('is clean, and no secret (%s)', async (format) => {
    for (const showDashboardLinks of [false, true]) {
      const connection = await start({ showDashboardLinks });
      const result = await connection.call('export_records', { records: 'affiliates', format });
      const { text } = await fileIn(result, connection);
      expect(text).not.toContain('secret-token');
      expect(text).not.toMatch(/[\u202e\u200b]/);
      expect(text).toContain('Mallory');
      expect(result.data.rows).toBe(3);
    }
  });

  it('starts no formula', async () => {
    const connection = await start();
    const { text } = await fileIn(await connection.call('export_records', { records: 'affiliates' }), connection);
    expect(text).toContain(`"'=HYPERLINK(""http://x.example"")"`);
    expect(text).toContain(",'@SUM(A1),");
    for (const cell of text.split(/[,\r\n]/)) expect(cell).not.toMatch(/^["\s]*[=+@]/);
  });

  it('is masked where people are, by the same pseudonyms as in results', async () => {
    const harness = await startHarness({ maskPii: true });
    const connection = await harness.connect('modern');
    const { programme } = harness.sandbox;
    for (const records of ['affiliates', 'purchases', 'commissions', 'leads', 'visitors']) {
      const result = await connection.call('export_records', { records, format: 'jsonl', sample: true });
      const { text } = await fileIn(result, connection);
      for (const { email } of [...programme.affiliates.rows, ...programme.leads.rows]) {
        expect(text.toLowerCase()).not.toContain(email.toLowerCase());
      }
      const emails = linesOf(text).map((row) => row.email ?? row.lead_email ?? row.affiliate_email);
      const shown = rowsOf(result, 'sample').map(
        (row) => row.email ?? at(row, 'lead', 'email') ?? at(row, 'affiliate', 'email'),
      );
      expect(emails.slice(0, 3)).toEqual(shown);
    }
    const { text } = await fileIn(await connection.call('export_records', { records: 'affiliates' }), connection);
    expect(text).not.toMatch(/\bArbor\b|\bMendes\b/);
    expect(text).toContain('@masked.invalid');
  });

  it('may be shown by three rows', async () => {
    const { connection } = await startSandboxed();
    const result = await connection.call('export_records', { records: 'leads', sample: true });
    expect(rowsOf(result, 'sample')).toHaveLength(3);
  });
});

describe('an export that is not whole', () => {
  const rows = Array.from({ length: 450 }, (_, index) => ({ id: index + 1, email: `p${index}@example.com` }));
  let broken = true;
  const start = () =>
    startUpstream(({ query }) => {
      if (query.page === '2' && broken) return { status: 500, text: 'oops' };
      const page = Number(query.page);
      return { json: rows.slice((page - 1) * 200, page * 200) };
    });

  it('says so, in its name too; with the cursor it becomes whole', async () => {
    broken = true;
    const connection = await startHarnessAt((await start()).url).connect('modern');
    const args = { records: 'affiliates', format: 'jsonl' };
    const partial = await connection.call('export_records', args);
    expect(partial.data).toMatchObject({ partial: true, complete: false, rows: 200 });
    expect(partial.data.partial_because).toContain('not all affiliates were read');
    expect((await fileIn(partial, connection)).file?.name).toMatch(/-partial\.jsonl$/);
    broken = false;
    const whole = await connection.call('export_records', { ...args, cursor: partial.data.cursor });
    expect(ids(linesOf((await fileIn(whole, connection)).text))).toEqual(ids(rows));
    expect(whole.data).not.toHaveProperty('partial');
  });

  it('by its bytes holds whole rows alone', async () => {
    const table = toTable(
      Array.from({ length: 2_000 }, (_, index) => ({ id: index, note: 'ü'.repeat(index % 90) })),
      new Set(),
    );
    const { signal } = new AbortController();
    for (const format of ['csv', 'jsonl'] as const) {
      const all = await writeTable(table, format, 10_000_000, { signal });
      expect(all.rows).toBe(2_000);
      for (const most of [0, 7, 999, 20_000, 77_777]) {
        const cut = await writeTable(table, format, most, { signal });
        expect(all.text.startsWith(cut.text)).toBe(true);
        const lines = cut.text.split('\n').length - 1;
        expect(cut.rows).toBe(format === 'csv' ? lines - 1 : lines);
        if (cut.rows > 0) expect(Buffer.byteLength(cut.text)).toBeLessThanOrEqual(most);
        const next = all.text.split('\n')[lines] ?? '';
        expect(Buffer.byteLength(cut.text) + Buffer.byteLength(next) + 1).toBeGreaterThan(most);
      }
    }
  });

  it('by 20 MB says how many rows it has', async () => {
    const note = 'n'.repeat(48_000);
    const upstream = await startUpstream(({ query, path }) => {
      if (path.endsWith('count')) return { json: 600 };
      const from = (Number(query.page) - 1) * 200;
      return { json: Array.from({ length: from < 600 ? 200 : 0 }, (_, index) => ({ id: from + index + 1, note })) };
    });
    const connection = await startHarnessAt(upstream.url).connect('modern');
    const result = await connection.call('export_records', { records: 'purchases' });
    const { file, text } = await fileIn(result, connection);
    expect(Number(file?.size)).toBeLessThanOrEqual(20_000_000);
    expect(Number(file?.size)).toBeGreaterThan(20_000_000 - 50_000);
    expect(text.split('\r\n')).toHaveLength(Number(result.data.rows) + 2);
    expect(result.data.partial_because).toBe(`a file holds at most 20 MB: ${result.data.rows} rows of 600.`);
  });

  it('stops with the call', async () => {
    let stuck = 0;
    const upstream = await startUpstream(({ query }) => {
      if (query.page !== '1') {
        stuck += 1;
        return 'never';
      }
      return { json: rows.slice(0, 200) };
    });
    const { call } = await startHarnessAt(upstream.url).connect('modern');
    const stop = new AbortController();
    const running = call('export_records', { records: 'affiliates' }, { signal: stop.signal });
    await expect.poll(() => stuck).toBeGreaterThan(0);
    stop.abort();
    await expect(running).rejects.toThrow();
    await expect.poll(() => upstream.abandoned()).toBeGreaterThan(0);
  });
});

describe('a table', () => {
  it('gives no two places one column', () => {
    const { columns, rows } = toTable(
      [
        { affiliate_id: 1, affiliate: { id: 2 } },
        { affiliate: null, affiliate_id: 3, other: null },
      ],
      new Set(['affiliate']),
    );
    expect(columns).toEqual(['affiliate_id', 'affiliate_id (2)', 'other']);
    expect(rows.slice(0, rows.length)).toEqual([
      { affiliate_id: 1, 'affiliate_id (2)': 2 },
      { affiliate_id: 3, other: null },
    ]);
  });

  it('keeps lists and what is very deep as JSON, and has an end', () => {
    const { columns, rows } = toTable([{ a: { b: { c: { d: { e: 1 } } } }, list: [1, { x: 2 }] }], new Set());
    expect(columns).toEqual(['a_b_c_d', 'list']);
    expect(rows.slice(0, rows.length)).toEqual([{ a_b_c_d: { e: 1 }, list: [1, { x: 2 }] }]);
    const wide = toTable(
      [Object.fromEntries(Array.from({ length: 400 }, (_, index) => [`c${index}`, index]))],
      new Set(),
    );
    expect(wide.columns).toHaveLength(250);
    expect(wide.columnsLeftOff).toBe(150);
  });

  it('without rows has its header', async () => {
    const upstream = await startUpstream(() => ({ json: [] }));
    const connection = await startHarnessAt(upstream.url).connect('legacy');
    const result = await connection.call('export_records', { records: 'commissions' });
    expect((await fileIn(result, connection)).text).toMatch(
      /^\ufeffid,amount,currency,date,due_at,.*affiliate_email.*\r\n$/,
    );
    expect(result.data).toMatchObject({ rows: 0, complete: true });
  });
});

it('an export of paid commissions says that there is no date of payment', async () => {
  const { call } = await (await startHarness()).connect('modern');
  const paid = await call('export_records', { records: 'commissions', status: 'paid' });
  expect(paid.data.note).toContain('LeadDyno has no payment date');
  expect((await call('export_records', { records: 'commissions', status: 'due' })).data).not.toHaveProperty('note');
});
