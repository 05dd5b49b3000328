import { setTimeout } from 'node:timers/promises';
import { beforeAll, describe, expect, it } from 'vitest';
import { READING_MS } from '../../src/mcp/forms.ts';
import { toolsets } from '../../src/workflows/index.ts';
import { builtMain } from '../support/protocol-built.ts';
import { askedIn, at, reasonOf } from '../support/protocol-json.ts';
import { connectStdio, stdioKinds } from '../support/protocol-stdio.ts';

const SANDBOX = ['--sandbox'];
const names = toolsets.flatMap((set) => set.tools.map((tool) => tool.name));

beforeAll(async () => {
  await builtMain();
});

describe.each(stdioKinds)('the built server and a %s client over stdio', (kind) => {
  it('list, call, miss, and read a resource', async () => {
    const { toolNames, call, read } = await connectStdio(kind, SANDBOX);
    expect(await toolNames()).toEqual(names);
    const { data } = await call('get_affiliate', { affiliate_id: 1001 });
    expect(data.affiliate).toMatchObject({ id: 1001, email: 'ann.arbor@example.com' });
    expect((await call('count_affiliates')).data.count).toBe(250);
    expect(reasonOf(await call('get_affiliate', { affiliate_id: 7 }))).toBe('not_found');
    expect((await call('get_affiliate', { id: 7 })).text).toMatch(
      /unknown argument "id"\. This tool takes:? affiliate_id/,
    );
    await expect(call('no_such_tool')).rejects.toMatchObject({ code: -32602 });
    const index = JSON.parse(await read('leaddyno://affiliates'));
    expect(at(index, 'affiliates', 0, 'uri')).toBe('leaddyno://affiliates/1001');
    await expect(read('leaddyno://affiliates/7')).rejects.toMatchObject({
      code: -32602,
      data: { uri: 'leaddyno://affiliates/7' },
    });
  });

  it('confirm by a form', async () => {
    const answers = ['decline', 'unticked', 'yes'] as const;
    const connection = await connectStdio(kind, SANDBOX, {
      answers: async () => {
        await setTimeout(READING_MS + 50);
        return answers[connection.forms.length - 1] ?? 'cancel';
      },
    });
    const { call, forms } = connection;
    const archive = () => call('archive_affiliate', { affiliate_id: 1001 });
    expect((await archive()).data.declined).toBe(true);
    expect((await archive()).data.declined).toBe(true);
    expect((await call('get_affiliate', { affiliate_id: 1001 })).data.affiliate).toMatchObject({ status: 'Active' });
    expect((await archive()).data.affiliate).toMatchObject({ id: 1001, status: 'Archived' });
    expect(forms).toHaveLength(3);
    expect(forms[0]?.message).toMatch(/^Archive the affiliate "Ann Arbor", "ann\.arbor@example\.com", id 1001/);
  });

  it('confirm by a token', async () => {
    const { call, forms } = await connectStdio(kind, SANDBOX);
    const args = { affiliate_id: 1001 };
    const { token, question } = askedIn(await call('archive_affiliate', args));
    expect(question).toMatch(/^Archive the affiliate "Ann Arbor"/);
    const wrong = await call('archive_affiliate', { ...args, confirmation_token: token.slice(1) });
    expect(askedIn(wrong).question).toMatch(/^The confirmation does not come from this server/);
    const done = await call('archive_affiliate', { ...args, confirmation_token: token });
    expect(done.data.affiliate).toMatchObject({ status: 'Archived' });
    expect(reasonOf(await call('archive_affiliate', { ...args, confirmation_token: token }))).toBe('already_used');
    expect(forms).toEqual([]);
  });

  it('keep to the options they were started with', async () => {
    const { toolNames, call } = await connectStdio(kind, [
      ...SANDBOX,
      '--toolsets=affiliates',
      '--tools=count_leads',
      '--exclude-tools=create_affiliate',
      '--dry-run',
      '--max-result-chars=10000',
    ]);
    const listed = await toolNames();
    expect(listed).toContain('count_leads');
    expect(listed).not.toContain('create_affiliate');
    expect(listed.filter((name) => name.includes('purchase'))).toEqual(['list_affiliate_purchases']);
    const dry = await call('archive_affiliate', { affiliate_id: 1001 });
    expect(dry.data.dry_run).toEqual({ method: 'POST', path: '/affiliates/1001/archive', query: {}, body: {} });
    expect((await call('list_affiliates', { per_page: 200 })).text.length).toBeLessThanOrEqual(10_000);
  });

  it('leave no process behind', async () => {
    const connection = await connectStdio(kind, SANDBOX);
    const pid = connection.pid() ?? 0;
    expect(process.kill(pid, 0)).toBe(true);
    await connection.close();
    await expect.poll(() => isAlive(pid)).toBe(false);
  });
});

function isAlive(pid: number): boolean {
  try {
    return process.kill(pid, 0);
  } catch {
    return false;
  }
}
