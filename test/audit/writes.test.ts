import { readdirSync, readFileSync, renameSync } from 'node:fs';
import { join } from 'node:path';
import { describe, expect, it } from 'vitest';
import { openAuditLog } from '../../src/audit/audit-log.ts';
import { eras } from '../support/clients.ts';
import { KEY, startHarness, startHarnessAt } from '../support/harness.ts';
import { temporaryFolder } from '../support/http-tokens.ts';
import { askedIn, at, reasonOf, rowsOf } from '../support/protocol-json.ts';
import { startUpstream } from '../support/upstream.ts';

/** An audit log in a new folder, and everything that its files hold. */
function openLog() {
  const folder = join(temporaryFolder().path, 'log');
  const log = openAuditLog(folder, { processName: 'test' });
  const text = () =>
    readdirSync(folder)
      .map((name) => readFileSync(join(folder, name), 'utf8'))
      .join('');
  const lines = () =>
    text()
      .split('\n')
      .filter(Boolean)
      .map((line) => JSON.parse(line));
  return { folder, log, text, lines };
}

/** What could log somebody in, or carry out a write once more. */
const SECRETS = [KEY, 'eyJ'];

describe('the time of a write that does not ask', () => {
  /** A LeadDyno whose answers come after so many milliseconds; -1: never. */
  async function approve(readMs: number, writeMs: number) {
    const { log, lines } = openLog();
    const record = { id: 1, email: 'ann@example.com', status: 'Active', archived: false, pending_approval: false };
    const upstream = await startUpstream(({ method }) => {
      const delayMs = method === 'GET' ? readMs : writeMs;
      return delayMs < 0 ? 'never' : { json: record, delayMs };
    });
    const { call } = await startHarnessAt(upstream.url, { timeoutMs: 1_000, changes: log }).connect('modern');
    const began = performance.now();
    const result = await call('update_affiliate', { affiliate_id: 1, first_name: 'Anne' });
    return { result, ms: performance.now() - began, lines: lines() };
  }

  it('is one --timeout, with the read for the log', async () => {
    const { result, ms } = await approve(400, -1);
    expect(reasonOf(result)).toBe('timeout');
    expect(result.text).toContain('may have happened');
    expect(ms).toBeGreaterThan(900);
    expect(ms).toBeLessThan(1_350);
  });

  it('is not used up by that read', async () => {
    const { result, ms, lines } = await approve(-1, 100);
    expect(result.isError, result.text).toBe(false);
    expect(ms).toBeLessThan(1_000);
    expect(lines).toMatchObject([{ before: null }, { outcome: 'done' }]);
  });
});

