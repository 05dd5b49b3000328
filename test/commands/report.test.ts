import { readFileSync, statSync, symlinkSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { describe, expect, it } from 'vitest';
import { accountOf } from '../../src/account.ts';
import { drawing, type Written } from '../../src/app-page.ts';
import { openPaymentRecord } from '../../src/audit/index.ts';
import { runReportCommand } from '../../src/commands/report.ts';
import type { JsonObject } from '../../src/json.ts';
import { startHarness } from '../support/harness.ts';
import { temporaryFolder } from '../support/http-tokens.ts';
import { owed, payee, startPayoutUpstream } from '../support/payout-upstream.ts';
import { readCsv } from '../support/read-csv.ts';
import { startUpstream } from '../support/upstream.ts';
import { secret, writer } from '../support/written.ts';

interface Row {
  readonly tool: string;
  readonly arguments: JsonObject;
  readonly result: JsonObject;
}

const file = () => join(temporaryFolder().path, 'report.html');
const told: string[] = [];
const opened: string[] = [];
async function run(args: string[], env: Record<string, string> = {}) {
  const ended = await runReportCommand(args, {
    env,
    tell: (line) => told.push(line),
    open: (path) => opened.push(path),
  });
  writer('what report prints', 'logs')(JSON.stringify(ended) + told.join());
  return ended;
}

/** What was written into a page. */
function resultsIn(path: string): Written {
  const [, json = ''] = /id="results">(.*?)<\/script>/s.exec(readFileSync(path, 'utf8')) ?? [];
  return JSON.parse(json) as Written;
}

const payoutsIn = (path: string): JsonObject => resultsIn(path).parts.payouts ?? {};

describe('leaddyno-mcp report', { timeout: 60_000 }, () => {
  it('writes one page with the overview and the payouts, for its owner alone', async () => {
    const out = file();
    const { code, error } = await run(['--sandbox', '--out', out]);
    expect({ code, error }).toEqual({ code: 0, error: expect.stringContaining(out) });
    expect(statSync(out).mode & 0o777).toBe(0o600);
    const { parts } = resultsIn(out);
    const { overview, payouts } = parts;
    expect(overview).toMatchObject({
      counts: { affiliates: 250 },
      complete: true,
      series: { months: expect.any(Array) },
    });
    expect(payouts).toMatchObject({ complete: true, lines: expect.any(Array) });
    // They would end with this process.
    expect(payouts).not.toHaveProperty('files');
    expect(Object.keys(parts)).toEqual(expect.arrayContaining(['pending', 'in30', 'in60', 'ranking', 'groups']));
    expect(told.join()).toMatch(/payout_report: .*commissions read/);
    // Drawn already, for whoever has no JavaScript.
    expect(readFileSync(out, 'utf8')).toMatch(/<h1>Affiliate programme.*Money to pay/s);
  });

  it('takes the day by whose end commissions are due', async () => {
    const out = file();
    await run(['--sandbox', '--due-by', '2026-11-30', '--out', out]);
    expect(payoutsIn(out)).toMatchObject({ due_by: '2026-11-30T23:59:59.999Z' });
  });

  it('takes a month for the overview, and its end for what is due', async () => {
    const out = file();
    await run(['--sandbox', '--month', '2026-02', '--out', out]);
    const { overview, payouts } = resultsIn(out).parts;
    expect(overview).toMatchObject({ month: { this: { since: '2026-02-01T00:00:00Z' } } });
    expect(payouts).toMatchObject({ due_by: '2026-02-28T23:59:59.999Z' });
    await run(['--sandbox', '--month=2026-02', '--due-by=2026-03-15', '--out', out]);
    expect(payoutsIn(out)).toMatchObject({ due_by: '2026-03-15T23:59:59.999Z' });
  });

  it('writes to standard output as - says', async () => {
    const { code, out, error } = await run(['--sandbox', '--mask-pii', '--out', '-']);
    expect(code).toBe(0);
    expect(out).toMatch(/^<!doctype html>/i);
    expect(out).toContain('id="results">{');
    expect(error).toMatch(/^It holds your affiliates' data/);
  });

  it('writes pseudonyms where people are masked', async () => {
    const out = file();
    await run(['--sandbox', '--mask-pii', `--out=${out}`]);
    const text = readFileSync(out, 'utf8');
    expect(text).not.toContain('ann.arbor@example.com');
    expect(text).toContain('@masked.invalid');
  });

  it.each([
    [['--sandbox'], /Name the file/],
    [['--sandbox', '--out'], /Name the file/],
    [['--sandbox', '--out=x.html', '--due-by=2026-02-30'], /--due-by must be a day/],
    [['--sandbox', '--out=x.html', '--due-by'], /--due-by must be a day/],
    [['--sandbox', '--out=x.html', '--month=2026-13'], /--month must be a month/],
    [['--sandbox', '--out=x.html', '--month'], /--month must be a month/],
    [['--sandbox', '--out=x.html', '--month=2026-02', '--since=2026-02-01'], /either --month/],
    [['--sandbox', '--out=x.html', '--until=2026-02-01'], /--until needs --since/],
    [['--sandbox', '--out=x.html', '--since=2026-02-30'], /--since must be a day/],
    [['--sandbox', '--out=x.html', '--since=2026-02-03', '--until=2026-02-01'], /must not be before/],
    [['--sandbox', '--out=x.html', '--since=2999-01-01'], /in the future/],
    [['--sandbox', '--out=x.html', '--format=pdf'], /--format must be html, csv, json/],
    [['--sandbox', '--out=-', '--open'], /--open needs a file/],
    [['--sandbox', '--out=x.html', '--what'], /--what/],
    [['--out', 'x.html'], /private API key/],
  ])('refuses %j with a message', async (args, message) => {
    const { code, error } = await run(args);
    expect(code).toBe(2);
    expect(error).toMatch(message);
  });

  it('takes the place of an earlier report with a file that nobody else can read, and of no link', async () => {
    const out = file();
    writeFileSync(out, 'an earlier one', { mode: 0o644 });
    await run(['--sandbox', '--out', out]);
    expect(statSync(out).mode & 0o777).toBe(0o600);
    const behind = file();
    writeFileSync(behind, 'not to be touched');
    const link = `${behind}-link`;
    symlinkSync(behind, link);
    expect(await run(['--sandbox', '--out', link])).toMatchObject({
      code: 2,
      error: expect.stringContaining('is not a regular file'),
    });
    expect(readFileSync(behind, 'utf8')).toBe('not to be touched');
  });

  describe('what is remembered as paid', () => {
    const start = async () => {
      const upstream = await startPayoutUpstream([payee(1)], [owed(1, 1), owed(2, 1)]);
      const key = secret('k-1');
      return { key, env: { LEADDYNO_API_KEY: key, LEADDYNO_BASE_URL: upstream.url } };
    };

    it('is held as in the server, from its audit log', async () => {
      const { env, key } = await start();
      const folder = temporaryFolder().path;
      const payment = { how: 'paid', at: '2026-05-04T00:00:00.000Z' } as const;
      await openPaymentRecord(folder, { processName: 'server' }).add(accountOf(key), ['2'], payment);
      const out = file();
      const { code, error } = await run(['--out', out, '--audit-log', folder], env);
      expect({ code, error }).toEqual({ code: 0, error: expect.not.stringContaining('not known') });
      expect(payoutsIn(out)).toMatchObject({
        totals: [{ ready: '10.00', held: '0.00', already_paid: '10.00' }],
        lines: [{ state: 'ready' }, { reasons: [expect.stringContaining('paid on 2026-05-04')] }],
      });
    });

    it('is said not to be known where neither is given, and lets nothing be written where it cannot be read', async () => {
      const { env } = await start();
      const out = file();
      const { error } = await run(['--out', out], env);
      expect(error).toContain('This report does not know');
      expect(payoutsIn(out)).toMatchObject({ paid_before_note: expect.stringContaining('does not know') });
      const other = file();
      const gone = join(temporaryFolder().path, 'gone');
      const refused = await run(['--out', other, '--audit-log', gone], env);
      expect(refused).toMatchObject({ code: 1, error: expect.stringContaining('what was paid before is not known') });
      expect(() => statSync(other)).toThrow();
    });
  });

  it('writes nothing where LeadDyno fails', async () => {
    const out = file();
    const upstream = await startUpstream(() => ({ status: 401, json: { error: 'no' } }));
    const env = { LEADDYNO_API_KEY: secret('k-1'), LEADDYNO_BASE_URL: upstream.url };
    const { code, error } = await run(['--out', out], env);
    expect(code).toBe(1);
    expect(error).toMatch(/^Nothing was written: .*key/);
    expect(() => statSync(out)).toThrow();
  });
});

it('nothing that is written into a page can end the script it stands in', async () => {
  const { drawFile } = await drawing();
  const page = '<div id="page"></div><script type="application/json" id="results"></script>';
  const name = '</script><script>alert(1)</script>';
  const parts = { overview: { counts: {}, month: {}, top_affiliates: { affiliates: [{ name }] } } };
  const html = drawFile(page, { parts, period: { kind: 'month', month: '2026-05' }, made_at: '2026-05-04T00:00:00Z' });
  expect(html.match(/<\/script>/g)).toHaveLength(1);
  expect(html).toContain('&lt;script>alert(1)');
});

describe('figures of a report', { timeout: 60_000 }, () => {
  it('are those of the tools, as JSON with every line', async () => {
    const out = file();
    const { code } = await run(['--sandbox', '--format=json', '--month=2026-02', '--out', out]);
    expect(code).toBe(0);
    const { results } = JSON.parse(readFileSync(out, 'utf8')) as { results: Row[] };
    // The same sandbox: a server of its own, with a client.
    const harness = await startHarness({
      sandbox: { affiliates: 250, leads: 2_000, purchases: 1_200, visitors: 5_000 },
    });
    const { call } = await harness.connect('modern');
    const names = results.map(({ tool }) => tool);
    expect(names).toEqual(expect.arrayContaining(['payout_report', 'program_overview', 'rank_affiliates']));
    for (const { tool, arguments: args, result } of results) {
      const { data } = await call(tool, args);
      for (const key of ['totals', 'reconciliation', 'month', 'counts', 'ranking', 'rankings', 'rows', 'pending']) {
        expect({ tool, [key]: result[key] }).toEqual({ tool, [key]: data[key] });
      }
    }
  });

  it('are one table as CSV, of days that are chosen', async () => {
    const out = file();
    const { code } = await run(['--sandbox', '--format=csv', '--since=2026-02-01', '--until=2026-03-31', '--out', out]);
    expect(code).toBe(0);
    const [header, ...rows] = readCsv(readFileSync(out, 'utf8').replace('\ufeff', ''));
    expect(header?.slice(0, 4)).toEqual(['section', 'item', 'currency', 'amount']);
    const sections = new Set(rows.map(([section]) => section));
    expect([...sections]).toEqual(['needs you', 'how it goes', 'who', 'payouts']);
  });

  it('are opened if that was asked for, once they are written', async () => {
    const out = file();
    await run(['--sandbox', '--format=csv', '--open', '--out', out]);
    expect(opened).toEqual([out]);
    expect(statSync(out).size).toBeGreaterThan(100);
  });
});
