import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, describe, expect, it } from 'vitest';
import { readConfig } from '../../src/config/config.ts';
import { readAccountsFile } from '../../src/config/key-files.ts';
import { openSoleUpstream, openUpstream } from '../../src/upstream.ts';

const folder = mkdtempSync(join(tmpdir(), 'leaddyno-mcp-accounts-'));
afterAll(() => rmSync(folder, { recursive: true }));

const put = (name: string, text: string) => {
  const path = join(folder, name);
  writeFileSync(path, text, { mode: 0o600 });
  return path;
};

function configOf(argv: readonly string[], env: Readonly<Record<string, string>> = {}) {
  const invocation = readConfig(argv, env);
  if (invocation.run !== 'serve') throw new Error(JSON.stringify(invocation));
  return invocation.config;
}

const open = (text: string) => openUpstream(configOf(['--accounts', put('accounts.json', text)]));

describe('an accounts file', () => {
  it('names accounts and their key files, in its order, and a default', () => {
    const { keyFiles, fallback } = readAccountsFile(
      '\ufeff{"accounts": {"globex": "g.key", "acme-2": "/keys/a.key"}, "default": "acme-2"}',
    );
    expect([...keyFiles]).toEqual([
      ['globex', 'g.key'],
      ['acme-2', '/keys/a.key'],
    ]);
    expect(fallback).toBe('acme-2');
    expect(readAccountsFile('{"accounts": {"a": "a", "b": "b"}}').fallback).toBeUndefined();
    expect(readAccountsFile('{"accounts": {"a": "a"}}').fallback).toBe('a');
  });

  it.each([
    ['', 'is not JSON'],
    ['[]', 'needs an object named "accounts"'],
    ['{"acme": "acme.key"}', 'needs an object named "accounts"'],
    ['{"accounts": []}', 'needs an object named "accounts"'],
    ['{"accounts": {}}', 'names no accounts'],
    ['{"accounts": {"a": "k"}, "defualt": "a"}', 'has the unknown field "defualt"'],
    ['{"accounts": {"a": "k"}, "default": "b"}', 'has a "default" that is not the name'],
    ['{"accounts": {"a": "k"}, "default": null}', 'has a "default" that is not the name'],
    ['{"accounts": {"Acme": "k"}}', '"Acme", but names have up to 32 small letters'],
    ['{"accounts": {"-a": "k"}}', 'but names have'],
    ['{"accounts": {"a/b": "k"}}', 'but names have'],
    [`{"accounts": {"${'a'.repeat(33)}": "k"}}`, 'but names have'],
    ['{"accounts": {"all": "k"}}', 'which has another meaning'],
    ['{"accounts": {"a": "k", "a": "l"}}', '"a", more than once'],
    ['{"accounts": {"a": 7}}', 'needs the path of a key file for a'],
    ['{"accounts": {"a": " "}}', 'needs the path of a key file for a'],
    [
      JSON.stringify({ accounts: Object.fromEntries(Array.from({ length: 101 }, (_, index) => [`a${index}`, 'k'])) }),
      'names 101 accounts; one server takes at most 100',
    ],
  ])('is refused with what is wrong: %s', (text, problem) => {
    expect(() => readAccountsFile(text)).toThrow(
      `The file for --accounts ${problem.startsWith('"') ? 'names an account ' : ''}`,
    );
    expect(() => readAccountsFile(text)).toThrow(problem);
  });

  it('has key files beside it, each with a key of its own', async () => {
    put('acme.key', 'key-of-acme\n');
    put('globex.key', 'key-of-globex');
    put('empty.key', '');
    const upstream = await open('{"accounts": {"acme": "acme.key", "globex": "globex.key"}, "default": "globex"}');
    expect([...(upstream.accounts?.keys ?? [])]).toEqual([
      ['acme', 'key-of-acme'],
      ['globex', 'key-of-globex'],
    ]);
    expect(upstream).toMatchObject({ key: undefined, accounts: { fallback: 'globex' } });
    // One alone is served as if its key had been given.
    expect((await open('{"accounts": {"acme": "acme.key"}}')).key).toBe('key-of-acme');

    const twice = open('{"accounts": {"acme": "acme.key", "other": "./acme.key"}}');
    await expect(twice).rejects.toThrow('gives other the key of another account');
    await expect(open('{"accounts": {"acme": "empty.key"}}')).rejects.toThrow(
      /^account acme: The key file .* is empty/,
    );
    await expect(open('{"accounts": {"acme": "gone.key"}}')).rejects.toThrow(
      /^account acme: .* cannot be read \(ENOENT\)/,
    );
    await expect(openUpstream(configOf(['--accounts', join(folder, 'gone.json')]))).rejects.toThrow(
      'The file for --accounts cannot be read (ENOENT)',
    );
  });

  it('goes with no other key', () => {
    for (const [argv, env] of [
      [['--accounts', 'a.json', '--sandbox'], {}],
      [['--accounts', 'a.json', '--api-key-file', 'k'], {}],
      [['--accounts', 'a.json', '--start-without-key'], {}],
      [['--accounts', 'a.json', '--http', '--caller-key'], {}],
      [['--accounts', 'a.json'], { LEADDYNO_API_KEY: 'k' }],
    ] as const) {
      expect(readConfig(argv, env)).toMatchObject({
        run: 'refuse',
        message: expect.stringContaining('--accounts (LEADDYNO_MCP_ACCOUNTS) names the key file of each account'),
      });
    }
  });

  it('is no file for commands that work on one account', async () => {
    const path = put('two.json', '{"accounts": {"acme": "acme.key", "globex": "globex.key"}}');
    await expect(openSoleUpstream(configOf(['--accounts', path]))).rejects.toThrow('This command works on one account');
    const one = put('one.json', '{"accounts": {"acme": "acme.key"}}');
    expect((await openSoleUpstream(configOf(['--accounts', one]))).key).toBe('key-of-acme');
  });
});
