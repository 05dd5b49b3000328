import { createHash } from 'node:crypto';
import { readdirSync, readFileSync, statSync, symlinkSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { describe, expect, it } from 'vitest';
import { readTokensFile } from '../../src/auth/tokens.ts';
import { runTokenCommand } from '../../src/commands/token.ts';
import { connectHttp } from '../support/http-clients.ts';
import { modern, post, toolCall } from '../support/http-raw.ts';
import { startHttp } from '../support/http-server.ts';
import { temporaryFolder } from '../support/http-tokens.ts';
import { runBuilt } from '../support/protocol-built.ts';

const digest = (text: string) => createHash('sha256').update(text).digest('hex');

/** The file, its folder, and the command on it. */
function inFolder() {
  const folder = temporaryFolder();
  const file = join(folder.path, 'tokens.json');
  const run = (...args: string[]) => runTokenCommand([...args, '--file', file]);
  return { folder: folder.path, file, run, text: () => readFileSync(file, 'utf8') };
}

describe('leaddyno-mcp token list and revoke', () => {
  it('names the callers of a file, and takes one out', () => {
    const { run, text } = inFolder();
    const first = run('new', 'first', '--scopes', 'leaddyno:read').out.trim();
    run('new', 'second', '--scopes', 'leaddyno:read,leaddyno:money');
    const listed = run('list');
    expect(listed).toMatchObject({ code: 0, error: '' });
    expect(listed.out).toContain(`first\tleaddyno:read\t${digest(first).slice(0, 8)}\n`);
    expect(listed.out).toContain('second\tleaddyno:read,leaddyno:money\t');
    expect(listed.out).not.toContain(first);

    expect(run('revoke', 'first').code).toBe(0);
    expect(readTokensFile(text()).map(({ name }) => name)).toEqual(['second']);
    expect(run('revoke', 'first')).toMatchObject({ code: 1, error: expect.stringContaining('no token named "first"') });
    expect(run('revoke', 'second').code).toBe(0);
    expect(run('list')).toMatchObject({ code: 0, out: '', error: expect.stringContaining('contains no tokens') });
    expect(run('new', 'third', '--scopes', 'leaddyno:read').code).toBe(0);
  });

  it('says for which accounts a token is', () => {
    const { run, text } = inFolder();
    run('new', 'ann', '--scopes', 'leaddyno:read', '--accounts', 'acme, globex,acme');
    run('new', 'eve', '--scopes', 'leaddyno:read', '--accounts', 'all');
    run('new', 'old', '--scopes', 'leaddyno:read');
    expect(readTokensFile(text()).map(({ accounts }) => accounts)).toEqual([['acme', 'globex'], 'all', undefined]);
    expect(run('list').out).toMatch(
      /^ann\tleaddyno:read\tacme,globex\t\w{8}\neve\tleaddyno:read\tall\t\w{8}\nold\tleaddyno:read\t\w{8}\n$/,
    );
    for (const wrong of ['', 'Acme', 'acme,all', 'a b']) {
      const refused = run('new', 'bob', '--scopes', 'leaddyno:read', '--accounts', wrong);
      expect(refused).toMatchObject({ code: 2, error: expect.stringContaining('is not the name of an account') });
    }
    expect(run('list', '--accounts', 'acme').error).toContain('--accounts works only with token new.');
  });

  it('is followed by a server that runs, also while the file is being written', async () => {
    const { file, run, text } = inFolder();
    const ann = run('new', 'ann', '--scopes', 'leaddyno:read').out.trim();
    const server = await startHttp({ argv: ['--http-tokens-file', file] });
    const { headers, body } = toolCall(modern, 'count_affiliates');
    const status = async (token: string) =>
      (await post(server.port, { headers: { ...headers, authorization: `Bearer ${token}` }, body })).status;
    expect(await status(ann)).toBe(200);
    const ben = run('new', 'ben', '--scopes', 'leaddyno:read').out.trim();
    expect(await status(ben)).toBe(200);
    run('revoke', 'ann');
    expect(await status(ann)).toBe(401);

    const whole = text();
    writeFileSync(file, whole.slice(0, 40));
    expect(await status(ben)).toBe(200);
    expect(server.logged()).toContain('the tokens file cannot be used');
    writeFileSync(file, whole);
    expect(await status(ben)).toBe(200);
    run('revoke', 'ben');
    expect(await status(ben)).toBe(401);
  });
});

describe('leaddyno-mcp token new', () => {
  it('prints a token once, and keeps its digest in a file of its owner alone', () => {
    const { folder, file, run, text } = inFolder();
    const { code, out, error } = run('new', 'agency', '--scopes', 'leaddyno:read,leaddyno:write');
    expect(code).toBe(0);
    expect(out).toMatch(/^ldmcp_[\w-]{43}\n$/);
    expect(error).toContain(file);
    expect(error).toContain('only time');
    expect(error).not.toContain(out.trim());

    expect(readTokensFile(text())).toEqual([
      { name: 'agency', sha256: digest(out.trim()), scopes: ['leaddyno:read', 'leaddyno:write'] },
    ]);
    expect(text()).not.toContain(out.trim());
    expect(statSync(file).mode & 0o777).toBe(0o600);
    expect(readdirSync(folder)).toEqual(['tokens.json']);
  });

  it('adds to a file and closes one that was open to others', () => {
    const { file, run, text } = inFolder();
    run('new', 'first', '--scopes', 'leaddyno:read');
    writeFileSync(file, text(), { mode: 0o644 });
    run('new', 'second', '--scopes', ' leaddyno:money , leaddyno:read,leaddyno:read,');
    expect(readTokensFile(text()).map(({ name, scopes }) => [name, scopes])).toEqual([
      ['first', ['leaddyno:read']],
      ['second', ['leaddyno:read', 'leaddyno:money']],
    ]);
    expect(statSync(file).mode & 0o777).toBe(0o600);
  });

  it('prints the entry where no file is named', () => {
    const { code, out, error } = runTokenCommand(['new', 'agency', '--scopes', 'leaddyno:read']);
    expect(code).toBe(0);
    const entry = JSON.parse(error.slice(error.indexOf('{')));
    expect(entry).toEqual({ tokens: [{ name: 'agency', sha256: digest(out.trim()), scopes: ['leaddyno:read'] }] });
    expect(error).not.toContain(out.trim());
  });

  it.each<[string, string[], RegExp]>([
    ['nothing', [], /^Usage: /],
    ['another verb', ['show'], /^Usage: /],
    ['a list of no file', ['list'], /^Name the tokens file/],
    ['nobody to revoke', ['revoke', '--file', 'x'], /^Usage: /],
    ['no name', ['new', '--scopes', 'leaddyno:read'], /^Usage: /],
    ['two names', ['new', 'a', 'b', '--scopes', 'leaddyno:read'], /^Usage: /],
    ['no scopes', ['new', 'a'], /^Give the token's scopes/],
    ['empty scopes', ['new', 'a', '--scopes', ' , '], /^Give the token's scopes/],
    ['an unknown scope', ['new', 'a', '--scopes', 'leaddyno:read,admin'], /^There is no scope "admin"\. Usage: /],
    ['all of them by a star', ['new', 'a', '--scopes', '*'], /^There is no scope "\*"/],
    ['a name with a space', ['new', 'a b', '--scopes', 'leaddyno:read'], /^A token name .*unlike "a b"\. Usage: /],
    ['an empty name', ['new', '', '--scopes', 'leaddyno:read'], /^A token name .*unlike ""/],
    ['a name of lines', ['new', 'a\nb', '--scopes', 'leaddyno:read'], /^A token name .*"a\\nb"/],
    ['a name that is too long', ['new', 'x'.repeat(65), '--scopes', 'leaddyno:read'], /^A token name/],
    ['an unknown flag', ['new', 'a', '--scope', 'leaddyno:read'], /--scope.*Usage: /],
    ['a flag without its value', ['new', 'a', '--scopes'], /--scopes.*Usage: /],
    ['an empty file', ['new', 'a', '--scopes', 'leaddyno:read', '--file', ''], /^--file is given without.*Usage: /],
    ['a blank file', ['new', 'a', '--scopes', 'leaddyno:read', '--file= '], /^--file is given without.*Usage: /],
  ])('refuses %s with one line', (_, args, message) => {
    const { code, out, error } = runTokenCommand(args);
    expect(error).toMatch(message);
    expect(error).toMatch(/^[^\n]+\n$/);
    expect(error).not.toMatch(/zod|"code"|invalid_/i);
    expect({ code, out }).toEqual({ code: 2, out: '' });
  });

  it('refuses a name that is taken, and leaves the file as it was', () => {
    const { folder, file, run, text } = inFolder();
    run('new', 'agency', '--scopes', 'leaddyno:read');
    const before = text();
    const { code, out, error } = run('new', 'agency', '--scopes', 'leaddyno:money');
    expect({ code, out }).toEqual({ code: 2, out: '' });
    expect(error).toContain(`${file} already has a token named agency.`);
    expect(text()).toBe(before);
    expect(readdirSync(folder)).toEqual(['tokens.json']);
  });

  it('refuses a file that is something else, and leaves it as it was', () => {
    const { file, run, text } = inFolder();
    for (const content of ['', '{', '[]', '{"tokens":[{"name":"a"}]}']) {
      writeFileSync(file, content);
      const { code, out, error } = run('new', 'agency', '--scopes', 'leaddyno:read');
      expect({ code, out }).toEqual({ code: 2, out: '' });
      expect(error).toMatch(/^the tokens file [^\n]+\n$/i);
      expect(text()).toBe(content);
    }
  });

  it('says where it cannot write, and prints no token then', () => {
    const { folder } = inFolder();
    const file = join(folder, 'nowhere', 'tokens.json');
    const { code, out, error } = runTokenCommand(['new', 'a', '--scopes', 'leaddyno:read', '--file', file]);
    expect({ code, out }).toEqual({ code: 2, out: '' });
    expect(error).toContain(file);
  });

  it('writes through no link that somebody laid', () => {
    const { folder, file, run } = inFolder();
    const victim = join(folder, 'victim');
    writeFileSync(victim, 'precious');
    symlinkSync(victim, `${file}.new`);
    run('new', 'agency', '--scopes', 'leaddyno:read');
    expect(readFileSync(victim, 'utf8')).toBe('precious');
  });

  it('makes tokens that the server takes', async () => {
    const { file, run } = inFolder();
    const { out } = run('new', 'agency', '--scopes', 'leaddyno:read');
    const server = await startHttp({ argv: ['--http-tokens-file', file] });
    const client = await connectHttp(server.url, 'modern', { token: out.trim() });
    expect((await client.call('count_affiliates')).data).toEqual({ count: 60 });
  });

  it('works from the command line', async () => {
    const { file, text } = inFolder();
    const args = ['token', 'new', 'agency', '--scopes', 'leaddyno:read', '--file', file];
    const { code, stdout, stderr } = await runBuilt(args);
    expect(code).toBe(0);
    expect(readTokensFile(text())[0]?.sha256).toBe(digest(stdout.trim()));
    expect(stderr).toContain('only time');
    expect(await runBuilt(args)).toMatchObject({ code: 2, stdout: '' });
  });
});
