import { execFileSync } from 'node:child_process';
import { randomBytes } from 'node:crypto';
import {
  chmodSync,
  existsSync,
  lstatSync,
  mkdirSync,
  readdirSync,
  readFileSync,
  realpathSync,
  rmSync,
  statSync,
  symlinkSync,
  writeFileSync,
} from 'node:fs';
import { isAbsolute, join } from 'node:path';
import { StdioClientTransport } from '@modelcontextprotocol/client/stdio';
import { beforeAll, describe, expect, it } from 'vitest';
import { readConfig } from '../../src/config/config.ts';
import { openExportFolder, safeName } from '../../src/export-folder.ts';
import { createMemory } from '../../src/ports/memory.ts';
import { createClientFor, eras, readResult } from '../support/clients.ts';
import { startHarness } from '../support/harness.ts';
import { connectHttp, httpKinds } from '../support/http-clients.ts';
import { ask, until } from '../support/http-raw.ts';
import { startHttp, startHttpAt } from '../support/http-server.ts';
import { temporaryFolder, writeTokens } from '../support/http-tokens.ts';
import { builtMain, cleanEnv, runBuilt } from '../support/protocol-built.ts';
import { at, rowsOf } from '../support/protocol-json.ts';
import { closeAtEnd } from '../support/protocol-leaks.ts';

/* Files that tools make, for people and for hosts that open no resources. */

const EXPORT = { name: 'export_records', arguments: { records: 'affiliates' } };

/** A client on the built server, as a host starts it, that hears of changed lists. */
async function connectBuilt(era: (typeof eras)[number], args: readonly string[] = []) {
  const client = createClientFor(era, {}, []);
  let told = 0;
  client.setNotificationHandler('notifications/resources/list_changed', () => {
    told += 1;
  });
  const command = [await builtMain(), '--sandbox', ...args];
  await client.connect(new StdioClientTransport({ command: process.execPath, args: command, env: cleanEnv() }));
  closeAtEnd({ close: () => client.close() });
  const call = async (name: string, given = {}) => readResult(await client.callTool({ name, arguments: given }));
  return { client, call, told: () => told };
}

const fileOf = (data: object) => at(data, 'files', 0) as Record<string, unknown>;

describe.each(eras)('%s over stdio', (era) => {
  it('writes each file into --export-folder, for its owner alone, and gives the path', async () => {
    const { path } = temporaryFolder();
    const folder = join(path, 'Documents/LeadDyno');
    const { client, call } = await connectBuilt(era, ['--export-folder', folder]);
    const made = fileOf((await call(EXPORT.name, EXPORT.arguments)).data);
    expect(isAbsolute(String(made.path))).toBe(true);
    expect(statSync(String(made.path)).mode & 0o777).toBe(0o600);
    expect(statSync(folder).mode & 0o777).toBe(0o700);
    const written = readFileSync(String(made.path), 'utf8');
    expect(Buffer.byteLength(written)).toBe(made.size);
    const { contents } = await client.readResource({ uri: String(made.uri) });
    expect(at(contents, 0, 'text')).toBe(written);
    expect((await call(EXPORT.name, EXPORT.arguments)).data.note).toContain('tell them the path');
    // Every tool that makes files; none of them over another.
    const report = await call('payout_report');
    for (const file of rowsOf(report, 'files')) expect(existsSync(String(file.path)), String(file.path)).toBe(true);
    const again = fileOf((await call(EXPORT.name, EXPORT.arguments)).data);
    expect(again.path).not.toBe(made.path);
    expect(readFileSync(String(made.path), 'utf8')).toBe(written);
    expect(readdirSync(folder)).toHaveLength(rowsOf(report, 'files').length + 3);
  });

  it('keeps the resource alone without it', async () => {
    const { client, call } = await connectBuilt(era);
    const made = fileOf((await call(EXPORT.name, EXPORT.arguments)).data);
    expect(made).not.toHaveProperty('path');
    expect(made).not.toHaveProperty('download_url');
    await client.readResource({ uri: String(made.uri) });
  });

  it('tells of a changed list, and says in its capabilities that it does', async () => {
    const { client, call, told } = await connectBuilt(era);
    expect(client.getServerCapabilities()?.resources).toEqual({ listChanged: true });
    if (era === 'modern') await client.listen({ resourcesListChanged: true });
    await call('count_affiliates');
    expect(told()).toBe(0);
    await call(EXPORT.name, EXPORT.arguments);
    await until(() => told() === 1);
    const reading = await connectBuilt(era, ['--tools', 'list_affiliates']);
    expect(reading.client.getServerCapabilities()?.resources).toEqual({ listChanged: false });
  });
});

