import { execFileSync } from 'node:child_process';
import { mkdirSync, mkdtempSync, symlinkSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { expect, test } from 'vitest';
import { openImportFolder } from '../src/export-folder.ts';

function makeFolder() {
  const around = mkdtempSync(join(tmpdir(), 'import-'));
  const folder = join(around, 'lists');
  mkdirSync(join(folder, 'sub.csv'), { recursive: true });
  writeFileSync(join(folder, 'list.csv'), 'Email\nmia@example.com\n');
  writeFileSync(join(folder, 'wide.txt'), Buffer.from('\ufeffEmail\nÖ', 'utf16le'));
  writeFileSync(join(folder, 'latin.csv'), Buffer.from('Email\nÖ', 'latin1'));
  writeFileSync(join(folder, 'large.csv'), 'x'.repeat(1_000_001));
  writeFileSync(join(folder, '.env'), 'KEY=1');
  writeFileSync(join(around, 'outside.csv'), 'Email\nsecret@example.com\n');
  symlinkSync(join(around, 'outside.csv'), join(folder, 'link.csv'));
  symlinkSync(around, join(folder, 'up'));
  if (process.platform !== 'win32') execFileSync('mkfifo', [join(folder, 'pipe.csv')]);
  return { folder, read: openImportFolder(folder) };
}

test('reads a list by its name or its whole path', async () => {
  const { folder, read } = makeFolder();
  expect(await read('list.csv')).toEqual({ text: 'Email\nmia@example.com\n' });
  expect(await read(join(folder, 'list.csv'))).toEqual({ text: 'Email\nmia@example.com\n' });
  expect(await read('wide.txt')).toEqual({ text: 'Email\nÖ' });
});

test.each([
  ['../outside.csv', /only files directly in/],
  ['up/outside.csv', /only files directly in/],
  ['/etc/passwd', /only files directly in/],
  ['.env', /only \.csv/],
  ['link.csv', /not a regular file/],
  ['sub.csv', /not a regular file/],
  ['pipe.csv', /not a regular file/],
  ['large.csv', /larger than 1 MB/],
  ['latin.csv', /not UTF-8/],
  ['missing.csv', /no such file/],
  ['nul\0.csv', /cannot be read/],
])('reads nothing by %j', async (name, why) => {
  const { read } = makeFolder();
  expect(await read(name)).toEqual({ problem: expect.stringMatching(why) });
});
