import { expect, it } from 'vitest';
import type { JsonObject } from '../../src/json.ts';
import { startHarness } from '../support/harness.ts';
import { rowsOf } from '../support/protocol-json.ts';
import { readCsv } from '../support/read-csv.ts';

const DAY = 86_400_000;

async function outreach(more: JsonObject = {}) {
  const harness = await startHarness();
  const { programme } = harness.sandbox;
  const silent = programme.affiliates.rows.find(({ status }) => status === 'Active');
  if (silent) silent.unsubscribed = true;
  const { call, client } = await harness.connect('modern');
  const result = await call('export_records', { records: 'outreach', ...more });
  expect(result.isError, result.text).toBe(false);
  const { contents } = await client.readResource({ uri: String(rowsOf(result, 'files')[0]?.uri) });
  const text = contents[0] && 'text' in contents[0] ? contents[0].text : '';
  const [columns = [], ...lines] = readCsv(text.replace(/^\ufeff/, ''));
  const rows = lines.map((line) => Object.fromEntries(columns.map((name, index) => [name, line[index] ?? ''])));
  expect(harness.faults).toEqual([]);
  return { programme, result, rows, silent };
}

it('holds active affiliates who take mails, with a link to each page', async () => {
  const { programme, result, rows, silent } = await outreach({ pages: ['https://shop.example.com/new?ref=mail#top'] });
  const active = programme.affiliates.rows.filter(({ status, unsubscribed }) => status === 'Active' && !unsubscribed);
  expect(rows.map(({ email }) => email).sort()).toEqual(active.map(({ email }) => email).sort());
  expect(rows.map(({ email }) => email)).not.toContain(silent?.email);
  expect(Number(result.data.unsubscribed_left_out)).toBeGreaterThan(0);
  for (const { page_1, affiliate_code } of rows) {
    const url = new URL(String(page_1));
    expect([url.pathname, url.searchParams.get('ref'), url.hash]).toEqual(['/new', 'mail', '#top']);
    expect(url.searchParams.get('afmc')).toBe(affiliate_code);
  }
});

it('holds those who did not sell since a day, by the purchases themselves', async () => {
  const until = new Date(Date.now() - 60 * DAY).toISOString().slice(0, 10);
  const { programme, rows, silent } = await outreach({ until, unsubscribed: true });
  const end = Date.parse(`${until}T00:00:00Z`) + DAY;
  const sold = new Set(
    programme.affiliates.rows
      .filter(({ id }) => programme.purchasesOf(id).some((one) => one.createdAt >= end && !one.cancelled))
      .map(({ email }) => email),
  );
  const active = programme.affiliates.rows.filter(({ status }) => status === 'Active').map(({ email }) => email);
  expect(sold.size).toBeGreaterThan(0);
  expect(rows.map(({ email }) => email).sort()).toEqual(active.filter((email) => !sold.has(email)).sort());
  expect(sold.has(silent?.email ?? '') || rows.some(({ email }) => email === silent?.email)).toBe(true);
});

it.each([
  ['a page that is none', { records: 'outreach', pages: ['javascript:alert(1)'] }, /http\(s\) address/],
  [
    'a page with a password',
    { records: 'outreach', pages: ['https://me:secret@shop.example.com'] },
    /http\(s\) address/,
  ],
  ['a currency', { records: 'outreach', currency: 'USD' }, /not for records: outreach/],
  [
    'pages of another list',
    { records: 'affiliates', pages: ['https://shop.example.com'] },
    /only for records: outreach/,
  ],
])('refuses %s', async (_, args, why) => {
  const harness = await startHarness();
  const { call } = await harness.connect('modern');
  const result = await call('export_records', args);
  expect(result.isError).toBe(true);
  expect(result.text).toMatch(why);
  expect(harness.sandbox.requests).toEqual([]);
});
