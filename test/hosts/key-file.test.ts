import { chmodSync } from 'node:fs';
import { beforeAll, describe, expect, it } from 'vitest';
import { readKeyIn } from '../../src/config/key-files.ts';
import { inputFile } from '../support/http-tokens.ts';
import { builtMain, runBuilt } from '../support/protocol-built.ts';
import { secret } from '../support/written.ts';

const KEY = secret('private-key');

const utf16 = (text: string, little: boolean) => {
  const bytes = Buffer.from(`\uFEFF${text}`, 'utf16le');
  return little ? bytes : bytes.swap16();
};

describe('a key file', () => {
  it.each([
    ['plain', Buffer.from(KEY)],
    ['with a line end', Buffer.from(`${KEY}\r\n`)],
    ['with a byte order mark', Buffer.from(`\uFEFF${KEY}\n`)],
    ['in UTF-16, little end first', utf16(`${KEY}\r\n`, true)],
    ['in UTF-16, big end first', utf16(`${KEY}\r\n`, false)],
  ])('%s holds the key', (_, bytes) => {
    expect(readKeyIn(bytes)).toEqual({ key: KEY });
  });

  it.each([
    ['nothing', Buffer.from(' \n'), /empty/],
    ['NAME=value', Buffer.from(`LEADDYNO_API_KEY=${KEY}`), /NAME=value/],
    ['an export', Buffer.from(`export KEY = "${KEY}"`), /NAME=value/],
    ['quotation marks', Buffer.from(`"${KEY}"`), /quotation marks/],
    ['curly quotation marks', Buffer.from(`\u201c${KEY}\u201d`), /quotation marks/],
    ['two lines', Buffer.from(`# key\n${KEY}`), /several/],
    ['UTF-16 without a byte order mark', Buffer.from(KEY, 'utf16le'), /UTF-16/],
    ['bytes that are no text', Buffer.from([0xc3, 0x28, 0xff]), /UTF-8/],
  ])('with %s is told what is wrong, without the key', (_, bytes, message) => {
    const found = readKeyIn(bytes);
    expect(found).toEqual({ problem: expect.stringMatching(message) });
    expect(JSON.stringify(found)).not.toContain(KEY);
  });
});

describe('the built server', () => {
  beforeAll(async () => {
    await builtMain();
  });

  it('names the file that cannot be used, never what may be the key', async () => {
    const file = inputFile(`KEY=${KEY}\n`);
    const refused = await runBuilt(['--api-key-file', file.path], {});
    expect(refused).toMatchObject({ code: 2, stdout: '' });
    expect(refused.stderr).toContain(`The key file ${file.path} contains NAME=value`);
    expect((await runBuilt(['--api-key-file', '/nonexistent/key'], {})).stderr).toContain('/nonexistent/key');
    expect((await runBuilt(['--api-key-file', KEY], {})).stderr).not.toContain(KEY);
  });

  it('warns of a file that others can read', async () => {
    const file = inputFile(`${KEY}\n`);
    chmodSync(file.path, 0o644);
    const { code, stderr } = await runBuilt([], { LEADDYNO_API_KEY_FILE: file.path });
    expect(code).toBe(0);
    expect(stderr).toContain(`other users can read the key file ${file.path}`);
    expect(stderr.trim().split('\n')).toHaveLength(1);
  });
});