describe.each(eras)('%s: with an audit log', (era) => {
  it('a write that does not ask is there with the record before and after', async () => {
    const { log, lines } = openLog();
    const harness = await startHarness({ changes: log });
    const { call } = await harness.connect(era);
    expect((await call('update_affiliate', { affiliate_id: 1002, first_name: 'Benjamin' })).isError).toBe(false);
    const [begun, ended, ...more] = lines();
    expect(more).toEqual([]);
    expect(begun).toMatchObject({
      line: 'begin',
      caller: 'local',
      tool: 'update_affiliate',
      operation: 'update_affiliate',
      arguments: { affiliate_id: 1002, first_name: 'Benjamin' },
      confirmed: 'not_asked',
      before: { id: 1002, pending_approval: true, email: 'ben.okafor@example.com' },
    });
    expect(ended).toMatchObject({ line: 'end', id: begun.id, outcome: 'done', after: { affiliate: { id: 1002 } } });
    expect(at(ended, 'after', 'affiliate', 'first_name')).toBe('Benjamin');
  });

  it('a write that asks is there once it is carried out, and says how it was confirmed', async () => {
    const { folder, log, lines, text } = openLog();
    const harness = await startHarness({ changes: log });
    const { call } = await harness.connect(era);
    const { token } = askedIn(await call('archive_affiliate', { affiliate_id: 1001 }));
    expect(readdirSync(folder)).toEqual([]);
    expect((await call('archive_affiliate', { affiliate_id: 1001, confirmation_token: token })).isError).toBe(false);
    expect(lines()).toMatchObject([
      { arguments: { affiliate_id: 1001 }, confirmed: 'token', before: { id: 1001, archived: false } },
      { outcome: 'done' },
    ]);
    expect(lines()[0].arguments).toEqual({ affiliate_id: 1001 });
    expect(text()).not.toContain(token);

    const showing = await harness.connect(era, { answers: 'yes' });
    await showing.call('archive_affiliate', { affiliate_id: 1003 });
    expect(lines().slice(2)).toMatchObject([{ confirmed: 'form' }, { outcome: 'done' }]);
    const declining = await harness.connect(era, { answers: 'decline' });
    await declining.call('archive_affiliate', { affiliate_id: 1004 });
    expect(lines()).toHaveLength(4);
  });

  it('nothing is sent while it cannot be written; reads go on, and writes again once it can be', async () => {
    const { log, folder, lines } = openLog();
    const harness = await startHarness({ changes: log, confirm: 'off' });
    const { call } = await harness.connect(era);
    renameSync(folder, `${folder}.away`);
    for (const [tool, args] of [
      ['approve_affiliate', { affiliate_id: 1002 }],
      ['create_affiliate', { email: 'new@example.com' }],
      ['archive_affiliate', { affiliate_id: 1001 }],
    ] as const) {
      const refused = await call(tool, args);
      expect(reasonOf(refused)).toBe('change_log_unavailable');
      expect(refused.text).toMatch(/cannot be written, so nothing was sent\. .*--audit-log/);
    }
    expect(harness.writes()).toEqual([]);
    expect((await call('get_affiliate', { affiliate_id: 1001 })).isError).toBe(false);
    const unread = await call('list_recent_changes');
    expect(reasonOf(unread)).toBe('change_log_unavailable');
    expect(unread.text).toMatch(/cannot be read/);
    expect(unread.text).not.toContain('nothing was sent');
    renameSync(`${folder}.away`, folder);
    expect((await call('approve_affiliate', { affiliate_id: 1002 })).isError).toBe(false);
    expect(harness.writes()).toEqual(['POST /affiliates/1002/approve']);
    expect(lines()).toHaveLength(2);
    expect(harness.faults).toEqual([]);
  });

  it('no file holds a key, a link that logs somebody in, or a confirmation', async () => {
    const { log, text } = openLog();
    const harness = await startHarness({ changes: log, showDashboardLinks: true });
    const { call } = await harness.connect(era);
    const { token } = askedIn(await call('create_affiliate_sign_in_link', { affiliate_id: 1001 }));
    const linked = await call('create_affiliate_sign_in_link', { affiliate_id: 1001, confirmation_token: token });
    const link = String(at(linked.data, 'sign_in_link', 'sign_in_url'));
    expect(link).toMatch(/^https:/);
    const approved = await call('update_affiliate', { affiliate_id: 1002, first_name: 'Benjamin' });
    const dashboard = String(at(approved.data, 'affiliate', 'affiliate_dashboard_url'));
    expect(dashboard).toMatch(/^https:/);
    await call('update_affiliate', { affiliate_id: 1002, first_name: `Ben ${KEY}` });
    for (const secret of [token, link, dashboard, ...SECRETS]) expect(text(), secret).not.toContain(secret);
    for (const piece of [link, dashboard].map((url) => url.slice(-12))) expect(text(), piece).not.toContain(piece);
    expect(text()).toContain('create_affiliate_sign_in_link');
    const listed = await call('list_recent_changes', { detail: 'full' });
    for (const secret of [token, link, dashboard]) expect(listed.text).not.toContain(secret);
  });
});

it('a sign-in link is in no file, whatever shape LeadDyno sends it in', async () => {
  for (const json of [
    'https://app.leaddyno.com/affiliate/sign_in?token=SECRET-LOGIN',
    ['https://app.leaddyno.com/affiliate/sign_in?token=SECRET-LOGIN'],
    { link: 'https://app.leaddyno.com/affiliate/sign_in?token=SECRET-LOGIN' },
    { data: { url: 'https://app.leaddyno.com/affiliate/sign_in?token=SECRET-LOGIN' } },
  ]) {
    const { log, text, lines } = openLog();
    const upstream = await startUpstream(({ method }) => ({
      json: method === 'GET' ? { id: 7, email: 'a@x.example' } : json,
    }));
    const { call } = await startHarnessAt(upstream.url, { changes: log, confirm: 'off' }).connect('modern');
    expect((await call('create_affiliate_sign_in_link', { affiliate_id: 7 })).isError).toBe(false);
    expect(lines()).toMatchObject([{ operation: 'create_affiliate_sign_in_link' }, { outcome: 'done', after: null }]);
    expect(text()).not.toContain('SECRET-LOGIN');
  }
});

