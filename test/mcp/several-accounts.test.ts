import { readdirSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import { describe, expect, it } from 'vitest';
import { openAuditLog } from '../../src/audit/audit-log.ts';
import { isObject, type JsonObject, rowsIn } from '../../src/json.ts';
import { createProcessLog } from '../../src/ports/change-log.ts';
import { temporaryFolder } from '../support/http-tokens.ts';
import { askedIn } from '../support/protocol-json.ts';
import { startProgrammes } from '../support/several-programmes.ts';

const TWO = ['acme', 'globex'];

describe('what is made in one account is refused in another, in a sentence', () => {
  it('a report', async () => {
    const { connect, reported } = await startProgrammes(TWO);
    const { call } = await connect();
    const { data, text } = await call('payout_report', { account: 'acme', due_by: '2027-12-31' });
    expect(data.report, text).toBeTypeOf('string');
    expect(rowsIn(data, 'files').map(({ name }) => String(name).slice(0, 5))).toContain('acme-');
    const crossed = await call('settle_payouts', { account: 'globex', report: data.report });
    expect(crossed.text).toContain('This report belongs to the account acme: call again with account acme');
    const own = await call('settle_payouts', { account: 'acme', report: data.report });
    expect(askedIn(own).question).toMatch(/^Account acme: /);
    expect(reported).toEqual(['payout_report ok acme', 'settle_payouts error globex', 'settle_payouts asked acme']);
  });

  it('a cursor', async () => {
    let passed = 0;
    // By this clock each look at it takes long: the time is over before all lists are read.
    const ticks = () => {
      passed += 30;
      return passed;
    };
    const { connect, sandboxes } = await startProgrammes(TWO, { adapt: () => ({ workflowMs: 1_900, ticks }) });
    const { call } = await connect();
    const cut = await call('rank_affiliates', { account: 'acme', by: 'revenue' });
    expect(cut.data.cursor, cut.text).toBeTypeOf('string');
    const before = sandboxes.get('globex')?.requests.length;
    const crossed = await call('rank_affiliates', { account: 'globex', by: 'revenue', cursor: cut.data.cursor });
    expect(crossed.data).toMatchObject({ account: 'globex', error: { reason: 'invalid' } });
    expect(crossed.text).toContain('This cursor belongs to the account acme.');
    expect(sandboxes.get('globex')?.requests).toHaveLength(before ?? 0);
  });
});

describe('each account is named', () => {
  it('by the form, the change log, the log of requests and what a tool writes to the disk', async () => {
    const changes = createProcessLog();
    const saved: string[] = [];
    const saveFile = async (name: string) => {
      saved.push(name);
      return `/exports/${name}`;
    };
    const { connect, logged } = await startProgrammes(TWO, { changes, saveFile });
    const { call, forms } = await connect({ answers: 'yes' });
    const done = await call('archive_affiliate', { account: 'globex', affiliate_id: 1001 });
    expect(done.isError, done.text).toBe(false);
    expect(forms.map(({ message }) => message)).toEqual([expect.stringMatching(/^Account globex: /)]);
    expect(new Set(logged)).toEqual(new Set(['globex']));
    await call('export_records', { account: 'globex', records: 'affiliates' });
    expect(saved).toEqual([expect.stringMatching(/^globex-affiliates/)]);

    const globex = await call('list_recent_changes', { account: 'globex' });
    expect(rowsIn(globex.data, 'changes')).toHaveLength(1);
    expect((await call('list_recent_changes', { account: 'acme' })).data.changes).toEqual([]);
  });

  it('by the audit log, in each line and in what is read back', async () => {
    const folder = temporaryFolder().path;
    const changes = openAuditLog(folder, { processName: 'test' });
    const { connect } = await startProgrammes(TWO, { changes });
    const { call } = await connect({ answers: 'yes' });
    for (const account of TWO) await call('archive_affiliate', { account, affiliate_id: 1001 });
    const [file = ''] = readdirSync(folder);
    const lines = readFileSync(join(folder, file), 'utf8')
      .trim()
      .split('\n')
      .map((line) => JSON.parse(line));
    const begun = lines.filter(({ line }) => line === 'begin');
    expect(begun.map(({ account_name }) => account_name)).toEqual(TWO);
    for (const { account, account_name } of begun) {
      const { changes: own } = await changes.list(account, {});
      expect(own.map((change) => change.account_name)).toEqual([account_name]);
    }
    for (const account of TWO) {
      const { data } = await call('list_recent_changes', { account });
      expect(data.changes).toHaveLength(1);
    }
  });

  it('by failures', async () => {
    const { connect } = await startProgrammes(TWO);
    const { call } = await connect();
    const { text, data } = await call('get_affiliate', { account: 'acme', affiliate_id: 999_999 });
    expect(text).toMatch(/^Account acme: /);
    expect(data).toMatchObject({ account: 'acme', error: { reason: 'not_found' } });
  });

  it('by dry runs', async () => {
    const { connect } = await startProgrammes(TWO, { argv: ['--dry-run'] });
    const { call } = await connect();
    const { data } = await call('archive_affiliate', { account: 'acme', affiliate_id: 1001 });
    expect(data).toMatchObject({ account: 'acme', dry_run: { method: 'POST' } });
    const report = await call('payout_report', { account: 'acme', due_by: '2027-12-31' });
    const batch = await call('settle_payouts', { account: 'acme', report: report.data.report });
    expect((batch.data.dry_run as JsonObject).question).toMatch(/^Account acme: /);
  });

  it('by prompts, whose brief says which one to work on', async () => {
    const { connect } = await startProgrammes(TWO);
    const { client } = await connect();
    const { prompts } = await client.listPrompts();
    for (const { arguments: given } of prompts) expect(given?.[0]).toMatchObject({ name: 'account', required: true });
    const [free] = prompts.filter(({ arguments: given }) =>
      given?.every(({ name, required }) => !required || name === 'account'),
    );
    const name = free?.name ?? '';
    const { messages } = await client.getPrompt({ name, arguments: { account: 'globex' } });
    expect(JSON.stringify(messages)).toContain('give account globex in each call');
    await expect(client.getPrompt({ name, arguments: {} })).rejects.toThrow('must be one of acme, globex');
  });
});

describe('all accounts side by side', () => {
  const ALL = ['acme', 'globex', 'initech'];

  it('say what each says by itself, and add nothing up', async () => {
    const now = Date.now();
    const { connect } = await startProgrammes(ALL, { adapt: () => ({ now: () => now }) });
    const { call } = await connect();
    const { data } = await call('program_overview', { account: 'all' });
    expect(Object.keys(data).sort()).toEqual(['account', 'accounts', 'note']);
    const accounts = rowsIn(data, 'accounts');
    expect(accounts.map(({ account }) => account)).toEqual(ALL);
    for (const { account, scanned: _, ...said } of accounts) {
      const { scanned: __, ...alone } = (await call('program_overview', { account })).data;
      expect({ account, ...said }).toEqual(alone);
    }
    expect(accounts.map(({ counts }) => isObject(counts) && counts.affiliates)).toEqual([40, 41, 42]);
  });

  it('name one that fails, and show the others', async () => {
    const { connect, sandboxes } = await startProgrammes(ALL);
    await sandboxes.get('globex')?.close();
    const { call } = await connect();
    const { data, isError } = await call('program_overview', { account: 'all' });
    expect(isError).toBe(false);
    const [acme, globex, initech] = rowsIn(data, 'accounts');
    expect(globex).toMatchObject({ account: 'globex', error: { reason: 'network' } });
    expect(acme).toHaveProperty('counts');
    expect(initech).toHaveProperty('counts');
    expect(data.note).toContain('Not read: globex');
  });

  it('go on where there was no room', async () => {
    const { connect } = await startProgrammes(ALL, { adapt: () => ({ maxResultChars: 5_000 }) });
    const { call } = await connect();
    const seen: unknown[] = [];
    for (let skip: unknown = 0; skip !== undefined; ) {
      const { data, text } = await call('program_overview', { account: 'all', ...(skip !== 0 && { skip }) });
      expect(text.length).toBeLessThanOrEqual(5_000);
      seen.push(...rowsIn(data, 'accounts').map(({ account }) => account));
      expect(data.left_off).toBe(data.next_skip === undefined ? undefined : ALL.length - seen.length);
      skip = data.next_skip;
    }
    expect(seen).toEqual(ALL);
    const wrong = await call('program_overview', { account: 'acme', skip: 1 });
    expect(wrong.text).toContain('skip: works only with account all');
  });

  it('is for no other tool', async () => {
    const { connect } = await startProgrammes(TWO);
    const { call } = await connect();
    expect((await call('list_affiliates', { account: 'all' })).text).toContain('must be one of acme, globex');
  });
});

describe('addresses of records', () => {
  it('name the account in every list, template and completion', async () => {
    const { connect } = await startProgrammes(TWO);
    const { client } = await connect();
    const { resources } = await client.listResources();
    const records = resources.filter(({ uri }) => uri.startsWith('leaddyno:')).map(({ uri }) => uri);
    expect(records.sort()).toEqual(
      TWO.flatMap((name) => [`leaddyno://accounts/${name}/affiliates`, `leaddyno://accounts/${name}/program`]),
    );
    expect(new Set(resources.map(({ uri }) => uri)).size).toBe(resources.length);
    const { resourceTemplates } = await client.listResourceTemplates();
    for (const { uriTemplate } of resourceTemplates)
      expect(uriTemplate).toMatch(/^leaddyno:\/\/accounts\/\{account\}\//);
    const uri = 'leaddyno://accounts/{account}/affiliates/{affiliate_id}';
    const complete = async (name: string, value: string, chosen?: Record<string, string>) =>
      (
        await client.complete({
          ref: { type: 'ref/resource', uri },
          argument: { name, value },
          ...(chosen && { context: { arguments: chosen } }),
        })
      ).completion.values;
    expect(await complete('account', 'g')).toEqual(['globex']);
    expect(await complete('affiliate_id', 'example', { account: 'globex' })).not.toEqual([]);
    expect(await complete('affiliate_id', 'example')).toEqual([]);
    const { contents } = await client.readResource({ uri: 'leaddyno://accounts/globex/affiliates' });
    expect(contents[0]?.uri).toBe('leaddyno://accounts/globex/affiliates');
    const list = JSON.parse('text' in (contents[0] ?? {}) ? String((contents[0] as { text: string }).text) : '{}');
    expect(list.account).toBe('globex');
    const [first] = rowsIn(list, 'affiliates');
    const record = await client.readResource({ uri: String(first?.uri) });
    expect(JSON.stringify(record.contents)).toContain('globex');
    await expect(client.readResource({ uri: 'leaddyno://accounts/initech/affiliates' })).rejects.toThrow('not found');
  });
});
