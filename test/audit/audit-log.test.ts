import { existsSync, mkdirSync, readdirSync, readFileSync, renameSync, rmSync, statSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { describe, expect, it } from 'vitest';
import { type AuditLogOptions, openAuditLog } from '../../src/audit/audit-log.ts';
import type { Intent } from '../../src/ports/change-log.ts';
import { Unavailable } from '../../src/ports/unavailable.ts';
import { temporaryFolder } from '../support/http-tokens.ts';

const ACCOUNT = 'account-of-the-test';
const NOVEMBER = Date.parse('2026-11-15T10:00:00Z');

const intent = (more: Partial<Intent> = {}): Intent => ({
  account: ACCOUNT,
  caller: 'local',
  tool: 'archive_affiliate',
  operation: 'archive_affiliate',
  arguments: { affiliate_id: 1001 },
  confirmed: 'token',
  before: { id: 1001, archived: false },
  ...more,
});

const done = { outcome: 'done', after: { affiliate: { id: 1001, archived: true } } } as const;

/** A log in a new folder, with a clock of its own. */
function open(options: Partial<AuditLogOptions> = {}) {
  const folder = join(temporaryFolder().path, 'log');
  const clock = { now: NOVEMBER };
  const problems: string[] = [];
  const log = openAuditLog(folder, {
    processName: '17-abc',
    now: () => clock.now,
    onError: ({ message }) => problems.push(message),
    ...options,
  });
  const files = () => readdirSync(folder).sort();
  const linesOf = (name: string) => readFileSync(join(folder, name), 'utf8').trimEnd().split('\n');
  return { folder, clock, problems, log, files, linesOf };
}

describe('a write', () => {
  it('is in the file before it is sent, and gets a second line with what became of it', async () => {
    const { log, clock, files, linesOf } = open();
    const end = log.begin(intent());
    expect(files()).toEqual(['2026-11.17-abc.jsonl']);
    const [begun] = linesOf('2026-11.17-abc.jsonl').map((line) => JSON.parse(line));
    expect(begun).toMatchObject({ line: 'begin', at: '2026-11-15T10:00:00.000Z', ...intent() });
    clock.now += 1_500;
    end(done);
    const lines = linesOf('2026-11.17-abc.jsonl').map((line) => JSON.parse(line));
    expect(lines).toEqual([begun, { line: 'end', id: begun.id, at: '2026-11-15T10:00:01.500Z', ...done }]);
    expect(await log.list(ACCOUNT, {})).toEqual({
      changes: [{ id: begun.id, at: '2026-11-15T10:00:00.000Z', ...intent(), ...done }],
      source: expect.stringMatching(/^the audit log \(1 file, /),
    });
  });

  it('keeps which call it was made by, and a log from before there was that is read as it was', async () => {
    const { log, folder } = open();
    log.begin(intent({ batch: '0123456789ab' }))(done);
    log.begin(intent())(done);
    const odd = { line: 'begin', id: 'odd', at: '2026-11-15T10:00:00.000Z', ...intent(), batch: 7 };
    writeFileSync(join(folder, '2026-11.other.jsonl'), `${JSON.stringify(odd)}\n`);
    const { changes } = await log.list(ACCOUNT, {});
    expect(changes.map(({ batch }) => batch).sort()).toEqual(['0123456789ab', undefined, undefined]);
    expect(changes.filter((change) => 'batch' in change)).toHaveLength(1);
  });

  it('has an unknown outcome while nobody has said how it ended', async () => {
    const { log } = open();
    log.begin(intent());
    const { changes } = await log.list(ACCOUNT, {});
    expect(changes).toMatchObject([{ outcome: 'unknown', after: null }]);
  });

  it('keeps the reason of a failure', async () => {
    const { log } = open();
    log.begin(intent())({ outcome: 'refused', reason: 'invalid', after: null });
    expect((await log.list(ACCOUNT, {})).changes).toMatchObject([{ outcome: 'refused', reason: 'invalid' }]);
  });

  it('reads the record it changes first', () => {
    expect(open().log.wantsBefore('update_affiliate')).toBe(true);
  });
});

describe('the files', () => {
  it('are for their owner alone', () => {
    const { log, folder } = open();
    log.begin(intent())(done);
    expect(statSync(folder).mode & 0o777).toBe(0o700);
    expect(statSync(join(folder, '2026-11.17-abc.jsonl')).mode & 0o777).toBe(0o600);
  });

  it('leave a folder that is there as it is', () => {
    const parent = temporaryFolder().path;
    mkdirSync(join(parent, 'shared'), { mode: 0o750 });
    openAuditLog(join(parent, 'shared'), { processName: 'x' });
    expect(statSync(join(parent, 'shared')).mode & 0o777).toBe(0o750);
    expect(readdirSync(join(parent, 'shared'))).toEqual([]);
  });

  it('are made in folders inside folders, and by a name that fits into a file name', () => {
    const parent = temporaryFolder().path;
    const log = openAuditLog(join(parent, 'a/b/c'), { processName: '../../e vil/\u0000', now: () => NOVEMBER });
    log.begin(intent());
    expect(readdirSync(join(parent, 'a/b/c'))).toEqual(['2026-11.------e-vil--.jsonl']);
  });

  it('are by the month (UTC) in which a write began, wherever it ends', async () => {
    const { log, clock, files } = open();
    clock.now = Date.parse('2026-11-30T23:59:59.999Z');
    const late = log.begin(intent({ arguments: { affiliate_id: 1 } }));
    clock.now += 1;
    const early = log.begin(intent({ arguments: { affiliate_id: 2 } }));
    late(done);
    early({ outcome: 'refused', after: null });
    expect(files()).toEqual(['2026-11.17-abc.jsonl', '2026-12.17-abc.jsonl']);
    const november = await log.list(ACCOUNT, { month: '2026-11' });
    expect(november.changes).toMatchObject([{ arguments: { affiliate_id: 1 }, outcome: 'done' }]);
    const december = await log.list(ACCOUNT, { month: '2026-12' });
    expect(december.changes).toMatchObject([{ arguments: { affiliate_id: 2 }, outcome: 'refused' }]);
    const both = await log.list(ACCOUNT, {});
    expect(both.changes.map(({ arguments: args }) => args.affiliate_id)).toEqual([2, 1]);
    const since = await log.list(ACCOUNT, { since: Date.parse('2026-11-30T23:59:59.999Z') });
    expect(since.changes).toHaveLength(2);
    expect((await log.list(ACCOUNT, { since: Date.parse('2026-12-01') })).changes).toHaveLength(1);
    expect((await log.list(ACCOUNT, { since: Date.parse('2027-01-01') })).changes).toEqual([]);
    expect((await log.list(ACCOUNT, { month: '2026-10' })).changes).toEqual([]);
  });
});

describe('several processes in one folder', () => {
  it('are read as one, the newest first, whoever asks', async () => {
    const folder = temporaryFolder().path;
    const clock = { now: NOVEMBER };
    const [one, two] = ['1-a', '2-b'].map((processName) => openAuditLog(folder, { processName, now: () => clock.now }));
    const ends = [1, 2, 3, 4, 5, 6].map((id) => {
      clock.now += 1_000;
      return (id % 2 ? one : two)?.begin(intent({ arguments: { affiliate_id: id } }));
    });
    ends[3]?.(done);
    ends[0]?.({ outcome: 'not_sent', after: null });
    for (const log of [one, two]) {
      const { changes, source } = (await log?.list(ACCOUNT, {})) ?? { changes: [], source: '' };
      expect(changes.map(({ arguments: args }) => args.affiliate_id)).toEqual([6, 5, 4, 3, 2, 1]);
      expect(changes.map(({ outcome }) => outcome)).toEqual([
        'unknown',
        'unknown',
        'done',
        'unknown',
        'unknown',
        'not_sent',
      ]);
      expect(source).toContain('2 files');
    }
    expect(readdirSync(folder).sort()).toEqual(['2026-11.1-a.jsonl', '2026-11.2-b.jsonl']);
  });

  it('never see the changes of another account', async () => {
    const { log } = open();
    log.begin(intent({ account: 'another' }))(done);
    log.begin(intent())(done);
    expect((await log.list(ACCOUNT, {})).changes).toHaveLength(1);
    expect((await log.list('none', {})).changes).toEqual([]);
  });

  it('keep changes of the same moment in the order they were noted', async () => {
    const { log } = open();
    for (const id of [1, 2, 3]) log.begin(intent({ arguments: { affiliate_id: id } }));
    const { changes } = await log.list(ACCOUNT, {});
    expect(changes.map(({ arguments: args }) => args.affiliate_id)).toEqual([3, 2, 1]);
  });
});

describe('where it cannot be written', () => {
  it.each<[string, (folder: string) => void, (folder: string) => void]>([
    [
      'the folder has gone',
      (folder) => renameSync(folder, `${folder}.away`),
      (folder) => renameSync(`${folder}.away`, folder),
    ],
    [
      'the folder has become a file',
      (folder) => {
        rmSync(folder, { recursive: true });
        writeFileSync(folder, '');
      },
      (folder) => {
        rmSync(folder);
        mkdirSync(folder);
      },
    ],
    [
      'the file has become a folder',
      (folder) => {
        rmSync(join(folder, '2026-11.17-abc.jsonl'));
        mkdirSync(join(folder, '2026-11.17-abc.jsonl'));
      },
      (folder) => rmSync(join(folder, '2026-11.17-abc.jsonl'), { recursive: true }),
    ],
  ])('because %s, nothing may be sent, until it can be again', async (_, breakIt, mend) => {
    const { log, folder, problems } = open();
    const end = log.begin(intent());
    breakIt(folder);
    expect(() => log.begin(intent())).toThrow(Unavailable);
    expect(() => end(done)).not.toThrow();
    expect(problems).toHaveLength(2);
    for (const problem of problems) expect(problem).toMatch(/^the audit log cannot be written \(E[A-Z]+\)$/);
    mend(folder);
    log.begin(intent({ tool: 'approve_affiliate' }))(done);
    const { changes } = await log.list(ACCOUNT, {});
    expect(changes[0]).toMatchObject({ tool: 'approve_affiliate', outcome: 'done' });
    expect(problems).toHaveLength(2);
  });

  it('says so where it cannot be read', async () => {
    const { log, folder } = open();
    log.begin(intent());
    rmSync(folder, { recursive: true });
    await expect(log.list(ACCOUNT, {})).rejects.toThrow(Unavailable);
    expect(existsSync(folder)).toBe(false);
  });

  it.runIf(existsSync('/dev/full'))('because a device lies in its place, it says so', async () => {
    // A disk that is full: audit/full-disk.
    const { createAppend } = await import('../../src/audit/lines.ts');
    expect(() => createAppend()('/dev/full', '{}')).toThrow(/not a regular file/);
  });
});

describe('a start', () => {
  it.each<[string, (parent: string) => string]>([
    ['a file in its place', (parent) => join(parent, 'file')],
    ['a file on its way', (parent) => join(parent, 'file/inside')],
    ['a place where nothing can be made', () => '/proc/leaddyno-mcp-audit'],
  ])('with %s is refused in words', (_, place) => {
    const parent = temporaryFolder().path;
    writeFileSync(join(parent, 'file'), '');
    const folder = place(parent);
    expect(() => openAuditLog(folder, { processName: 'x' })).toThrow(
      /^The audit log cannot be kept in ".+" \(E\w+\)\. Give --audit-log a folder/,
    );
  });
});

describe('what lies in the folder besides', () => {
  it('is passed over', async () => {
    const { log, folder } = open();
    log.begin(intent())(done);
    mkdirSync(join(folder, '2026-11.folder.jsonl'));
    for (const name of ['notes.txt', '2026-11.jsonl', '2026-11.x.jsonl.bak', 'x2026-11.a.jsonl', '.2026-11.a.jsonl'])
      writeFileSync(join(folder, name), JSON.stringify({ line: 'begin', id: 'x', at: '2026-11-01', ...intent() }));
    const { changes, source } = await log.list(ACCOUNT, {});
    expect(changes).toHaveLength(1);
    expect(source).toMatch(/^the audit log \(1 file, from every process that writes to its folder\)$/);
  });

  it('as a line of another kind is counted, not read', async () => {
    const { log, folder, linesOf } = open();
    log.begin(intent())(done);
    const good = JSON.parse(linesOf('2026-11.17-abc.jsonl')[0] ?? '');
    const foreign = [
      'no JSON',
      'null',
      '7',
      '[]',
      '{}',
      JSON.stringify({ ...good, id: 7 }),
      JSON.stringify({ ...good, id: 'a', at: 'yesterday' }),
      JSON.stringify({ ...good, id: 'b', arguments: 'text' }),
      JSON.stringify({ ...good, id: 'c', confirmed: 'surely' }),
      JSON.stringify({ ...good, id: 'd', before: [] }),
      JSON.stringify({ line: 'end', id: good.id, outcome: 'fine', after: null }),
      JSON.stringify({ line: 'end', id: good.id, outcome: 'refused', after: 'text' }),
    ];
    writeFileSync(join(folder, '2026-11.other.jsonl'), `${foreign.join('\n')}\n\n{"line":"begin","id":"to`);
    const { changes, source } = await log.list(ACCOUNT, {});
    expect(changes).toMatchObject([{ id: good.id, outcome: 'done' }]);
    expect(source).toMatch(new RegExp(`; ${foreign.length} lines could not be understood$`));
  });

  it('as a torn last line loses nothing else, and swallows nothing that follows', async () => {
    const { log, folder, clock } = open();
    log.begin(intent())(done);
    const path = join(folder, '2026-11.17-abc.jsonl');
    const whole = readFileSync(path, 'utf8');
    const begun = whole.split('\n')[0] ?? '';
    for (const cut of [1, 20, begun.length - 1]) {
      writeFileSync(path, whole + begun.slice(0, cut));
      const torn = await log.list(ACCOUNT, {});
      expect(torn.changes).toHaveLength(1);
      expect(torn.source).not.toContain('understood');
      // A process of the same name starts anew.
      const next = openAuditLog(folder, { processName: '17-abc', now: () => clock.now });
      next.begin(intent({ tool: 'approve_affiliate' }))(done);
      const { changes } = await next.list(ACCOUNT, {});
      expect(changes).toMatchObject([
        { tool: 'approve_affiliate', outcome: 'done' },
        { tool: 'archive_affiliate', outcome: 'done' },
      ]);
    }
  });
});

describe('a long log', () => {
  it('is read up to its bound, the newest first, and says that it was cut', async () => {
    const { log, folder, linesOf } = open();
    log.begin(intent());
    const good = JSON.parse(linesOf('2026-11.17-abc.jsonl')[0] ?? '');
    const at = (minute: number) => new Date(Date.parse('2026-10-01T00:00:00Z') + minute * 60_000).toISOString();
    const lines = Array.from({ length: 6_000 }, (_, index) =>
      JSON.stringify({ ...good, id: `o${index}`, at: at(index) }),
    );
    writeFileSync(join(folder, '2026-10.old.jsonl'), `${lines.join('\n')}\n`);
    writeFileSync(join(folder, '2026-09.old.jsonl'), `${lines[0]}\n`);
    const { changes, source } = await log.list(ACCOUNT, {});
    expect(changes).toHaveLength(5_000);
    expect(changes[0]?.id).toBe(good.id);
    expect(changes.slice(1, 3).map(({ id }) => id)).toEqual(['o5999', 'o5998']);
    expect(source).toContain('too many to read: the oldest were left out');
    const some = await log.list(ACCOUNT, { since: Date.parse(at(5_990)) });
    expect(some.changes).toHaveLength(11);
    expect(some.source).not.toContain('too many');
  });
});