describe('a file that cannot be written', () => {
  it.skipIf(process.getuid?.() === 0)('because of its folder is found out at the start', () => {
    const { path } = temporaryFolder();
    chmodSync(path, 0o500);
    expect(() => openExportFolder(path)).toThrow(/may not write there/);
    chmodSync(path, 0o700);
  });

  it('ends the start with one clear line', async () => {
    const { path } = temporaryFolder();
    const file = join(path, 'a-file');
    writeFileSync(file, '');
    for (const folder of [file, join(file, 'below')]) {
      const { code, stderr } = await runBuilt(['--sandbox', '--export-folder', folder]);
      expect(code).toBe(2);
      expect(stderr).toContain(`Files cannot be written to ${folder} (--export-folder`);
      expect(stderr.trim().split('\n')).toHaveLength(1);
    }
  });

  it('later is still a resource, and the result says why there is no path', async () => {
    const { path } = temporaryFolder();
    const folder = join(path, 'gone');
    const { client, call } = await connectBuilt('legacy', ['--export-folder', folder]);
    rmSync(folder, { recursive: true });
    const made = fileOf((await call(EXPORT.name, EXPORT.arguments)).data);
    expect(made).not.toHaveProperty('path');
    expect(made.not_written).toMatch(/gone.*no such folder/);
    await client.readResource({ uri: String(made.uri) });
  });
});

