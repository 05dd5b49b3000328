import { readdirSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { beforeAll, describe, expect, it } from 'vitest';
import { accountOf } from '../../src/account.ts';
import { openAuditLog } from '../../src/audit/audit-log.ts';
import { KEY } from '../support/harness.ts';
import { temporaryFolder } from '../support/http-tokens.ts';
import { builtMain, initialize, runBuilt, startBuilt, toolCall } from '../support/protocol-built.ts';
import { startUpstream } from '../support/upstream.ts';

beforeAll(async () => {
  await builtMain();
});

describe('a process that is killed between sending a write and its answer', () => {
  it.each(['SIGKILL', 'SIGTERM'] as const)('by %s leaves the write behind, its outcome unknown', async (signal) => {
    const folder = join(temporaryFolder().path, 'log');
    const upstream = await startUpstream(({ method }) =>
      method === 'GET' ? { json: { id: 1001, email: 'ann@example.com', pending_approval: true } } : 'never',
    );
    const child = await startBuilt(['--audit-log', folder, '--base-url', upstream.url, '--confirm', 'off'], {
      LEADDYNO_API_KEY: KEY,
    });
    child.send(...initialize, toolCall(1, 'approve_affiliate', { affiliate_id: 1001 }));
    await expect.poll(() => upstream.requests.filter(({ method }) => method === 'POST')).toHaveLength(1);
    // The line is there before the bytes: whoever sees the request finds it.
    expect(readdirSync(folder)).toHaveLength(1);
    child.signal(signal);
    await child.exited;

    const [name = ''] = readdirSync(folder);
    expect(name).toMatch(new RegExp(`^\\d{4}-\\d{2}\\.${child.pid}-[0-9a-f]{8}\\.jsonl$`));
    expect(readFileSync(join(folder, name), 'utf8')).not.toContain(KEY);
    const { changes } = await openAuditLog(folder, { processName: 'later' }).list(accountOf(KEY), {});
    expect(changes).toMatchObject([
      { tool: 'approve_affiliate', arguments: { affiliate_id: 1001 }, outcome: 'unknown', after: null },
    ]);
    expect(upstream.requests.filter(({ method }) => method === 'POST')).toHaveLength(1);
  });

  it('is remembered by the next one, beside its own', async () => {
    const folder = join(temporaryFolder().path, 'log');
    const upstream = await startUpstream(({ method, path }) => {
      if (method === 'GET') return { json: { id: 1001, email: 'ann@example.com', pending_approval: true } };
      return path.includes('1001')
        ? 'never'
        : { json: { id: 1002, email: 'ben@example.com', pending_approval: false } };
    });
    const args = ['--audit-log', folder, '--base-url', upstream.url, '--confirm', 'off'];
    const first = await startBuilt(args, { LEADDYNO_API_KEY: KEY });
    first.send(...initialize, toolCall(1, 'approve_affiliate', { affiliate_id: 1001 }));
    await expect.poll(() => upstream.requests.some(({ method }) => method === 'POST')).toBe(true);
    first.signal('SIGKILL');
    await first.exited;

    const second = await startBuilt(args, { LEADDYNO_API_KEY: KEY });
    second.send(...initialize, toolCall(1, 'approve_affiliate', { affiliate_id: 1002 }));
    await expect.poll(() => second.messages().some(({ id }) => id === 1)).toBe(true);
    second.send(toolCall(2, 'list_recent_changes'));
    await expect.poll(() => second.messages().some(({ id }) => id === 2)).toBe(true);
    const answer = second.messages().find(({ id }) => id === 2)?.result;
    expect(answer).toMatchObject({
      structuredContent: {
        found: 2,
        changes: [
          { record: { affiliate_id: 1002 }, outcome: 'done' },
          { record: { affiliate_id: 1001 }, outcome: 'unknown' },
        ],
        source: expect.stringContaining('2 files'),
      },
    });
  });
});

describe('a start with an audit log', () => {
  it('is refused where the folder cannot be used, in one paragraph', async () => {
    const { path } = temporaryFolder();
    writeFileSync(join(path, 'file'), '');
    const { code, stdout, stderr } = await runBuilt(['--sandbox', '--audit-log', join(path, 'file')]);
    expect(stderr).toMatch(/^The audit log cannot be kept in ".+" \(EEXIST\)\. Give --audit-log a folder[^\n]+\n$/);
    expect({ code, stdout }).toEqual({ code: 2, stdout: '' });
  });

  it('makes the folder, and no file before the first write', async () => {
    const folder = join(temporaryFolder().path, 'a/log');
    expect(await runBuilt(['--sandbox', '--audit-log', folder])).toEqual({ code: 0, stdout: '', stderr: '' });
    expect(readdirSync(folder)).toEqual([]);
  });

  it('tells the operator when a line cannot be written', async () => {
    const folder = join(temporaryFolder().path, 'log');
    const child = await startBuilt(['--sandbox', '--audit-log', folder, '--confirm', 'off']);
    child.send(...initialize);
    await expect.poll(() => child.messages().some(({ id }) => id === 0)).toBe(true);
    rmSync(folder, { recursive: true });
    child.send(toolCall(1, 'approve_affiliate', { affiliate_id: 1002 }));
    await expect.poll(() => child.messages().some(({ id }) => id === 1)).toBe(true);
    await expect.poll(() => child.stderr()).toContain('the audit log cannot be written (ENOENT)');
    expect(JSON.stringify(child.messages().find(({ id }) => id === 1))).toContain('change_log_unavailable');
    expect(child.stderr()).not.toContain(folder);
  });
});
