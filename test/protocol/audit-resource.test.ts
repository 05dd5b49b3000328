import { mkdirSync, rmSync } from 'node:fs';
import { join } from 'node:path';
import type { Client } from '@modelcontextprotocol/client';
import { describe, expect, it } from 'vitest';
import { openAuditLog } from '../../src/audit/audit-log.ts';
import { eras } from '../support/clients.ts';
import { startHarness } from '../support/harness.ts';
import { connectHttp } from '../support/http-clients.ts';
import { startHttp } from '../support/http-server.ts';
import { temporaryFolder, writeTokens } from '../support/http-tokens.ts';
import { at } from '../support/protocol-json.ts';

const TEMPLATE = 'leaddyno://audit/{month}';

async function read(client: Client, month: string) {
  const uri = `leaddyno://audit/${month}`;
  const { contents } = await client.readResource({ uri }, { cacheMode: 'bypass' });
  expect(contents).toMatchObject([{ uri, mimeType: 'application/json' }]);
  const text = String(at(contents, 0, 'text'));
  return { text, data: JSON.parse(text) };
}

const templates = async (client: Client) =>
  (await client.listResourceTemplates()).resourceTemplates.map(({ uriTemplate }) => uriTemplate);

/** A log in files, on a clock of its own. */
function openLog() {
  const folder = join(temporaryFolder().path, 'log');
  const clock = { now: Date.now() };
  return { folder, clock, changes: openAuditLog(folder, { processName: 'test', now: () => clock.now }) };
}

describe.each(eras)('%s: the changes of a month', (era) => {
  it('are read as list_recent_changes tells them, those of other months left out', async () => {
    const { clock, changes } = openLog();
    const { client, call } = await (await startHarness({ changes, confirm: 'off' })).connect(era);
    clock.now = Date.parse('2026-10-31T23:59:59Z');
    await call('approve_affiliate', { affiliate_id: 1002 });
    clock.now = Date.parse('2026-11-01T00:00:00Z');
    await call('archive_affiliate', { affiliate_id: 1001 });
    await call('unarchive_affiliate', { affiliate_id: 1001 });
    const all = (await call('list_recent_changes')).data.changes;
    const november = await read(client, '2026-11');
    expect(november.data).toEqual({
      month: '2026-11',
      found: 2,
      changes: [at(all, 0), at(all, 1)],
      source: expect.stringContaining('audit log (1 file'),
    });
    expect((await read(client, '2026-10')).data).toMatchObject({ found: 1, changes: [at(all, 2)] });
    expect((await read(client, '2026-12')).data).toMatchObject({ found: 0, changes: [] });
  });

  it('are those of this account alone', async () => {
    const { changes } = openLog();
    const month = new Date().toISOString().slice(0, 7);
    const one = await (await startHarness({ changes, account: 'one', confirm: 'off' })).connect(era);
    const other = await (await startHarness({ changes, account: 'other' })).connect(era);
    await one.call('approve_affiliate', { affiliate_id: 1002 });
    expect((await read(one.client, month)).data.found).toBe(1);
    expect((await read(other.client, month)).data.found).toBe(0);
  });

  it('keep to the size limit, the newest first, and say what was left off', async () => {
    const { changes } = openLog();
    const harness = await startHarness({ changes, confirm: 'off', maxResultChars: 2_000 });
    const { client, call } = await harness.connect(era);
    for (let index = 0; index < 12; index += 1)
      await call('update_affiliate', { affiliate_id: 1001, first_name: `Ann ${index}` });
    const { text, data } = await read(client, new Date().toISOString().slice(0, 7));
    expect(text.length).toBeLessThanOrEqual(2_000);
    expect(data).toMatchObject({ found: 12, note: expect.stringContaining('list_recent_changes') });
    expect(data.changes[0].after).toEqual({ first_name: 'Ann 11' });
    expect(data.changes.length).toBeGreaterThan(1);
    expect(data.left_off).toBe(12 - data.changes.length);
    expect(data).not.toHaveProperty('next_skip');
  });

  it.each([
    '2026-13',
    '2026-00',
    '2026-1',
    '26-11',
    '2026',
    '2026-11-01',
    'november',
    '2026-11%2F..',
    '%2e%2e',
    '1999-01',
  ])('are not there for %s', async (month) => {
    const { client } = await (await startHarness()).connect(era);
    const uri = `leaddyno://audit/${month}`;
    await expect(client.readResource({ uri })).rejects.toMatchObject({ code: -32602, data: { uri } });
  });

  it('cannot be read where the folder has gone, and can again', async () => {
    const { folder, changes } = openLog();
    const { client } = await (await startHarness({ changes })).connect(era);
    rmSync(folder, { recursive: true });
    await expect(read(client, '2026-11')).rejects.toMatchObject({
      code: -32603,
      message: expect.stringMatching(/audit log cannot be read.*--audit-log/),
    });
    mkdirSync(folder);
    expect((await read(client, '2026-11')).data.found).toBe(0);
  });

  it('are completed by the last twelve months', async () => {
    const harness = await startHarness();
    const { client } = await harness.connect(era);
    const complete = async (value: string) =>
      (await client.complete({ ref: { type: 'ref/resource', uri: TEMPLATE }, argument: { name: 'month', value } }))
        .completion.values;
    const all = await complete('');
    expect(all).toHaveLength(12);
    const months = all.map((month) => Number(month.slice(0, 4)) * 12 + Number(month.slice(5)));
    expect(all[0]).toBe(new Date().toISOString().slice(0, 7));
    expect(months.map((month) => Number(months[0]) - month)).toEqual([...Array(12).keys()]);
    expect(await complete(String(all[3]))).toEqual([all[3]]);
    expect(await complete('x')).toEqual([]);
    expect(harness.sandbox.requests).toEqual([]);
  });

  it('are there only where list_recent_changes is', async () => {
    const harness = await startHarness({ excludeTools: ['list_recent_changes'] });
    const { client } = await harness.connect(era);
    expect(await templates(client)).not.toContain(TEMPLATE);
    await expect(client.readResource({ uri: 'leaddyno://audit/2026-11' })).rejects.toMatchObject({ code: -32602 });
    expect(await templates((await (await startHarness()).connect(era)).client)).toContain(TEMPLATE);
  });

  it('show no people where they are masked', async () => {
    const { changes } = openLog();
    const open = await (await startHarness({ changes, confirm: 'off', account: 'one' })).connect(era);
    await open.call('update_affiliate', { affiliate_id: 1001, last_name: 'Zimtstern' });
    const { client } = await (await startHarness({ changes, account: 'one', maskPii: true })).connect(era);
    const { text, data } = await read(client, new Date().toISOString().slice(0, 7));
    expect(data.found).toBe(1);
    expect(text).not.toMatch(/Zimtstern|Arbor|ann\.arbor/);
  });
});

it('are for callers who may read alone, over HTTP', async () => {
  const { path, tokens } = writeTokens({ reads: ['leaddyno:read'], writes: ['leaddyno:write'] });
  const server = await startHttp({ argv: ['--http-tokens-file', path] });
  const reader = await connectHttp(server.url, 'modern', { token: tokens.reads });
  expect(JSON.parse(await reader.read('leaddyno://audit/2026-11'))).toMatchObject({ month: '2026-11', found: 0 });
  const writer = await connectHttp(server.url, 'modern', { token: tokens.writes });
  await expect(writer.read('leaddyno://audit/2026-11')).rejects.toMatchObject({ code: -32602 });
});