describe('what became of a write', () => {
  it.each<[string, Parameters<typeof startUpstream>[0], object]>([
    ['a refusal', () => ({ status: 422, json: { error: 'no' } }), { outcome: 'refused', reason: 'invalid' }],
    ['a fault', () => ({ status: 500, text: 'oops' }), { outcome: 'unknown', reason: 'upstream' }],
    ['a lost answer', () => ({ reset: 'within the answer' }), { outcome: 'unknown', reason: 'network' }],
    ['no answer', () => 'never', { outcome: 'unknown', reason: 'timeout' }],
    ['an empty answer', () => ({ text: '' }), { outcome: 'done' }],
  ])('is noted of %s', async (_, script, ending) => {
    const { log, lines } = openLog();
    const upstream = await startUpstream((request, count) =>
      request.method === 'GET' ? { json: { id: 1002, email: 'a@x.example', archived: false } } : script(request, count),
    );
    const { call } = await startHarnessAt(upstream.url, { changes: log, timeoutMs: 700 }).connect('modern');
    await call('update_affiliate', { affiliate_id: 1002, first_name: 'Benjamin' });
    expect(lines()).toMatchObject([{ before: { id: 1002 } }, { line: 'end', ...ending }]);
  });

  it('is unknown where the call is cancelled once it was sent', async () => {
    const { log, lines } = openLog();
    const upstream = await startUpstream(({ method }) =>
      method === 'GET' ? { json: { id: 1002, email: 'a@x.example' } } : 'never',
    );
    const { call } = await startHarnessAt(upstream.url, { changes: log }).connect('modern');
    const abort = new AbortController();
    const running = call('update_affiliate', { affiliate_id: 1002, first_name: 'Benjamin' }, { signal: abort.signal });
    await expect.poll(() => upstream.requests.some(({ method }) => method === 'PUT')).toBe(true);
    expect(lines()).toHaveLength(1);
    abort.abort();
    await expect(running).rejects.toThrow();
    await expect.poll(lines).toMatchObject([{}, { line: 'end', outcome: 'unknown', reason: 'cancelled' }]);
  });

  it('is done where the record before could not be read: the write goes on', async () => {
    const { log, lines } = openLog();
    const upstream = await startUpstream(({ method }) =>
      method === 'GET' ? { status: 404, json: { error: 'no such' } } : { json: { id: 5, email: 'a@x.example' } },
    );
    const { call } = await startHarnessAt(upstream.url, { changes: log }).connect('modern');
    expect((await call('update_affiliate', { affiliate_id: 5, first_name: 'Anne' })).isError).toBe(false);
    expect(lines()).toMatchObject([{ before: null }, { outcome: 'done' }]);
  });

  it('is there for every record of a batch, with the tool and its operation', async () => {
    const { log } = openLog();
    const harness = await startHarness({ changes: log, confirm: 'off' });
    const { call } = await harness.connect('modern');
    const ids = harness.sandbox.programme.affiliates.rows
      .filter(({ status }) => status === 'Pending Approval')
      .slice(0, 4)
      .map(({ id }) => id);
    expect(ids.length).toBeGreaterThan(1);
    const reviewed = await call('review_affiliates', { action: 'approve', affiliate_ids: ids });
    expect(reviewed.isError, reviewed.text).toBe(false);
    const [line] = rowsOf(await call('list_recent_changes'), 'changes');
    expect(line).toMatchObject({ changes: ids.length, operations: { approve_affiliate: ids.length } });
    const changes = rowsOf(await call('list_recent_changes', { batch: line?.batch }), 'changes');
    expect(changes.map((change) => at(change, 'record', 'affiliate_id')).sort()).toEqual([...ids].sort());
    for (const change of changes) {
      expect(change).toMatchObject({
        tool: 'review_affiliates',
        operation: 'approve_affiliate',
        confirmed: 'off',
        outcome: 'done',
        before: { status: 'Pending Approval' },
        after: { status: 'Active' },
      });
    }
  });
});