describe('the folder', () => {
  it('takes nothing that is there for free: no file, no link, wherever it leads', async () => {
    const { path } = temporaryFolder();
    const [folder, outside] = [join(path, 'exports'), join(path, 'outside')];
    mkdirSync(folder);
    writeFileSync(outside, 'mine');
    writeFileSync(join(folder, 'a.csv'), 'first');
    symlinkSync(outside, join(folder, 'a-2.csv'));
    symlinkSync(join(path, 'nowhere'), join(folder, 'a-3.csv'));
    const write = openExportFolder(folder);
    expect(await write('a.csv', 'new')).toBe(join(folder, 'a-4.csv'));
    expect([readFileSync(outside, 'utf8'), readFileSync(join(folder, 'a.csv'), 'utf8')]).toEqual(['mine', 'first']);
    expect(existsSync(join(path, 'nowhere'))).toBe(false);
    const together = await Promise.all(Array.from({ length: 10 }, () => write('b.csv', 'x')));
    expect(new Set(together).size).toBe(10);
  });

  it.each([
    '../../etc/passwd',
    '..\\..\\boot.ini',
    '/etc/passwd',
    'C:\\x.csv',
    'a\u202evsc.exe',
    'a\u0000b\n\r\u001b[31m.csv',
    '\u200b\u2066.csv',
    'CON',
    'nul.csv',
    'com1.tar.gz',
    'LPT\u00b9.txt',
    'aux .csv',
    '..',
    '.',
    '',
    '   ',
    '.htaccess',
    '-rf',
    'a.csv. . ',
    'a:stream.csv',
    'x'.repeat(5_000),
    '😀'.repeat(200),
    '\ud800.csv',
    '$(rm -rf ~).csv',
  ])('makes a safe name of %j', async (name) => {
    const safe = safeName(name);
    expect(safe).toMatch(/^[^\\/:*?"<>|%$`'\p{C}]+$/u);
    expect(safe).not.toMatch(/^[.\s-]|[.\s]$|^(con|prn|aux|nul|com\S|lpt\S)\s*(\.|$)/i);
    expect(Buffer.byteLength(safe)).toBeLessThanOrEqual(200);
    const { path } = temporaryFolder();
    const written = await openExportFolder(path)(name, 'text');
    expect(readdirSync(path)).toHaveLength(1);
    expect(realpathSync(join(written, '..'))).toBe(realpathSync(path));
    expect(lstatSync(written).isFile()).toBe(true);
  });

  it.each<[string, Record<string, string>, string | RegExp]>([
    ['~/Exports', { HOME: '/home/ann' }, '/home/ann/Exports'],
    ['~\\Exports', { USERPROFILE: 'C:\\Users\\Ann' }, 'C:\\Users\\Ann\\Exports'],
    [['$', '{HOME}/Exports'].join(''), { HOME: '/home/ann' }, '/home/ann/Exports'],
    [['$', '{DOCUMENTS}/LeadDyno'].join(''), { HOME: '/home/ann' }, '/home/ann/Documents/LeadDyno'],
    ['/srv/out', {}, '/srv/out'],
    ['%USERPROFILE%\\x', {}, /nothing fills in/],
    [['$', '{workspaceFolder}/x'].join(''), { HOME: '/h' }, /nothing fills in/],
    ['~', {}, /nothing fills in/],
  ])('of %s is filled in as a shell would', (given, env, expected) => {
    const invocation = readConfig(['--sandbox', '--export-folder', given], env);
    if (typeof expected === 'string')
      expect(invocation).toMatchObject({ run: 'serve', config: { exportFolder: expected } });
    else expect(invocation).toMatchObject({ run: 'refuse', message: expect.stringMatching(expected) });
  });

  it('is not for a server over HTTP, nor a link for one on stdio', () => {
    const refused = readConfig(['--sandbox', '--http', '--export-folder', '/x'], {});
    expect(refused).toMatchObject({ run: 'refuse', message: expect.stringContaining('--public-url') });
    const alone = readConfig(['--sandbox', '--public-url', 'https://x.example.com'], {});
    expect(alone).toMatchObject({ run: 'refuse', message: expect.stringContaining('only with --http') });
  });
});

describe.each(eras)('%s: resources/list', (era) => {
  const filesIn = (resources: readonly { uri: string }[]) => resources.filter(({ uri }) => uri.includes('/exports/'));

  it('names a caller’s live files, the newest first, with title, size and end', async () => {
    const harness = await startHarness();
    const { client, call } = await harness.connect(era);
    const before = filesIn((await client.listResources()).resources);
    expect(before).toEqual([]);
    const first = fileOf((await call('export_records', { records: 'leads' })).data);
    const second = fileOf((await call(EXPORT.name, EXPORT.arguments)).data);
    // At once, without a client that keeps what it had.
    const listed = filesIn((await client.listResources()).resources);
    expect(listed.map(({ uri }) => uri)).toEqual([second.uri, first.uri]);
    expect(listed[0]).toEqual({
      uri: second.uri,
      name: second.name,
      title: expect.stringMatching(/^affiliates-.*\.csv \(made \d\d:\d\d UTC\)$/),
      description: expect.stringMatching(/kept until \d\d:\d\d UTC$/),
      mimeType: 'text/csv',
      size: second.size,
      annotations: { lastModified: expect.stringMatching(/Z$/) },
      _meta: { expires_at: second.expires_at },
    });
    harness.advance(31 * 60_000);
    expect(filesIn((await client.listResources(undefined, { cacheMode: 'bypass' })).resources)).toEqual([]);
  });

  it('does not name one that the memory has let go before its time', async () => {
    const memory = createMemory(Date.now, 20_000);
    const { client, call } = await (await startHarness({ memory })).connect(era);
    for (const records of ['leads', 'purchases', 'affiliates']) await call('export_records', { records });
    const listed = filesIn((await client.listResources(undefined, { cacheMode: 'bypass' })).resources);
    expect(listed.length).toBeLessThan(3);
    for (const { uri } of listed) await client.readResource({ uri });
  });
});

describe('over HTTP', () => {
  it.each(httpKinds)('a caller’s files are theirs alone: list, resource and read_export (%s)', async (kind) => {
    const { path, tokens } = writeTokens({ ann: ['leaddyno:read'], ben: ['leaddyno:read'] });
    const server = await startHttp({ argv: ['--http-tokens-file', path] });
    const ann = await connectHttp(server.url, kind, { token: tokens.ann });
    const ben = await connectHttp(server.url, kind, { token: tokens.ben });
    const uri = String(fileOf((await ann.call('export_records', { records: 'leads' })).data).uri);
    expect(await ann.resourceUris()).toContain(uri);
    expect((await ben.resourceUris()).filter((one) => one.includes('exports'))).toEqual([]);
    expect((await ann.call('read_export', { uri })).isError).toBe(false);
    expect((await ben.call('read_export', { uri })).text).toMatch(/you have no such file/);
    expect(rowsOf(await ben.call('read_export'), 'files')).toEqual([]);
    await expect(ben.read(uri)).rejects.toMatchObject({ code: -32602 });
    // Each request has a server of its own: nobody can be told of a change.
    expect(ann.client.getServerCapabilities()?.resources).toEqual({ listChanged: false });
  });
});

describe.each(eras)('%s: read_export', (era) => {
  it('gives all rows of a file, page by page, with its header and how many there are', async () => {
    const { client, call } = await (await startHarness()).connect(era);
    const made = fileOf((await call(EXPORT.name, EXPORT.arguments)).data);
    const { contents } = await client.readResource({ uri: String(made.uri) });
    const [header, ...lines] = String(at(contents, 0, 'text'))
      .replace(/^\ufeff/, '')
      .trimEnd()
      .split('\r\n');
    const rows: unknown[] = [];
    let skip = 0;
    for (;;) {
      const { data, isError, text } = await call('read_export', { uri: made.uri, skip, limit: 25 });
      expect(isError, text).toBe(false);
      expect(data).toMatchObject({ file: made.name, header, rows_in_file: 60, skipped: skip });
      expect(String(data.note)).toContain(`row ${skip + 1} of 60`);
      rows.push(...(data.rows as unknown[]));
      if (typeof data.next_skip !== 'number') break;
      skip = data.next_skip;
    }
    expect(rows).toEqual(lines);
    const past = await call('read_export', { uri: made.uri, skip: 60 });
    expect(past.data).toMatchObject({ rows: [], note: expect.stringContaining('no rows after row 60') });
    expect(past.data).not.toHaveProperty('next_skip');
  });

  it('keeps to the budget, and says where to go on', async () => {
    const { call } = await (await startHarness({ maxResultChars: 3_000 })).connect(era);
    const { uri } = fileOf((await call(EXPORT.name, EXPORT.arguments)).data);
    const seen: unknown[] = [];
    for (let skip: unknown = 0; skip !== undefined; ) {
      const { data, text } = await call('read_export', { uri, skip, limit: 1_000 });
      expect(text.length).toBeLessThanOrEqual(3_000);
      seen.push(...(data.rows as unknown[]));
      skip = data.next_skip;
    }
    expect(seen).toHaveLength(60);
  });

  it('takes a row that goes over several lines for one, JSON Lines, and a payment file without header', async () => {
    const harness = await startHarness();
    const { call } = await harness.connect(era);
    const { uri } = fileOf((await call('export_records', { records: 'leads', format: 'jsonl' })).data);
    const { data } = await call('read_export', { uri, limit: 2 });
    expect(data).not.toHaveProperty('header');
    expect((data.rows as string[]).map((row) => JSON.parse(row).id)).toHaveLength(2);
    const files = rowsOf(await call('payout_report'), 'files');
    for (const file of files) {
      const read = (await call('read_export', { uri: file.uri, limit: 1_000 })).data;
      expect(read.rows_in_file, String(file.name)).toBe(file.rows);
    }
    expect(files.length).toBeGreaterThan(1);
  });

  it('without uri lists the caller’s files; a uri in back-ticks or the bare id is read', async () => {
    const { call } = await (await startHarness()).connect(era);
    expect((await call('read_export')).data).toMatchObject({ files: [], note: expect.stringContaining('no files') });
    const { expires_at, rows: _, ...made } = fileOf((await call('export_records', { records: 'leads' })).data);
    expect((await call('read_export')).data.files).toEqual([{ ...made, expires_at }]);
    const uri = String(made.uri);
    for (const given of [`\`${uri}\``, ` ${uri}.`, uri.slice(-22), `"${uri}"`])
      expect((await call('read_export', { uri: given })).isError, given).toBe(false);
    for (const given of [`${uri}x`, 'leaddyno://exports/..', 'file:///etc/passwd', '*'])
      expect((await call('read_export', { uri: given })).text, given).toMatch(/you have no such file/);
  });

  it('shows masked people as the file has them', async () => {
    const { client, call } = await (await startHarness({ maskPii: true })).connect(era);
    const { uri } = fileOf((await call(EXPORT.name, EXPORT.arguments)).data);
    const { contents } = await client.readResource({ uri: String(uri) });
    const rows = (await call('read_export', { uri, limit: 3 })).data.rows as string[];
    for (const row of rows) {
      expect(row).toContain('@masked.invalid');
      expect(String(at(contents, 0, 'text'))).toContain(row);
    }
  });
});

describe('download links', () => {
  const PUBLIC = 'https://mcp.example.com';
  const linkIn = (data: object) => String(fileOf(data).download_url);
  const pathOf = (link: string) => new URL(link).pathname;
  let plain: Awaited<ReturnType<typeof startHttp>>;

  beforeAll(async () => {
    plain = await startHttp({ argv: ['--public-url', `${PUBLIC}/`] });
    return () => plain.close();
  });

  it.each(httpKinds)('give a person the file, and nothing but it (%s)', async (kind) => {
    const client = await connectHttp(plain.url, kind);
    const made = fileOf((await client.call(EXPORT.name, EXPORT.arguments)).data);
    const link = String(made.download_url);
    expect(link.startsWith(`${PUBLIC}/exports/`)).toBe(true);
    const { status, headers, text } = await ask(plain.port, { path: pathOf(link) });
    expect(status).toBe(200);
    expect(headers).toMatchObject({
      'content-type': 'text/csv; charset=utf-8',
      'content-disposition': `attachment; filename="${made.name}"; filename*=UTF-8''${made.name}`,
      'cache-control': 'no-store',
      'x-content-type-options': 'nosniff',
      'referrer-policy': 'no-referrer',
      'content-security-policy': expect.stringContaining("default-src 'none'"),
      'content-length': String(made.size),
    });
    expect(Buffer.byteLength(text)).toBe(made.size);
    expect(await client.read(String(made.uri))).toBe(text);
    const head = await ask(plain.port, { method: 'HEAD', path: pathOf(link) });
    expect([head.status, head.text, head.headers['content-length']]).toEqual([200, '', String(made.size)]);
    const posted = await ask(plain.port, { method: 'POST', path: pathOf(link) });
    expect([posted.status, posted.headers.allow]).toEqual([405, 'GET, HEAD']);
    // The link names neither caller nor account nor the resource.
    expect(link).not.toContain(String(made.uri).slice(-22));
  });

  it('keep to the guards of the endpoint', async () => {
    const client = await connectHttp(plain.url, 'modern');
    const path = pathOf(linkIn((await client.call(EXPORT.name, EXPORT.arguments)).data));
    expect((await ask(plain.port, { path, headers: { host: 'evil.example.com' } })).status).toBe(403);
    expect((await ask(plain.port, { path, headers: { origin: 'https://evil.example.com' } })).status).toBe(403);
  });

  it('are one and the same 404 where altered, wrong, or of nothing', async () => {
    const client = await connectHttp(plain.url, 'legacy');
    const [one, two] = [await client.call(EXPORT.name, EXPORT.arguments), await client.call('payout_report')];
    const [id = '', end = '', signature = ''] = pathOf(linkIn(one.data)).slice('/exports/'.length).split('.');
    const [other = ''] = pathOf(linkIn(two.data)).slice('/exports/'.length).split('.');
    const later = (Number.parseInt(end, 36) + 60_000).toString(36);
    const wrong = [
      '',
      'x',
      id,
      `${id}.${end}`,
      `${id}.${later}.${signature}`,
      `${other}.${end}.${signature}`,
      `${id}.${end}.${signature.slice(1)}A`,
      `${id}.${end}.${signature}/..`,
      `${id}.${end}.${signature}?x=1`,
      `../exports/${id}.${end}.${signature}`,
      '%2e%2e/healthz',
      `${'A'.repeat(22)}.${end}.${randomBytes(32).toString('base64url')}`,
    ];
    const answers = await Promise.all(wrong.map((token) => ask(plain.port, { path: `/exports/${token}` })));
    for (const { status } of answers) expect(status).toBe(404);
    const forms = answers.map(({ headers: { date: _, ...headers }, text }) => JSON.stringify({ headers, text }));
    expect(new Set(forms).size).toBe(1);
    expect((await ask(plain.port, { path: `/exports/${id}.${end}.${signature}` })).status).toBe(200);
  });

  it('end with their file, and are gone with it', async () => {
    let ahead = 0;
    const memory = createMemory(() => Date.now() + ahead);
    const server = await startHttp({ argv: ['--public-url', PUBLIC], memory });
    const client = await connectHttp(server.url, 'modern');
    const path = pathOf(linkIn((await client.call(EXPORT.name, EXPORT.arguments)).data));
    expect((await ask(server.port, { path })).status).toBe(200);
    ahead = 31 * 60_000;
    expect((await ask(server.port, { path })).status).toBe(404);
  });

  it('are of any replica with the same memory and secret, and of no other', async () => {
    const memory = createMemory();
    const shared = { LEADDYNO_MCP_STATE_SECRET: randomBytes(32).toString('hex') };
    const argv = ['--public-url', PUBLIC, '--redis', 'redis://127.0.0.1:1'];
    const a = await startHttp({ argv, env: shared, memory });
    const b = await startHttpAt(a.sandbox.url, { argv, env: shared, memory });
    const c = await startHttpAt(a.sandbox.url, { argv, memory });
    const client = await connectHttp(a.url, 'modern');
    const path = pathOf(linkIn((await client.call(EXPORT.name, EXPORT.arguments)).data));
    const statuses = [a, b, c].map(async ({ port }) => (await ask(port, { path })).status);
    expect(await Promise.all(statuses)).toEqual([200, 200, 404]);
  });

  it('need no token, and do not exist without --public-url', async () => {
    const { path: file, tokens } = writeTokens({ ann: ['leaddyno:read'] });
    const on = await startHttp({ argv: ['--http-tokens-file', file, '--public-url', PUBLIC] });
    const ann = await connectHttp(on.url, 'modern', { token: tokens.ann });
    const path = pathOf(linkIn((await ann.call(EXPORT.name, EXPORT.arguments)).data));
    expect((await ask(on.port, { path })).status).toBe(200);
    const off = await startHttp();
    const client = await connectHttp(off.url, 'modern');
    expect(fileOf((await client.call(EXPORT.name, EXPORT.arguments)).data)).not.toHaveProperty('download_url');
    const answer = await ask(off.port, { path });
    expect([answer.status, answer.text.includes('MCP endpoint')]).toEqual([404, true]);
  });

  it.each(['http://mcp.example.com', 'mcp.example.com', 'https://a:b@mcp.example.com', 'https://x.example.com/?a=1'])(
    'do not begin with %s',
    (url) => {
      const invocation = readConfig(['--sandbox', '--http', '--public-url', url], {});
      expect(invocation).toMatchObject({
        run: 'refuse',
        message: expect.stringContaining('--public-url must be an https'),
      });
    },
  );
});

it('config offers a folder for files to hosts with a window', async () => {
  const main = await builtMain();
  const env = { PATH: process.env.PATH ?? '', HOME: '/home/ann' };
  const shown = (host: string) =>
    execFileSync(process.execPath, [main, 'config', host], { env, encoding: 'utf8', stdio: 'pipe' });
  for (const host of ['claude-desktop', 'cursor', 'vscode', 'windsurf', 'zed'])
    expect(shown(host)).toContain('"LEADDYNO_MCP_EXPORT_FOLDER": "/home/ann/Documents/LeadDyno"');
  for (const host of ['claude-code', 'gemini']) expect(shown(host)).not.toContain('EXPORT_FOLDER');
});
