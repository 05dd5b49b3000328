import { execFileSync } from 'node:child_process';
import { linkSync, mkdirSync, readFileSync, rmSync, statSync, symlinkSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { describe, expect, it } from 'vitest';
import { openAuditLog } from '../../src/audit/audit-log.ts';
import { openPaymentRecord } from '../../src/audit/payment-record.ts';
import { temporaryFolder } from '../support/http-tokens.ts';

const intent = {
  account: 'a',
  caller: 'local',
  tool: 'update_lead',
  operation: 'update_lead',
  arguments: {},
  confirmed: 'not_asked',
  before: null,
} as const;

const PAYMENT = { how: 'marked', at: '2026-11-01T00:00:00Z' } as const;

/** A log whose file of this month is replaced by something else. */
function startLog(replace: (path: string, elsewhere: string) => void) {
  const folder = temporaryFolder().path;
  const now = () => Date.parse('2026-11-28T00:00:00Z');
  const log = openAuditLog(folder, { processName: 'test', now });
  log.begin(intent)({ outcome: 'done', after: null });
  const path = join(folder, '2026-11.test.jsonl');
  const elsewhere = join(folder, 'elsewhere');
  writeFileSync(elsewhere, 'kept');
  rmSync(path);
  replace(path, elsewhere);
  return { log, path, elsewhere, folder };
}

describe.skipIf(process.platform === 'win32')('a file of the log that is replaced', () => {
  it.each<[string, (path: string, elsewhere: string) => void, RegExp]>([
    ['a pipe', (path) => void execFileSync('mkfifo', [path]), /a pipe or a device/],
    ['a link', (path, elsewhere) => symlinkSync(elsewhere, path), /is a link/],
    ['a link to a device', (path) => symlinkSync('/dev/null', path), /is a link/],
    ['a hard link', (path, elsewhere) => linkSync(elsewhere, path), /another hard link/],
    ['a folder', (path) => void mkdirSync(path), /EISDIR/],
  ])('by %s refuses the write at once and says why', (_, replace, words) => {
    const { log, elsewhere } = startLog(replace);
    const began = performance.now();
    expect(() => log.begin(intent)).toThrow(words);
    expect(performance.now() - began).toBeLessThan(20_000);
    expect(readFileSync(elsewhere, 'utf8')).toBe('kept');
  });

  it('by a pipe that somebody reads is not written to either', async () => {
    const { log, path } = startLog((place) => void execFileSync('mkfifo', [place]));
    const { open } = await import('node:fs/promises');
    const { constants } = await import('node:fs');
    const reader = await open(path, constants.O_RDONLY | constants.O_NONBLOCK);
    expect(() => log.begin(intent)).toThrow(/not a regular file/);
    await reader.close();
    expect(statSync(path).isFIFO()).toBe(true);
  });

  it('is made anew where it is gone, and what is left is read on', async () => {
    const { log } = startLog(() => undefined);
    log.begin(intent)({ outcome: 'done', after: null });
    expect((await log.list('a', {})).changes).toHaveLength(1);
  });

  it('keeps nobody from reading, and a record of payments that cannot be read is said to be', async () => {
    const { log, folder } = startLog((path) => void execFileSync('mkfifo', [path]));
    expect((await log.list('a', {})).changes).toHaveLength(0);
    execFileSync('mkfifo', [join(folder, 'payments.other.jsonl')]);
    const payments = openPaymentRecord(folder, { processName: 'test' });
    await expect(payments.find('a', ['1'])).rejects.toThrow(/cannot be read/);
    await payments.add('a', ['1'], PAYMENT).catch(() => undefined);
  });
});
